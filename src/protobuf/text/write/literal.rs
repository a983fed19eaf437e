//! The text format's literals.

use super::{Result, Writer};
use crate::protobuf::layout::Type;
use crate::protobuf::quote::{plain_len, put_quoted, short_escape};
use crate::protobuf::scalar::{self, FloatText, Scalar};

impl Writer<'_> {
    #[expect(clippy::inline_always, reason = "see `Ascending`")]
    #[inline(always)]
    pub(super) fn scalar(&mut self, kind: &Type, value: Scalar<'_>) -> Result {
        match value {
            Scalar::Double(value) => self.float(value),
            Scalar::Float(value) => self.float(value),
            Scalar::Int32(value) => self.integer(value),
            Scalar::Uint32(value) => self.integer(value),
            Scalar::Int64(value) => self.integer(value),
            Scalar::Uint64(value) => self.integer(value),
            Scalar::Bool(value) => self.bool(value),
            Scalar::Text(bytes) => self.text(bytes)?,
            Scalar::Bytes(bytes) => self.string(bytes, false),
            Scalar::Enum(number) => {
                let name = match kind {
                    Type::Enum(layout) if !self.options.enum_numbers => layout.name(number),
                    _ => None,
                };
                match name {
                    Some(name) => self.out.extend_from_slice(name.as_bytes()),
                    None => self.integer(number),
                }
            }
        }
        Ok(())
    }

    pub(super) fn bool(&mut self, value: bool) {
        self.out
            .extend_from_slice(if value { b"true" } else { b"false" });
    }

    pub(super) fn integer(&mut self, value: impl itoa::Integer) {
        let mut buffer = itoa::Buffer::new();
        self.out.extend_from_slice(buffer.format(value).as_bytes());
    }

    fn float(&mut self, value: impl zmij::Float + Into<f64> + Copy) {
        let mut buffer = zmij::Buffer::new();
        let text = match FloatText::new(value, &mut buffer) {
            FloatText::Finite(text) => text,
            FloatText::Infinity => "inf",
            FloatText::NegativeInfinity => "-inf",
            FloatText::NotANumber => "nan",
        };
        self.out.extend_from_slice(text.as_bytes());
    }

    fn text(&mut self, bytes: &[u8]) -> Result {
        if plain_len(bytes) < bytes.len() {
            self.string(scalar::text(bytes)?.as_bytes(), true);
        } else {
            put_quoted(bytes, self.out);
        }
        Ok(())
    }

    /// A string literal. Text is written as it is; of other bytes those that are not ASCII are octal.
    pub(super) fn string(&mut self, bytes: &[u8], is_text: bool) {
        self.out.push(b'"');
        let mut rest = bytes;
        loop {
            let (plain, special) = rest.split_at(plain_len(rest));
            self.out.extend_from_slice(plain);
            let Some((&byte, after)) = special.split_first() else {
                break;
            };
            match (short_escape(byte), byte) {
                (Some(escape), _) => self.out.extend_from_slice(escape),
                (None, 0x80..) if is_text => self.out.push(byte),
                (None, byte) => {
                    let digits = [byte >> 6, byte >> 3 & 7, byte & 7].map(|digit| b'0' + digit);
                    self.out.push(b'\\');
                    self.out.extend_from_slice(&digits);
                }
            }
            rest = after;
        }
        self.out.push(b'"');
    }
}
