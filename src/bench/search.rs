//! The search for the highest rate at which something holds: doubling until it does not, then halving the interval.

use std::fmt::Write as _;

use super::figures::Figures;
use super::numbers::{rate, real, time};

/// The first rate, in calls a second.
pub const FIRST: f64 = 100.0;

/// The search is over when the rate that does not hold is at most this much above the one that does.
const CLOSE: f64 = 1.05;

/// A rate is not reached if more than this share of its calls was late or dropped, whatever the latencies.
const MISSED: f64 = 0.03;

/// So many times the calls that are in flight on average may be cut off at the end, and a few.
const USUAL: f64 = 3.0;
const A_FEW: f64 = 10.0;

const MOST_STEPS: usize = 40;

/// No rate above is tried: no generator reaches it.
const HIGHEST: f64 = 5e6;

/// One rate that was tried.
#[derive(Clone, Debug)]
pub struct Step {
    pub rate: f64,
    /// With the verdicts of the conditions.
    pub figures: Figures,
}

impl Step {
    /// Whether the generator and the server have kept up: calls were sent in time, and what is under way at the end is what
    /// is under way at any time. (Of random arrivals there may be fewer than the rate says.)
    pub fn is_reached(&self) -> bool {
        let calls = &self.figures.calls;
        let some = real(calls.started + calls.dropped) * MISSED;
        let mean = self.figures.latency.mean().unwrap_or_default() / 1e6;
        let usual = self.rate * mean * USUAL + A_FEW;
        real(calls.dropped + calls.late) <= some && real(calls.cut_off) <= some.max(usual)
    }

    /// What is said of it when it is over.
    pub fn line(&self) -> String {
        let verdict = match (self.holds(), self.is_reached()) {
            (true, _) => "holds",
            (false, true) => "does not hold",
            (false, false) => "is not reached",
        };
        format!("{} {verdict}", rate(self.rate))
    }

    /// Whether the conditions are met at this rate, and calls succeed: a server that refuses all may do so fast.
    pub fn holds(&self) -> bool {
        let mut thresholds = self.figures.thresholds.iter();
        self.is_reached() && self.figures.has_success() && thresholds.all(|verdict| verdict.holds)
    }

    /// Why it does not hold.
    fn broken(&self) -> String {
        if !self.is_reached() {
            return "not reached".to_owned();
        }
        let broken = self.figures.thresholds.iter();
        let broken = broken
            .filter(|verdict| !verdict.holds)
            .map(|verdict| format!("{} ({})", verdict.threshold, verdict.shown()));
        let broken: Vec<String> = broken.collect();
        if broken.is_empty() {
            return "no call succeeds".to_owned();
        }
        format!("not {}", broken.join(", "))
    }
}

/// What has been tried.
#[derive(Clone, Debug)]
pub struct Search {
    first: f64,
    pub steps: Vec<Step>,
}

impl Search {
    pub fn from(first: f64) -> Self {
        Self {
            first,
            steps: Vec::new(),
        }
    }

    /// The best step so far.
    pub fn best(&self) -> Option<&Step> {
        let held = self.steps.iter().filter(|step| step.holds());
        held.max_by(|a, b| a.rate.total_cmp(&b.rate))
    }

    /// The lowest rate above the best that does not hold.
    fn worst(&self) -> Option<f64> {
        let best = self.best().map_or(0.0, |step| step.rate);
        let failed = self.steps.iter().filter(|step| !step.holds());
        let rates = failed.map(|step| step.rate).filter(|rate| *rate > best);
        rates.reduce(f64::min)
    }

    /// All steps, for people, and what they say if the search has come to its end.
    pub fn table(&self, is_complete: bool) -> String {
        let mut table = format!(
            "{:>12} {:>12} {:>10} {:>10} {:>10}\n",
            "rate", "reached", "p50", "p99", "failed"
        );
        for step in &self.steps {
            let figures = &step.figures;
            let percentile = |percent| {
                let value = figures.latency.percentile(percent);
                value.map_or("-".to_owned(), |value| time(real(value)))
            };
            let verdict = if step.holds() {
                "holds".to_owned()
            } else {
                step.broken()
            };
            let _ = writeln!(
                table,
                "{:>12} {:>12} {:>10} {:>10} {:>10}  {verdict}",
                rate(step.rate),
                rate(figures.rate),
                percentile(50.0),
                percentile(99.0),
                figures.calls.failed,
            );
        }
        let found = match (self.best(), is_complete) {
            (Some(best), true) => format!("highest rate: {}", rate(best.rate)),
            (Some(best), false) => format!("highest rate so far: {}", rate(best.rate)),
            (None, true) => "no rate meets the conditions".to_owned(),
            (None, false) => "no rate has met the conditions so far".to_owned(),
        };
        table + "\n" + &found + "\n"
    }

    /// The rate to try next; `None` when the search is over.
    pub fn next(&self) -> Option<f64> {
        if self.steps.len() >= MOST_STEPS {
            return None;
        }
        match (self.best().map(|step| step.rate), self.worst()) {
            (None, None) => Some(self.first),
            (Some(best), None) => (best < HIGHEST).then_some(best * 2.0),
            // Even less than a call a second is too much.
            (None, Some(worst)) => (worst > 1.0).then_some(worst / 2.0),
            (Some(best), Some(worst)) => {
                (worst > best * CLOSE).then_some(f64::midpoint(best, worst))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figures::{Calls, Verdict};
    use crate::bench::testing::closed;

    /// Searches a server that bears `limit` calls a second.
    fn search(first: f64, limit: f64) -> Search {
        let mut search = Search::from(first);
        while let Some(rate) = search.next() {
            let verdict = Verdict {
                threshold: "p99 < 20ms".to_owned(),
                value: String::new(),
                holds: rate <= limit,
            };
            let figures = Figures {
                rate,
                thresholds: vec![verdict],
                ..closed()
            };
            search.steps.push(Step { rate, figures });
        }
        search
    }

    #[test]
    fn the_highest_rate_is_found_within_a_twentieth() {
        for limit in [3.0, 99.0, 100.0, 777.0, 123_456.0] {
            let search = search(100.0, limit);
            let best = search.best().map_or(0.0, |step| step.rate);
            assert!(best <= limit && best * CLOSE >= limit, "{limit}: {best}");
            assert!(search.steps.len() < 20);
        }
    }

    #[test]
    fn nothing_is_found_where_nothing_holds() {
        let search = search(100.0, 0.0);
        assert!(search.best().is_none());
        assert!(search.steps.len() < 10);
    }

    #[test]
    fn a_rate_is_not_reached_if_calls_are_not_sent_in_time_or_pile_up() {
        let step = |calls| {
            let figures = Figures {
                calls,
                thresholds: Vec::new(),
                ..closed()
            };
            Step {
                rate: 10.0,
                figures,
            }
        };
        let started = Calls {
            started: 1000,
            ok: 600,
            ..Calls::default()
        };
        for (calls, is_reached) in [
            (started, true),
            (
                Calls {
                    late: 30,
                    ..started
                },
                true,
            ),
            (
                Calls {
                    late: 31,
                    ..started
                },
                false,
            ),
            (
                Calls {
                    dropped: 40,
                    ..started
                },
                false,
            ),
            (
                Calls {
                    cut_off: 30,
                    ..started
                },
                true,
            ),
            (
                Calls {
                    cut_off: 300,
                    ..started
                },
                false,
            ),
        ] {
            assert_eq!(step(calls).holds(), is_reached, "{calls:?}");
        }
    }

    #[test]
    fn a_rate_at_which_no_call_succeeds_does_not_hold() {
        let mut figures = closed();
        (figures.calls.failed, figures.calls.ok) = (figures.calls.ok, 0);
        let mut search = Search::from(100.0);
        search.steps.push(Step {
            rate: 100.0,
            figures,
        });
        assert!(search.best().is_none());
        let table = search.table(true);
        assert!(table.contains("no call succeeds"), "{table}");
        assert!(table.ends_with("\nno rate meets the conditions\n"));
    }

    #[test]
    fn a_search_that_was_not_finished_does_not_say_that_no_rate_holds() {
        let search = Search::from(100.0);
        assert!(
            search
                .table(false)
                .ends_with("\nno rate has met the conditions so far\n")
        );
    }

    #[test]
    fn a_figure_that_a_step_does_not_have_is_named_as_such() {
        let verdict = Verdict {
            threshold: "service.p99 < 1us".to_owned(),
            value: String::new(),
            holds: false,
        };
        let mut search = Search::from(100.0);
        search.steps.push(Step {
            rate: 100.0,
            figures: Figures {
                thresholds: vec![verdict],
                ..closed()
            },
        });
        let table = search.table(true);
        assert!(
            table.contains("not service.p99 < 1us (no such figure)"),
            "{table}"
        );
    }
}
