//! Exit codes, all in one place, because scripts rely on them.

use crate::error::{Error, Kind};

/// The codes and what they mean, as `--help`, the manual and the README have them.
pub const CODES: [(&str, &str); 6] = [
    ("0", "done"),
    (
        "1",
        "failed before or outside the RPC: connection, TLS, schema, input, output",
    ),
    ("2", "wrong usage"),
    (
        "3",
        "the calls worked, but something that was asked of them does not hold (a threshold of bench, assert and expect in a shell)",
    ),
    (
        "64 + n",
        "the RPC ended with gRPC status n: 69 NOT_FOUND, 68 DEADLINE_EXCEEDED, 78 UNAVAILABLE \
         (a deadline that expires while connecting is 68 too)",
    ),
    ("130", "interrupted"),
];

/// The exit code for `error`.
pub fn code(error: &Error) -> u8 {
    match error.kind() {
        Kind::OutputClosed => 0,
        Kind::Failed | Kind::Unreachable => 1,
        Kind::Usage => 2,
        Kind::Unmet => 3,
        // At most 80: tonic maps numbers beyond the specification's 16 to UNKNOWN.
        Kind::Status(code) => 64 + code as u8,
        Kind::Interrupted => INTERRUPTED,
    }
}

/// 128 + SIGINT, as in a shell.
pub const INTERRUPTED: u8 = 130;

/// 128 + SIGTERM, for a command that ends in an orderly way at it.
pub const TERMINATED: u8 = 143;

/// What the process returns for `result`.
pub fn of(result: &Result<(), Error>) -> u8 {
    result.as_ref().map_or_else(code, |()| 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Code;

    #[test]
    fn a_status_is_64_plus_its_number() {
        for number in 1..=16 {
            let error = Error::status(Code::from_i32(number), "");
            assert_eq!(i32::from(code(&error)), 64 + number);
        }
    }

    #[test]
    fn everything_else_has_its_own_code() {
        assert_eq!(code(&Error::failed("")), 1);
        assert_eq!(code(&Error::failed("").unreachable()), 1);
        assert_eq!(code(&Error::usage("")), 2);
        assert_eq!(code(&Error::interrupted()), 130);
        let closed = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert_eq!(code(&Error::output(closed)), 0);
    }
}
