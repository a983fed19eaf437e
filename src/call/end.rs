//! How a call ends: its status, and where that comes from. The origin is a type, so that it need not be guessed from a
//! message that a server may have written.
//!
//! The rules are those of "gRPC over HTTP/2" (PROTOCOL-HTTP2), "HTTP to gRPC Status Code Mapping"
//! (http-grpc-status-mapping) and "Status codes and their use in gRPC" (statuscodes).

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use percent_encoding::percent_decode;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use crate::base64;
use crate::framing::BadFrame;
use crate::protocol::{Protocol, Wire, code_of_http};
use crate::transport::{ANSWER_TIMEOUT, HttpAnswer, HttpVersion};

pub const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
pub const STATUS_FIELDS: [HeaderName; 3] = [STATUS, MESSAGE, DETAILS];

/// The end of a call.
#[derive(Clone, Debug)]
pub struct End {
    pub code: Code,
    pub message: String,
    /// An encoded `google.rpc.Status`, or empty.
    pub details: Bytes,
    /// The trailers, without the status itself.
    pub metadata: MetadataMap,
    pub origin: Origin,
    /// What the call went over, if it was not gRPC.
    pub over: Option<Over>,
}

/// What a call went over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    pub protocol: Protocol,
    pub http_version: HttpVersion,
    /// That of the response, if there was one.
    pub http_status: Option<StatusCode>,
}

/// Where the status of a call comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The server sent it.
    Server,
    /// The server sent it, probably because it does not accept the encoding of the requests.
    Encoding,
    /// The deadline expired.
    Deadline,
    /// The client cancelled the call: an interrupt, or output that cannot be written.
    Cancelled,
    /// The client cancelled the call because its input is bad.
    Input,
    /// The client cancelled the call because it had enough replies.
    Enough,
    /// The connection was lost, or the server reset the call.
    Connection(Processed),
    /// The response was not of this protocol.
    OtherAnswer(Protocol, HttpAnswer),
    /// The response was not HTTP/1.1.
    NotHttp1,
    /// The server violated the rules of HTTP/2, gRPC or the method.
    Protocol,
    /// A reply was larger than the limit.
    TooLarge,
}

/// Whether the server may have acted on a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processed {
    /// It has not: REFUSED_STREAM, or a GOAWAY that excludes the call. It is safe to call again.
    No {
        /// The server is closing the connection, so another call needs another one.
        is_closing: bool,
    },
    Unknown,
}

impl End {
    pub fn new(code: Code, message: impl Into<String>, origin: Origin) -> Self {
        Self {
            code,
            message: message.into(),
            details: Bytes::new(),
            metadata: MetadataMap::new(),
            origin,
            over: None,
        }
    }

    /// The server violated the protocol.
    pub fn protocol(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message, Origin::Protocol)
    }

    /// The method has one reply, but there were none or several. The code is the specification's ("response cardinality
    /// violation").
    pub fn cardinality(replies: &str) -> Self {
        let message = format!("the method has one reply, but the server sent {replies}");
        Self::new(Code::Unimplemented, message, Origin::Protocol)
    }

    pub fn deadline() -> Self {
        Self::new(
            Code::DeadlineExceeded,
            "the deadline expired before the call completed",
            Origin::Deadline,
        )
    }

    /// The connection was given up because the server did not answer a PING.
    pub fn unanswered() -> Self {
        Self::new(
            Code::Unavailable,
            format!(
                "the connection was lost: the server did not answer a PING within {} seconds",
                ANSWER_TIMEOUT.as_secs()
            ),
            Origin::Connection(Processed::Unknown),
        )
    }

    /// The client cancelled the call.
    pub fn cancelled() -> Self {
        Self::new(Code::Cancelled, "cancelled", Origin::Cancelled)
    }

    /// The client cancelled the call because of its input.
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self::new(Code::Cancelled, message, Origin::Input)
    }

    /// The client cancelled the call after enough replies.
    pub fn enough() -> Self {
        let message = "cancelled after the requested number of replies";
        Self::new(Code::Cancelled, message, Origin::Enough)
    }

    pub fn bad_frame(bad: BadFrame, limit: usize) -> Self {
        match bad {
            BadFrame::Compressed => Self::protocol(
                "the server sent a compressed message, but no encoding was agreed on",
            ),
            BadFrame::Undecodable => {
                Self::protocol("the server sent a compressed message that is damaged")
            }
            BadFrame::Expanding => Self::new(
                Code::ResourceExhausted,
                format!(
                    "the reply is too large: it decompresses to more than {limit} bytes, the limit"
                ),
                Origin::TooLarge,
            ),
            BadFrame::Flag(flag) => Self::protocol(format!(
                "the server sent a message with an unknown flag: {flag}"
            )),
            BadFrame::AfterEnd => {
                Self::protocol("the server sent more after the end of the replies")
            }
            BadFrame::TooLarge(size) => Self::new(
                Code::ResourceExhausted,
                format!("the reply is too large: {size} bytes; the limit is {limit}"),
                Origin::TooLarge,
            ),
        }
    }

    /// The response was not of the protocol of the call, or its messages are in another codec.
    pub fn other_answer(protocol: Protocol, answer: HttpAnswer) -> Self {
        let content_type = answer.content_type.as_deref().unwrap_or_default();
        let found = HeaderValue::from_str(content_type).ok();
        let found = found.and_then(|found| Wire::of_content_type(&found));
        // For gRPC, the mapping of HTTP's statuses is all that its documents have.
        let is_other_codec = protocol == Protocol::Connect
            && found.is_some_and(|(wire, _)| wire.protocol() == Protocol::Connect);
        let code = if answer.status == StatusCode::OK && is_other_codec {
            Code::Internal
        } else {
            code_of_http(answer.status)
        };
        let message = format!("the server did not answer with {protocol} but with {answer}");
        Self::new(code, message, Origin::OtherAnswer(protocol, answer))
    }

    /// The end of a stream of Connect, or of a unary call that has failed.
    pub fn from_connect(error: Option<&Status>, trailers: HeaderMap) -> Self {
        let mut end = match error {
            None => Self::new(Code::Ok, "", Origin::Server),
            Some(error) => Self {
                details: Bytes::copy_from_slice(error.details()),
                ..Self::new(error.code(), error.message(), Origin::Server)
            },
        };
        end.metadata = MetadataMap::from_headers(trailers);
        end
    }

    /// What to try, where there is a likely fix.
    pub fn hint(&self) -> Option<&'static str> {
        match &self.origin {
            Origin::OtherAnswer(Protocol::Grpc, _) => {
                Some("is this a gRPC port? it looks like a web server or a proxy")
            }
            Origin::OtherAnswer(_, answer)
                if answer.status == StatusCode::HTTP_VERSION_NOT_SUPPORTED =>
            {
                Some(
                    "over HTTP/1.1, the server does not take methods with two streams, such as reflection: see --http, --proto and \
                     --protoset",
                )
            }
            Origin::OtherAnswer(..) => Some(
                "does the server speak this protocol, and are its services here? see --protocol and --base-path",
            ),
            Origin::NotHttp1 => Some(
                "is this the right port? a server that expects TLS is called with -a https://HOST:PORT",
            ),
            Origin::Encoding => {
                Some("does the server accept this encoding? use another --compress, or none")
            }
            Origin::TooLarge => Some("allow larger messages with --max-message-size"),
            Origin::Server if self.code == Code::Unimplemented => {
                Some("the server does not implement the method; routeguide list shows its services")
            }
            _ => None,
        }
    }

    /// The end given by trailers, or by the headers of a Trailers-Only response. `http` counts if the server omits the
    /// status.
    pub fn from_trailers(mut trailers: HeaderMap, http: StatusCode) -> Self {
        let code = trailers.remove(STATUS);
        // The trailers of most calls are only that.
        let has_more = !trailers.is_empty();
        let message = has_more.then(|| trailers.remove(MESSAGE)).flatten();
        let details = has_more.then(|| trailers.remove(DETAILS)).flatten();
        if has_more {
            trailers.remove(header::CONTENT_TYPE);
        }
        let mut end = match code {
            Some(code) => Self::new(
                Code::from_bytes(code.as_bytes()),
                message.as_ref().map(text).unwrap_or_default(),
                Origin::Server,
            ),
            None => Self::without_status(http),
        };
        // Details are optional: bad ones do not fail the call.
        end.details = details
            .and_then(|value| base64::decode(value.to_str().ok()?))
            .map(Bytes::from)
            .unwrap_or_default();
        end.metadata = MetadataMap::from_headers(trailers);
        end
    }

    /// The stream ended without a status.
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
}

/// Decodes a percent-encoded message. Invalid UTF-8 is replaced.
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
    fn trailers_hold_a_status_and_metadata() {
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
    fn an_unspecified_status_is_unknown() {
        for status in ["17", "-1", "99", "x", ""] {
            let end = End::from_trailers(trailers(&[("grpc-status", status)]), StatusCode::OK);
            assert_eq!(end.code, Code::Unknown, "{status:?}");
        }
    }

    #[test]
    fn the_http_status_counts_if_there_is_no_grpc_status() {
        let code = |http| End::from_trailers(HeaderMap::new(), http).code;
        assert_eq!(code(StatusCode::OK), Code::Unknown);
        assert_eq!(code(StatusCode::SERVICE_UNAVAILABLE), Code::Unavailable);
        assert_eq!(code(StatusCode::NOT_FOUND), Code::Unimplemented);
    }
}
