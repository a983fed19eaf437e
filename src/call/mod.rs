//! Connection + method + request messages → events. Every call of this program goes through here; all four kinds of method
//! are a stream of request messages and a stream of replies.
//!
//! - `grpc`: a call in progress, on its own h2 stream;
//! - `request`: its URI and headers;
//! - `page`: the body of a response that is not gRPC;
//! - `end`: how a call ends, and where its status comes from.
//!
//! This uses h2, not hyper: while hyper's client waits for the peer's window, it polls nothing else, so that neither a
//! deadline nor a cancellation can reset the stream. It does not expose h2's `data_frame_budget` either.

mod end;
mod grpc;
mod page;
mod request;

pub use end::{End, Origin, Processed};
pub use grpc::Call;
pub use request::request_headers;

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http::uri::PathAndQuery;
use tokio::time::Instant;
use tokio_stream::Stream;
use tonic::metadata::MetadataMap;

use crate::framing::{Encoding, Packer, Sent};

/// Where the request messages of a call come from.
pub trait Source {
    /// Packs the next message. Ready with `false` at the end.
    fn poll_pack(&mut self, packer: &mut Packer, cx: &mut Context<'_>) -> Poll<bool>;
}

impl<S: Stream<Item = Bytes> + Unpin> Source for S {
    fn poll_pack(&mut self, packer: &mut Packer, cx: &mut Context<'_>) -> Poll<bool> {
        let next = Pin::new(self).poll_next(cx);
        next.map(|message| message.map(|message| packer.push(&message)).is_some())
    }
}

/// What happens on a call, in order: headers at most once, and exactly one end, which is the last event.
#[derive(Debug)]
pub enum Event {
    /// These requests were sent: with [`Start::exact_sends`], their last bytes fit into the peer's window.
    Sent(Sent),
    /// The server's initial metadata. Absent if it ended the call at once (gRPC's "Trailers-Only").
    Headers(Box<MetadataMap>),
    /// One reply, not decoded.
    Message(Bytes),
    Ended(Box<End>),
}

/// What a call needs to start, except its requests.
#[derive(Clone, Debug)]
pub struct Start {
    /// `/package.Service/Method`.
    pub path: PathAndQuery,
    /// From [`request_headers`].
    pub headers: HeaderMap,
    /// When the whole call must be over. The remaining time is sent as grpc-timeout.
    pub deadline: Option<Instant>,
    /// The largest reply to accept, in bytes.
    pub max_message_size: usize,
    /// Compresses the requests. The headers name it, too.
    pub encoding: Option<Encoding>,
    /// The method has one reply.
    pub single_reply: bool,
    /// Whether [`Event::Sent`] always waits until the peer's window has room for the requests. Otherwise the end of small
    /// requests is sent together with the headers, at half the cost.
    pub exact_sends: bool,
}
