//! Parsers of values.

use std::num::IntErrorKind;
use std::time::Duration;

pub use crate::units::{count, duration, keepalive, size};

/// The value of a flag that is always refused.
#[derive(Clone, Copy, Debug)]
pub enum Never {}

/// `--port` of a client command.
pub fn port_of_a_server(port: &str) -> Result<Never, String> {
    Err(format!("use -a :{port}, or -a HOST:{port}"))
}

/// `--port` of `serve`.
pub fn port_to_listen_on(port: &str) -> Result<Never, String> {
    Err(format!(
        "use --listen :{port}, or --listen '[::]:{port}' for the whole network"
    ))
}

/// A number of replies.
pub fn at_least_one(text: &str) -> Result<u64, String> {
    match text.parse::<u64>() {
        Ok(number @ 1..) => Ok(number),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => {
            Err("it is too large; without the flag, there is no limit".to_owned())
        }
        _ => Err("expected a whole number that is at least 1".to_owned()),
    }
}

/// A number of calls in flight.
pub fn concurrency(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(number @ 1..=1000) => Ok(number),
        _ => Err("expected a whole number from 1 to 1000".to_owned()),
    }
}

/// A limit that may be off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub Option<Duration>);

/// A duration, or `off`.
pub fn duration_or_off(text: &str) -> Result<Limit, String> {
    match text {
        "off" => Ok(Limit(None)),
        text => Ok(Limit(Some(duration(text)?))),
    }
}

/// A duration that may be none.
pub fn duration_or_zero(text: &str) -> Result<Duration, String> {
    match text {
        "0" | "0s" => Ok(Duration::ZERO),
        text => duration(text),
    }
}

/// A number of threads.
pub fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=1024) => Ok(number),
        _ => Err("expected a whole number from 1 to 1024".to_owned()),
    }
}

/// A number of connections.
pub fn connections(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=1_000_000) => Ok(number),
        _ => Err("expected a whole number from 1 to 1000000".to_owned()),
    }
}

/// A number of calls on a connection.
pub fn streams(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(number @ 1..=100_000) => Ok(number),
        _ => Err("expected a whole number from 1 to 100000".to_owned()),
    }
}
