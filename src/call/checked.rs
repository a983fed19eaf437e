//! A channel whose responses are checked before tonic reads them, because tonic trusts them: it takes an HTML error
//! page for messages, a cut-off last message for a clean end, and panics on a malformed
//! `grpc-status-details-bin`.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::{Buf, Bytes};
use http::{HeaderMap, Response, StatusCode, header};
use http_body::{Frame, SizeHint};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::transport::{Channel, Error};
use tonic::{Code, Status};

/// How the message of a status begins that stands for a response without gRPC.
pub const NOT_GRPC: &str = "the server answered with HTTP status";

const MESSAGE: &str = "grpc-message";
const DETAILS: &str = "grpc-status-details-bin";

/// The dialect tonic decodes details with; what fails here would fail, and panic, there.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// See the module's documentation.
pub struct Checked {
    channel: Channel,
}

impl Checked {
    pub fn new(channel: Channel) -> Self {
        Self { channel }
    }
}

impl tower::Service<http::Request<Body>> for Checked {
    type Response = Response<Body>;
    type Error = tonic::codegen::StdError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        GrpcService::poll_ready(&mut self.channel, cx).map_err(Into::into)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let response = GrpcService::call(&mut self.channel, request);
        Box::pin(async move {
            let mut response = response.await.map_err(|error: Error| error)?;
            if let Some(status) = not_grpc(&response) {
                return Err(status.into());
            }
            mend(response.headers_mut());
            Ok(response.map(|body| Body::new(CheckedBody::new(body))))
        })
    }
}

/// The status for a response that is no gRPC response, after the specification's http-grpc-status-mapping. A
/// response that carries a grpc-status is one, whatever else it says.
fn not_grpc(response: &Response<Body>) -> Option<Status> {
    let headers = response.headers();
    if headers.contains_key("grpc-status") {
        return None;
    }
    let status = response.status();
    let content_type = headers.get(header::CONTENT_TYPE);
    let is_grpc =
        content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"));
    if status == StatusCode::OK && is_grpc {
        return None;
    }
    let code = match status.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        _ => Code::Unknown,
    };
    let what = match content_type {
        Some(value) if !is_grpc => format!(
            ", content-type {}",
            String::from_utf8_lossy(value.as_bytes())
        ),
        _ => String::new(),
    };
    Some(Status::new(
        code,
        format!("{NOT_GRPC} {status}{what}, not with gRPC"),
    ))
}

/// Takes out of a status what tonic cannot take: details that are not base64, at which it panics, and a message that
/// is not UTF-8, for which it forgets the code.
fn mend(headers: &mut HeaderMap) {
    let not_utf8 =
        |value: &http::HeaderValue| percent_decode(value.as_bytes()).decode_utf8().is_err();
    if let Some(message) = headers.get(MESSAGE).filter(|value| not_utf8(value)) {
        let bytes = message.as_bytes().to_vec();
        let lossy = percent_decode(&bytes).decode_utf8_lossy();
        let encoded = utf8_percent_encode(&lossy, NON_ALPHANUMERIC).to_string();
        match encoded.parse() {
            Ok(value) => headers.insert(MESSAGE, value),
            Err(_) => headers.remove(MESSAGE),
        };
    }
    let bad = |value: &http::HeaderValue| BASE64.decode(value.as_bytes()).is_err();
    if headers.get(DETAILS).is_some_and(bad) {
        headers.remove(DETAILS);
    }
}

/// A response body that knows where messages end.
struct CheckedBody {
    inner: Body,
    boundary: Boundary,
}

impl CheckedBody {
    fn new(inner: Body) -> Self {
        Self {
            inner,
            boundary: Boundary::default(),
        }
    }
}

impl http_body::Body for CheckedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(frame) = ready!(Pin::new(&mut self.inner).poll_frame(cx)) else {
            return Poll::Ready(None);
        };
        Poll::Ready(Some(frame.and_then(|mut frame| {
            if let Some(data) = frame.data_ref() {
                self.boundary.pass(data);
            } else if let Some(trailers) = frame.trailers_mut() {
                let claims_ok = trailers.get("grpc-status").is_some_and(|code| code == "0");
                if claims_ok && !self.boundary.is_clean() {
                    return Err(Status::internal(
                        "the server ended the call within a message, yet with status OK",
                    ));
                }
                mend(trailers);
            }
            Ok(frame)
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Follows the five-byte prefixes of gRPC's length-prefixed messages without looking at their contents.
#[derive(Default)]
struct Boundary {
    prefix: [u8; 5],
    prefix_len: usize,
    /// Bytes of the current message still to come.
    body: usize,
}

impl Boundary {
    fn pass(&mut self, mut data: &[u8]) {
        while data.has_remaining() {
            if self.body > 0 {
                let skipped = self.body.min(data.len());
                data.advance(skipped);
                self.body -= skipped;
                continue;
            }
            let taken = data.len().min(self.prefix.len() - self.prefix_len);
            let (head, rest) = data.split_at(taken);
            for (slot, byte) in self.prefix.iter_mut().skip(self.prefix_len).zip(head) {
                *slot = *byte;
            }
            self.prefix_len += taken;
            data = rest;
            if self.prefix_len == self.prefix.len() {
                let [_, a, b, c, d] = self.prefix;
                self.body = u32::from_be_bytes([a, b, c, d]) as usize;
                self.prefix_len = 0;
            }
        }
    }

    fn is_clean(&self) -> bool {
        self.body == 0 && self.prefix_len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] = &[0, 0, 0, 0, 3, b'a', b'b', b'c', 0, 0, 0, 0, 0];

    #[test]
    fn boundaries_are_found_however_the_bytes_are_cut() {
        for cut in 0..=TWO.len() {
            let mut boundary = Boundary::default();
            let (head, tail) = TWO.split_at(cut);
            boundary.pass(head);
            assert_eq!(
                boundary.is_clean(),
                [0, 8, 13].contains(&cut),
                "cut at {cut}"
            );
            boundary.pass(tail);
            assert!(boundary.is_clean());
        }
    }

    #[test]
    fn only_details_that_tonic_could_not_decode_are_dropped() {
        for (value, kept) in [
            ("CAUSA2Zv", true),
            ("CAU", true),
            ("CAU=", true),
            ("!!", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(DETAILS, value.parse().expect("a header value"));
            mend(&mut headers);
            assert_eq!(headers.contains_key(DETAILS), kept, "{value}");
        }
    }
}
