//! A failed attempt to connect.

use crate::error::Error;

/// Why an attempt to connect failed, and whether another may succeed.
#[derive(Debug)]
pub struct ConnectError {
    pub error: Error,
    pub may_pass: bool,
}

impl ConnectError {
    /// A failure that may pass: nothing listens yet, or the name does not resolve yet.
    pub fn passing(error: Error) -> Self {
        Self {
            error: error.unreachable(),
            may_pass: true,
        }
    }

    /// A failure that waiting does not fix: the server speaks another protocol.
    pub fn lasting(error: Error) -> Self {
        Self {
            error: error.unreachable(),
            may_pass: false,
        }
    }

    /// A mistake in what is to be used here, found before the server is asked.
    pub fn unusable(error: Error) -> Self {
        Self {
            error,
            may_pass: false,
        }
    }
}
