//! The time lines of the parts, by one clock.

use std::time::{Duration, SystemTime};

use super::time;
use crate::bench::figures::{Bucket, Figures, Timeline};
use crate::error::{Error, Result};

/// When the parts started, in buckets of the joined time line.
///
/// Buckets are not split: a part that started up to half a bucket after the first one has the same buckets, and one that
/// started later is shifted by whole ones. Clocks of different machines are taken to agree to that.
#[derive(Debug)]
pub struct Starts {
    /// As it was written.
    first: String,
    /// Seconds of a bucket: the least that all the parts' resolutions divide.
    resolution: u64,
    /// By how many buckets each part is shifted.
    shifts: Vec<usize>,
    /// The start of the last part.
    latest: Duration,
}

impl Starts {
    /// # Errors
    /// When a start is not a time, or a part ran when no other did.
    pub fn new(parts: &[Figures]) -> Result<Self> {
        let mut started = Vec::new();
        for part in parts {
            started.push((time(&part.started)?, part));
        }
        started.sort_by_key(|(start, _)| *start);
        let Some((zero, first)) = started.first().copied() else {
            return Err(Error::usage("there is nothing to merge"));
        };
        let mut end = zero;
        for (start, part) in &started {
            if *start > end && *start != zero {
                return Err(Error::failed(format!(
                    "the parts are not of one run: one started at {}, when all before it had ended",
                    part.started
                ))
                .hinted("start the parts at the same time, with --start-at"));
            }
            end = end.max(*start + length(part));
        }
        let resolution = parts.iter().map(|part| part.timeline.resolution.max(1));
        let resolution = resolution.fold(1, least_common_multiple);
        let since = |start: SystemTime| start.duration_since(zero).unwrap_or_default();
        let shift = |part: &Figures| Ok(buckets(since(time(&part.started)?), resolution));
        Ok(Self {
            first: first.started.clone(),
            resolution,
            shifts: parts.iter().map(shift).collect::<Result<_>>()?,
            latest: started
                .last()
                .map_or(Duration::ZERO, |(start, _)| since(*start)),
        })
    }

    pub fn first(&self) -> &str {
        &self.first
    }

    pub fn warning(&self) -> Option<String> {
        let is_shifted = self.shifts.iter().any(|shift| *shift > 0);
        let seconds = self.latest.as_secs_f64();
        is_shifted.then(|| format!("the last part started {seconds:.1} s after the first; --start-at starts them together"))
    }

    /// By how many seconds each part is shifted.
    pub fn seconds(&self) -> impl Iterator<Item = u64> {
        self.shifts
            .iter()
            .map(|shift| *shift as u64 * self.resolution)
    }

    /// The longest of the parts, by their shifted starts.
    pub fn elapsed(&self, parts: &[Figures]) -> f64 {
        let ends = parts.iter().zip(self.seconds());
        let ends = ends.map(|(part, seconds)| part.elapsed + super::super::numbers::real(seconds));
        ends.fold(0.0, f64::max)
    }

    pub fn join_timelines(&self, parts: &[Figures]) -> Timeline {
        let mut buckets: Vec<Bucket> = Vec::new();
        for (part, shift) in parts.iter().zip(&self.shifts) {
            let coarse = coarsen(&part.timeline, self.resolution);
            let len = shift + coarse.len();
            if buckets.len() < len {
                buckets.resize_with(len, Bucket::default);
            }
            for (bucket, other) in buckets.iter_mut().skip(*shift).zip(&coarse) {
                add(bucket, other);
                bucket.asked = match (bucket.asked, other.asked) {
                    (Some(a), Some(b)) => Some(a + b),
                    (a, b) => a.or(b),
                };
            }
        }
        Timeline {
            resolution: self.resolution,
            buckets,
        }
    }
}

fn length(part: &Figures) -> Duration {
    Duration::try_from_secs_f64(part.elapsed).unwrap_or_default()
}

/// The nearest number of buckets.
fn buckets(since: Duration, resolution: u64) -> usize {
    let half = Duration::from_secs(resolution) / 2;
    let whole = (since + half).as_secs() / resolution.max(1);
    usize::try_from(whole).unwrap_or(usize::MAX)
}

fn least_common_multiple(a: u64, b: u64) -> u64 {
    let (mut divisor, mut rest) = (a, b);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    (a / divisor.max(1)).saturating_mul(b)
}

/// The buckets with as many seconds each.
fn coarsen(timeline: &Timeline, resolution: u64) -> Vec<Bucket> {
    let factor = resolution / timeline.resolution.max(1);
    let factor = usize::try_from(factor).unwrap_or(1).max(1);
    let chunks = timeline.buckets.chunks(factor);
    chunks.map(average).collect()
}

/// One bucket for several. The last one of a run may be shorter, which is not known here: the rate that was asked for is the
/// average of all.
fn average(buckets: &[Bucket]) -> Bucket {
    let mut sum = Bucket::default();
    let (mut asked, mut count) = (0.0, 0.0);
    for bucket in buckets {
        add(&mut sum, bucket);
        if let Some(rate) = bucket.asked {
            asked += rate;
            count += 1.0;
        }
    }
    sum.asked = (count > 0.0).then(|| asked / count);
    sum
}

/// Adds all but the rate that was asked for.
fn add(sum: &mut Bucket, other: &Bucket) {
    let Bucket {
        asked: _,
        started,
        ok,
        failed,
        late,
        latency,
    } = other;
    sum.started += started;
    sum.ok += ok;
    sum.failed += failed;
    sum.late += late;
    sum.latency.merge(latency);
}
