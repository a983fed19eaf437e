//! A text → a threshold.

use super::limit::Limit;
use super::{Operator, Threshold};
use crate::bench::named::Named;

/// The longer of those that start alike come first.
const OPERATORS: [(&str, Operator); 6] = [
    ("<=", Operator::LessOrEqual),
    ("<", Operator::Less),
    (">=", Operator::GreaterOrEqual),
    (">", Operator::Greater),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
];

impl Threshold {
    /// A threshold for one run.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let threshold = Self::parse_relative(text)?;
        if threshold.is_relative() {
            let limit = threshold.limit.show(threshold.limit.number());
            return Err(format!(
                "{limit} is relative to another run, which only `bench compare` has"
            ));
        }
        Ok(threshold)
    }

    /// A threshold for one run, or for a run beside an old one.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse_relative(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let at = text.find(['<', '>', '=', '!']);
        let (name, rest) = text.split_at(at.unwrap_or(text.len()));
        let name = name.trim_end();
        if rest.is_empty() {
            return Err(format!(
                "{text:?} has no operator: expected {}",
                operators()
            ));
        }
        if name.is_empty() {
            return Err(format!(
                "expected a figure in front of {rest:?}, such as p99"
            ));
        }
        let figure = Named::parse(name)?;
        let known = OPERATORS.iter().find_map(|(name, operator)| {
            let limit = rest.strip_prefix(name)?.trim_start();
            (!limit.starts_with(['<', '>', '=', '!'])).then_some((*operator, limit))
        });
        let Some((operator, limit)) = known else {
            let end = rest.find(|c| !"<>=!".contains(c)).unwrap_or(rest.len());
            let operator = rest.get(..end).unwrap_or_default();
            return Err(format!(
                "unknown operator {operator:?}: expected {}",
                operators()
            ));
        };
        Ok(Self {
            text: text.to_owned(),
            figure,
            operator,
            limit: Limit::parse(figure, name, limit)?,
        })
    }
}

fn operators() -> String {
    let names: Vec<&str> = OPERATORS.iter().map(|(name, _)| *name).collect();
    format!("one of {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_do_not_matter() {
        let parts = |text| {
            let Threshold {
                figure,
                operator,
                limit,
                ..
            } = Threshold::parse(text).unwrap();
            (figure, operator, limit)
        };
        for text in ["p99<=20ms", " p99 <= 20ms ", "p99  <=20 ms"] {
            assert_eq!(parts(text), parts("p99 <= 20ms"));
        }
    }

    #[test]
    fn every_unit_of_time_is_known() {
        for limit in ["1us", "1µs", "1.5ms", "1s", "1m", "1h"] {
            assert!(
                Threshold::parse(&format!("p99 < {limit}")).is_ok(),
                "{limit}"
            );
        }
    }

    #[test]
    fn a_mistake_is_named() {
        for (text, why) in [
            (
                "p99",
                "\"p99\" has no operator: expected one of <=, <, >=, >, ==, !=",
            ),
            (
                "< 5ms",
                "expected a figure in front of \"< 5ms\", such as p99",
            ),
            (
                "p99 = 5ms",
                "unknown operator \"=\": expected one of <=, <, >=, >, ==, !=",
            ),
            (
                "p99 =< 5ms",
                "unknown operator \"=<\": expected one of <=, <, >=, >, ==, !=",
            ),
            (
                "p99 <> 5ms",
                "unknown operator \"<>\": expected one of <=, <, >=, >, ==, !=",
            ),
            (
                "p99 < 5%",
                "p99 is a time: expected one such as 20ms, not \"5%\"",
            ),
            (
                "p99 < 5",
                "p99 is a time: expected one such as 20ms, not \"5\"",
            ),
            (
                "p99 <",
                "p99 is a time: expected one such as 20ms, not \"\"",
            ),
            (
                "p99 < -5ms",
                "p99 is a time: expected one such as 20ms, not \"-5ms\"",
            ),
            (
                "late == 1.5",
                "late is a number of calls: expected one such as 10, or a share such as 0.1%, not \"1.5\"",
            ),
            (
                "rate > 5ms",
                "rate is in calls a second: expected one such as 5000/s, not \"5ms\"",
            ),
            (
                "p99 < 1.1x",
                "1.1x is relative to another run, which only `bench compare` has",
            ),
            (
                "latncy < 5ms",
                "unknown figure \"latncy\": expected one of p50",
            ),
        ] {
            let error = Threshold::parse(text).unwrap_err();
            assert!(error.starts_with(why), "{text}: {error}");
        }
    }
}
