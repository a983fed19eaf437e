//! Scalars: one JSON value → one value on the wire, by the field's type.

use super::cursor::is_number;
use super::{Parser, Written, number};
use crate::base64;
use crate::protobuf::Bad;
use crate::protobuf::layout::{EnumLayout, Type};
use crate::protobuf::wire::{self, put_bytes, put_varint};

/// The wire type of a scalar's values.
pub fn wire_type(kind: &Type) -> u32 {
    match kind {
        Type::Double | Type::Fixed64 | Type::Sfixed64 => wire::FIXED64,
        Type::Float | Type::Fixed32 | Type::Sfixed32 => wire::FIXED32,
        Type::String | Type::Bytes | Type::Message(_) => wire::LEN,
        Type::Group(_) => wire::START_GROUP,
        _ => wire::VARINT,
    }
}

/// What a type is called in a .proto file.
fn type_name(kind: &Type) -> &str {
    match kind {
        Type::Double => "double",
        Type::Float => "float",
        Type::Int32 => "int32",
        Type::Int64 => "int64",
        Type::Uint32 => "uint32",
        Type::Uint64 => "uint64",
        Type::Sint32 => "sint32",
        Type::Sint64 => "sint64",
        Type::Fixed32 => "fixed32",
        Type::Fixed64 => "fixed64",
        Type::Sfixed32 => "sfixed32",
        Type::Sfixed64 => "sfixed64",
        Type::Bool => "bool",
        Type::String => "string",
        Type::Bytes => "bytes",
        Type::Enum(layout) => &layout.full_name,
        Type::Message(_) | Type::Group(_) => "message",
    }
}

impl Parser<'_, '_> {
    /// Appends the value that is next, without its tag.
    pub(super) fn scalar(&mut self, kind: &Type, out: &mut Vec<u8>) -> Result<Written, Bad> {
        let next = self.cursor.peek();
        let start = self.cursor.pos();
        let unexpected = |parser: &Self| {
            let found = parser.cursor.found();
            parser
                .cursor
                .bad(format!("expected {}, found {found}", type_name(kind)))
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
                    None => return Err(self.cursor.bad_at(start, "expected bytes as base64")),
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
                numeric(kind, token, next == Some(b'"'), out)
                    .map_err(|why| self.cursor.bad_at(start, why))?;
            }
        }
        Ok(Written::Yes)
    }

    fn enumeration(&mut self, layout: &EnumLayout, out: &mut Vec<u8>) -> Result<Written, Bad> {
        let start = self.cursor.pos();
        let number = match self.cursor.peek() {
            Some(b'n') if layout.is_null && self.cursor.word("null") => 0,
            Some(b'"') => {
                let name = self.cursor.string()?;
                match layout.number(&name) {
                    Some(number) => number,
                    None if self.options.allow_unknown_fields => return Ok(Written::Skipped),
                    None => {
                        let why = format!("{} has no value {name:?}", layout.full_name);
                        let hint = crate::schema::nearest(&name, layout.all_names());
                        return Err(self
                            .cursor
                            .bad_at(start, why)
                            .hinted(hint.map(|name| format!("did you mean {name:?}?"))));
                    }
                }
            }
            Some(b'-' | b'0'..=b'9') => {
                let token = self.cursor.number()?;
                let number = number::integer(token).and_then(|value| i32::try_from(value).ok());
                match number {
                    Some(number) if !layout.closed || layout.name(number).is_some() => number,
                    Some(_) if self.options.allow_unknown_fields => return Ok(Written::Skipped),
                    _ => {
                        let why = format!("{} has no value {token}", layout.full_name);
                        return Err(self.cursor.bad_at(start, why));
                    }
                }
            }
            _ => {
                let found = self.cursor.found();
                let why = format!("expected a value of {}, found {found}", layout.full_name);
                return Err(self.cursor.bad(why));
            }
        };
        put_varint(out, i64::from(number).cast_unsigned());
        Ok(Written::Yes)
    }
}

/// Appends a number. Quoted ones may be what JSON's numbers cannot.
fn numeric(kind: &Type, token: &str, quoted: bool, out: &mut Vec<u8>) -> Result<(), String> {
    let range = || format!("{token} is no {}", type_name(kind));
    let special = match token {
        "NaN" if quoted => Some(f64::NAN),
        "Infinity" if quoted => Some(f64::INFINITY),
        "-Infinity" if quoted => Some(f64::NEG_INFINITY),
        _ if quoted && !is_number(token) => {
            return Err(format!(
                "expected {}, found string {token:?}",
                type_name(kind)
            ));
        }
        _ => None,
    };
    match kind {
        Type::Double => {
            let value = special
                .or_else(|| number::double(token))
                .ok_or_else(range)?;
            out.extend_from_slice(&value.to_le_bytes());
            return Ok(());
        }
        Type::Float => {
            #[expect(clippy::cast_possible_truncation, reason = "infinities and NaN only")]
            let special = special.map(|value| value as f32);
            let value = special.or_else(|| number::float(token)).ok_or_else(range)?;
            out.extend_from_slice(&value.to_le_bytes());
            return Ok(());
        }
        _ => {}
    }
    let value = number::integer(token).ok_or_else(range)?;
    let int = || i32::try_from(value).map_err(|_| range());
    let uint = || u32::try_from(value).map_err(|_| range());
    let long = || i64::try_from(value).map_err(|_| range());
    let ulong = || u64::try_from(value).map_err(|_| range());
    match kind {
        Type::Int32 => put_varint(out, i64::from(int()?).cast_unsigned()),
        Type::Int64 => put_varint(out, long()?.cast_unsigned()),
        Type::Uint32 => put_varint(out, u64::from(uint()?)),
        Type::Uint64 => put_varint(out, ulong()?),
        Type::Sint32 => {
            let value = int()?;
            put_varint(
                out,
                u64::from(((value << 1) ^ (value >> 31)).cast_unsigned()),
            );
        }
        Type::Sint64 => {
            let value = long()?;
            put_varint(out, ((value << 1) ^ (value >> 63)).cast_unsigned());
        }
        Type::Fixed32 => out.extend_from_slice(&uint()?.to_le_bytes()),
        Type::Fixed64 => out.extend_from_slice(&ulong()?.to_le_bytes()),
        Type::Sfixed32 => out.extend_from_slice(&int()?.to_le_bytes()),
        Type::Sfixed64 => out.extend_from_slice(&long()?.to_le_bytes()),
        _ => return Err(range()),
    }
    Ok(())
}

/// Appends a map's key, which JSON always has as a string.
pub fn map_key(kind: &Type, key: &str, out: &mut Vec<u8>) -> Result<(), String> {
    match (kind, key) {
        (Type::String, key) => put_bytes(out, key.as_bytes()),
        (Type::Bool, "true") => out.push(1),
        (Type::Bool, "false") => out.push(0),
        (Type::Bool, key) => return Err(format!("expected bool as the key, found {key:?}")),
        (kind, key) => return numeric(kind, key, true, out),
    }
    Ok(())
}
