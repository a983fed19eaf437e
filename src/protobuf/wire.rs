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
pub struct DecodeError(pub &'static str);

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed message: {}", self.0)
    }
}

impl std::error::Error for DecodeError {}

const TRUNCATED: DecodeError = DecodeError("it is truncated");

/// Reads a tag: field number and wire type.
pub fn tag(bytes: &mut &[u8]) -> Result<(u32, u32), DecodeError> {
    let tag = varint(bytes)?;
    let tag = u32::try_from(tag).map_err(|_| DecodeError("a field number is too large"))?;
    if tag >> 3 == 0 {
        return Err(DecodeError("a field has the number 0"));
    }
    Ok((tag >> 3, tag & 7))
}

/// Reads a value of that wire type. `number` is its field's, which the end of a group repeats.
pub fn value<'a>(
    bytes: &mut &'a [u8],
    number: u32,
    wire_type: u32,
) -> Result<WireValue<'a>, DecodeError> {
    value_within(bytes, number, wire_type, MAX_DEPTH)
}

fn value_within<'a>(
    bytes: &mut &'a [u8],
    number: u32,
    wire_type: u32,
    depth: usize,
) -> Result<WireValue<'a>, DecodeError> {
    match wire_type {
        VARINT => varint(bytes).map(WireValue::Varint),
        FIXED64 => take_array(bytes).map(|array| WireValue::Fixed64(u64::from_le_bytes(array))),
        FIXED32 => take_array(bytes).map(|array| WireValue::Fixed32(u32::from_le_bytes(array))),
        LEN => {
            let len = usize::try_from(varint(bytes)?).unwrap_or(usize::MAX);
            let (head, tail) = bytes.split_at_checked(len).ok_or(TRUNCATED)?;
            *bytes = tail;
            Ok(WireValue::Bytes(head))
        }
        START_GROUP => group(bytes, number, depth).map(WireValue::Group),
        END_GROUP => Err(DecodeError("a group ends that has not started")),
        _ => Err(DecodeError("a wire type is unknown")),
    }
}

fn group<'a>(bytes: &mut &'a [u8], number: u32, depth: usize) -> Result<&'a [u8], DecodeError> {
    let depth = depth
        .checked_sub(1)
        .ok_or(DecodeError("groups are nested too deeply"))?;
    let start = *bytes;
    loop {
        let before = bytes.len();
        let (inner, wire_type) = tag(bytes)?;
        if wire_type == END_GROUP {
            if inner != number {
                return Err(DecodeError("a group ends with another field's number"));
            }
            return Ok(start.get(..start.len() - before).unwrap_or_default());
        }
        value_within(bytes, inner, wire_type, depth)?;
    }
}

fn take_array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], DecodeError> {
    let (head, tail) = bytes.split_first_chunk().ok_or(TRUNCATED)?;
    *bytes = tail;
    Ok(*head)
}

/// Reads a varint of at most ten bytes.
pub fn varint(bytes: &mut &[u8]) -> Result<u64, DecodeError> {
    if let Some((&first, rest)) = bytes.split_first()
        && first < 0x80
    {
        *bytes = rest;
        return Ok(u64::from(first));
    }
    prost::encoding::decode_varint(bytes)
        .map_err(|_| DecodeError("a varint is truncated or too long"))
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
