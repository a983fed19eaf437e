//! The request of a call: its URI and headers (PROTOCOL-HTTP2, "Requests").

use std::time::Duration;

use http::uri::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version, header};
use tokio::time::Instant;
use tonic::metadata::MetadataMap;

use super::Start;
use crate::framing::{ACCEPTED, Encoding};
use crate::transport::Connection;

pub const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
pub const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
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
        insert_timeout(
            &mut headers,
            deadline.saturating_duration_since(Instant::now()),
        );
    }
    *request.headers_mut() = headers;
    Ok(request)
}

/// Sets `grpc-timeout`: at most eight digits, in the finest unit for which they suffice, and never zero.
fn insert_timeout(headers: &mut HeaderMap, left: Duration) {
    let units = [
        (left.as_nanos(), 'n'),
        (left.as_micros(), 'u'),
        (left.as_millis(), 'm'),
    ];
    let (number, unit) = units
        .into_iter()
        .find(|(number, _)| *number <= 99_999_999)
        .unwrap_or((u128::from(left.as_secs()).min(99_999_999), 'S'));
    let value = format!("{}{unit}", number.max(1));
    if let Ok(value) = HeaderValue::from_str(&value) {
        headers.insert(TIMEOUT, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_has_at_most_eight_digits_and_is_never_zero() {
        for (left, value) in [
            (Duration::ZERO, "1n"),
            (Duration::from_nanos(99_999_999), "99999999n"),
            (Duration::from_millis(100), "100000u"),
            (Duration::from_secs(5), "5000000u"),
            (Duration::from_secs(100), "100000m"),
            (Duration::from_secs(1_000_000), "1000000S"),
            (Duration::from_secs(200_000_000), "99999999S"),
        ] {
            let mut headers = HeaderMap::new();
            insert_timeout(&mut headers, left);
            assert_eq!(headers["grpc-timeout"], value);
        }
    }

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
