//! Channel + method + request stream → events. The one way this program calls anything: all four kinds of method
//! are a stream of request messages and a stream of replies here.

mod checked;
mod failure;

pub use checked::NOT_GRPC;
pub use failure::TOO_LARGE;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::uri::PathAndQuery;
use tokio::time::{Instant, Sleep};
use tokio_stream::Stream;
use tonic::client::Grpc;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{CancellationHandle, Code, Request, Response, Status, Streaming};

use crate::codec::BytesCodec;
use crate::error::Error;

/// A server told of the deadline (grpc-timeout) may strike a little before we do, and then resets the call. Timers
/// here have milliseconds.
const SERVER_AHEAD: Duration = Duration::from_millis(5);

/// What happens on a call, in this order: headers at most once, messages, then one of the two ends.
#[derive(Debug)]
pub enum Event {
    /// The server's initial metadata. Absent when it ended the call at once (gRPC's "Trailers-Only").
    Headers(MetadataMap),
    /// One reply, undecoded.
    Message(Bytes),
    /// The RPC ended; the status carries the trailing metadata.
    Status(Status),
    /// There was no RPC: the peer does not speak gRPC at all.
    Failed(Error),
}

/// What a call needs to start.
pub struct Start<S> {
    pub path: PathAndQuery,
    pub metadata: MetadataMap,
    /// When the whole exchange has to be over; what is left of it goes out as grpc-timeout.
    pub deadline: Option<Instant>,
    /// The largest reply to accept, in bytes.
    pub max_message_size: usize,
    /// The request messages. Their end half-closes the call.
    pub requests: S,
}

/// A call under way: a stream of [`Event`]s. Dropping it before its end cancels it (RST_STREAM), whatever the
/// request stream is doing.
pub struct Call {
    state: State,
    deadline: Option<Pin<Box<Sleep>>>,
    /// Dropping tonic's request stream would half-close the call, which a server takes for an orderly end.
    cancel: Option<CancellationHandle>,
    max_message_size: usize,
}

type Opening = Pin<Box<dyn Future<Output = Result<Response<Streaming<Bytes>>, Status>> + Send>>;

enum State {
    Opening(Opening),
    Open(Box<Streaming<Bytes>>),
    Done,
}

impl Call {
    /// Starts the call; nothing is sent before the first poll.
    pub fn start<S>(channel: Channel, start: Start<S>) -> Self
    where
        S: Stream<Item = Bytes> + Send + 'static,
    {
        let mut request = Request::new(start.requests);
        *request.metadata_mut() = start.metadata;
        if let Some(deadline) = start.deadline {
            // Zero is no valid grpc-timeout.
            let left = deadline.saturating_duration_since(Instant::now());
            request.set_timeout(left.max(Duration::from_millis(1)));
        }
        let cancel = request.cancellation_handle();
        let path = start.path;
        let max_message_size = start.max_message_size;
        let opening = async move {
            let mut client = Grpc::new(checked::Checked::new(channel))
                .max_decoding_message_size(max_message_size);
            client.ready().await.map_err(Status::from_error)?;
            client.streaming(request, path, BytesCodec).await
        };
        Self {
            state: State::Opening(Box::pin(opening)),
            deadline: start
                .deadline
                .map(|at| Box::pin(tokio::time::sleep_until(at))),
            cancel: Some(cancel),
            max_message_size: start.max_message_size,
        }
    }

    /// Ends the call early: the server sees a cancellation, not an orderly end.
    pub fn cancel(&mut self) {
        if let Some(cancel) = self.cancel.take() {
            cancel.cancel();
        }
        self.state = State::Done;
    }

    /// Completes at the deadline, having cancelled the call, with the status to end with.
    pub async fn expired(&mut self) -> Status {
        match &mut self.deadline {
            Some(deadline) => deadline.as_mut().await,
            None => std::future::pending().await,
        }
        self.cancel();
        failure::deadline_exceeded()
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        match &mut self.state {
            State::Done => Poll::Ready(None),
            State::Opening(opening) => Poll::Ready(Some(match ready!(opening.as_mut().poll(cx)) {
                Ok(response) => {
                    let (headers, replies, _) = response.into_parts();
                    self.state = State::Open(Box::new(replies));
                    Event::Headers(headers)
                }
                Err(status) => self.end(status),
            })),
            State::Open(replies) => {
                Poll::Ready(Some(match ready!(Pin::new(&mut **replies).poll_next(cx)) {
                    Some(Ok(message)) => Event::Message(message),
                    Some(Err(status)) => self.end(status),
                    None => {
                        // After the last message the trailers are there already: this never waits.
                        let trailers = replies.trailers().now_or_never();
                        let mut ok = Status::new(Code::Ok, "");
                        if let Some(Ok(Some(mut trailers))) = trailers {
                            // They are the status, which has its own event.
                            trailers.remove("grpc-status");
                            trailers.remove("grpc-message");
                            *ok.metadata_mut() = trailers;
                        }
                        self.end(ok)
                    }
                }))
            }
        }
    }

    fn end(&mut self, status: Status) -> Event {
        let replied = matches!(self.state, State::Open(_));
        self.state = State::Done;
        let expired = self
            .deadline
            .as_ref()
            .is_some_and(|deadline| deadline.deadline() <= Instant::now() + SERVER_AHEAD);
        let status = failure::too_large(status, self.max_message_size);
        failure::classify(status, replied, expired)
    }
}

impl Stream for Call {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        if let Poll::Ready(event) = self.poll_event(cx) {
            return Poll::Ready(event);
        }
        // Only when nothing is there to hand out: what arrived before the deadline is not lost to it.
        if let Some(deadline) = &mut self.deadline
            && deadline.as_mut().poll(cx).is_ready()
        {
            self.cancel();
            return Poll::Ready(Some(Event::Status(failure::deadline_exceeded())));
        }
        Poll::Pending
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.cancel();
    }
}
