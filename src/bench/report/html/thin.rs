//! The time line for a plot, which has only so many points: neighbours are put together, exactly.

use crate::bench::distribution::Distribution;
use crate::bench::figures::{Figures, Span};
use crate::bench::numbers::real;

/// The most points of a line.
pub const POINTS: usize = 240;

/// One or more buckets.
#[derive(Clone, Debug, Default)]
pub struct Point {
    /// The middle, in seconds since the start.
    pub at: f64,
    /// Calls a second that were due.
    pub asked: Option<f64>,
    /// Calls a second that ended.
    pub reached: f64,
    /// Percent of the calls that ended.
    pub failed: f64,
    pub latency: Distribution,
}

/// At most `POINTS` points. What is left of a second at the end is put to the one before: its rate would be noise.
pub fn points(figures: &Figures) -> Vec<Point> {
    let spans: Vec<Span<'_>> = figures.timeline.spans(figures.elapsed).collect();
    let each = spans.len().div_ceil(POINTS).max(1);
    let mut groups: Vec<&[Span<'_>]> = spans.chunks(each).collect();
    if let [.., before, last] = groups.as_slice()
        && seconds(last) < seconds(before) / 2.0
    {
        let start = spans.len() - last.len() - before.len();
        let joined = spans.get(start..).unwrap_or_default();
        groups.truncate(groups.len() - 2);
        groups.push(joined);
    }
    groups.into_iter().map(point).collect()
}

fn seconds(group: &[Span<'_>]) -> f64 {
    group.iter().map(|span| span.seconds).sum()
}

fn point(group: &[Span<'_>]) -> Point {
    let seconds = seconds(group);
    let mut latency = Distribution::default();
    let (mut ended, mut failed, mut asked) = (0, 0, None);
    for span in group {
        latency.merge(&span.bucket.latency);
        ended += span.bucket.ok + span.bucket.failed;
        failed += span.bucket.failed;
        if let Some(rate) = span.bucket.asked {
            asked = Some(asked.unwrap_or(0.0) + rate * span.seconds / seconds);
        }
    }
    Point {
        at: group.first().map_or(0.0, |span| real(span.start)) + seconds / 2.0,
        asked,
        reached: real(ended) / seconds,
        failed: if ended == 0 {
            0.0
        } else {
            100.0 * real(failed) / real(ended)
        },
        latency,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::testing;

    fn of_seconds(seconds: u64) -> Figures {
        let run = testing::Run {
            seconds,
            rate: 10,
            median: 500.0,
            fails: 4,
        };
        run.figures()
    }

    #[test]
    fn a_short_time_line_is_shown_as_it_is() {
        let points = points(&of_seconds(10));
        assert_eq!(points.len(), 10);
        assert_eq!(format!("{} {}", points[0].at, points[0].reached), "0.5 10");
    }

    #[test]
    fn a_long_one_is_thinned_out_without_losing_a_call() {
        let figures = of_seconds(3_601);
        let points = points(&figures);
        assert!(points.len() <= POINTS, "{}", points.len());
        let calls: u64 = points.iter().map(|point| point.latency.count()).sum();
        assert_eq!(calls, figures.calls.ended());
        assert_eq!(points[1].reached.to_string(), "10");
    }

    #[test]
    fn the_rest_of_a_second_is_put_to_the_one_before() {
        let mut figures = of_seconds(4);
        figures.elapsed = 3.1;
        let points = points(&figures);
        assert_eq!(points.len(), 3);
        assert_eq!(points[2].latency.count(), 20);
    }

    #[test]
    fn failures_are_a_share_of_what_ended() {
        assert_eq!(points(&of_seconds(2))[0].failed.to_string(), "20");
    }
}
