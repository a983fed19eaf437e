//! The live view of a run: a line that changes, or lines now and then where stderr is not a terminal.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::Duration;

use super::distribution::Distribution;
use super::numbers::{rate, real, time};
use super::run::Progress;

/// A line in a log comes this often.
const LOGGED: Duration = Duration::from_secs(10);

/// Seconds in the spark line.
const SPARKS: usize = 20;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What the view remembers of the run so far.
#[derive(Debug, Default)]
pub struct Live {
    /// Calls that had ended at each second, the last one last.
    seconds: VecDeque<u64>,
    second: u64,
    logged: Duration,
}

impl Live {
    /// Whether a line of a log is due.
    pub fn is_due(&mut self, progress: &Progress<'_>) -> bool {
        let elapsed = progress.elapsed.unwrap_or_default();
        if elapsed < self.logged + LOGGED {
            return false;
        }
        self.logged = elapsed;
        true
    }

    /// Looks at the run: to be called several times a second.
    pub fn look(&mut self, progress: &Progress<'_>) {
        let Some(elapsed) = progress.elapsed else {
            return;
        };
        let second = elapsed.as_secs();
        if self.seconds.is_empty() || second > self.second {
            self.second = second;
            self.seconds.push_back(progress.ended);
            if self.seconds.len() > SPARKS + 1 {
                self.seconds.pop_front();
            }
        }
    }

    /// The line.
    pub fn line(&self, progress: &Progress<'_>) -> String {
        let Some(elapsed) = progress.elapsed else {
            return match progress.ended {
                0 => "starting".to_owned(),
                calls => format!("warming up, {calls} calls"),
            };
        };
        let mut line = format!("{}s", elapsed.as_secs());
        let reached = self.last_rate();
        match (reached, progress.asked) {
            (Some(reached), Some(asked)) => {
                let _ = write!(line, "  {} of {}", rate(reached), rate(asked));
            }
            (Some(reached), None) => _ = write!(line, "  {}", rate(reached)),
            (None, _) => {}
        }
        let in_flight = progress.started.saturating_sub(progress.ended);
        let _ = write!(line, "  {in_flight} in flight");
        if let Some((p50, p99)) = progress.last.and_then(percentiles) {
            let _ = write!(line, "  p50 {p50} p99 {p99}");
        }
        if let Some((p50, p99)) = percentiles(progress.all) {
            let _ = write!(line, " (so far {p50}, {p99})");
        }
        let _ = write!(line, "  {} failed  {}", progress.failed, self.sparks());
        line
    }

    /// Calls in each second.
    fn counts(&self) -> impl Iterator<Item = u64> {
        let next = self.seconds.iter().skip(1);
        let pairs = self.seconds.iter().zip(next);
        pairs.map(|(before, after)| after.saturating_sub(*before))
    }

    fn last_rate(&self) -> Option<f64> {
        self.counts().last().map(real)
    }

    fn sparks(&self) -> String {
        let most = self.counts().max().unwrap_or_default().max(1);
        let bar = |calls: u64| {
            let height = calls * (BARS.len() as u64 - 1) / most;
            usize::try_from(height)
                .ok()
                .and_then(|height| BARS.get(height))
        };
        self.counts().filter_map(bar).collect()
    }
}

/// The median and the 99th percentile.
fn percentiles(of: &Distribution) -> Option<(String, String)> {
    Some((
        time(real(of.percentile(50.0)?)),
        time(real(of.percentile(99.0)?)),
    ))
}
