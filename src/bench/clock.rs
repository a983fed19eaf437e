//! Waiting until a time, more precisely than the runtime's timers, which have a resolution of a millisecond: a thread sleeps, and
//! wakes the worker up.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// A wait is at least this long: to wake up for each of a hundred thousand calls a second would take more time than the calls.
const SHORTEST: Duration = Duration::from_micros(200);

/// A clock to wait by. Its thread ends when this is dropped.
pub struct Clock {
    times: Sender<Instant>,
    is_time: Arc<Notify>,
}

impl Clock {
    /// # Errors
    /// When the system refuses a thread.
    pub fn new() -> std::io::Result<Self> {
        let (times, asked) = channel::<Instant>();
        let is_time = Arc::new(Notify::new());
        let wakes = Arc::clone(&is_time);
        std::thread::Builder::new()
            .name("load-clock".to_owned())
            .spawn(move || {
                for time in asked {
                    std::thread::sleep(time.saturating_duration_since(Instant::now()));
                    wakes.notify_one();
                }
            })?;
        Ok(Self { times, is_time })
    }

    /// Waits until `at`, and a little longer if that is nearly now.
    pub async fn sleep_until(&self, at: Instant) {
        let now = Instant::now();
        if at <= now {
            return;
        }
        let at = at.max(now + SHORTEST);
        if self.times.send(at).is_err() {
            return tokio::time::sleep_until(at.into()).await;
        }
        // An earlier wait that was given up may have left a wake-up behind.
        while Instant::now() < at {
            self.is_time.notified().await;
        }
    }
}
