//! The parts that matter here of the suite's `server_compat.proto` and `service.proto`.

use prost::{Message, Oneof};

use crate::suite::{Any, Error, Header, Identity};

#[derive(Clone, PartialEq, Message)]
pub struct Wanted {
    #[prost(bool, tag = "4")]
    pub uses_tls: bool,
    /// PEM: a client has to show a certificate of this authority, if it is not empty.
    #[prost(bytes = "vec", tag = "5")]
    pub client_authority: Vec<u8>,
    /// Bytes; no limit if it is 0.
    #[prost(uint32, tag = "6")]
    pub largest_request: u32,
    #[prost(message, optional, tag = "7")]
    pub identity: Option<Identity>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Serving {
    #[prost(string, tag = "1")]
    pub host: String,
    #[prost(uint32, tag = "2")]
    pub port: u32,
    #[prost(bytes = "vec", tag = "3")]
    pub certificate: Vec<u8>,
}

/// A request of a method with one reply.
#[derive(Clone, PartialEq, Message)]
pub struct UnaryRequest {
    #[prost(message, optional, tag = "1")]
    pub wanted: Option<WantedReply>,
}

#[derive(Clone, PartialEq, Message)]
pub struct WantedReply {
    #[prost(message, repeated, tag = "1")]
    pub headers: Vec<Header>,
    #[prost(oneof = "Outcome", tags = "2, 3")]
    pub outcome: Option<Outcome>,
    #[prost(message, repeated, tag = "4")]
    pub trailers: Vec<Header>,
    #[prost(uint32, tag = "6")]
    pub delay_ms: u32,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum Outcome {
    #[prost(bytes, tag = "2")]
    Data(Vec<u8>),
    #[prost(message, tag = "3")]
    Error(Error),
}

/// A request of a method with one request and a stream of replies.
#[derive(Clone, PartialEq, Message)]
pub struct StreamRequest {
    #[prost(message, optional, tag = "1")]
    pub wanted: Option<WantedReplies>,
}

/// A request of a bidirectional stream.
#[derive(Clone, PartialEq, Message)]
pub struct BidiRequest {
    #[prost(message, optional, tag = "1")]
    pub wanted: Option<WantedReplies>,
    #[prost(bool, tag = "2")]
    pub is_full_duplex: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct WantedReplies {
    #[prost(message, repeated, tag = "1")]
    pub headers: Vec<Header>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub data: Vec<Vec<u8>>,
    /// Before each reply.
    #[prost(uint32, tag = "3")]
    pub delay_ms: u32,
    #[prost(message, optional, tag = "4")]
    pub error: Option<Error>,
    #[prost(message, repeated, tag = "5")]
    pub trailers: Vec<Header>,
}

/// A reply of any of the service's methods.
#[derive(Clone, PartialEq, Message)]
pub struct Reply {
    #[prost(message, optional, tag = "1")]
    pub payload: Option<Payload>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Payload {
    #[prost(bytes = "vec", tag = "1")]
    pub data: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    pub seen: Option<Seen>,
}

/// What was seen of a request.
#[derive(Clone, PartialEq, Message)]
pub struct Seen {
    #[prost(message, repeated, tag = "1")]
    pub headers: Vec<Header>,
    #[prost(int64, optional, tag = "2")]
    pub timeout_ms: Option<i64>,
    #[prost(message, repeated, tag = "3")]
    pub requests: Vec<Any>,
    #[prost(message, optional, tag = "4")]
    pub get: Option<Get>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Get {
    #[prost(message, repeated, tag = "1")]
    pub parameters: Vec<Header>,
}
