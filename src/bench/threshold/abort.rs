//! When a run need not go on, because a threshold does not hold any more: `--abort-on-fail`.

use super::limit::Limit;
use super::{Operator, Threshold};
use crate::bench::distribution::Distribution;
use crate::bench::figures::Figures;
use crate::bench::named::{Count, Named, Statistic};
use crate::bench::numbers::real;

/// Nothing is concluded from fewer calls: the first ones of a run are often slow.
const LEAST_CALLS: u64 = 100;

/// Nothing is concluded from fewer calls beyond a limit.
const LEAST_BEYOND: u64 = 10;

/// By how many standard errors a figure is beyond its limit before the run is given up: with three, a run that is just at
/// the limit is given up wrongly once in about 700 looks.
const ERRORS: f64 = 3.0;

impl Threshold {
    /// Whether a run that is under way, with these figures so far, has broken it and is not going to meet it.
    ///
    /// - Counts and the maximum only grow, and the minimum only falls: beyond the limit, they stay there.
    /// - Percentiles, means and shares of calls could recover. They count as broken when at least [`LEAST_CALLS`] calls ended
    ///   and the figure is beyond its upper limit by more than chance explains ([`ERRORS`]), if calls do not depend on each
    ///   other. A run that starts badly and gets better later is given up, too.
    /// - Rates are never broken before the end, since stages may bring them up; nor are lower limits of times.
    pub fn is_broken_for_good(&self, figures: &Figures) -> bool {
        match (self.figure, self.limit) {
            (_, Limit::Ratio(_)) | (Named::Rate, _) => false,
            (Named::Count(Count::Ok), Limit::Percent(percent)) => {
                let all = Count::Ok.all(figures);
                let others = all - Count::Ok.of(figures);
                self.has_lower_limit() && is_too_many(others, all, 1.0 - percent / 100.0)
            }
            (Named::Count(count), Limit::Percent(percent)) => {
                let (some, all) = (count.of(figures), count.all(figures));
                self.has_upper_limit() && is_too_many(some, all, percent / 100.0)
            }
            (Named::Count(_) | Named::Time(_, Statistic::Max), _) => self.is_above(figures),
            (Named::Time(_, Statistic::Min), _) => self.is_below(figures),
            (Named::Time(times, statistic), limit) => {
                let micros = limit.number() * limit.unit();
                let times = times.of(figures);
                self.has_upper_limit()
                    && times.is_some_and(|times| is_too_slow(statistic, times, micros))
            }
        }
    }

    fn has_upper_limit(&self) -> bool {
        match self.operator {
            Operator::Less | Operator::LessOrEqual => true,
            Operator::Equal => self.limit.number() <= 0.0,
            _ => false,
        }
    }

    /// That of a share.
    fn has_lower_limit(&self) -> bool {
        match self.operator {
            Operator::Greater | Operator::GreaterOrEqual => true,
            Operator::Equal => self.limit.number() >= 100.0,
            _ => false,
        }
    }

    /// Whether the figure is where it must not be, and can only grow.
    fn is_above(&self, figures: &Figures) -> bool {
        let limit = self.limit.number();
        self.value(figures)
            .is_some_and(|value| match self.operator {
                Operator::Less => value >= limit,
                Operator::LessOrEqual | Operator::Equal => value > limit,
                _ => false,
            })
    }

    /// Whether the figure is where it must not be, and can only fall.
    fn is_below(&self, figures: &Figures) -> bool {
        let limit = self.limit.number();
        self.value(figures)
            .is_some_and(|value| match self.operator {
                Operator::Greater => value <= limit,
                Operator::GreaterOrEqual | Operator::Equal => value < limit,
                _ => false,
            })
    }
}

fn is_too_slow(statistic: Statistic, times: &Distribution, micros: f64) -> bool {
    match statistic {
        Statistic::Percentile(percent) => {
            let beyond = times.count() - times.count_up_to(whole(micros));
            is_too_many(beyond, times.count(), 1.0 - percent / 100.0)
        }
        Statistic::Mean if times.count() >= LEAST_CALLS => {
            let (mean, deviation) = (times.mean(), times.deviation());
            mean.zip(deviation).is_some_and(|(mean, deviation)| {
                mean - ERRORS * deviation / real(times.count()).sqrt() > micros
            })
        }
        _ => false,
    }
}

/// Whether so many calls of all are more than `share` of them (from 0 to 1), by more than chance.
fn is_too_many(some: u64, all: u64, share: f64) -> bool {
    if share <= 0.0 {
        return some > 0;
    }
    let mean = real(all) * share;
    let deviation = (mean * (1.0 - share)).sqrt();
    all >= LEAST_CALLS && some >= LEAST_BEYOND && real(some) > mean + ERRORS * deviation
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a limit is not negative, and casts saturate"
)]
fn whole(micros: f64) -> u64 {
    micros as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::testing::calls::figures;

    fn is_broken(threshold: &str, figures: &Figures) -> bool {
        Threshold::parse(threshold)
            .unwrap()
            .is_broken_for_good(figures)
    }

    #[test]
    fn what_only_grows_is_broken_at_once() {
        let mut figures = figures([(1, 30_000, "OK"), (2, 1000, "UNKNOWN")]);
        figures.calls.late = 1;
        for threshold in [
            "late == 0",
            "errors == 0",
            "errors < 1",
            "errors < 0%",
            "errors == 0%",
            "ok == 100%",
            "max < 20ms",
            "min > 5ms",
            "p100 <= 20ms",
        ] {
            assert!(is_broken(threshold, &figures), "{threshold}");
        }
        for threshold in [
            "late <= 1",
            "errors > 5",
            "ok > 10",
            "max > 1h",
            "min < 1us",
            "dropped == 0",
            "late == 5",
        ] {
            assert!(!is_broken(threshold, &figures), "{threshold}");
        }
    }

    #[test]
    fn a_percentile_is_broken_when_more_calls_are_slow_than_by_chance() {
        // So many of 1000 calls take 30 ms.
        let slow =
            |slow| figures((0..1000).map(|at| (at, if at < slow { 30_000 } else { 1000 }, "OK")));
        for (threshold, calls, broken) in [
            ("p99 < 20ms", 15, false),
            ("p99 < 20ms", 25, true),
            ("p99.9 < 20ms", 9, false),
            ("p99.9 < 20ms", 11, true),
            ("p50 < 20ms", 400, false),
            ("mean < 2ms", 100, true),
            ("mean < 2ms", 34, false),
            ("p99 > 40ms", 0, false),
        ] {
            assert_eq!(
                is_broken(threshold, &slow(calls)),
                broken,
                "{threshold}, {calls}"
            );
        }
        let few = figures((0..50).map(|at| (at, 30_000, "OK")));
        assert!(!is_broken("p99 < 20ms", &few));
    }

    #[test]
    fn a_share_is_broken_when_more_calls_fail_than_by_chance() {
        let failed = |failed| {
            figures((0..1000).map(|at| (at, 1000, if at < failed { "UNKNOWN" } else { "OK" })))
        };
        for (threshold, calls, broken) in [
            ("errors < 1%", 15, false),
            ("errors < 1%", 25, true),
            ("ok >= 99%", 15, false),
            ("ok >= 99%", 25, true),
            ("ok == 99%", 25, false),
        ] {
            assert_eq!(
                is_broken(threshold, &failed(calls)),
                broken,
                "{threshold}, {calls}"
            );
        }
    }

    #[test]
    fn a_rate_is_never_broken_before_the_end() {
        assert!(!is_broken("rate > 5000/s", &figures([])));
    }
}
