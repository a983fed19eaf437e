//! Writing the protobuf wire format: tags, varints, and messages whose length is known only when they are written.

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
