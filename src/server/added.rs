//! Methods beside the server's own. `serve` has none: the conformance suite of Connect asks for a service that answers as its
//! requests say, on the path that all calls take here (`examples/connect_server`).

use std::pin::Pin;

use http::request::Parts;
use http::{HeaderMap, Uri};
use prost_reflect::MethodDescriptor;

use super::grpc::{Call, Stop};
use super::method::Other;

/// A method with what answers it.
pub struct Added {
    pub(super) method: Other,
    answers: Box<dyn Answers>,
}

/// What a method does with a call.
pub trait Answers: Send + Sync {
    /// Takes requests and sends replies. The call ends with what this returns.
    ///
    /// # Errors
    /// When the call ends with a status other than OK, or the client is gone.
    fn answer<'a>(
        &'a self,
        call: AddedCall<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<(), Stop>> + Send + 'a>>;
}

/// A call of an added method.
pub struct AddedCall<'a> {
    call: &'a mut Call,
    request: &'a Parts,
    has_one_request: bool,
    is_taken: bool,
}

impl Added {
    pub fn new(descriptor: MethodDescriptor, answers: impl Answers + 'static) -> Self {
        Self {
            method: Other::new(descriptor),
            answers: Box::new(answers),
        }
    }

    pub(super) async fn answer(&self, call: &mut Call, request: &Parts) -> Result<(), Stop> {
        let call = AddedCall {
            call,
            request,
            has_one_request: !self.method.descriptor().is_client_streaming(),
            is_taken: false,
        };
        self.answers.answer(call).await
    }
}

impl AddedCall<'_> {
    /// Those of the request, with those of the protocol.
    pub fn headers(&self) -> &HeaderMap {
        &self.request.headers
    }

    pub fn uri(&self) -> &Uri {
        &self.request.uri
    }

    /// Whether it is one of Connect by GET.
    pub fn is_get(&self) -> bool {
        self.request.method == http::Method::GET
    }

    /// The next request; `None` after the last one.
    ///
    /// # Errors
    /// When it is malformed or too large, a method with one request has not one, or the client is gone.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Stop> {
        if self.has_one_request {
            if self.is_taken {
                return Ok(None);
            }
            self.is_taken = true;
            return self.call.only_request().await.map(Some);
        }
        if !self.call.next_before_headers().await? {
            return Ok(None);
        }
        let message = self.call.requests.message().to_vec();
        self.call.requests.take();
        Ok(Some(message))
    }

    /// Adds headers to the response. They are sent with the first reply, or by [`AddedCall::flush`].
    pub fn add_headers(&mut self, headers: &HeaderMap) {
        self.call.replies.add_headers(headers);
    }

    /// Adds trailers to the response.
    pub fn add_trailers(&mut self, trailers: &HeaderMap) {
        self.call.replies.add_trailers(trailers);
    }

    /// Adds a reply. A method that has one reply adds one.
    pub fn push(&mut self, reply: &[u8]) {
        self.call.replies.packer().push(reply);
    }

    /// Sends the headers, and the replies that were added. Those of a unary call of Connect wait for its end, because a
    /// response that fails looks otherwise.
    ///
    /// # Errors
    /// When a reply does not fit its type, or the client is gone.
    pub async fn flush(&mut self) -> Result<(), Stop> {
        self.call.flush().await
    }
}
