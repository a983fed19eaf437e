//! Standard input, which a process has once: every command reads it through its one owner, and what a command leaves
//! unread is there for the next one.

use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::chunks::{Chunks, Device, Reader};

/// The name of standard input in errors.
pub const NAME: &str = "standard input";

/// The owner of standard input. Clones share it. Nothing else in the process may read stdin.
#[derive(Clone, Debug)]
pub struct Stdin(Arc<Mutex<Reader>>);

impl Stdin {
    /// Reads nothing yet.
    pub fn new() -> Self {
        Self(Reader::new(Device::Stdin, Bytes::new()))
    }

    /// What is read from here on. Dropping it ends the reading thread unless a read blocks in a way that cannot be
    /// cancelled; the bytes which such a read returns later go to the next user.
    ///
    /// One user at a time: two get alternate chunks.
    pub fn chunks(&self) -> Chunks {
        Chunks::new(NAME, Arc::clone(&self.0))
    }
}

impl Default for Stdin {
    fn default() -> Self {
        Self::new()
    }
}
