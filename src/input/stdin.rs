//! Standard input, which a process has once: every command reads it through its one owner, and what a command leaves
//! unread is there for the next one.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::UnboundedReceiver;

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

    /// Bytes in the place of standard input, for a command that a shell runs.
    pub fn of(bytes: impl Into<Bytes>) -> Self {
        Self(Reader::new(Device::Memory, bytes.into()))
    }

    /// Chunks in the place of standard input, until their sender is gone.
    pub fn fed(chunks: UnboundedReceiver<Bytes>) -> Self {
        Self(Reader::fed(chunks))
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

    let stdin = io::stdin();
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

/// One line from the terminal, with its end, or less at the end of the input. Asks every `turn` whether to go on; `None` if
/// not. For a prompt without line editing: nothing else may read stdin meanwhile.
///
/// Reads byte by byte, as shells do: what follows the line is for the command.
#[cfg(unix)]
pub fn read_terminal_line(
    turn: Duration,
    mut is_stopped: impl FnMut() -> bool,
) -> io::Result<Option<Vec<u8>>> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;

    let stdin = io::stdin();
    let turn = Timespec {
        tv_sec: 0,
        tv_nsec: turn.subsec_nanos().into(),
    };
    let mut line = Vec::new();
    loop {
        let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
        let is_readable = match poll(&mut fds, Some(&turn)) {
            Ok(count) => count > 0,
            Err(Errno::INTR) => false,
            Err(error) => return Err(error.into()),
        };
        if is_stopped() {
            return Ok(None);
        }
        if !is_readable {
            continue;
        }
        let mut byte = [0];
        match rustix::io::read(&stdin, &mut byte) {
            Ok(0) => return Ok(Some(line)),
            Ok(_) => line.extend(byte),
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        if byte == *b"\n" {
            return Ok(Some(line));
        }
    }
}

/// The same without stops, which would need another way to wait.
#[cfg(not(unix))]
pub fn read_terminal_line(
    _turn: Duration,
    _is_stopped: impl FnMut() -> bool,
) -> io::Result<Option<Vec<u8>>> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(Some(line.into_bytes()))
}

impl Default for Stdin {
    fn default() -> Self {
        Self::new()
    }
}
