//! The text format's scalar values, by the table of its specification
//! (<https://protobuf.dev/reference/protobuf/textformat-spec/#value>).

use super::lexer::Token;
use super::{Parser, Result, SyntaxError, literal, names};
use crate::protobuf::layout::{EnumLayout, Type};
use crate::protobuf::scalar::{encode_integer, is_known};
use crate::protobuf::suggest::suggest_value;
use crate::protobuf::wire::WireValue;

impl Parser<'_, '_> {
    /// One value of a numeric type.
    pub(super) fn scalar(&mut self, kind: &Type) -> Result<WireValue<'static>> {
        Ok(match kind {
            Type::Double => WireValue::Fixed64(self.float::<f64>()?.to_bits()),
            Type::Float => WireValue::Fixed32(self.float::<f32>()?.to_bits()),
            Type::Bool => WireValue::Varint(self.bool()?.into()),
            Type::Enum(layout) => self.enumeration(kind, layout)?,
            kind => self.integer(kind)?,
        })
    }

    /// An integer, with its sign.
    fn integer(&mut self, kind: &Type) -> Result<WireValue<'static>> {
        let start = self.start;
        let is_unsigned = matches!(
            kind,
            Type::Uint32 | Type::Uint64 | Type::Fixed32 | Type::Fixed64
        );
        // Not even `-0`.
        if is_unsigned && self.token == Token::Symbol('-') {
            return Err(SyntaxError::new(
                start,
                format!("{} cannot be negative", kind.name()),
            ));
        }
        let is_negative = self.eat('-')?;
        let Token::Integer { radix, digits } = self.token else {
            return Err(match self.token {
                Token::String(_) => self.expected("an integer").hinted("numbers are not quoted"),
                _ => self.expected("an integer"),
            });
        };
        let value = literal::integer(is_negative, radix, digits)
            .and_then(|value| encode_integer(kind, value));
        let value = value.ok_or_else(|| {
            let kind = match kind {
                Type::Enum(_) => "an enum",
                kind => kind.name(),
            };
            SyntaxError::new(start, format!("out of range for {kind}"))
        })?;
        self.advance()?;
        Ok(value)
    }

    fn float<T>(&mut self) -> Result<T>
    where
        T: std::str::FromStr + std::ops::Neg<Output = T>,
    {
        let is_negative = self.eat('-')?;
        let value = match self.token {
            Token::Integer { radix: 10, digits } => literal::float(is_negative, digits),
            Token::Integer { .. } => {
                return Err(SyntaxError::new(
                    self.start,
                    "only integers can be octal or hexadecimal",
                ));
            }
            Token::Float(text) => literal::float(is_negative, text),
            Token::Name(name) if literal::is_float_name(name) => literal::float(is_negative, name),
            _ => None,
        };
        let Some(value) = value else {
            return Err(match self.token {
                Token::String(_) => self.expected("a number").hinted("numbers are not quoted"),
                _ => self.expected("a number"),
            });
        };
        self.advance()?;
        Ok(value)
    }

    fn bool(&mut self) -> Result<bool> {
        let value = match self.token {
            Token::Name(name) => literal::bool_name(name),
            Token::Integer { radix, digits } => match literal::integer(false, radix, digits) {
                Some(0) => Some(false),
                Some(1) => Some(true),
                _ => None,
            },
            _ => None,
        };
        let value = value.ok_or_else(|| self.expected("true or false"))?;
        self.advance()?;
        Ok(value)
    }

    fn enumeration(&mut self, kind: &Type, layout: &EnumLayout) -> Result<WireValue<'static>> {
        let start = self.start;
        match self.token {
            Token::Name(name) => {
                let Some(number) = layout.number(name) else {
                    let why = format!("{} has no value {}", layout.full_name, names::quoted(name));
                    let mut error = SyntaxError::new(start, why);
                    error.hint = suggest_value(name, layout.all_names().into_iter());
                    return Err(error);
                };
                self.advance()?;
                Ok(WireValue::Varint(i64::from(number).cast_unsigned()))
            }
            Token::Integer { .. } | Token::Symbol('-') => {
                let value = self.integer(kind)?;
                // An unknown number of a closed enum could not be distinguished from an unknown field.
                if let WireValue::Varint(bits) = value
                    && !is_known(kind, value)
                {
                    let why = format!("{} has no value {}", layout.full_name, bits.cast_signed());
                    return Err(SyntaxError::new(start, why));
                }
                Ok(value)
            }
            token => {
                let error = self.expected(&format!("a value of {}", layout.full_name));
                Err(match token {
                    Token::String(_) => error.hinted("enum values are not quoted"),
                    _ => error,
                })
            }
        }
    }

    /// One or more string literals in a row, which are one value.
    pub(super) fn string(&mut self, is_text: bool, out: &mut Vec<u8>) -> Result {
        let (first, start) = (self.start, out.len());
        if !matches!(self.token, Token::String(_)) {
            return Err(self.expected("a string in quotes"));
        }
        while let Token::String(text) = self.token {
            literal::unescape(text, self.start + 1, out)?;
            self.advance()?;
        }
        let bytes = out.get(start..).unwrap_or_default();
        if is_text && let Err(error) = std::str::from_utf8(bytes) {
            let at = error.valid_up_to() + 1;
            let why = format!("not valid UTF-8 (byte {at})");
            return Err(SyntaxError::new(first, why));
        }
        Ok(())
    }
}
