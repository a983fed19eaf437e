//! String literals, as far as JSON and the text format have the same ones. Most strings are short, ASCII, and free of
//! what is escaped, which is looked for eight bytes at a time.

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGH_BITS: u64 = ONES << 7;

/// How many bytes at the start are printable ASCII, and neither quotation marks nor backslashes.
#[inline]
pub fn plain_len(bytes: &[u8]) -> usize {
    let mut words = bytes.chunks_exact(8);
    let mut at = 0;
    for word in &mut words {
        let special = word.first_chunk().and_then(|word| first_special(*word));
        if let Some(index) = special {
            return at + index;
        }
        at += 8;
    }
    // What is left is read together with some of what came before.
    let rest = words.remainder();
    if rest.is_empty() {
        return at;
    }
    if let Some(last) = bytes.last_chunk::<8>() {
        let start = bytes.len() - 8;
        return first_special(*last).map_or(bytes.len(), |index| start + index);
    }
    if first_special(padded(rest)).is_none() {
        return bytes.len();
    }
    rest.iter()
        .position(|byte| first_special([b' ', b' ', b' ', b' ', b' ', b' ', b' ', *byte]).is_some())
        .unwrap_or(bytes.len())
}

/// Fewer than eight bytes as eight: each at least once, in any order.
#[inline]
fn padded(bytes: &[u8]) -> [u8; 8] {
    let mut word = [b' '; 8];
    let (start, end) = word.split_at_mut(4);
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        start.copy_from_slice(first);
        end.copy_from_slice(last);
    } else {
        for (place, byte) in start.iter_mut().zip(bytes) {
            *place = *byte;
        }
    }
    word
}

/// Appends a string literal of plain text.
#[inline]
pub fn put_quoted(plain: &[u8], out: &mut Vec<u8>) {
    out.reserve(plain.len() + 2);
    out.push(b'"');
    out.extend_from_slice(plain);
    out.push(b'"');
}

/// The escape of two characters that both formats have for a byte. Everything else that is not plain is written in
/// another way, or as it is.
pub fn short_escape(byte: u8) -> Option<&'static [u8; 2]> {
    match byte {
        b'"' => Some(b"\\\""),
        b'\\' => Some(b"\\\\"),
        b'\n' => Some(b"\\n"),
        b'\r' => Some(b"\\r"),
        b'\t' => Some(b"\\t"),
        _ => None,
    }
}

/// The index of the first byte of eight that is not plain.
#[inline]
fn first_special(bytes: [u8; 8]) -> Option<usize> {
    let word = u64::from_le_bytes(bytes);
    // Each sets the high bit of the bytes that it is about. A borrow or a carry into the next byte may set that of a byte
    // after one of those, but the first one is right.
    let not_ascii = word;
    let control = word.wrapping_sub(ONES * 0x20);
    let delete = word.wrapping_add(ONES);
    let quote = (word ^ (ONES * u64::from(b'"'))).wrapping_sub(ONES);
    let backslash = (word ^ (ONES * u64::from(b'\\'))).wrapping_sub(ONES);
    let special = (not_ascii | control | delete | quote | backslash) & HIGH_BITS;
    (special != 0).then(|| special.trailing_zeros() as usize / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_judged_at_every_place() {
        for byte in 0..=u8::MAX {
            let is_plain = matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
            for len in 1..20 {
                for at in 0..len {
                    for before in *b" ~!#[]" {
                        let mut text = vec![before; len];
                        text[at] = byte;
                        let expected = if is_plain { len } else { at };
                        assert_eq!(plain_len(&text), expected, "{text:?}");
                    }
                }
            }
        }
        assert_eq!(plain_len(b""), 0);
    }
}
