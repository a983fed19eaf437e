//! A request in a URL, for methods without side effects ("Unary-Get-Request").

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use super::super::encoding::named;
use super::super::wire::Codec;
use crate::base64;
use crate::framing::{ACCEPTED, Encoding};

const VERSION: &str = "v1";

/// What stays as it is: RFC 3986, section 2.3.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What the query of such a request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Get<'a> {
    pub codec: Codec,
    /// How the message is compressed.
    pub encoding: Option<Encoding>,
    /// As it is compressed. An empty one is not.
    pub message: Cow<'a, [u8]>,
    /// Whether the query says that it is of Connect.
    pub has_version: bool,
}

/// Why a query is not a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadQuery {
    /// It is of another version than v1.
    Version,
    /// There is no codec.
    NoCodec,
    /// The codec is unknown: answered with 415.
    Codec,
    /// The compression is unknown: UNIMPLEMENTED.
    Encoding,
    /// There is no message.
    NoMessage,
    /// The message is not base64, though the query says so.
    Base64,
    /// The value of this parameter is not percent-encoded.
    Percent(&'static str),
}

impl fmt::Display for BadQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version => write!(f, "the parameter connect is not {VERSION}"),
            Self::NoCodec => f.write_str("the parameter encoding is missing"),
            Self::Codec => f.write_str("the parameter encoding is neither proto nor json"),
            Self::Encoding => {
                let known = ACCEPTED;
                let known = known.to_str().unwrap_or_default();
                write!(f, "the parameter compression is none of {known}")
            }
            Self::NoMessage => f.write_str("the parameter message is missing"),
            Self::Base64 => f.write_str("the parameter message is not base64"),
            Self::Percent(name) => write!(f, "the parameter {name} is not percent-encoded"),
        }
    }
}

impl<'a> Get<'a> {
    /// The query, with its parameters in the order that caches know.
    pub fn query(&self) -> String {
        let mut query = String::new();
        if self.has_version {
            query.push_str("connect=");
            query.push_str(VERSION);
            query.push('&');
        }
        let text = match (self.codec, self.encoding) {
            (Codec::Json, None) => std::str::from_utf8(&self.message).ok(),
            _ => None,
        };
        if text.is_none() {
            query.push_str("base64=1&");
        }
        if let Some(encoding) = self.encoding {
            query.push_str("compression=");
            query.push_str(encoding.header().to_str().unwrap_or_default());
            query.push('&');
        }
        query.push_str("encoding=");
        query.push_str(self.codec.name());
        query.push_str("&message=");
        match text {
            Some(text) => query.extend(utf8_percent_encode(text, ESCAPED)),
            None => query.push_str(&base64::encode_url_safe(&self.message)),
        }
        query
    }

    /// Reads a query. Parameters may be in any order, the first of several with a name counts, and others are ignored.
    ///
    /// # Errors
    /// When it is not a request.
    pub fn read(query: &'a str) -> Result<Self, BadQuery> {
        let has_version = match parameter(query, "connect")? {
            None => false,
            Some(version) if *version == *VERSION.as_bytes() => true,
            Some(_) => return Err(BadQuery::Version),
        };
        let codec = parameter(query, "encoding")?.ok_or(BadQuery::NoCodec)?;
        let codec = std::str::from_utf8(&codec).ok().and_then(Codec::named);
        let codec = codec.ok_or(BadQuery::Codec)?;
        let compression = parameter(query, "compression")?;
        let encoding = named(compression.as_deref()).map_err(|_| BadQuery::Encoding)?;
        let message = parameter(query, "message")?.ok_or(BadQuery::NoMessage)?;
        let is_base64 = parameter(query, "base64")?.as_deref() == Some(b"1");
        let message = if is_base64 {
            let text = std::str::from_utf8(&message).ok();
            let decoded = text.and_then(base64::decode);
            decoded.map(Cow::Owned).ok_or(BadQuery::Base64)?
        } else {
            message
        };
        Ok(Self {
            codec,
            encoding,
            message,
            has_version,
        })
    }
}

/// The decoded value of a parameter. As in forms, `+` is a space.
fn parameter<'a>(query: &'a str, name: &'static str) -> Result<Option<Cow<'a, [u8]>>, BadQuery> {
    let found = query.split('&').find_map(|parameter| {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        (key == name).then_some(value)
    });
    let Some(value) = found else {
        return Ok(None);
    };
    if !is_percent_encoded(value) {
        return Err(BadQuery::Percent(name));
    }
    if !value.contains('+') {
        return Ok(Some(percent_decode(value.as_bytes()).into()));
    }
    let value = value.replace('+', " ");
    let decoded: Vec<u8> = percent_decode(value.as_bytes()).collect();
    Ok(Some(Cow::Owned(decoded)))
}

/// Whether two digits follow each percent sign.
fn is_percent_encoded(value: &str) -> bool {
    let mut after = value.split('%').skip(1);
    after.all(|text| {
        let digits = text.as_bytes().first_chunk::<2>();
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(message: &str) -> Get<'_> {
        Get {
            codec: Codec::Json,
            encoding: None,
            message: Cow::Borrowed(message.as_bytes()),
            has_version: true,
        }
    }

    #[test]
    fn json_is_percent_encoded() {
        let get = json(r#"{"name": "Zoë+"}"#);
        assert_eq!(
            get.query(),
            "connect=v1&encoding=json&message=%7B%22name%22%3A%20%22Zo%C3%AB%2B%22%7D"
        );
    }

    #[test]
    fn what_is_binary_is_base64() {
        for (codec, encoding, query) in [
            (Codec::Proto, None, "base64=1&encoding=proto&message=-_8"),
            (
                Codec::Json,
                Some(Encoding::Gzip),
                "base64=1&compression=gzip&encoding=json&message=-_8",
            ),
            (Codec::Json, None, "base64=1&encoding=json&message=-_8"),
        ] {
            let get = Get {
                codec,
                encoding,
                message: Cow::Borrowed(&[0xfb, 0xff]),
                has_version: false,
            };
            assert_eq!(get.query(), query);
        }
    }

    #[test]
    fn a_query_that_is_written_is_read_back() {
        for encoding in [None, Some(Encoding::Gzip), Some(Encoding::Zstd)] {
            for codec in Codec::ALL {
                for message in [&b""[..], b"{\"a\": \"+&=%\"}", b"\xfb\xff\0"] {
                    for has_version in [false, true] {
                        let get = Get {
                            codec,
                            encoding,
                            message: Cow::Borrowed(message),
                            has_version,
                        };
                        assert_eq!(Get::read(&get.query()), Ok(get.clone()));
                    }
                }
            }
        }
    }

    #[test]
    fn parameters_may_be_in_any_order_beside_others() {
        let query = "message=%7b%7D&x=%&encoding=json&connect=v1&encoding=proto&y";
        assert_eq!(Get::read(query), Ok(json("{}")));
    }

    #[test]
    fn a_message_may_be_a_form_or_padded() {
        let form = Get::read("connect=v1&encoding=json&message=%22a+b%22");
        assert_eq!(form, Ok(json("\"a b\"")));
        for message in ["-_8", "-_8%3D", "-_8=", "%2D%5F8"] {
            let query = format!("base64=1&encoding=proto&message={message}");
            assert_eq!(
                *Get::read(&query).unwrap().message,
                [0xfb, 0xff],
                "{message}"
            );
        }
    }

    #[test]
    fn only_one_says_that_a_message_is_base64() {
        for base64 in ["", "base64=0&", "base64=true&", "base64=&"] {
            let query = format!("{base64}connect=v1&encoding=json&message=1234");
            assert_eq!(Get::read(&query), Ok(json("1234")), "{base64}");
        }
    }

    #[test]
    fn identity_is_no_compression() {
        for identity in ["identity", ""] {
            let query = format!("connect=v1&compression={identity}&encoding=json&message=1");
            assert_eq!(Get::read(&query), Ok(json("1")), "{identity:?}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_query_is_told() {
        for (query, bad) in [
            ("", BadQuery::NoCodec),
            ("connect=v2&encoding=json&message=1", BadQuery::Version),
            ("encoding=thrift&message=1", BadQuery::Codec),
            ("encoding=&message=1", BadQuery::Codec),
            ("encoding=json", BadQuery::NoMessage),
            ("encoding=json&compression=br&message=1", BadQuery::Encoding),
            ("encoding=json&base64=1&message=!", BadQuery::Base64),
            ("encoding=json&base64=1&message=a", BadQuery::Base64),
            ("encoding=json&message=%", BadQuery::Percent("message")),
            ("encoding=json&message=%4", BadQuery::Percent("message")),
            ("encoding=json&message=%4x", BadQuery::Percent("message")),
            ("encoding=%zz&message=1", BadQuery::Percent("encoding")),
        ] {
            assert_eq!(Get::read(query), Err(bad), "{query}");
        }
    }

    #[test]
    fn an_empty_message_is_a_message() {
        let empty = Get::read("connect=v1&encoding=json&message=");
        assert_eq!(empty, Ok(json("")));
    }
}
