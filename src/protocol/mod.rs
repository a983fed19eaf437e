//! What tells gRPC, gRPC-Web and Connect apart on the wire, for client and server: content types (`wire`), the headers of
//! compression (`encoding`) and of the deadline (`timeout`), the code of an HTTP status (`http_status`), and what only
//! gRPC-Web (`web`) and Connect (`connect`) have. Nothing here does IO.
//!
//! The rules are those of "gRPC over HTTP/2" (PROTOCOL-HTTP2), "gRPC Web" (PROTOCOL-WEB) and the "Connect Protocol
//! Reference" (connectrpc.com/docs/protocol).

pub mod connect;
mod encoding;
mod http_status;
mod timeout;
pub mod web;
mod wire;

pub use encoding::UnknownEncoding;
pub use http_status::code_of_http;
pub use timeout::BadTimeout;
pub use wire::{Codec, Protocol, Wire};
