//! What is asked of a run: `p99 < 20ms`.
//!
//! - `parse`: a text → a threshold; `limit`: its right side, and a figure in the same unit; `abort`: when a run need not go
//!   on.

mod abort;
mod limit;
mod parse;

use std::cmp::Ordering;
use std::fmt;

use limit::Limit;

use super::figures::{Figures, Verdict};
use super::named::Named;
use super::plan::Plan;

/// A figure, an operator and a limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// As it was given.
    text: String,
    figure: Named,
    operator: Operator,
    limit: Limit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

impl Operator {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
        }
    }
}

impl Threshold {
    /// Whether it is about the change between two runs: `p99 < 1.1x`.
    pub fn is_relative(&self) -> bool {
        matches!(self.limit, Limit::Ratio(_))
    }

    /// # Errors
    /// Why a run by this plan is not going to have its figure.
    pub fn check(&self, plan: &Plan) -> Result<(), &'static str> {
        self.figure.check(plan)
    }

    /// Whether it holds for a run. A figure that the run does not have, such as the p99 of no calls, does not hold; nor does
    /// a relative threshold, which [`Threshold::parse`] refuses.
    pub fn judge(&self, figures: &Figures) -> Verdict {
        self.verdict(self.value(figures))
    }

    /// Whether it holds for a run, beside an old one if it is relative.
    pub fn judge_against(&self, new: &Figures, old: &Figures) -> Verdict {
        if !self.is_relative() {
            return self.judge(new);
        }
        let values = self.comparable(new).zip(self.comparable(old));
        self.verdict(values.map(|(new, old)| ratio(new, old)))
    }

    /// The figure of a run, in the limit's unit.
    fn value(&self, figures: &Figures) -> Option<f64> {
        match (self.limit, self.figure) {
            (Limit::Ratio(_), _) => None,
            (Limit::Percent(_), Named::Count(count)) => count.percent(figures),
            (limit, figure) => Some(figure.value(figures)? / limit.unit()),
        }
    }

    /// What two runs can be compared by: they may have different numbers of calls, so counts are shares.
    fn comparable(&self, figures: &Figures) -> Option<f64> {
        match self.figure {
            Named::Count(count) => count.percent(figures),
            figure => figure.value(figures),
        }
    }

    fn verdict(&self, value: Option<f64>) -> Verdict {
        let order = value.and_then(|value| value.partial_cmp(&self.limit.number()));
        Verdict {
            threshold: self.text.clone(),
            value: value.map_or_else(String::new, |value| self.limit.show(value)),
            holds: order.is_some_and(|order| self.operator.holds(order)),
        }
    }
}

/// No errors after no errors have not changed.
fn ratio(new: f64, old: f64) -> f64 {
    if new.total_cmp(&old).is_eq() {
        1.0
    } else {
        new / old
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::testing::calls::figures;

    /// The figure, and whether the threshold holds.
    fn judge(threshold: &str, figures: &Figures) -> (String, bool) {
        let verdict = Threshold::parse(threshold).unwrap().judge(figures);
        assert_eq!(verdict.threshold, threshold);
        (verdict.value, verdict.holds)
    }

    fn shown(value: &str, holds: bool) -> (String, bool) {
        (value.to_owned(), holds)
    }

    #[test]
    fn a_time_is_shown_in_the_unit_of_the_limit() {
        let figures = figures((1..=100).map(|ms| (ms * 10, ms * 1000, "OK")));
        assert_eq!(judge("p50 < 60ms", &figures), shown("50ms", true));
        assert_eq!(judge("p50<0.06s", &figures), shown("0.05s", true));
        assert_eq!(judge("min >= 1ms", &figures), shown("1ms", true));
        assert!(judge("mean != 1us", &figures).1);
    }

    #[test]
    fn a_figure_near_the_limit_has_the_digits_that_tell_them_apart() {
        let figures = figures([(1, 2001, "OK")]);
        assert_eq!(judge("p99 <= 2ms", &figures), shown("2.001ms", false));
        assert_eq!(judge("p99 <= 2.001ms", &figures), shown("2.001ms", true));
    }

    #[test]
    fn counts_are_numbers_or_shares() {
        let mut figures =
            figures((0..1000).map(|ms| (ms, 5, if ms == 7 { "UNAVAILABLE" } else { "OK" })));
        figures.calls.late = 3;
        for (threshold, value, holds) in [
            ("errors == 0", "1", false),
            ("errors < 0.1%", "0.1%", false),
            ("errors <= 0.1%", "0.1%", true),
            ("failed < 10", "1", true),
            ("ok > 99%", "99.9%", true),
            ("late==0", "3", false),
            ("dropped == 0", "0", true),
            ("cut_off < 1%", "0%", true),
        ] {
            assert_eq!(
                judge(threshold, &figures),
                shown(value, holds),
                "{threshold}"
            );
        }
    }

    #[test]
    fn the_rate_is_in_calls_a_second() {
        let mut figures = figures([]);
        figures.rate = 5000.0;
        assert_eq!(judge("rate > 4999.5/s", &figures), shown("5000/s", true));
        assert_eq!(judge("rate > 5000", &figures), shown("5000/s", false));
    }

    #[test]
    fn a_figure_that_does_not_exist_does_not_hold() {
        let figures = figures([]);
        for threshold in [
            "p99 < 1h",
            "p99 > 0ms",
            "service.p99 != 1ms",
            "errors < 100%",
        ] {
            assert_eq!(judge(threshold, &figures), shown("", false), "{threshold}");
        }
    }

    #[test]
    fn a_relative_threshold_is_about_two_runs() {
        let against = |threshold: &str, new: &Figures, old: &Figures| {
            let threshold = Threshold::parse_relative(threshold).unwrap();
            let verdict = threshold.judge_against(new, old);
            (verdict.value, verdict.holds)
        };
        let old = figures((0..100).map(|ms| (ms, 1000, "OK")));
        let new = figures((0..100).map(|ms| (ms, 1200, "OK")));
        assert_eq!(against("p99 < 1.1x", &new, &old), shown("1.2x", false));
        assert_eq!(against("p99 < 1.1x", &old, &new), shown("0.833x", true));
        assert_eq!(against("p99 < 1.1ms", &old, &new), shown("1ms", true));
        // Also where there were none.
        assert_eq!(against("errors <= 1x", &new, &old), shown("1x", true));
        let failed = figures([(1, 1, "UNKNOWN")]);
        assert_eq!(against("errors <= 1x", &failed, &old), shown("∞x", false));
        assert_eq!(against("service.p99 < 1x", &new, &old), shown("", false));
    }
}
