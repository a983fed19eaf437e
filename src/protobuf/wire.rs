//! The protobuf wire format: tags, varints, and values by their wire type. What is read is not trusted, least of all a
//! length; a message that is written has its length put in front of it once it is known.

use std::fmt;

/// A value as it is on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Raw<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
    /// A group's contents, without its tags.
    Group(&'a [u8]),
}

/// Why bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed message: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

/// Reads a tag: field number and wire type.
pub fn tag(bytes: &mut &[u8]) -> Result<(u32, u8), Malformed> {
    let tag = varint(bytes)?;
    let tag = u32::try_from(tag).map_err(|_| Malformed("a field number is too large"))?;
    if tag >> 3 == 0 {
        return Err(Malformed("field number 0"));
    }
    Ok((tag >> 3, (tag & 7) as u8))
}

/// Reads a value of that wire type; `number` is the group's that an end tag must have.
pub fn value<'a>(
    bytes: &mut &'a [u8],
    number: u32,
    wire_type: u8,
    depth: usize,
) -> Result<Raw<'a>, Malformed> {
    match wire_type {
        0 => varint(bytes).map(Raw::Varint),
        1 => take_array(bytes).map(|array| Raw::Fixed64(u64::from_le_bytes(array))),
        5 => take_array(bytes).map(|array| Raw::Fixed32(u32::from_le_bytes(array))),
        2 => {
            let len = usize::try_from(varint(bytes)?).unwrap_or(usize::MAX);
            let (head, tail) = bytes.split_at_checked(len).ok_or(CUT_OFF)?;
            *bytes = tail;
            Ok(Raw::Bytes(head))
        }
        3 => group(bytes, number, depth).map(Raw::Group),
        4 => Err(Malformed("a group ends that has not begun")),
        _ => Err(Malformed("an unknown wire type")),
    }
}

const CUT_OFF: Malformed = Malformed("it is cut off");

fn group<'a>(bytes: &mut &'a [u8], number: u32, depth: usize) -> Result<&'a [u8], Malformed> {
    let depth = depth
        .checked_sub(1)
        .ok_or(Malformed("groups are nested too deeply"))?;
    let start = *bytes;
    loop {
        let before = bytes.len();
        let (inner, wire_type) = tag(bytes)?;
        if wire_type == 4 {
            if inner != number {
                return Err(Malformed("another group ends than has begun"));
            }
            return Ok(start.get(..start.len() - before).unwrap_or_default());
        }
        value(bytes, inner, wire_type, depth)?;
    }
}

fn take_array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Malformed> {
    let (head, tail) = bytes.split_first_chunk().ok_or(CUT_OFF)?;
    *bytes = tail;
    Ok(*head)
}

/// Reads a varint of at most ten bytes.
pub fn varint(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    if let Some((&first, rest)) = bytes.split_first()
        && first < 0x80
    {
        *bytes = rest;
        return Ok(u64::from(first));
    }
    prost::encoding::decode_varint(bytes).map_err(|_| Malformed("a varint is cut off or too long"))
}

/// Wire types, as tags have them.
pub const VARINT: u32 = 0;
pub const FIXED64: u32 = 1;
pub const LEN: u32 = 2;
pub const START_GROUP: u32 = 3;
pub const END_GROUP: u32 = 4;
pub const FIXED32: u32 = 5;

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

/// Writes the length of what `body` writes before it. One byte is kept free, which is enough for most messages; longer
/// ones are moved.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_what_was_written() {
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
