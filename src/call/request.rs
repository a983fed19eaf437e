//! The request of a call: its URI and headers (PROTOCOL-HTTP2, "Requests"; PROTOCOL-WEB; Connect, "Unary-Request" and
//! "Streaming-Request").

use http::uri::{Parts, PathAndQuery};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version, header};
use tokio::time::Instant;
use tonic::metadata::MetadataMap;

use crate::framing::{ACCEPTED, Encoding};
use crate::protocol::connect::{VERSION, VERSION_HEADER};
use crate::protocol::{Codec, Protocol, Wire};
use crate::transport::Connection;

const TRAILERS: HeaderValue = HeaderValue::from_static("trailers");
const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("routeguide/", env!("CARGO_PKG_VERSION")));

/// Some proxies ask browsers for it, whose requests may be of other origins.
const X_GRPC_WEB: HeaderName = HeaderName::from_static("x-grpc-web");

/// The request headers for this metadata, built once for many calls. `encoding` compresses the requests.
pub fn request_headers(
    wire: Wire,
    codec: Codec,
    metadata: MetadataMap,
    encoding: Option<Encoding>,
) -> HeaderMap {
    let mut headers = metadata.into_headers();
    headers.insert(wire.accept_encoding_header(), ACCEPTED);
    if let Some(encoding) = encoding {
        headers.insert(wire.encoding_header(), encoding.header());
    }
    match wire.protocol() {
        Protocol::Grpc => {
            headers.insert(header::TE, TRAILERS);
        }
        Protocol::GrpcWeb => {
            // It decides whether the response is base64.
            headers.insert(header::ACCEPT, wire.content_type(codec));
            headers.insert(X_GRPC_WEB, HeaderValue::from_static("1"));
        }
        Protocol::Connect => {
            headers.insert(VERSION_HEADER, VERSION);
        }
    }
    headers.insert(header::CONTENT_TYPE, wire.content_type(codec));
    headers.entry(header::USER_AGENT).or_insert(USER_AGENT);
    headers
}

/// What starts a call.
pub struct Head {
    pub path: PathAndQuery,
    pub headers: HeaderMap,
    pub deadline: Option<Instant>,
    pub wire: Wire,
    /// The length of the body, if it is known.
    pub length: Option<u64>,
    /// The request is in the path's query.
    pub is_get: bool,
}

impl Head {
    /// The request.
    ///
    /// # Errors
    /// When the path is not valid in a URI.
    pub fn request(self, connection: &Connection) -> Result<Request<()>, http::Error> {
        let mut parts = Parts::default();
        parts.scheme = Some(connection.scheme().clone());
        parts.authority = Some(connection.authority().clone());
        parts.path_and_query = Some(self.path);
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = Uri::from_parts(parts)?;
        let mut headers = self.headers;
        if let Some(deadline) = self.deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            headers.insert(self.wire.timeout_header(), self.wire.timeout_value(left));
        }
        if self.is_get {
            *request.method_mut() = Method::GET;
            // They are in the query.
            headers.remove(header::CONTENT_TYPE);
            headers.remove(self.wire.encoding_header());
            headers.remove(VERSION_HEADER);
        } else if let Some(length) = self.length {
            headers.insert(header::CONTENT_LENGTH, length.into());
        }
        *request.headers_mut() = headers;
        Ok(request)
    }
}

/// Whether a response looks as it was asked for. One of gRPC-Web may be base64 or not, whatever the request was.
pub fn answers(content_type: &HeaderValue, wire: Wire, codec: Codec) -> Option<Wire> {
    let (found, of) = Wire::of_content_type(content_type)?;
    let is_same = found == wire
        || (found.protocol() == Protocol::GrpcWeb && wire.protocol() == Protocol::GrpcWeb);
    (is_same && of == codec).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_has_the_protocol_and_the_codec_of_its_request() {
        let web = Some(Wire::Web);
        for (content_type, wire, codec, answer) in [
            (
                "application/grpc",
                Wire::Grpc,
                Codec::Proto,
                Some(Wire::Grpc),
            ),
            (
                "application/grpc+proto",
                Wire::Grpc,
                Codec::Proto,
                Some(Wire::Grpc),
            ),
            (
                "Application/gRPC; charset=utf-8",
                Wire::Grpc,
                Codec::Proto,
                Some(Wire::Grpc),
            ),
            ("application/grpc+json", Wire::Grpc, Codec::Proto, None),
            ("application/grpc-web", Wire::Grpc, Codec::Proto, None),
            ("application/grpc-web+proto", Wire::Grpc, Codec::Proto, None),
            ("application/grpcx", Wire::Grpc, Codec::Proto, None),
            ("text/html", Wire::Grpc, Codec::Proto, None),
            (
                "application/grpc+json",
                Wire::Grpc,
                Codec::Json,
                Some(Wire::Grpc),
            ),
            ("application/grpc", Wire::Grpc, Codec::Json, None),
            ("application/grpc-web", Wire::Web, Codec::Proto, web),
            (
                "application/grpc-web+proto",
                Wire::WebText,
                Codec::Proto,
                web,
            ),
            (
                "application/grpc-web-text",
                Wire::Web,
                Codec::Proto,
                Some(Wire::WebText),
            ),
            ("application/grpc", Wire::Web, Codec::Proto, None),
            (
                "application/proto",
                Wire::ConnectUnary,
                Codec::Proto,
                Some(Wire::ConnectUnary),
            ),
            ("application/json", Wire::ConnectUnary, Codec::Proto, None),
            ("application/proto", Wire::ConnectStream, Codec::Proto, None),
        ] {
            let value = HeaderValue::from_static(content_type);
            assert_eq!(answers(&value, wire, codec), answer, "{content_type}");
        }
    }
}
