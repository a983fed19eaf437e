//! The load of an open loop: at which rate calls are due, and how they are spaced.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrival {
    Poisson,
    Uniform,
}

/// A rate that changes from one to another, in calls a second, of the whole run and not of a part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    pub from: f64,
    pub to: f64,
    /// Infinite if only a number of calls ends it; in JSON there is none then.
    #[serde(default = "without_end", skip_serializing_if = "is_without_end")]
    pub seconds: f64,
}

fn without_end() -> f64 {
    f64::INFINITY
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_without_end(seconds: &f64) -> bool {
    seconds.is_infinite()
}

impl Stage {
    /// How many calls are due in it.
    pub fn calls(&self) -> f64 {
        f64::midpoint(self.from, self.to) * self.seconds
    }

    /// The rate at a time in it, in seconds.
    pub fn rate_at(&self, at: f64) -> f64 {
        self.from + (self.to - self.from) * (at / self.seconds).clamp(0.0, 1.0)
    }

    /// When so many calls of it have been due; `None` after its end.
    ///
    /// The rate is linear, so the number of calls is a parabola: `from·t + slope·t²/2 = calls`. This form of its root is also
    /// exact where the slope is nearly none.
    pub fn time_of(&self, calls: f64) -> Option<f64> {
        if calls >= self.calls() {
            return None;
        }
        let slope = (self.to - self.from) / self.seconds;
        let root = (self.from * self.from + 2.0 * slope * calls)
            .max(0.0)
            .sqrt();
        let below = self.from + root;
        Some(if below > 0.0 {
            (2.0 * calls / below).min(self.seconds)
        } else {
            0.0
        })
    }
}

/// How many seconds all of them take.
pub fn seconds(stages: &[Stage]) -> f64 {
    stages.iter().map(|stage| stage.seconds).sum()
}

/// How many calls are due until a time, in seconds from the start of the stages.
pub fn calls_until(stages: &[Stage], to: f64) -> f64 {
    mean_rate(stages, 0.0, to) * to
}

/// The mean rate between two times, in seconds from the start of the stages.
pub fn mean_rate(stages: &[Stage], from: f64, to: f64) -> f64 {
    let mut start = 0.0;
    let mut calls = 0.0;
    for stage in stages {
        let (low, high) = (from.max(start), to.min(start + stage.seconds));
        if high > low {
            let middle = stage.rate_at(f64::midpoint(low, high) - start);
            calls += middle * (high - low);
        }
        start += stage.seconds;
    }
    if to > from { calls / (to - from) } else { 0.0 }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these sums are exact")]
mod tests {
    use super::*;

    #[test]
    fn the_mean_rate_is_that_of_the_stages() {
        let stages = [
            Stage {
                from: 0.0,
                to: 100.0,
                seconds: 10.0,
            },
            Stage {
                from: 50.0,
                to: 50.0,
                seconds: 10.0,
            },
        ];
        assert_eq!(mean_rate(&stages, 0.0, 10.0), 50.0);
        assert_eq!(mean_rate(&stages, 9.0, 11.0), 72.5);
        assert_eq!(mean_rate(&stages, 19.0, 21.0), 25.0);
    }

    #[test]
    fn a_stage_without_an_end_has_no_seconds_in_json() {
        let stage = Stage {
            from: 20.0,
            to: 20.0,
            seconds: f64::INFINITY,
        };
        let json = serde_json::to_string(&stage).unwrap();
        assert_eq!(json, r#"{"from":20.0,"to":20.0}"#);
        assert_eq!(serde_json::from_str::<Stage>(&json).unwrap(), stage);
        assert_eq!(stage.time_of(30.0), Some(1.5));
        assert_eq!(mean_rate(&[stage], 1.0, 5.0), 20.0);
    }
}
