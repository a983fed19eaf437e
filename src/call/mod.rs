//! Connection + method + request messages → events. Every call of this program goes through here; all four kinds of method
//! are a stream of request messages and a stream of replies.
//!
//! - `progress`: a call in progress, with the halves of its stream below it;
//! - `request`: its URI and headers, and `manner`: how calls are written;
//! - `unary`: the response of a unary call of Connect, `text`: that of gRPC-Web as base64, and `last`: what follows the end
//!   of a response that has a frame for it;
//! - `page`: the body of a response of another kind;
//! - `end`: how a call ends, and where its status comes from; `failure`: when its stream fails.
//!
//! This uses h2, not hyper: while hyper's client waits for the peer's window, it polls nothing else, so that neither a
//! deadline nor a cancellation can reset the stream. It does not expose h2's `data_frame_budget` either.

mod end;
mod failure;
mod last;
mod manner;
mod page;
mod progress;
mod request;
#[cfg(test)]
mod tests;
mod text;
mod unary;

pub use end::{End, Origin, Over, Processed};
pub use manner::Manner;
pub use progress::Call;
pub use request::request_headers;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http::uri::PathAndQuery;
use tokio::time::Instant;
use tokio_stream::Stream;
use tonic::metadata::MetadataMap;

use crate::framing::{Encoding, Packer, Sent, Transcoder};
use crate::protocol::{Codec, Wire};

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
    /// The server's initial metadata. Absent if it ended the call at once ("Trailers-Only" of gRPC and gRPC-Web).
    Headers(Box<MetadataMap>),
    /// One reply, not decoded.
    Message(Bytes),
    Ended(Box<End>),
}

/// What a call needs to start, except its requests.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is about something else"
)]
pub struct Start {
    /// `/package.Service/Method`.
    pub path: PathAndQuery,
    /// From [`request_headers`].
    pub headers: HeaderMap,
    /// When the whole call must be over. The remaining time is sent with it.
    pub deadline: Option<Instant>,
    /// The largest reply to accept, in bytes.
    pub max_message_size: usize,
    /// Compresses the requests. The headers name it, too.
    pub encoding: Option<Encoding>,
    /// The method takes one request.
    pub single_request: bool,
    /// The method has one reply.
    pub single_reply: bool,
    /// Whether [`Event::Sent`] always waits until the peer's window has room for the requests. Otherwise the end of small
    /// requests is sent together with the headers, at half the cost.
    pub exact_sends: bool,
    /// What the call looks like.
    pub wire: Wire,
    /// Writes and reads JSON; without it, messages are sent as they are.
    pub transcoder: Option<Arc<dyn Transcoder>>,
    /// Connect: the request is in the URL.
    pub is_get: bool,
}

impl Start {
    /// How messages are written.
    pub fn codec(&self) -> Codec {
        match self.transcoder {
            None => Codec::Proto,
            Some(_) => Codec::Json,
        }
    }
}
