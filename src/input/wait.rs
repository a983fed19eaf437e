//! Waiting for input in a way that can be cancelled, where the system can do that.

use std::io;

/// Ends a [`Wait`] when dropped.
#[cfg(unix)]
#[derive(Debug)]
pub struct Cancel(#[expect(dead_code, reason = "closing it is its use")] io::PipeWriter);

#[cfg(unix)]
#[derive(Debug)]
pub struct Wait(io::PipeReader);

#[cfg(unix)]
impl Wait {
    pub fn new() -> io::Result<(Self, Cancel)> {
        let (reader, writer) = io::pipe()?;
        Ok((Self(reader), Cancel(writer)))
    }

    /// Returns when a read of the device does not block, or `false` when the wait is cancelled.
    pub fn until_readable(&self, device: &impl std::os::fd::AsFd) -> bool {
        use rustix::event::{PollFd, PollFlags, poll};
        loop {
            let mut fds = [
                PollFd::new(device, PollFlags::IN),
                PollFd::new(&self.0, PollFlags::IN),
            ];
            match poll(&mut fds, None) {
                Err(rustix::io::Errno::INTR) => {}
                // The read tells what is wrong with it.
                Err(_) => return true,
                Ok(_) => {
                    let [_, cancelled] = fds;
                    return cancelled.revents().is_empty();
                }
            }
        }
    }
}

/// Elsewhere a wait cannot be cancelled: the read blocks until there is input.
#[cfg(not(unix))]
#[derive(Debug)]
pub struct Cancel;

#[cfg(not(unix))]
#[derive(Debug)]
pub struct Wait;

#[cfg(not(unix))]
impl Wait {
    pub fn new() -> io::Result<(Self, Cancel)> {
        Ok((Self, Cancel))
    }

    pub fn until_readable<D>(&self, _device: &D) -> bool {
        true
    }
}
