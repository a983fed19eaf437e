//! The headers that say how messages are compressed.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::wire::Wire;
use crate::framing::Encoding;

const GRPC: HeaderName = HeaderName::from_static("grpc-encoding");
const GRPC_ACCEPT: HeaderName = HeaderName::from_static("grpc-accept-encoding");
const CONNECT: HeaderName = HeaderName::from_static("connect-content-encoding");
const CONNECT_ACCEPT: HeaderName = HeaderName::from_static("connect-accept-encoding");

/// The header names an encoding that is not known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownEncoding;

/// The encoding of this name; none without a name, and for `identity`.
///
/// # Errors
/// When it is not known.
pub fn named(name: Option<&[u8]>) -> Result<Option<Encoding>, UnknownEncoding> {
    match name {
        None | Some(b"" | b"identity") => Ok(None),
        Some(name) => Encoding::named(name).map(Some).ok_or(UnknownEncoding),
    }
}

impl Wire {
    /// The name of the encoding of the messages.
    pub fn encoding_header(self) -> HeaderName {
        match self {
            Self::Grpc | Self::Web | Self::WebText => GRPC,
            Self::ConnectUnary => header::CONTENT_ENCODING,
            Self::ConnectStream => CONNECT,
        }
    }

    /// The encodings that whoever sends it can read.
    pub fn accept_encoding_header(self) -> HeaderName {
        match self {
            Self::Grpc | Self::Web | Self::WebText => GRPC_ACCEPT,
            Self::ConnectUnary => header::ACCEPT_ENCODING,
            Self::ConnectStream => CONNECT_ACCEPT,
        }
    }

    /// The encoding of the messages; none if they are not compressed.
    ///
    /// # Errors
    /// When it is not known.
    pub fn encoding(self, headers: &HeaderMap) -> Result<Option<Encoding>, UnknownEncoding> {
        let value = headers.get(self.encoding_header());
        named(value.map(HeaderValue::as_bytes))
    }

    /// Whether whoever sent these headers can read this encoding. Without a word about it, they can read what they use
    /// themselves, and the caller asks for nothing else.
    pub fn accepts(self, headers: &HeaderMap, encoding: Encoding) -> bool {
        let mut values = headers
            .get_all(self.accept_encoding_header())
            .iter()
            .peekable();
        let wanted = encoding.header();
        let is_unsaid = values.peek().is_none();
        is_unsaid
            || values
                .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
                .any(|item| accepts(item, wanted.as_bytes()))
    }
}

/// Whether an item of a list names this encoding, and does not exclude it by a weight of zero, which browsers may send
/// (RFC 9110, section 12.5.3).
fn accepts(item: &[u8], wanted: &[u8]) -> bool {
    let mut parts = item.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let name = parts.next().unwrap_or_default();
    let is_zero = |weight: &[u8]| {
        let digits = weight.strip_prefix(b"q=").or(weight.strip_prefix(b"Q="));
        digits.is_some_and(|digits| digits.iter().all(|digit| matches!(digit, b'0' | b'.')))
    };
    (name == b"*" || name.eq_ignore_ascii_case(wanted)) && !parts.any(is_zero)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &HeaderName, values: &[&'static str]) -> HeaderMap {
        let values = values.iter().map(|value| HeaderValue::from_static(value));
        values.map(|value| (name.clone(), value)).collect()
    }

    #[test]
    fn each_wire_has_its_headers_of_compression() {
        for (wire, encoding, accept) in [
            (Wire::Grpc, "grpc-encoding", "grpc-accept-encoding"),
            (Wire::Web, "grpc-encoding", "grpc-accept-encoding"),
            (Wire::WebText, "grpc-encoding", "grpc-accept-encoding"),
            (Wire::ConnectUnary, "content-encoding", "accept-encoding"),
            (
                Wire::ConnectStream,
                "connect-content-encoding",
                "connect-accept-encoding",
            ),
        ] {
            assert_eq!(wire.encoding_header(), encoding);
            assert_eq!(wire.accept_encoding_header(), accept);
        }
    }

    #[test]
    fn the_encoding_of_messages_is_known_or_refused() {
        for wire in Wire::ALL {
            let read = |value| wire.encoding(&headers(&wire.encoding_header(), &[value]));
            assert_eq!(wire.encoding(&HeaderMap::new()), Ok(None));
            assert_eq!(read("identity"), Ok(None));
            assert_eq!(read(""), Ok(None));
            assert_eq!(read("gzip"), Ok(Some(Encoding::Gzip)));
            assert_eq!(read("br"), Err(UnknownEncoding));
        }
    }

    #[test]
    fn an_encoding_is_accepted_if_it_is_listed() {
        let wire = Wire::ConnectUnary;
        for (values, accepted) in [
            (&["gzip"][..], true),
            (&["br, gzip"], true),
            (&["br,gzip;q=0.5"], true),
            (&["br", "gzip"], true),
            (&["GZIP ; q=1"], true),
            (&["*"], true),
            (&["br, zstd"], false),
            (&["gzipx"], false),
            (&["gzip;q=0"], false),
            (&["gzip; q=0.000, br"], false),
            (&[""], false),
        ] {
            let headers = headers(&wire.accept_encoding_header(), values);
            assert_eq!(
                wire.accepts(&headers, Encoding::Gzip),
                accepted,
                "{values:?}"
            );
        }
        assert!(wire.accepts(&HeaderMap::new(), Encoding::Gzip));
    }
}
