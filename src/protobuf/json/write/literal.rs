//! JSON's literals: numbers as short as they can be, strings with no more escapes than JSON requires.

use super::Writer;
use crate::base64;
use crate::protobuf::layout::Type;
use crate::protobuf::scalar::{self, Scalar};

impl Writer<'_> {
    pub(super) fn scalar(&mut self, kind: &Type, value: Scalar<'_>) {
        match value {
            Scalar::Double(value) => {
                self.float(value, value.is_finite(), value.is_nan(), value > 0.0);
            }
            Scalar::Float(value) => {
                self.float(value, value.is_finite(), value.is_nan(), value > 0.0);
            }
            Scalar::Int32(value) => self.integer(value),
            Scalar::Uint32(value) => self.integer(value),
            Scalar::Int64(value) => self.quoted(value),
            Scalar::Uint64(value) => self.quoted(value),
            Scalar::Bool(value) => {
                self.out
                    .extend_from_slice(if value { b"true" } else { b"false" });
            }
            Scalar::Str(text) => self.string(text),
            Scalar::Bytes(bytes) => {
                self.out.push(b'"');
                base64::encode_into(bytes, self.out);
                self.out.push(b'"');
            }
            Scalar::Enum(number) => {
                let Type::Enum(layout) = kind else { return };
                match layout.name(number) {
                    _ if layout.is_null => self.out.extend_from_slice(b"null"),
                    Some(name) if !self.options.enum_numbers => self.string(name),
                    _ => self.integer(number),
                }
            }
        }
    }

    pub(super) fn float(
        &mut self,
        value: impl zmij::Float,
        finite: bool,
        nan: bool,
        positive: bool,
    ) {
        if finite {
            let mut buffer = zmij::Buffer::new();
            let text = match scalar::shortest(value, &mut buffer) {
                // Parsers that take `-0` for an integer lose the sign.
                "-0" => "-0.0",
                text => text,
            };
            self.out.extend_from_slice(text.as_bytes());
        } else {
            self.string(match (nan, positive) {
                (true, _) => "NaN",
                (false, true) => "Infinity",
                (false, false) => "-Infinity",
            });
        }
    }

    pub(super) fn integer(&mut self, value: impl itoa::Integer) {
        let mut buffer = itoa::Buffer::new();
        self.out.extend_from_slice(buffer.format(value).as_bytes());
    }

    pub(super) fn quoted(&mut self, value: impl std::fmt::Display) {
        use std::io::Write as _;
        // Writing to a vector cannot fail.
        let _ = write!(self.out, "\"{value}\"");
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
            match byte {
                b'"' => self.out.extend_from_slice(b"\\\""),
                b'\\' => self.out.extend_from_slice(b"\\\\"),
                b'\n' => self.out.extend_from_slice(b"\\n"),
                b'\r' => self.out.extend_from_slice(b"\\r"),
                b'\t' => self.out.extend_from_slice(b"\\t"),
                byte => self
                    .out
                    .extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            }
            rest = after;
        }
        self.out.extend_from_slice(rest);
        self.out.push(b'"');
    }
}
