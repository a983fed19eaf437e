//! Connection + method + request messages → events. The one way in which this program calls anything: all four kinds of
//! method are a stream of request messages and a stream of replies here.
//!
//! - `grpc`: a call under way, on an h2 stream of its own;
//! - `frame`: messages packed into DATA frames and cut out of them;
//! - `end`: how a call ends, and where its status comes from.
//!
//! h2 and not hyper below: hyper's client waits for the peer's window and polls nothing else meanwhile, so that neither a
//! deadline nor a cancellation can get out, and it does not pass h2's `data_frame_budget` on.

mod end;
mod frame;
mod grpc;

pub use end::{End, Origin, Processed};
pub use frame::Sent;
pub use grpc::{Call, request_headers};

use bytes::Bytes;
use http::HeaderMap;
use http::uri::PathAndQuery;
use tokio::time::Instant;
use tonic::metadata::MetadataMap;

/// What happens on a call, in the order in which it happens: headers at most once, and exactly one end, the last event.
#[derive(Debug)]
pub enum Event {
    /// These requests went out: their last bytes fit into the peer's window.
    Sent(Sent),
    /// The server's initial metadata. Absent when it ended the call at once (gRPC's "Trailers-Only").
    Headers(MetadataMap),
    /// One reply, undecoded.
    Message(Bytes),
    Ended(Box<End>),
}

/// What a call needs to start, but for its requests.
#[derive(Clone, Debug)]
pub struct Start {
    /// `/package.Service/Method`.
    pub path: PathAndQuery,
    /// As [`request_headers`] makes them.
    pub headers: HeaderMap,
    /// When the whole exchange has to be over. What is left of it is sent as grpc-timeout.
    pub deadline: Option<Instant>,
    /// The largest reply to accept, in bytes.
    pub max_message_size: usize,
    /// The method has one reply.
    pub single_reply: bool,
}
