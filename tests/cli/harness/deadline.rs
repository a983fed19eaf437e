//! The `grpc-timeout` header as a duration.

use std::time::Duration;

/// The unit of a `grpc-timeout`, which is its precision.
#[track_caller]
pub fn grpc_timeout_unit(header: &str) -> Duration {
    match header.as_bytes().last() {
        Some(b'H') => Duration::from_hours(1),
        Some(b'M') => Duration::from_mins(1),
        Some(b'S') => Duration::from_secs(1),
        Some(b'm') => Duration::from_millis(1),
        Some(b'u') => Duration::from_micros(1),
        Some(b'n') => Duration::from_nanos(1),
        _ => panic!("not a grpc-timeout: {header:?}"),
    }
}

/// A `grpc-timeout` as a duration.
#[track_caller]
pub fn grpc_timeout(header: &str) -> Duration {
    let unit = grpc_timeout_unit(header);
    let number: u32 = header[..header.len() - 1].parse().unwrap();
    unit * number
}
