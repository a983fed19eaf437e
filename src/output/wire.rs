//! Reading the protobuf wire format: tags, varints, and values by their wire type. Nothing is trusted, least of all a
//! length.

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
