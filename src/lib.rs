//! routeguide: serves RouteGuide over gRPC and calls it from shell pipelines. The library exists for the binary, the
//! tests and the benchmarks; it promises no stable interface.

mod call;
pub mod cli;
mod codec;
pub mod commands;
mod error;
pub mod exit;
mod input;
mod output;
pub mod proto;
mod schema;
mod server;
mod transport;
