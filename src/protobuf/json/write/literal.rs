//! JSON's literals: numbers as short as they can be, strings with no more escapes than JSON requires.

use super::{Int64, Result, Writer};
use crate::base64;
use crate::protobuf::layout::Type;
use crate::protobuf::quote::{plain_len, put_quoted, short_escape};
use crate::protobuf::scalar::{self, FloatText, Scalar};
use crate::protobuf::writer::{Unrepresentable, WriteError};

/// JavaScript's `Number.MAX_SAFE_INTEGER`.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

impl Writer<'_> {
    #[expect(clippy::inline_always, reason = "see `Ascending`")]
    #[inline(always)]
    pub(super) fn scalar(&mut self, kind: &Type, value: Scalar<'_>) -> Result {
        match value {
            Scalar::Double(value) => self.float(value),
            Scalar::Float(value) => self.float(value),
            Scalar::Int32(value) => self.integer(value),
            Scalar::Uint32(value) => self.integer(value),
            Scalar::Int64(value) => self.int64(value, value.unsigned_abs())?,
            Scalar::Uint64(value) => self.int64(value, value)?,
            Scalar::Bool(value) => {
                self.out
                    .extend_from_slice(if value { b"true" } else { b"false" });
            }
            Scalar::Text(bytes) => self.string_bytes(bytes)?,
            Scalar::Bytes(bytes) => {
                self.out.push(b'"');
                base64::encode_into(bytes, self.out);
                self.out.push(b'"');
            }
            Scalar::Enum(number) => {
                let Type::Enum(layout) = kind else {
                    return Ok(());
                };
                match layout.json_name(number) {
                    _ if layout.is_null => self.out.extend_from_slice(b"null"),
                    Some(name) if !self.options.enum_numbers => {
                        self.out.extend_from_slice(name.as_bytes());
                    }
                    _ => self.integer(number),
                }
            }
        }
        Ok(())
    }

    fn float(&mut self, value: impl zmij::Float + Into<f64> + Copy) {
        let text = match FloatText::new(value, &mut zmij::Buffer::new()) {
            // Parsers that take `-0` for an integer lose the sign.
            FloatText::Finite("-0") => "-0.0",
            FloatText::Finite(text) => return self.out.extend_from_slice(text.as_bytes()),
            FloatText::Infinity => "\"Infinity\"",
            FloatText::NegativeInfinity => "\"-Infinity\"",
            FloatText::NotANumber => "\"NaN\"",
        };
        self.out.extend_from_slice(text.as_bytes());
    }

    pub(super) fn integer(&mut self, value: impl itoa::Integer) {
        let mut buffer = itoa::Buffer::new();
        self.out.extend_from_slice(buffer.format(value).as_bytes());
    }

    fn int64(&mut self, value: impl itoa::Integer, magnitude: u64) -> Result {
        match self.options.int64 {
            Int64::Strings => self.quoted_integer(value),
            Int64::SafeNumbers if magnitude > MAX_SAFE_INTEGER => {
                return Err(WriteError::Unrepresentable(Unrepresentable::UnsafeInteger).into());
            }
            Int64::Numbers | Int64::SafeNumbers => self.integer(value),
        }
        Ok(())
    }

    pub(super) fn quoted_integer(&mut self, value: impl itoa::Integer) {
        self.out.push(b'"');
        self.integer(value);
        self.out.push(b'"');
    }

    /// A string literal of a field's bytes.
    pub(super) fn string_bytes(&mut self, bytes: &[u8]) -> Result {
        if plain_len(bytes) < bytes.len() {
            self.string(scalar::text(bytes)?);
        } else {
            put_quoted(bytes, self.out);
        }
        Ok(())
    }

    /// A string literal. Only what JSON requires is escaped; what must not reach a terminal is escaped by the output.
    pub(super) fn string(&mut self, text: &str) {
        self.out.push(b'"');
        let mut rest = text.as_bytes();
        while let Some(at) = rest
            .iter()
            .position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\'))
        {
            let (plain, tail) = rest.split_at(at);
            self.out.extend_from_slice(plain);
            let Some((&byte, after)) = tail.split_first() else {
                break;
            };
            if let Some(escape) = short_escape(byte) {
                self.out.extend_from_slice(escape);
            } else {
                self.out.extend_from_slice(b"\\u00");
                self.out.extend([byte >> 4, byte & 0xf].map(hex_digit));
            }
            rest = after;
        }
        self.out.extend_from_slice(rest);
        self.out.push(b'"');
    }
}

fn hex_digit(value: u8) -> u8 {
    match value {
        0..=9 => b'0' + value,
        _ => b'a' + value - 10,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{WriteOptions, write};
    use super::*;
    use crate::protobuf::Layouts;

    /// `{"anInt64": NUMBER}`
    fn written(number: i64, int64: Int64) -> std::result::Result<String, WriteError> {
        let files = protox::compile(["rich.proto"], ["tests/schemas"]).unwrap();
        let pool = prost_reflect::DescriptorPool::from_file_descriptor_set(files).unwrap();
        let mut layouts = Layouts::new(pool);
        let message = layouts.find("rich.Everything").unwrap();
        let mut bytes = vec![4 << 3];
        crate::protobuf::wire::put_varint(&mut bytes, number.cast_unsigned());
        let mut out = Vec::new();
        let options = WriteOptions {
            int64,
            ..WriteOptions::default()
        };
        write(&mut layouts, message, &bytes, options, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn integers_of_64_bits_are_strings_or_numbers() {
        let safe = 9_007_199_254_740_991;
        for (number, int64, text) in [
            (-5, Int64::Strings, Some("{\"anInt64\":\"-5\"}")),
            (-5, Int64::Numbers, Some("{\"anInt64\":-5}")),
            (
                i64::MIN,
                Int64::Numbers,
                Some("{\"anInt64\":-9223372036854775808}"),
            ),
            (
                -safe,
                Int64::SafeNumbers,
                Some("{\"anInt64\":-9007199254740991}"),
            ),
            (safe + 1, Int64::SafeNumbers, None),
            (i64::MIN, Int64::SafeNumbers, None),
        ] {
            assert_eq!(written(number, int64).ok().as_deref(), text, "{number}");
        }
    }
}
