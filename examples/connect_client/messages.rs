//! The parts that matter here of the suite's `client_compat.proto`, `config.proto` and `service.proto`.

use prost::{Message, Oneof};

use crate::suite::{Any, Error, Header, Identity};

#[derive(Clone, PartialEq, Message)]
pub struct Request {
    #[prost(string, tag = "1")]
    pub test_name: String,
    #[prost(enumeration = "HttpVersion", tag = "2")]
    pub http_version: i32,
    #[prost(enumeration = "Protocol", tag = "3")]
    pub protocol: i32,
    #[prost(enumeration = "Codec", tag = "4")]
    pub codec: i32,
    #[prost(enumeration = "Compression", tag = "5")]
    pub compression: i32,
    #[prost(string, tag = "6")]
    pub host: String,
    #[prost(uint32, tag = "7")]
    pub port: u32,
    /// PEM. Empty for a server without TLS.
    #[prost(bytes = "vec", tag = "8")]
    pub server_certificate: Vec<u8>,
    #[prost(message, optional, tag = "9")]
    pub identity: Option<Identity>,
    /// Bytes; no limit if it is 0.
    #[prost(uint32, tag = "10")]
    pub largest_reply: u32,
    #[prost(string, optional, tag = "11")]
    pub service: Option<String>,
    #[prost(string, optional, tag = "12")]
    pub method: Option<String>,
    #[prost(enumeration = "StreamType", tag = "13")]
    pub stream_type: i32,
    #[prost(bool, tag = "14")]
    pub uses_get: bool,
    #[prost(message, repeated, tag = "15")]
    pub headers: Vec<Header>,
    #[prost(message, repeated, tag = "16")]
    pub messages: Vec<Any>,
    #[prost(uint32, optional, tag = "17")]
    pub timeout_ms: Option<u32>,
    /// Before each message.
    #[prost(uint32, tag = "18")]
    pub delay_ms: u32,
    #[prost(message, optional, tag = "19")]
    pub cancel: Option<Cancel>,
}

/// At once after the last message, if no time is named.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct Cancel {
    #[prost(oneof = "CancelTime", tags = "1, 2, 3")]
    pub time: Option<CancelTime>,
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub enum CancelTime {
    /// After all messages, and instead of their end.
    #[prost(message, tag = "1")]
    BeforeEnd(()),
    /// Milliseconds after the end of the messages.
    #[prost(uint32, tag = "2")]
    AfterEnd(u32),
    #[prost(uint32, tag = "3")]
    AfterReplies(u32),
}

#[derive(Clone, PartialEq, Message)]
pub struct Response {
    #[prost(string, tag = "1")]
    pub test_name: String,
    #[prost(oneof = "Outcome", tags = "2, 3")]
    pub outcome: Option<Outcome>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum Outcome {
    #[prost(message, tag = "2")]
    Called(Called),
    /// The call could not be made as the request says.
    #[prost(message, tag = "3")]
    Unable(Unable),
}

#[derive(Clone, PartialEq, Message)]
pub struct Called {
    #[prost(message, repeated, tag = "1")]
    pub headers: Vec<Header>,
    /// Each an encoded ConformancePayload.
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub payloads: Vec<Vec<u8>>,
    #[prost(message, optional, tag = "3")]
    pub error: Option<Error>,
    #[prost(message, repeated, tag = "4")]
    pub trailers: Vec<Header>,
    #[prost(int32, tag = "5")]
    pub unsent: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct Unable {
    #[prost(string, tag = "1")]
    pub message: String,
}

/// A reply of any of the service's methods.
#[derive(Clone, PartialEq, Message)]
pub struct Reply {
    #[prost(bytes = "vec", optional, tag = "1")]
    pub payload: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum HttpVersion {
    Unspecified = 0,
    Http1 = 1,
    Http2 = 2,
    Http3 = 3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum Protocol {
    Unspecified = 0,
    Connect = 1,
    Grpc = 2,
    GrpcWeb = 3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum Codec {
    Unspecified = 0,
    Proto = 1,
    Json = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum Compression {
    Unspecified = 0,
    Identity = 1,
    Gzip = 2,
    Brotli = 3,
    Zstd = 4,
    Deflate = 5,
    Snappy = 6,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub enum StreamType {
    Unspecified = 0,
    Unary = 1,
    Client = 2,
    Server = 3,
    HalfDuplex = 4,
    FullDuplex = 5,
}
