//! The progress line of a long stream whose output goes elsewhere: requests, replies and rate, on stderr.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// Shorter streams show nothing: a line that flashes by tells nobody anything.
const QUIET_START: Duration = Duration::from_secs(2);
const INTERVAL: Duration = Duration::from_millis(200);

/// A line that appears after two seconds and is gone at the end.
pub struct Progress {
    shown: Option<(ProgressBar, Interval)>,
    started: Instant,
}

impl Progress {
    /// `show`: somebody can see it and wants to.
    pub fn new(show: bool) -> Self {
        let started = Instant::now();
        let shown = show.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(
                ProgressStyle::with_template("{msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            let mut ticks = interval_at(started + QUIET_START, INTERVAL);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            (bar, ticks)
        });
        Self { shown, started }
    }

    /// Completes when the line is due to be drawn again, never if it is not shown.
    pub async fn due(&mut self) {
        match &mut self.shown {
            Some((_, ticks)) => {
                ticks.tick().await;
            }
            None => std::future::pending().await,
        }
    }

    /// Draws the line.
    pub fn draw(&self, requests: u64, replies: u64) {
        if let Some((bar, _)) = &self.shown {
            let seconds = self.started.elapsed().as_secs_f64();
            #[expect(clippy::cast_precision_loss, reason = "a rate for reading")]
            let rate = replies as f64 / seconds;
            bar.set_message(format!(
                "{requests} requests, {replies} replies, {rate:.0}/s, {seconds:.0}s"
            ));
        }
    }

    /// Removes the line.
    pub fn clear(&self) {
        if let Some((bar, _)) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
