//! What a request says before its messages.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, request};
use tonic::Status;

use crate::framing::Encoding;

pub const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// The head of a gRPC request.
pub struct Head {
    /// How long the client waits for the call.
    pub timeout: Option<Duration>,
    /// The encoding of compressed messages.
    pub encoding: Option<Encoding>,
}

/// Why a request is not served.
pub enum Refusal {
    /// It is not gRPC.
    Http(StatusCode, Method),
    Grpc(Box<Status>),
    /// It is in an encoding that the server does not know.
    Encoding,
}

impl Head {
    /// Reads the head of a request.
    ///
    /// # Errors
    /// When it is not gRPC, or malformed.
    pub fn read(parts: &request::Parts) -> Result<Self, Refusal> {
        if !is_grpc(&parts.headers) {
            return Err(Refusal::Http(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                parts.method.clone(),
            ));
        }
        if parts.method != Method::POST {
            return Err(Refusal::Http(
                StatusCode::METHOD_NOT_ALLOWED,
                parts.method.clone(),
            ));
        }
        let encoding = match parts.headers.get(ENCODING).map(HeaderValue::as_bytes) {
            None | Some(b"identity") => None,
            Some(name) => Some(Encoding::named(name).ok_or(Refusal::Encoding)?),
        };
        let timeout = parts.headers.get(TIMEOUT).map(|value| {
            let timeout = value.to_str().ok().and_then(timeout);
            timeout.ok_or_else(|| {
                let status = Status::internal("the value of grpc-timeout is not a valid timeout");
                Refusal::Grpc(Box::new(status))
            })
        });
        Ok(Self {
            timeout: timeout.transpose()?,
            encoding,
        })
    }
}

/// `application/grpc` and `application/grpc+proto`, with or without parameters.
fn is_grpc(headers: &HeaderMap) -> bool {
    let value = headers
        .get(CONTENT_TYPE)
        .map_or(&b""[..], |it| it.as_bytes());
    value
        .strip_prefix(b"application/grpc")
        .map(|rest| rest.strip_prefix(b"+proto").unwrap_or(rest))
        .is_some_and(|rest| matches!(rest, [] | [b';', ..]))
}

/// A value of grpc-timeout: at most eight digits and a unit.
fn timeout(value: &str) -> Option<Duration> {
    let (number, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    if number.len() > 8 || !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number: u64 = number.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_have_eight_digits_and_a_unit() {
        for (value, expected) in [
            ("1H", Some(Duration::from_hours(1))),
            ("2M", Some(Duration::from_mins(2))),
            ("99999999S", Some(Duration::from_secs(99_999_999))),
            ("100m", Some(Duration::from_millis(100))),
            ("5u", Some(Duration::from_micros(5))),
            ("0n", Some(Duration::ZERO)),
            ("", None),
            ("S", None),
            ("5", None),
            ("-5S", None),
            ("+5S", None),
            ("123456789n", None),
            ("5s", None),
            ("5\u{e9}", None),
        ] {
            assert_eq!(timeout(value), expected, "{value}");
        }
    }

    #[test]
    fn only_protobuf_is_grpc_here() {
        for (value, expected) in [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            ("application/grpc;charset=utf-8", true),
            ("application/grpc+json", false),
            ("application/grpc-web", false),
            ("text/html", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, value.parse().unwrap())]);
            assert_eq!(is_grpc(&headers), expected, "{value}");
        }
        assert!(!is_grpc(&HeaderMap::new()));
    }
}
