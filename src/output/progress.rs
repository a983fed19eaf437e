//! The progress line of a long stream whose output goes elsewhere: requests, replies and rate, on stderr. One line
//! and no bar, since nobody knows the length; and drawn by hand, because a line that a library pads to the terminal's
//! width leaves itself behind when the terminal echoes `^C` after it.

use std::io::Write as _;
use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// Shorter streams show nothing: a line that flashes by tells nobody anything.
const QUIET_START: Duration = Duration::from_secs(2);
const INTERVAL: Duration = Duration::from_millis(200);

/// Back to the first column, and everything there erased (ECMA-48, EL 2).
const ERASE: &str = "\r\x1b[2K";

/// A line that appears after two seconds and is gone at the end.
pub struct Progress {
    ticks: Option<Interval>,
    started: Instant,
    drawn: bool,
}

impl Progress {
    /// `show`: somebody can see it and wants to.
    pub fn new(show: bool) -> Self {
        let started = Instant::now();
        let ticks = show.then(|| {
            let mut ticks = interval_at(started + QUIET_START, INTERVAL);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        Self {
            ticks,
            started,
            drawn: false,
        }
    }

    /// Completes when the line is due to be drawn again, never if it is not shown.
    pub async fn due(&mut self) {
        match &mut self.ticks {
            Some(ticks) => {
                ticks.tick().await;
            }
            None => std::future::pending().await,
        }
    }

    /// Draws the line.
    pub fn draw(&mut self, requests: u64, replies: u64) {
        let seconds = self.started.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate for reading")]
        let rate = replies as f64 / seconds;
        let line = format!("{requests} requests, {replies} replies, {rate:.0}/s, {seconds:.0}s");
        // A line that wraps cannot be erased.
        let width = terminal_size::terminal_size_of(std::io::stderr())
            .map_or(80, |(width, _)| usize::from(width.0));
        let line = line.get(..width.saturating_sub(3)).unwrap_or(&line);
        write(&format!("{ERASE}{line}"));
        self.drawn = true;
    }

    /// Removes the line.
    pub fn clear(&mut self) {
        if self.drawn {
            write(ERASE);
            self.drawn = false;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn write(text: &str) {
    // A terminal that is gone needs no progress.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
