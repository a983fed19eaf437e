//! A thread that sleeps, and wakes the worker up.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use tokio::sync::Notify;

/// The thread ends when this is dropped.
pub struct Timer {
    asked: Sender<Duration>,
    is_time: Arc<Notify>,
}

impl Timer {
    pub fn new() -> io::Result<Self> {
        let (asked, waits) = channel::<Duration>();
        let is_time = Arc::new(Notify::new());
        let wakes = Arc::clone(&is_time);
        thread::Builder::new()
            .name("load-clock".to_owned())
            .spawn(move || {
                for rest in waits {
                    thread::sleep(rest);
                    wakes.notify_one();
                }
            })?;
        Ok(Self { asked, is_time })
    }

    /// Waits for `rest`. It may end sooner, after a wait that was given up.
    pub async fn sleep(&self, rest: Duration) -> io::Result<()> {
        self.asked.send(rest).map_err(io::Error::other)?;
        self.is_time.notified().await;
        Ok(())
    }
}
