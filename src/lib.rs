//! routeguide: serves RouteGuide over gRPC and calls it from shell pipelines. The library exists for the binary, the
//! tests and the benchmarks; its interface is not stable.

mod base64;
pub mod bench;
pub mod call;
mod certificates;
pub mod cli;
pub mod commands;
pub mod completion;
pub mod config;
pub mod error;
pub mod exit;
pub mod framing;
pub mod input;
mod net;
pub mod output;
pub mod proto;
pub mod protobuf;
pub mod protocol;
pub mod schema;
mod secret;
pub mod server;
pub mod session;
pub mod shell;
pub mod transport;
mod units;
