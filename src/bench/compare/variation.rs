//! How much a figure varies by itself, judged from the time line.
//!
//! The method is sectioning, as for the output of simulations (Nakayama, "Confidence intervals for quantiles using
//! sectioning when applying variance-reduction techniques", ACM TOMACS 24, 2014): a run is cut into batches of consecutive
//! buckets, the figure is computed of each, and how far those are from the figure of the whole run gives its standard error.
//! Of two runs, the errors add up as variances, with degrees of freedom by Welch and Satterthwaite; Student's t makes them
//! the largest difference that chance explains in 99 of 100 pairs of runs that are alike.
//!
//! Its limits:
//! - Batches are taken to be independent. A server that changes slowly, over many seconds, varies more than this says.
//! - What makes a whole run faster or slower than another, such as where the system puts its memory, cannot be seen in one
//!   run: repeat both if it matters.
//! - A load that changes by stages makes batches differ, and the variation larger than it is.
//! - Of a maximum, and of what the time line does not have (other times than the latency), the variation is not known.

use crate::bench::distribution::Distribution;
use crate::bench::figures::{Bucket, Timeline};
use crate::bench::named::{Count, Named, Statistic, Times};
use crate::bench::numbers::real;

/// Nothing is concluded from fewer batches.
const LEAST_BATCHES: usize = 3;

/// A percentile of a batch says something if it has so many calls on either side of it, on average.
const LEAST_BEYOND: f64 = 10.0;

/// A figure that a bucket has.
#[derive(Clone, Copy, Debug)]
pub enum Figure {
    Rate,
    Errors,
    Mean,
    Percentile(f64),
}

impl Figure {
    /// `None` if buckets do not have it.
    pub fn of(named: Named) -> Option<Self> {
        match named {
            Named::Rate => Some(Self::Rate),
            Named::Count(Count::Failed) => Some(Self::Errors),
            Named::Time(Times::Latency, Statistic::Mean) => Some(Self::Mean),
            Named::Time(Times::Latency, Statistic::Percentile(percent)) => {
                Some(Self::Percentile(percent))
            }
            _ => None,
        }
    }

    /// How many calls a batch needs.
    fn calls(self) -> f64 {
        match self {
            Self::Percentile(percent) => {
                let share = percent.min(100.0 - percent) / 100.0;
                LEAST_BEYOND / share
            }
            _ => 1.0,
        }
    }

    /// The figure of a batch; `None` if it has no calls.
    fn value(self, batch: &Batch) -> Option<f64> {
        match self {
            Self::Rate => Some(real(batch.ok + batch.failed) / batch.seconds),
            Self::Errors => {
                let ended = batch.ok + batch.failed;
                (ended > 0).then(|| 100.0 * real(batch.failed) / real(ended))
            }
            Self::Mean => Statistic::Mean.of(&batch.latency),
            Self::Percentile(percent) => Statistic::Percentile(percent).of(&batch.latency),
        }
    }
}

/// Consecutive buckets.
struct Batch {
    seconds: f64,
    ok: u64,
    failed: u64,
    latency: Distribution,
}

impl Batch {
    fn new(buckets: &[Bucket], resolution: u64) -> Self {
        let mut batch = Self {
            seconds: real(resolution) * real(buckets.len() as u64),
            ok: 0,
            failed: 0,
            latency: Distribution::default(),
        };
        for bucket in buckets {
            batch.ok += bucket.ok;
            batch.failed += bucket.failed;
            batch.latency.merge(&bucket.latency);
        }
        batch
    }
}

/// How much the figure of a run varies.
#[derive(Clone, Copy, Debug)]
pub struct Variation {
    /// The square of the standard error.
    variance: f64,
    /// Degrees of freedom.
    freedom: f64,
}

impl Variation {
    /// That of a figure whose value for the whole run is known; `None` if there are too few batches. The first and the last
    /// bucket, which may be in part outside of the run, are left out.
    pub fn new(figure: Figure, timeline: &Timeline, whole: f64) -> Option<Self> {
        let buckets = timeline
            .buckets
            .get(1..timeline.buckets.len().checked_sub(1)?)?;
        let ended: u64 = buckets.iter().map(|bucket| bucket.ok + bucket.failed).sum();
        let average = real(ended) / real(buckets.len() as u64);
        let size = buckets_for(figure.calls(), average)?;
        let batches = buckets.chunks_exact(size);
        let values =
            batches.filter_map(|batch| figure.value(&Batch::new(batch, timeline.resolution)));
        let values: Vec<f64> = values.collect();
        if values.len() < LEAST_BATCHES {
            return None;
        }
        let count = real(values.len() as u64);
        let squares: f64 = values.iter().map(|value| (value - whole).powi(2)).sum();
        let freedom = count - 1.0;
        Some(Self {
            variance: squares / freedom / count,
            freedom,
        })
    }

    /// The largest difference between two runs that chance explains.
    pub fn of_difference(self, other: Self) -> f64 {
        let variance = self.variance + other.variance;
        if variance == 0.0 {
            return 0.0;
        }
        let parts = self.variance.powi(2) / self.freedom + other.variance.powi(2) / other.freedom;
        student(variance.powi(2) / parts) * variance.sqrt()
    }
}

/// How many buckets have so many calls, if they have this number on average.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is positive, and casts saturate"
)]
fn buckets_for(calls: f64, average: f64) -> Option<usize> {
    let size = (calls / average).ceil();
    (size.is_finite() && size >= 1.0).then_some(size as usize)
}

/// Degrees of freedom and the 99.5th percentile of Student's t, which leaves out 1 % on both sides together.
const STUDENT: [(f64, f64); 16] = [
    (2.0, 9.925),
    (3.0, 5.841),
    (4.0, 4.604),
    (5.0, 4.032),
    (6.0, 3.707),
    (7.0, 3.499),
    (8.0, 3.355),
    (9.0, 3.250),
    (10.0, 3.169),
    (12.0, 3.055),
    (15.0, 2.947),
    (20.0, 2.845),
    (30.0, 2.750),
    (60.0, 2.660),
    (120.0, 2.617),
    (1000.0, 2.581),
];

/// Of fewer degrees of freedom than there are, where the table has a gap: that is the larger one.
fn student(freedom: f64) -> f64 {
    let known = STUDENT.iter().rev().find(|(known, _)| *known <= freedom);
    known.map_or(f64::INFINITY, |(_, t)| *t)
}
