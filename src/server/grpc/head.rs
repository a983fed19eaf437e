//! What a request says before its messages.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, request};
use tonic::Status;

use crate::framing::Encoding;
use crate::protocol::{BadTimeout, Wire};

pub const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");

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
        let timeout = Wire::Grpc.timeout(&parts.headers).map_err(|BadTimeout| {
            let status = Status::internal("the value of grpc-timeout is not a valid timeout");
            Refusal::Grpc(Box::new(status))
        })?;
        Ok(Self { timeout, encoding })
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

#[cfg(test)]
mod tests {
    use super::*;

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
