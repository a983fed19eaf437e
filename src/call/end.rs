//! How a call ends: its status, and where that came from. The origin is a type, so that nothing has to be read out of a
//! message that a server may have written.
//!
//! The rules are those of "gRPC over HTTP/2" (PROTOCOL-HTTP2), "HTTP to gRPC Status Code Mapping"
//! (http-grpc-status-mapping) and "Status codes and their use in gRPC" (statuscodes).

use std::borrow::Cow;
use std::io;

use bytes::Bytes;
use h2::Reason;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use percent_encoding::percent_decode;
use tonic::Code;
use tonic::metadata::MetadataMap;

use super::frame::BadFrame;
use crate::base64;

pub const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

/// The end of a call.
#[derive(Clone, Debug)]
pub struct End {
    pub code: Code,
    pub message: String,
    /// An encoded `google.rpc.Status`, empty if there is none.
    pub details: Bytes,
    /// The trailers, without the status itself.
    pub metadata: MetadataMap,
    pub origin: Origin,
}

/// Where the status of a call comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The server sent it.
    Server,
    /// The deadline expired.
    Deadline,
    /// We cancelled the call: an interrupt, bad input, output that cannot be written.
    Cancelled,
    /// We cancelled the call because there were as many replies as wanted.
    Enough,
    /// The connection was lost, or the server reset the call.
    Connection(Processed),
    /// What answered does not speak gRPC.
    NotGrpc(HttpAnswer),
    /// The server broke the rules of HTTP/2, gRPC or the method.
    Protocol,
    /// A reply was larger than we accept.
    TooLarge,
}

/// Whether the server may have acted on a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processed {
    /// It has not: REFUSED_STREAM, or a GOAWAY that leaves the call out. It is safe to call again.
    No,
    Unknown,
}

/// An HTTP response that is not a gRPC response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    pub status: StatusCode,
    pub content_type: Option<String>,
    /// The start of its body.
    pub body: Bytes,
}

impl End {
    pub fn new(code: Code, message: impl Into<String>, origin: Origin) -> Self {
        Self {
            code,
            message: message.into(),
            details: Bytes::new(),
            metadata: MetadataMap::new(),
            origin,
        }
    }

    /// The server broke the protocol.
    pub fn protocol(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message, Origin::Protocol)
    }

    /// The method has one reply, and there is none or a second one. The code is the specification's ("response
    /// cardinality violation").
    pub fn cardinality(replies: &str) -> Self {
        let message = format!("the method has one reply, and the server sent {replies}");
        Self::new(Code::Unimplemented, message, Origin::Protocol)
    }

    pub fn deadline() -> Self {
        Self::new(
            Code::DeadlineExceeded,
            "the deadline expired before the call was complete",
            Origin::Deadline,
        )
    }

    /// Cancelled from here.
    pub fn cancelled() -> Self {
        Self::new(Code::Cancelled, "cancelled", Origin::Cancelled)
    }

    /// Cancelled from here, with all replies that were asked for.
    pub fn enough() -> Self {
        let message = "cancelled after the replies asked for";
        Self::new(Code::Cancelled, message, Origin::Enough)
    }

    pub fn bad_frame(bad: BadFrame, limit: usize) -> Self {
        match bad {
            BadFrame::Compressed => {
                Self::protocol("the server sent a compressed message without an agreed encoding")
            }
            BadFrame::Flag(flag) => Self::protocol(format!(
                "the server sent a message with the unknown flag {flag}"
            )),
            BadFrame::TooLarge(size) => Self::new(
                Code::ResourceExhausted,
                format!("the reply is too large: {size} bytes, and the limit is {limit}"),
                Origin::TooLarge,
            ),
        }
    }

    /// A response other than gRPC's.
    pub fn not_grpc(answer: HttpAnswer) -> Self {
        let code = code_of_http(answer.status);
        let content_type = match &answer.content_type {
            Some(content_type) => format!("content-type {content_type}"),
            None => "no content-type".to_owned(),
        };
        let message = format!(
            "the server did not answer with gRPC, but with HTTP status {} and {content_type}",
            answer.status
        );
        Self::new(code, message, Origin::NotGrpc(answer))
    }

    /// The end that trailers, or the headers of a Trailers-Only response, tell of. `http` is for a server that leaves
    /// the status out.
    pub fn from_trailers(mut trailers: HeaderMap, http: StatusCode) -> Self {
        let code = trailers.remove(STATUS);
        let message = trailers.remove(MESSAGE);
        let details = trailers.remove(DETAILS);
        trailers.remove(header::CONTENT_TYPE);
        let mut end = match code {
            Some(code) => Self::new(
                Code::from_bytes(code.as_bytes()),
                message.as_ref().map(text).unwrap_or_default(),
                Origin::Server,
            ),
            None => Self::without_status(http),
        };
        // Details are an addition: a call does not fail over them.
        end.details = details
            .and_then(|value| base64::decode(value.to_str().ok()?))
            .map(Bytes::from)
            .unwrap_or_default();
        end.metadata = MetadataMap::from_headers(trailers);
        end
    }

    /// The stream ended, and nothing says how the call did.
    pub fn without_status(http: StatusCode) -> Self {
        let code = match http {
            StatusCode::OK => Code::Unknown,
            http => code_of_http(http),
        };
        Self::new(
            code,
            "the server ended the call without a status",
            Origin::Protocol,
        )
    }

    /// The stream or the connection failed.
    pub fn from_h2(error: &h2::Error, connection: Option<&h2::Error>) -> Self {
        if let Some(io) = error.get_io() {
            let why = match connection {
                // The server said why before it closed the connection.
                Some(reason) if reason.is_go_away() => named(reason),
                _ => match io.kind() {
                    io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::NotConnected => "the server closed it".to_owned(),
                    io::ErrorKind::ConnectionReset => "the server reset it".to_owned(),
                    _ => crate::error::plain(io),
                },
            };
            return Self::new(
                Code::Unavailable,
                format!("the connection was lost: {why}"),
                Origin::Connection(Processed::Unknown),
            );
        }
        let reason = error.reason().unwrap_or(Reason::NO_ERROR);
        if error.is_remote() && error.is_reset() {
            let processed = match reason {
                Reason::REFUSED_STREAM => Processed::No,
                _ => Processed::Unknown,
            };
            return Self::new(
                code_of_reset(reason),
                format!("the server reset the call ({})", name(reason)),
                Origin::Connection(processed),
            );
        }
        if error.is_remote() {
            return Self::new(
                Code::Unavailable,
                format!("the server did not take the call: {}", named(error)),
                Origin::Connection(Processed::No),
            );
        }
        Self::protocol(format!(
            "the server broke the HTTP/2 protocol ({})",
            name(reason)
        ))
    }
}

/// A GOAWAY's reason and debug data.
fn named(error: &h2::Error) -> String {
    let reason = error.reason().unwrap_or(Reason::NO_ERROR);
    let announced = match reason {
        Reason::NO_ERROR => "the server is closing the connection".to_owned(),
        reason => format!("the server is closing the connection ({})", name(reason)),
    };
    // h2 gives out the debug data in the error's text only; it is for people here, too.
    match error.to_string().rsplit_once(" (b\"") {
        Some((_, debug)) => format!("{announced}: {}", debug.trim_end_matches("\")")),
        None => announced,
    }
}

/// The name of an error code as RFC 9113 has it.
fn name(reason: Reason) -> Cow<'static, str> {
    match reason {
        Reason::NO_ERROR => "NO_ERROR".into(),
        Reason::PROTOCOL_ERROR => "PROTOCOL_ERROR".into(),
        Reason::INTERNAL_ERROR => "INTERNAL_ERROR".into(),
        Reason::FLOW_CONTROL_ERROR => "FLOW_CONTROL_ERROR".into(),
        Reason::SETTINGS_TIMEOUT => "SETTINGS_TIMEOUT".into(),
        Reason::STREAM_CLOSED => "STREAM_CLOSED".into(),
        Reason::FRAME_SIZE_ERROR => "FRAME_SIZE_ERROR".into(),
        Reason::REFUSED_STREAM => "REFUSED_STREAM".into(),
        Reason::CANCEL => "CANCEL".into(),
        Reason::COMPRESSION_ERROR => "COMPRESSION_ERROR".into(),
        Reason::CONNECT_ERROR => "CONNECT_ERROR".into(),
        Reason::ENHANCE_YOUR_CALM => "ENHANCE_YOUR_CALM".into(),
        Reason::INADEQUATE_SECURITY => "INADEQUATE_SECURITY".into(),
        Reason::HTTP_1_1_REQUIRED => "HTTP_1_1_REQUIRED".into(),
        other => format!("error code {}", u32::from(other)).into(),
    }
}

/// PROTOCOL-HTTP2, "Errors".
fn code_of_reset(reason: Reason) -> Code {
    match reason {
        Reason::REFUSED_STREAM => Code::Unavailable,
        Reason::CANCEL => Code::Cancelled,
        Reason::ENHANCE_YOUR_CALM => Code::ResourceExhausted,
        Reason::INADEQUATE_SECURITY => Code::PermissionDenied,
        Reason::NO_ERROR
        | Reason::PROTOCOL_ERROR
        | Reason::INTERNAL_ERROR
        | Reason::FLOW_CONTROL_ERROR
        | Reason::SETTINGS_TIMEOUT
        | Reason::FRAME_SIZE_ERROR
        | Reason::COMPRESSION_ERROR
        | Reason::CONNECT_ERROR => Code::Internal,
        _ => Code::Unknown,
    }
}

/// http-grpc-status-mapping.
fn code_of_http(status: StatusCode) -> Code {
    match status.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        _ => Code::Unknown,
    }
}

/// A percent-encoded message. What is not UTF-8 is shown as far as it is.
fn text(value: &HeaderValue) -> String {
    percent_decode(value.as_bytes())
        .decode_utf8_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trailers(fields: &[(&'static str, &str)]) -> HeaderMap {
        fields
            .iter()
            .map(|(name, value)| {
                (
                    name.parse().expect("a header name"),
                    HeaderValue::from_bytes(value.as_bytes()).expect("a header value"),
                )
            })
            .collect()
    }

    #[test]
    fn trailers_are_a_status_and_metadata() {
        let end = End::from_trailers(
            trailers(&[
                ("grpc-status", "5"),
                ("grpc-message", "no person named %22Zo%C3%AB%22"),
                ("grpc-status-details-bin", "CAUSA2Zvbw"),
                ("x-trace", "1"),
            ]),
            StatusCode::OK,
        );
        assert_eq!(end.code, Code::NotFound);
        assert_eq!(end.message, "no person named \"Zoë\"");
        assert_eq!(end.details, &b"\x08\x05\x12\x03foo"[..]);
        assert_eq!(end.origin, Origin::Server);
        assert_eq!(end.metadata.len(), 1);
    }

    #[test]
    fn a_damaged_message_or_detail_leaves_the_code() {
        for (name, value) in [
            ("grpc-status-details-bin", "!!"),
            ("grpc-message", "%ff%"),
            ("grpc-message", "\u{e9}"),
        ] {
            let trailers = trailers(&[("grpc-status", "5"), (name, value)]);
            let end = End::from_trailers(trailers, StatusCode::OK);
            assert_eq!(end.code, Code::NotFound, "{name}: {value}");
            assert!(end.details.is_empty());
        }
    }

    #[test]
    fn a_status_that_is_not_specified_is_unknown() {
        for status in ["17", "-1", "99", "x", ""] {
            let end = End::from_trailers(trailers(&[("grpc-status", status)]), StatusCode::OK);
            assert_eq!(end.code, Code::Unknown, "{status:?}");
        }
    }

    #[test]
    fn without_a_status_the_http_status_counts() {
        let code = |http| End::from_trailers(HeaderMap::new(), http).code;
        assert_eq!(code(StatusCode::OK), Code::Unknown);
        assert_eq!(code(StatusCode::SERVICE_UNAVAILABLE), Code::Unavailable);
        assert_eq!(code(StatusCode::NOT_FOUND), Code::Unimplemented);
    }
}
