//! When the calls of an open loop are due: by a rate that stays or changes, evenly or as a Poisson process. The schedule is
//! fixed before the first call, so that a server that is slow cannot slow the load down.

use std::time::Duration;

use fastrand::Rng;

use super::numbers::{real, whole};
use super::stages::{Arrival, Stage, calls_until};

/// This many calls of a Poisson process are counted one by one, in some ten milliseconds.
const DRAWN: usize = 1_000_000;

/// Where one of several generators stands in a schedule that they share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// From 0.
    pub index: u64,
    pub of: u64,
}

impl Part {
    pub const WHOLE: Self = Self { index: 0, of: 1 };

    /// The part of this part that is the `index`th of `of`. Other parts may be split into other numbers.
    #[must_use]
    pub fn split(self, index: u64, of: u64) -> Self {
        Self {
            index: self.index + self.of * index,
            of: self.of * of,
        }
    }
}

/// The times at which calls are due, from the start of the stages.
#[derive(Clone, Debug)]
pub struct Schedule {
    stages: Vec<Stage>,
    arrival: Arrival,
    of: f64,
    rng: Rng,
    /// How many calls of the whole are due before the next one of this part: the integral of the rate.
    position: f64,
    /// The stage that the last call was in, with the time and the number of calls before it.
    stage: usize,
    stage_start: f64,
    before_stage: f64,
}

impl Schedule {
    /// The schedule of a part. Parts with the same seed differ, and together they are the whole: evenly spaced calls are dealt
    /// out in turn, and a Poisson process is the sum of independent ones.
    pub fn new(stages: &[Stage], arrival: Arrival, part: Part, seed: u64) -> Self {
        let seed = seed ^ part.index.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut schedule = Self {
            stages: stages.to_vec(),
            arrival,
            of: real(part.of),
            rng: Rng::with_seed(seed),
            position: 0.0,
            stage: 0,
            stage_start: 0.0,
            before_stage: 0.0,
        };
        schedule.position = match arrival {
            Arrival::Uniform => real(part.index),
            Arrival::Poisson => schedule.step(),
        };
        schedule
    }

    /// How many of the calls that are left are due between two times, in seconds from the start of the stages. Of a Poisson
    /// process, [`DRAWN`] are drawn, and more are estimated: to draw all would take long where a server has lost many millions.
    pub fn due(&self, stages: &[Stage], from: f64, to: f64) -> u64 {
        let expected = |schedule: &Self| {
            let first = schedule.position.max(calls_until(stages, from));
            (calls_until(stages, to) - first) / schedule.of
        };
        if self.arrival == Arrival::Uniform {
            // Not the one that is due at the end itself, which rounding may put a little before.
            return whole((expected(self) - 1e-6).ceil());
        }
        let mut left = self.clone();
        let mut due = 0;
        for at in left.by_ref().take(DRAWN) {
            let at = at.as_secs_f64();
            if at >= to {
                return due;
            }
            due += u64::from(at >= from);
        }
        due + whole(expected(&left))
    }

    fn step(&mut self) -> f64 {
        match self.arrival {
            Arrival::Uniform => self.of,
            // An exponential distribution; the logarithm's argument is above 0.
            Arrival::Poisson => -(1.0 - self.rng.f64()).ln() * self.of,
        }
    }
}

impl Iterator for Schedule {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        loop {
            let stage = *self.stages.get(self.stage)?;
            let inside = self.position - self.before_stage;
            if let Some(at) = stage.time_of(inside) {
                self.position += self.step();
                return Duration::try_from_secs_f64(self.stage_start + at).ok();
            }
            self.before_stage += stage.calls();
            self.stage_start += stage.seconds;
            self.stage += 1;
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    clippy::unchecked_time_subtraction,
    reason = "the numbers are small"
)]
mod tests {
    use super::*;

    const SEED: u64 = 7;
    const CALLS: usize = 100_000;

    fn steady(rate: f64) -> Vec<Stage> {
        vec![Stage {
            from: rate,
            to: rate,
            seconds: 1e9,
        }]
    }

    fn gaps(times: &[Duration]) -> Vec<f64> {
        let pairs = times.windows(2);
        pairs
            .map(|pair| (pair[1] - pair[0]).as_secs_f64())
            .collect()
    }

    #[test]
    fn uniform_calls_are_evenly_spaced() {
        let schedule = Schedule::new(&steady(1000.0), Arrival::Uniform, Part::WHOLE, SEED);
        let times: Vec<Duration> = schedule.take(CALLS).collect();
        assert_eq!(times[0], Duration::ZERO);
        assert!(gaps(&times).iter().all(|gap| (gap - 1e-3).abs() < 1e-7));
    }

    /// The Kolmogorov–Smirnov test against the exponential distribution, at a level of one in a thousand.
    #[test]
    fn gaps_of_a_poisson_process_are_exponential() {
        let rate = 1000.0;
        let schedule = Schedule::new(&steady(rate), Arrival::Poisson, Part::WHOLE, SEED);
        let times: Vec<Duration> = schedule.take(CALLS + 1).collect();
        let mut gaps = gaps(&times);
        gaps.sort_by(f64::total_cmp);
        let n = gaps.len() as f64;
        let distance = gaps.iter().enumerate().map(|(index, gap)| {
            let expected = 1.0 - (-rate * gap).exp();
            let (low, high) = (index as f64 / n, (index + 1) as f64 / n);
            (expected - low).abs().max((high - expected).abs())
        });
        let largest = distance.fold(0.0, f64::max);
        assert!(largest < 1.95 / n.sqrt(), "{largest}");
    }

    /// The dispersion test: the variance of the counts is their mean, within four standard errors.
    #[test]
    fn counts_of_a_poisson_process_vary_as_they_should() {
        let rate = 1000.0;
        let schedule = Schedule::new(&steady(rate), Arrival::Poisson, Part::WHOLE, SEED);
        let mut counts = vec![0_f64; 1000];
        for time in schedule {
            match counts.get_mut((time.as_secs_f64() / 0.1) as usize) {
                Some(count) => *count += 1.0,
                None => break,
            }
        }
        let n = counts.len() as f64;
        let mean = counts.iter().sum::<f64>() / n;
        let variance = counts
            .iter()
            .map(|count| (count - mean).powi(2))
            .sum::<f64>()
            / (n - 1.0);
        assert!((mean - 100.0).abs() < 4.0 * (100.0 / n).sqrt(), "{mean}");
        assert!(
            (variance / mean - 1.0).abs() < 4.0 * (2.0 / n).sqrt(),
            "{variance}"
        );
    }

    #[test]
    fn parts_of_a_uniform_schedule_are_the_whole() {
        let stages = steady(500.0);
        let whole: Vec<Duration> = Schedule::new(&stages, Arrival::Uniform, Part::WHOLE, SEED)
            .take(900)
            .collect();
        let mut parts: Vec<Duration> = (0..3)
            .flat_map(|index| {
                let part = Part { index, of: 3 };
                Schedule::new(&stages, Arrival::Uniform, part, SEED).take(300)
            })
            .collect();
        parts.sort_unstable();
        assert_eq!(whole, parts);
    }

    #[test]
    fn parts_of_a_poisson_process_have_their_share_and_differ() {
        let stages = [Stage {
            from: 3000.0,
            to: 3000.0,
            seconds: 10.0,
        }];
        let parts: Vec<Vec<Duration>> = (0..3)
            .map(|index| {
                let part = Part { index, of: 3 };
                Schedule::new(&stages, Arrival::Poisson, part, SEED).collect()
            })
            .collect();
        assert!(parts.iter().all(|part| part.len().abs_diff(10_000) < 400));
        assert_ne!(parts[0][..10], parts[1][..10]);
    }

    /// The number of calls up to a time is the integral of the rate.
    #[test]
    fn a_rate_may_change_in_the_course_of_a_stage() {
        let stages = [
            Stage {
                from: 0.0,
                to: 1000.0,
                seconds: 10.0,
            },
            Stage {
                from: 1000.0,
                to: 1000.0,
                seconds: 5.0,
            },
            Stage {
                from: 1000.0,
                to: 200.0,
                seconds: 4.0,
            },
        ];
        let times: Vec<f64> = Schedule::new(&stages, Arrival::Uniform, Part::WHOLE, SEED)
            .map(|time| time.as_secs_f64())
            .collect();
        let before = |end: f64| times.iter().filter(|time| **time < end).count();
        assert_eq!(times.len(), 5000 + 5000 + 2400);
        for (end, calls) in [(5.0, 1250), (10.0, 5000), (15.0, 10_000), (17.0, 11_600)] {
            assert!(before(end).abs_diff(calls) <= 1, "{end}: {}", before(end));
        }
        assert!(times.windows(2).all(|pair| pair[0] <= pair[1]));
    }

    #[test]
    fn what_is_left_is_counted_without_drawing_it() {
        let stages = [Stage {
            from: 100.0,
            to: 300.0,
            seconds: 10.0,
        }];
        let mut schedule = Schedule::new(&stages, Arrival::Uniform, Part::WHOLE, SEED);
        for drawn in [0, 5, 1000] {
            let mut now = Schedule::new(&stages, Arrival::Uniform, Part::WHOLE, SEED);
            assert_eq!(now.by_ref().take(drawn).count(), drawn);
            assert_eq!(now.due(&stages, 0.0, 10.0), 2000 - drawn as u64);
            assert_eq!(now.due(&stages, 0.0, 10.0), now.count() as u64);
        }
        assert_eq!(schedule.due(&stages, 5.0, 10.0), 1250);
        assert_eq!(schedule.by_ref().count(), 2000);
        assert_eq!(schedule.due(&stages, 0.0, 10.0), 0);
    }

    #[test]
    fn what_is_left_of_a_poisson_process_is_the_calls_that_it_would_have() {
        let stages = [Stage {
            from: 100.0,
            to: 300.0,
            seconds: 10.0,
        }];
        let schedule = || Schedule::new(&stages, Arrival::Poisson, Part::WHOLE, SEED);
        for drawn in [0, 5, 1000] {
            let mut now = schedule();
            assert_eq!(now.by_ref().take(drawn).count(), drawn);
            assert_eq!(now.due(&stages, 0.0, 10.0), now.count() as u64);
        }
        let is_within = |at: &Duration| (2.0..7.0).contains(&at.as_secs_f64());
        let within = schedule().filter(is_within).count() as u64;
        assert_eq!(schedule().due(&stages, 2.0, 7.0), within);
    }

    #[test]
    fn what_is_left_of_many_millions_is_estimated() {
        let stages = steady(1e6);
        let schedule = Schedule::new(&stages, Arrival::Poisson, Part::WHOLE, SEED);
        let due = schedule.due(&stages, 0.0, 1e6);
        assert!(due.abs_diff(1_000_000_000_000) < 10_000_000, "{due}");
    }
}
