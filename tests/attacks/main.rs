//! A hostile network around `serve`. Every attack is made on the real binary, and a client that does nothing wrong makes
//! calls beside it: see `beside`.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

#[allow(dead_code, unused_imports, reason = "tests/cli uses the rest")]
#[path = "../cli/harness/mod.rs"]
mod harness;

mod attacker;
mod beside;
mod client;

mod descriptors;
mod drain;
mod floods;
mod headers;
mod http1;
mod lifetimes;
mod limits;
mod pings;
mod requests;
mod resets;
mod silent;
mod tls;
mod unread;
mod windows;
