//! Base64 in every flavour that protobuf's JSON mapping, gRPC's binary metadata and Connect use.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Padding is optional, and the bits after the last byte need not be zero: protobuf's JSON parsers accept both.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

const UNPADDED: GeneralPurposeConfig = LENIENT.with_encode_padding(false);

const STANDARD_ENGINE: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const URL_SAFE_ENGINE: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

const UNPADDED_ENGINE: GeneralPurpose = GeneralPurpose::new(&STANDARD, UNPADDED);
const UNPADDED_URL_SAFE_ENGINE: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, UNPADDED);

/// Encodes with the standard alphabet and padding.
pub fn encode(bytes: &[u8]) -> String {
    STANDARD_ENGINE.encode(bytes)
}

/// Encodes with the standard alphabet, without padding.
pub fn encode_unpadded(bytes: &[u8]) -> String {
    UNPADDED_ENGINE.encode(bytes)
}

/// Encodes with the alphabet that is safe in URLs, without padding.
pub fn encode_url_safe(bytes: &[u8]) -> String {
    UNPADDED_URL_SAFE_ENGINE.encode(bytes)
}

/// As [`encode`], appending to `out`.
pub fn encode_into(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let len = base64::encoded_len(bytes.len(), true).unwrap_or_default();
    out.resize(start + len, 0);
    // Cannot fail: the room was just made.
    let _ = STANDARD_ENGINE.encode_slice(bytes, out.get_mut(start..).unwrap_or_default());
}

/// Decodes either alphabet, but not a mixture of both. `None` if it is not base64.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let is_url_safe = memchr::memchr2(b'-', b'_', text.as_bytes()).is_some();
    let engine = if is_url_safe {
        &URL_SAFE_ENGINE
    } else {
        &STANDARD_ENGINE
    };
    engine.decode(text).ok()
}

/// Decodes the standard alphabet only, appending to `out`: text that arrives in parts must mean the same wherever it is cut.
/// `false` if it is not base64; what was appended is then meaningless.
pub fn decode_standard_into(text: &str, out: &mut Vec<u8>) -> bool {
    STANDARD_ENGINE.decode_vec(text, out).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flavour_is_decoded() {
        for text in ["+/8=", "+/8", "-_8=", "-_8", "+/9", "-_9="] {
            assert_eq!(decode(text), Some(vec![0xfb, 0xff]), "{text}");
        }
        assert_eq!(decode(""), Some(vec![]));
    }

    #[test]
    fn what_is_not_base64_is_refused() {
        for text in ["+_8=", "a", "ab=c", "ab===", "é", "a b", "ab\n"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[test]
    fn encoding_is_standard_and_padded() {
        assert_eq!(encode(&[0xfb, 0xff]), "+/8=");
        let mut out = b"x".to_vec();
        encode_into(&[0xfb, 0xff], &mut out);
        assert_eq!(out, b"x+/8=");
    }

    #[test]
    fn encoding_without_padding_has_either_alphabet() {
        assert_eq!(encode_unpadded(&[0xfb, 0xff]), "+/8");
        assert_eq!(encode_url_safe(&[0xfb, 0xff]), "-_8");
    }
}
