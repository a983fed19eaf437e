//! A call in gRPC [PROTOCOL-HTTP2], gRPC-Web [PROTOCOL-WEB] or Connect: messages in, messages out, a status at the end.
//!
//! - `stream`: what it is on, a stream of HTTP/2 or an exchange of HTTP/1.1 (`http1`);
//! - `head`: what a request says before its messages, and `form`, what the response looks like;
//! - `requests`: its messages, and `inbound`, how they are framed;
//! - `replies`: the messages of the response, and its status;
//! - `json`: both as JSON;
//! - `share`: what the calls of a connection hold together;
//! - `call`: one call, from its head to its status, and what may end it before.
//!
//! The server does not use hyper and tonic's codec for HTTP/2. hyper's server does not expose what bounds the memory of
//! small frames and unread streams, and both together took more than half of the time of a unary call.
//!
//! [PROTOCOL-HTTP2]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
//! [PROTOCOL-WEB]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md

mod call;
mod form;
mod head;
mod http1;
mod inbound;
mod json;
mod replies;
mod requests;
mod share;
mod stream;

pub use call::{Bounds, Call, Handler, panicked};
pub use form::Form;
pub use head::{Head, Refusal};
pub use http1::exchange;
pub use json::Json;
pub use replies::Replies;
pub use requests::{ROOM, Requests, WINDOW};
pub use share::{Share, Total};
pub use stream::{RequestBody, Respond};

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use tonic::{Code, Status};

use crate::framing::PREFIX;
use crate::protocol::{Protocol, Wire};

/// The bytes of messages without those in front of each.
fn without_prefixes(wire: Wire, bytes: u64, messages: u64) -> u64 {
    let prefix = if wire.is_framed() { PREFIX as u64 } else { 0 };
    bytes.saturating_sub(messages * prefix)
}

/// What is quoted in a status of text from a client. The whole of it could fill the client's limit for headers.
pub fn shortened(text: &str) -> &str {
    text.get(..text.floor_char_boundary(QUOTED)).unwrap_or(text)
}

/// Bytes.
const QUOTED: usize = 200;

/// The cause of the status of a request that is malformed.
#[derive(Debug)]
struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request is malformed")
    }
}

impl Error for Malformed {}

/// The status of a call whose request is malformed: INTERNAL in gRPC, and INVALID_ARGUMENT in Connect ([`in_protocol`]), as
/// grpc-go and connect-go have it. The specifications do not say.
pub fn malformed(message: impl Into<String>) -> Status {
    let mut status = Status::internal(message);
    status.set_source(Arc::new(Malformed));
    status
}

/// The code of a status in a protocol.
fn in_protocol(status: &Status, protocol: Protocol) -> Code {
    let is_malformed = || status.source().is_some_and(<dyn Error>::is::<Malformed>);
    if protocol == Protocol::Connect && is_malformed() {
        return Code::InvalidArgument;
    }
    status.code()
}

/// Why a call is over before its handler has done all that it was asked.
#[derive(Debug)]
pub enum Stop {
    /// It ends with this status.
    Status(Box<Status>),
    /// The client has reset it, or the connection is lost.
    Gone,
}

impl From<Status> for Stop {
    fn from(status: Status) -> Self {
        Self::Status(Box::new(status))
    }
}

impl From<h2::Error> for Stop {
    fn from(_: h2::Error) -> Self {
        Self::Gone
    }
}
