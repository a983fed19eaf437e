//! routeguide: serves RouteGuide over gRPC and calls it from shell pipelines. The library exists for the binary, the
//! tests and the benchmarks; its interface is not stable.

mod base64;
mod call;
pub mod cli;
pub mod commands;
pub mod completion;
pub mod error;
pub mod exit;
pub mod input;
mod net;
pub mod output;
pub mod proto;
pub mod protobuf;
pub mod schema;
mod server;
pub mod session;
mod transport;
