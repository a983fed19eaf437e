//! The protobuf wire format (<https://protobuf.dev/programming-guides/encoding/>): tags, varints, and values by their
//! wire type. What is read is not trusted, least of all a length.

use std::fmt;

use super::MAX_DEPTH;

/// A value as it is on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WireValue<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
    /// A group's contents, without its tags.
    Group(&'a [u8]),
}

/// Wire types, as tags have them.
pub const VARINT: u32 = 0;
pub const FIXED64: u32 = 1;
pub const LEN: u32 = 2;
pub const START_GROUP: u32 = 3;
pub const END_GROUP: u32 = 4;
pub const FIXED32: u32 = 5;

/// Why bytes are not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    Truncated,
    BadVarint,
    BadFieldNumber,
    BadWireType,
    BadGroup,
    GroupsTooDeep,
    NotUtf8,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("malformed message: ")?;
        f.write_str(match self {
            Self::Truncated => "it is truncated",
            Self::BadVarint => "a varint is truncated or too long",
            Self::BadFieldNumber => "a field number is zero or too large",
            Self::BadWireType => "a value has the wrong wire type",
            Self::BadGroup => "the start and the end of a group do not match",
            Self::GroupsTooDeep => "groups are nested too deeply",
            Self::NotUtf8 => "a string is not valid UTF-8",
        })
    }
}

impl std::error::Error for DecodeError {}

/// Reads a tag: field number and wire type.
#[inline]
pub fn tag(bytes: &mut &[u8]) -> Result<(u32, u32), DecodeError> {
    let tag = varint(bytes)?;
    match u32::try_from(tag) {
        Ok(tag) if tag >> 3 != 0 => Ok((tag >> 3, tag & 7)),
        _ => Err(DecodeError::BadFieldNumber),
    }
}

/// Reads a value of that wire type. `number` is its field's, which the end of a group repeats.
#[inline]
pub fn value<'a>(
    bytes: &mut &'a [u8],
    number: u32,
    wire_type: u32,
) -> Result<WireValue<'a>, DecodeError> {
    let (value, rest) = split_value(bytes, number, wire_type)?;
    *bytes = rest;
    Ok(value)
}

/// A value, and what comes after it. Functions that are not inlined return the rest instead of changing it in place, so
/// that where a reader is can stay in registers.
fn split_value(
    mut bytes: &[u8],
    number: u32,
    wire_type: u32,
) -> Result<(WireValue<'_>, &[u8]), DecodeError> {
    let value = match wire_type {
        VARINT => WireValue::Varint(bytes.varint()?),
        FIXED64 => WireValue::Fixed64(bytes.fixed64()?),
        FIXED32 => WireValue::Fixed32(bytes.fixed32()?),
        LEN => WireValue::Bytes(bytes.bytes()?),
        START_GROUP => WireValue::Group(bytes.group(number)?),
        END_GROUP => return Err(DecodeError::BadGroup),
        _ => return Err(DecodeError::BadWireType),
    };
    Ok((value, bytes))
}

/// What values are read from, by a reader that knows their type.
pub trait Values<'a> {
    fn varint(&mut self) -> Result<u64, DecodeError>;
    fn fixed64(&mut self) -> Result<u64, DecodeError>;
    fn fixed32(&mut self) -> Result<u32, DecodeError>;
    /// The contents of a length-delimited value.
    fn bytes(&mut self) -> Result<&'a [u8], DecodeError>;
    /// The contents of the group of that number.
    fn group(&mut self, number: u32) -> Result<&'a [u8], DecodeError>;
}

/// Values on the wire, one after the other.
impl<'a> Values<'a> for &'a [u8] {
    #[inline]
    fn varint(&mut self) -> Result<u64, DecodeError> {
        varint(self)
    }

    #[inline]
    fn fixed64(&mut self) -> Result<u64, DecodeError> {
        take_array(self).map(u64::from_le_bytes)
    }

    #[inline]
    fn fixed32(&mut self) -> Result<u32, DecodeError> {
        take_array(self).map(u32::from_le_bytes)
    }

    #[inline]
    fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = usize::try_from(varint(self)?).unwrap_or(usize::MAX);
        let (head, tail) = self.split_at_checked(len).ok_or(DecodeError::Truncated)?;
        *self = tail;
        Ok(head)
    }

    #[inline]
    fn group(&mut self, number: u32) -> Result<&'a [u8], DecodeError> {
        let (contents, rest) = split_group(self, number, MAX_DEPTH)?;
        *self = rest;
        Ok(contents)
    }
}

/// One value that has been read.
impl<'a> Values<'a> for WireValue<'a> {
    fn varint(&mut self) -> Result<u64, DecodeError> {
        match self {
            Self::Varint(bits) => Ok(*bits),
            _ => Err(DecodeError::BadWireType),
        }
    }

    fn fixed64(&mut self) -> Result<u64, DecodeError> {
        match self {
            Self::Fixed64(bits) => Ok(*bits),
            _ => Err(DecodeError::BadWireType),
        }
    }

    fn fixed32(&mut self) -> Result<u32, DecodeError> {
        match self {
            Self::Fixed32(bits) => Ok(*bits),
            _ => Err(DecodeError::BadWireType),
        }
    }

    fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(DecodeError::BadWireType),
        }
    }

    fn group(&mut self, _number: u32) -> Result<&'a [u8], DecodeError> {
        match self {
            Self::Group(bytes) => Ok(bytes),
            _ => Err(DecodeError::BadWireType),
        }
    }
}

/// The contents of a group, and what comes after its end.
fn split_group(bytes: &[u8], number: u32, depth: usize) -> Result<(&[u8], &[u8]), DecodeError> {
    let depth = depth.checked_sub(1).ok_or(DecodeError::GroupsTooDeep)?;
    let mut rest = bytes;
    loop {
        let contents = bytes.len() - rest.len();
        let (inner, wire_type) = tag(&mut rest)?;
        rest = match wire_type {
            START_GROUP => split_group(rest, inner, depth)?.1,
            END_GROUP if inner == number => {
                return Ok((bytes.get(..contents).unwrap_or_default(), rest));
            }
            wire_type => split_value(rest, inner, wire_type)?.1,
        };
    }
}

fn take_array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], DecodeError> {
    let (head, tail) = bytes.split_first_chunk().ok_or(DecodeError::Truncated)?;
    *bytes = tail;
    Ok(*head)
}

/// Reads a varint of at most ten bytes.
#[inline]
pub fn varint(bytes: &mut &[u8]) -> Result<u64, DecodeError> {
    if let Some((&first, rest)) = bytes.split_first()
        && first < 0x80
    {
        *bytes = rest;
        return Ok(u64::from(first));
    }
    let (value, rest) = split_varint(bytes)?;
    *bytes = rest;
    Ok(value)
}

#[inline(never)]
fn split_varint(mut bytes: &[u8]) -> Result<(u64, &[u8]), DecodeError> {
    let value = prost::encoding::decode_varint(&mut bytes).map_err(|_| DecodeError::BadVarint)?;
    Ok((value, bytes))
}

impl WireValue<'_> {
    /// The wire type in the tag of such a value.
    pub fn wire_type(&self) -> u32 {
        match self {
            Self::Varint(_) => VARINT,
            Self::Fixed64(_) => FIXED64,
            Self::Fixed32(_) => FIXED32,
            Self::Bytes(_) => LEN,
            Self::Group(_) => START_GROUP,
        }
    }

    /// Whether every bit is zero, which is the default of every scalar type. Negative zero is not.
    pub fn is_zero(&self) -> bool {
        match self {
            Self::Varint(bits) | Self::Fixed64(bits) => *bits == 0,
            Self::Fixed32(bits) => *bits == 0,
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Group(_) => false,
        }
    }

    /// Appends the value without its tag; a group without its tags.
    pub fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Varint(bits) => put_varint(out, *bits),
            Self::Fixed64(bits) => out.extend_from_slice(&bits.to_le_bytes()),
            Self::Fixed32(bits) => out.extend_from_slice(&bits.to_le_bytes()),
            Self::Bytes(bytes) => put_bytes(out, bytes),
            Self::Group(bytes) => out.extend_from_slice(bytes),
        }
    }
}

/// sint32 and sint64 on the wire: small numbers are short, whatever their sign.
pub fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

/// What [`zigzag`] makes of a value → the value.
pub fn unzigzag(bits: u64) -> i64 {
    (bits >> 1).cast_signed() ^ -((bits & 1).cast_signed())
}

pub fn put_tag(out: &mut Vec<u8>, number: u32, wire_type: u32) {
    put_varint(out, u64::from(number) << 3 | u64::from(wire_type));
}

pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "less than 0x80")]
    out.push(value as u8);
}

pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends what `body` appends, with its length in front. One byte is reserved for the length, which is enough for most
/// messages; the contents of longer ones are moved.
pub fn put_delimited<E>(
    out: &mut Vec<u8>,
    body: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let start = out.len();
    out.push(0);
    body(out)?;
    let len = out.len() - start - 1;
    match (u8::try_from(len), out.get_mut(start)) {
        (Ok(short), Some(slot)) if short < 0x80 => *slot = short,
        _ => {
            let mut prefix = Vec::with_capacity(5);
            put_varint(&mut prefix, len as u64);
            out.splice(start..=start, prefix);
        }
    }
    Ok(())
}

/// Appends an extension of a MessageSet: a group of the type's number and the message, where other messages have a
/// field.
pub fn put_message_set_item<E>(
    out: &mut Vec<u8>,
    number: u32,
    body: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    put_tag(out, 1, START_GROUP);
    put_tag(out, 2, VARINT);
    put_varint(out, u64::from(number));
    put_tag(out, 3, LEN);
    put_delimited(out, body)?;
    put_tag(out, 1, END_GROUP);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zigzag_numbers_come_back() {
        for (value, bits) in [(0, 0), (-1, 1), (1, 2), (i64::MIN, u64::MAX)] {
            assert_eq!((zigzag(value), unzigzag(bits)), (bits, value));
        }
    }

    #[test]
    fn a_length_is_that_of_what_follows() {
        for len in [0, 1, 127, 128, 300, 70_000] {
            let mut out = vec![9];
            let result: Result<(), ()> = put_delimited(&mut out, |out| {
                out.resize(out.len() + len, 7);
                Ok(())
            });
            assert_eq!(result, Ok(()));
            let mut expected = vec![9];
            put_bytes(&mut expected, &vec![7; len]);
            assert_eq!(out, expected);
        }
    }
}
