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

/// Whether stdin is a pipe or a file with bytes that nobody has read. Reads nothing, and does not wait: a script's stdin
/// may be a pipe that is never written to.
#[cfg(unix)]
pub fn has_unread_bytes() -> bool {
    use std::io::Seek as _;
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::FileTypeExt as _;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let stdin = std::io::stdin();
    let Ok(mut file) = stdin.as_fd().try_clone_to_owned().map(std::fs::File::from) else {
        return false;
    };
    let Ok(metadata) = file.metadata() else {
        return false;
    };
    if metadata.is_file() {
        return file
            .stream_position()
            .is_ok_and(|position| position < metadata.len());
    }
    if !metadata.file_type().is_fifo() {
        return false;
    }
    let mut fds = [PollFd::new(&file, PollFlags::IN)];
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let polled = poll(&mut fds, Some(&now)).is_ok();
    let [fd] = fds;
    polled && fd.revents().contains(PollFlags::IN)
}

#[cfg(not(unix))]
pub fn has_unread_bytes() -> bool {
    false
}

impl Default for Stdin {
    fn default() -> Self {
        Self::new()
    }
}
