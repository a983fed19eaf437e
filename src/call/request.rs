//! The request of a call: its URI and headers (PROTOCOL-HTTP2, "Requests").

use http::uri::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version, header};
use tokio::time::Instant;
use tonic::metadata::MetadataMap;

use super::Start;
use crate::framing::{ACCEPTED, Encoding};
use crate::protocol::Wire;
use crate::transport::Connection;

pub const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
pub const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/grpc");
const TRAILERS: HeaderValue = HeaderValue::from_static("trailers");
const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("routeguide/", env!("CARGO_PKG_VERSION")));

/// `application/grpc`, alone or with `+proto`, with or without parameters.
pub fn is_grpc(content_type: &HeaderValue) -> bool {
    let text = content_type.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/grpc")
        || essence.eq_ignore_ascii_case("application/grpc+proto")
}

/// The request headers for this metadata, built once for many calls. `encoding` compresses the requests.
pub fn request_headers(metadata: MetadataMap, encoding: Option<Encoding>) -> HeaderMap {
    let mut headers = metadata.into_headers();
    headers.insert(ACCEPT_ENCODING, ACCEPTED);
    if let Some(encoding) = encoding {
        headers.insert(ENCODING, encoding.header());
    }
    headers.insert(header::TE, TRAILERS);
    headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
    headers.entry(header::USER_AGENT).or_insert(USER_AGENT);
    headers
}

/// The request that starts a call.
///
/// # Errors
/// When the path is not valid in a URI.
pub fn request(connection: &Connection, start: Start) -> Result<Request<()>, http::Error> {
    let mut parts = Parts::default();
    parts.scheme = Some(connection.scheme().clone());
    parts.authority = Some(connection.authority().clone());
    parts.path_and_query = Some(start.path);
    let mut request = Request::new(());
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    *request.uri_mut() = Uri::from_parts(parts)?;
    let mut headers = start.headers;
    if let Some(deadline) = start.deadline {
        let left = deadline.saturating_duration_since(Instant::now());
        headers.insert(Wire::Grpc.timeout_header(), Wire::Grpc.timeout_value(left));
    }
    *request.headers_mut() = headers;
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_grpc_with_protobuf_messages_is_accepted() {
        for (content_type, accepted) in [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            ("Application/gRPC; charset=utf-8", true),
            ("application/grpc+json", false),
            ("application/grpc-web", false),
            ("application/grpc-web+proto", false),
            ("application/grpcx", false),
            ("text/html", false),
        ] {
            let value = HeaderValue::from_static(content_type);
            assert_eq!(is_grpc(&value), accepted, "{content_type}");
        }
    }
}
