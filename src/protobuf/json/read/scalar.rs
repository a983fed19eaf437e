//! Scalars: one JSON value → one value on the wire, by the field's type.

use super::cursor::is_number;
use super::{Parser, Result, Written, number};
use crate::base64;
use crate::protobuf::layout::{EnumLayout, Type};
use crate::protobuf::scalar::encode_integer;
use crate::protobuf::suggest::suggest_value;
use crate::protobuf::wire::{put_bytes, put_varint};

impl Parser<'_, '_> {
    /// Appends the value that is next, without its tag.
    pub(super) fn scalar(&mut self, kind: &Type, out: &mut Vec<u8>) -> Result<Written> {
        let next = self.cursor.peek();
        let start = self.cursor.offset();
        let unexpected = |parser: &Self| {
            let found = parser.cursor.found();
            let expected = match kind {
                Type::Bool => "true or false",
                kind => kind.name(),
            };
            parser
                .cursor
                .error(format!("expected {expected}, found {found}"))
        };
        match kind {
            Type::String if next == Some(b'"') => {
                let text = self.cursor.string()?;
                put_bytes(out, text.as_bytes());
            }
            Type::Bytes if next == Some(b'"') => {
                let text = self.cursor.string()?;
                match base64::decode(&text) {
                    Some(bytes) => put_bytes(out, &bytes),
                    None => return Err(self.cursor.error_at(start, "expected bytes as base64")),
                }
            }
            Type::Bool => {
                let value = self.cursor.word("true");
                if !value && !self.cursor.word("false") {
                    return Err(unexpected(self));
                }
                out.push(u8::from(value));
            }
            Type::Enum(layout) => return self.enumeration(layout, out),
            Type::String | Type::Bytes | Type::Message(_) | Type::Group(_) => {
                return Err(unexpected(self));
            }
            _ => {
                let quoted;
                let token = match next {
                    Some(b'"') => {
                        quoted = self.cursor.string()?;
                        quoted.as_ref()
                    }
                    Some(b'-' | b'0'..=b'9') => self.cursor.number()?,
                    _ => return Err(unexpected(self)),
                };
                put_number(kind, token, next == Some(b'"'), out)
                    .map_err(|why| self.cursor.error_at(start, why))?;
            }
        }
        Ok(Written::Yes)
    }

    fn enumeration(&mut self, layout: &EnumLayout, out: &mut Vec<u8>) -> Result<Written> {
        let start = self.cursor.offset();
        let number = match self.cursor.peek() {
            Some(b'n') if layout.is_null && self.cursor.word("null") => 0,
            Some(b'"') => {
                let name = self.cursor.string()?;
                match layout.number(&name) {
                    Some(number) => number,
                    None if self.options.allow_unknown_fields => return Ok(Written::Skipped),
                    None => {
                        let why = format!("{} has no value {name:?}", layout.full_name);
                        let hint = suggest_value(&name, layout.all_names().into_iter());
                        return Err(self.cursor.error_at(start, why).hinted(hint));
                    }
                }
            }
            Some(b'-' | b'0'..=b'9') => {
                let token = self.cursor.number()?;
                let number = number::integer(token).and_then(|value| i32::try_from(value).ok());
                match number {
                    Some(number) if layout.has(number) => number,
                    Some(_) if self.options.allow_unknown_fields => return Ok(Written::Skipped),
                    _ => {
                        let why = format!("{} has no value {token}", layout.full_name);
                        let hint = suggest_value(token, layout.all_names().into_iter());
                        return Err(self.cursor.error_at(start, why).hinted(hint));
                    }
                }
            }
            _ => {
                let found = self.cursor.found();
                let why = format!("expected a value of {}, found {found}", layout.full_name);
                return Err(self.cursor.error(why));
            }
        };
        put_varint(out, i64::from(number).cast_unsigned());
        Ok(Written::Yes)
    }
}

/// Appends a number. In quotes it may be what JSON's own numbers cannot be.
fn put_number(
    kind: &Type,
    token: &str,
    quoted: bool,
    out: &mut Vec<u8>,
) -> std::result::Result<(), String> {
    let special = match token {
        "NaN" if quoted => Some(f64::NAN),
        "Infinity" if quoted => Some(f64::INFINITY),
        "-Infinity" if quoted => Some(f64::NEG_INFINITY),
        _ if quoted && !is_number(token) => {
            return Err(format!("expected {}, found string {token:?}", kind.name()));
        }
        _ => None,
    };
    let invalid = || format!("{token} is not a valid {}", kind.name());
    match kind {
        Type::Double => {
            let value = special
                .or_else(|| number::double(token))
                .ok_or_else(invalid)?;
            out.extend_from_slice(&value.to_le_bytes());
        }
        Type::Float => {
            #[expect(clippy::cast_possible_truncation, reason = "infinities and NaN only")]
            let special = special.map(|value| value as f32);
            let value = special
                .or_else(|| number::float(token))
                .ok_or_else(invalid)?;
            out.extend_from_slice(&value.to_le_bytes());
        }
        kind => {
            let value = number::integer(token).and_then(|value| encode_integer(kind, value));
            value.ok_or_else(invalid)?.put(out);
        }
    }
    Ok(())
}

/// Appends a map's key, which is always a string in JSON.
pub fn put_map_key(kind: &Type, key: &str, out: &mut Vec<u8>) -> std::result::Result<(), String> {
    match (kind, key) {
        (Type::String, key) => put_bytes(out, key.as_bytes()),
        (Type::Bool, "true") => out.push(1),
        (Type::Bool, "false") => out.push(0),
        (Type::Bool, key) => return Err(format!("expected bool as the key, found {key:?}")),
        (kind, key) => return put_number(kind, key, true, out),
    }
    Ok(())
}
