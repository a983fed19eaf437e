//! Messages as base64, for clients that can only read text. Whoever writes it may pad what is there at any time and go on
//! (PROTOCOL-WEB, "Text-encoded (response) streams"), so that padding may be anywhere, also within a message.

use std::fmt;

use bytes::Bytes;

use crate::base64;

/// Four characters are three bytes.
const GROUP: usize = 4;

/// Why a body is not base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadText {
    Base64,
    /// It ends within a group of four characters.
    Incomplete,
}

impl fmt::Display for BadText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base64 => "the body is not base64",
            Self::Incomplete => "the body ends within four characters of base64",
        })
    }
}

/// Encodes a part of a body on its own.
pub fn encode_text(part: &[u8]) -> Bytes {
    let mut out = Vec::new();
    base64::encode_into(part, &mut out);
    out.into()
}

/// How many bytes can be encoded into this room.
pub fn text_room(room: usize) -> usize {
    room / GROUP * 3
}

/// Decodes a body that arrives in parts.
#[derive(Debug, Default)]
pub struct TextDecoder {
    /// The start of a group.
    held: Vec<u8>,
}

impl TextDecoder {
    /// The bytes that are complete with this part. After an error, the rest of the body means nothing.
    ///
    /// # Errors
    /// When it is not base64.
    pub fn push(&mut self, part: &[u8]) -> Result<Bytes, BadText> {
        let mut out = Vec::with_capacity((self.held.len() + part.len()) / GROUP * 3);
        let mut rest = part;
        if !self.held.is_empty() {
            let missing = rest.len().min(GROUP.saturating_sub(self.held.len()));
            let (start, more) = rest.split_at_checked(missing).unwrap_or((rest, &[]));
            self.held.extend_from_slice(start);
            rest = more;
            if self.held.len() < GROUP {
                return Ok(Bytes::new());
            }
            decode(&self.held, &mut out)?;
            self.held.clear();
        }
        let complete = rest.len() / GROUP * GROUP;
        let (mut complete, incomplete) = rest.split_at_checked(complete).unwrap_or((rest, &[]));
        self.held.extend_from_slice(incomplete);
        // Padding ends a group, and the next one starts again.
        while let Some(padding) = memchr::memchr(b'=', complete) {
            let end = (padding / GROUP + 1) * GROUP;
            let (padded, more) = complete.split_at_checked(end).unwrap_or((complete, &[]));
            decode(padded, &mut out)?;
            complete = more;
        }
        decode(complete, &mut out)?;
        Ok(out.into())
    }

    /// How many characters wait for the rest of their group.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Whether the body may end here.
    ///
    /// # Errors
    /// When it is incomplete.
    pub fn finish(&self) -> Result<(), BadText> {
        match self.held.as_slice() {
            [] => Ok(()),
            _ => Err(BadText::Incomplete),
        }
    }
}

/// Decodes whole groups, of which the last one may be padded.
fn decode(groups: &[u8], out: &mut Vec<u8>) -> Result<(), BadText> {
    let text = std::str::from_utf8(groups).map_err(|_| BadText::Base64)?;
    let is_decoded = base64::decode_standard_into(text, out);
    is_decoded.then_some(()).ok_or(BadText::Base64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode_in_parts(text: &[u8], size: usize) -> Result<Vec<u8>, BadText> {
        let mut decoder = TextDecoder::default();
        let mut out = Vec::new();
        for part in text.chunks(size) {
            out.extend_from_slice(&decoder.push(part)?);
        }
        decoder.finish()?;
        Ok(out)
    }

    #[test]
    fn text_is_decoded_however_it_is_split_and_padded() {
        for text in [
            "YWJjZGVm",
            "YQ==YmNkZWY=",
            "YWI=Y2RlZg==",
            "YQ==Yg==Y2RlZg==",
        ] {
            for size in 1..=text.len() {
                let decoded = decode_in_parts(text.as_bytes(), size);
                assert_eq!(decoded.as_deref(), Ok(&b"abcdef"[..]), "{text}, {size}");
            }
        }
    }

    #[test]
    fn each_part_is_encoded_on_its_own() {
        assert_eq!(encode_text(b"a"), "YQ==");
        assert_eq!(encode_text(b"abc"), "YWJj");
        assert_eq!(encode_text(b""), "");
    }

    #[test]
    fn what_fits_into_a_room_fits_as_text() {
        for room in 0..100 {
            let fits = text_room(room);
            assert!(encode_text(&vec![0; fits]).len() <= room);
            assert!(encode_text(&vec![0; fits + 1]).len() > room);
        }
    }

    #[test]
    fn what_is_not_base64_is_an_error() {
        for text in [
            "YW\nJj", "Y===", "=YWJ", "YW=j", "====", "YWJj=", "YWJj====", "YWI=====", "\u{e9}YW",
            "YW+_", "YWJjYW-_", "YW+/YW-_",
        ] {
            for size in 1..=text.len() {
                let decoded = decode_in_parts(text.as_bytes(), size);
                assert!(decoded.is_err(), "{text}, {size}: {decoded:?}");
            }
        }
        assert_eq!(TextDecoder::default().push(b"!!!!"), Err(BadText::Base64));
    }

    #[test]
    fn a_body_does_not_end_within_a_group() {
        for text in ["Y", "YW", "YWJ", "YWJjZ", "YQ==YW"] {
            let decoded = decode_in_parts(text.as_bytes(), 3);
            assert_eq!(decoded, Err(BadText::Incomplete), "{text}");
        }
    }
}
