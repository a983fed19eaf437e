//! A thread that waits, and wakes the worker up.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Instant;

use tokio::sync::Notify;

/// The thread ends when this is dropped.
pub struct Timer {
    asked: Sender<Instant>,
    is_time: Arc<Notify>,
}

impl Timer {
    pub fn new() -> io::Result<Self> {
        let (asked, times) = channel();
        let is_time = Arc::new(Notify::new());
        let wakes = Arc::clone(&is_time);
        let thread = thread::Builder::new().name("load-clock".to_owned());
        thread.spawn(move || wait(&times, &wakes))?;
        Ok(Self { asked, is_time })
    }

    /// Waits until `at`. It may end sooner, after a wait that was given up.
    pub async fn sleep(&self, at: Instant) -> io::Result<()> {
        self.asked.send(at).map_err(io::Error::other)?;
        self.is_time.notified().await;
        Ok(())
    }
}

/// Waits until the time that was asked for last: the waits before it were given up.
fn wait(times: &Receiver<Instant>, wakes: &Notify) {
    while let Ok(mut at) = times.recv() {
        loop {
            let rest = at.saturating_duration_since(Instant::now());
            match times.recv_timeout(rest) {
                Ok(newer) => at = newer,
                Err(RecvTimeoutError::Timeout) => break wakes.notify_one(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}
