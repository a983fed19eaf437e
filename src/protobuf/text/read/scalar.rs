//! The text format's scalar values, by the table of its specification
//! (<https://protobuf.dev/reference/protobuf/textformat-spec/#value>).

use super::lexer::Token;
use super::{Fault, Parsed, Parser, literal, names};
use crate::protobuf::layout::{EnumLayout, Type};
use crate::protobuf::wire::{self, put_bytes, put_varint};

/// A value as it goes onto the wire.
#[derive(Debug, PartialEq)]
pub enum Value {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
    Bytes(Vec<u8>),
}

impl Value {
    pub fn wire_type(&self) -> u32 {
        match self {
            Self::Varint(_) => wire::VARINT,
            Self::Fixed32(_) => wire::FIXED32,
            Self::Fixed64(_) => wire::FIXED64,
            Self::Bytes(_) => wire::LEN,
        }
    }

    pub fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Varint(value) => put_varint(out, *value),
            Self::Fixed32(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::Fixed64(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::Bytes(bytes) => put_bytes(out, bytes),
        }
    }

    /// Whether it is its type's default. Negative zero is not.
    pub fn is_default(&self) -> bool {
        match self {
            Self::Varint(value) | Self::Fixed64(value) => *value == 0,
            Self::Fixed32(value) => *value == 0,
            Self::Bytes(bytes) => bytes.is_empty(),
        }
    }
}

impl Parser<'_> {
    /// One value of a field of that type, which is no message.
    pub(super) fn scalar(&mut self, kind: &Type) -> Parsed<Value> {
        Ok(match kind {
            Type::Double => Value::Fixed64(self.float::<f64>()?.to_bits()),
            Type::Float => Value::Fixed32(self.float::<f32>()?.to_bits()),
            Type::Int32 => varint(self.signed::<i32>("int32")?.into()),
            Type::Int64 => varint(self.signed("int64")?),
            Type::Uint32 => Value::Varint(self.unsigned::<u32>("uint32")?.into()),
            Type::Uint64 => Value::Varint(self.unsigned("uint64")?),
            Type::Sint32 => {
                let value = self.signed::<i32>("sint32")?;
                Value::Varint(((value << 1) ^ (value >> 31)).cast_unsigned().into())
            }
            Type::Sint64 => {
                let value = self.signed::<i64>("sint64")?;
                Value::Varint(((value << 1) ^ (value >> 63)).cast_unsigned())
            }
            Type::Fixed32 => Value::Fixed32(self.unsigned("fixed32")?),
            Type::Fixed64 => Value::Fixed64(self.unsigned("fixed64")?),
            Type::Sfixed32 => Value::Fixed32(self.signed::<i32>("sfixed32")?.cast_unsigned()),
            Type::Sfixed64 => Value::Fixed64(self.signed::<i64>("sfixed64")?.cast_unsigned()),
            Type::Bool => Value::Varint(self.bool()?.into()),
            Type::Enum(layout) => varint(self.enum_number(layout)?.into()),
            Type::String => Value::Bytes(self.string(true)?),
            Type::Bytes => Value::Bytes(self.string(false)?),
            Type::Message(_) | Type::Group(_) => return Err(self.expected("a scalar value")),
        })
    }

    fn signed<T: TryFrom<i128>>(&mut self, kind: &str) -> Parsed<T> {
        let start = self.start;
        let negative = self.eat('-')?;
        self.integer(start, negative, kind)
    }

    fn unsigned<T: TryFrom<i128>>(&mut self, kind: &str) -> Parsed<T> {
        if self.token == Token::Symbol('-') {
            return Err(Fault::new(self.start, format!("{kind} has no sign")));
        }
        self.integer(self.start, false, kind)
    }

    /// An integer without the sign before it, which is where it starts.
    fn integer<T: TryFrom<i128>>(&mut self, start: usize, negative: bool, kind: &str) -> Parsed<T> {
        let Token::Integer { radix, digits } = self.token else {
            return Err(match self.token {
                Token::String(_) => self.expected("an integer").hinted("numbers have no quotes"),
                _ => self.expected("an integer"),
            });
        };
        let value =
            literal::integer(negative, radix, digits).and_then(|value| value.try_into().ok());
        let value =
            value.ok_or_else(|| Fault::new(start, format!("out of the range of {kind}")))?;
        self.advance()?;
        Ok(value)
    }

    fn float<T>(&mut self) -> Parsed<T>
    where
        T: std::str::FromStr + std::ops::Neg<Output = T>,
    {
        let negative = self.eat('-')?;
        let value = match self.token {
            Token::Integer { radix: 10, digits } => literal::float(negative, digits),
            Token::Integer { .. } => {
                return Err(Fault::new(
                    self.start,
                    "only integers can be octal or hexadecimal",
                ));
            }
            Token::Float(text) => literal::float(negative, text),
            Token::Name(name) if literal::is_float_name(name) => literal::float(negative, name),
            _ => None,
        };
        let Some(value) = value else {
            return Err(match self.token {
                Token::String(_) => self.expected("a number").hinted("numbers have no quotes"),
                _ => self.expected("a number"),
            });
        };
        self.advance()?;
        Ok(value)
    }

    fn bool(&mut self) -> Parsed<bool> {
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

    fn enum_number(&mut self, layout: &EnumLayout) -> Parsed<i32> {
        let start = self.start;
        let Token::Name(name) = self.token else {
            if !matches!(self.token, Token::Integer { .. } | Token::Symbol('-')) {
                let fault = self.expected(&format!("a value of {}", layout.full_name));
                return Err(match self.token {
                    Token::String(_) => fault.hinted("an enum's values have no quotes"),
                    _ => fault,
                });
            }
            let number = self.signed::<i32>("an enum")?;
            // It could not be told from an unknown field.
            if layout.closed && layout.name(number).is_none() {
                return Err(Fault::new(
                    start,
                    format!("{} has no value {number}", layout.full_name),
                ));
            }
            return Ok(number);
        };
        let Some(number) = layout.number(name) else {
            let mut names: Vec<&str> = layout.all_names().collect();
            names.sort_unstable();
            let mut fault = Fault::new(
                start,
                format!("{} has no value {}", layout.full_name, names::quoted(name)),
            );
            fault.hint = names::meant(name, "values", names);
            return Err(fault);
        };
        self.advance()?;
        Ok(number)
    }

    /// One or more string literals in a row, which are one value.
    fn string(&mut self, is_text: bool) -> Parsed<Vec<u8>> {
        let first = self.start;
        let mut bytes = Vec::new();
        if !matches!(self.token, Token::String(_)) {
            return Err(self.expected("a string in quotes"));
        }
        while let Token::String(text) = self.token {
            literal::unescape(text, self.start + 1, &mut bytes)?;
            self.advance()?;
        }
        if is_text && let Err(error) = std::str::from_utf8(&bytes) {
            return Err(Fault::new(
                first,
                format!("not valid UTF-8 (byte {})", error.valid_up_to() + 1),
            ));
        }
        Ok(bytes)
    }
}

/// A signed integer as the wire has it: 64 bits, whatever its type.
fn varint(value: i64) -> Value {
    Value::Varint(value.cast_unsigned())
}
