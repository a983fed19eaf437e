//! Two runs, figure by figure: what changed, and whether by more than the runs vary by themselves.
//!
//! - `variation`: how far a figure of a run can be trusted; `text`: the table.

mod text;
mod variation;

use serde::Serialize;
use serde_json::Value;

use super::figures::{Figures, Verdict};
use super::named::{Count, Named, Statistic, Times};
pub use text::text;
use variation::{Figure, Variation};

/// The version of the format. It changes when a reader of the former would misread it.
const VERSION: u32 = 1;

/// Changes of less are none, in percent: histograms have three digits, and the end of a run is not exact.
const LEAST_PERCENT: f64 = 0.5;

/// Changes of a time that are not larger are none: the resolution, in microseconds.
const LEAST_MICROS: f64 = 1.0;

/// An old run and a new one. As JSON, this is the documented format of `bench compare -o json` (docs/bench.md).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    pub version: u32,
    pub method: String,
    pub old: Run,
    pub new: Run,
    /// What else was different.
    pub differences: Vec<Difference>,
    pub changes: Vec<Change>,
    /// For the caller to fill in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<Verdict>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    pub target: String,
    pub started: String,
    /// Seconds.
    pub elapsed: f64,
    /// Calls that ended.
    pub calls: u64,
}

/// Something that was different without being a figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    pub what: String,
    pub old: Value,
    pub new: Value,
}

/// One figure of both runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// As thresholds name it.
    pub figure: String,
    pub unit: Unit,
    pub old: f64,
    pub new: f64,
    /// Of the old one; `None` if that is 0.
    pub percent: Option<f64>,
    /// How large a change can be by chance, in the figure's unit; `None` if that is not known.
    pub variation: Option<f64>,
    pub result: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Microseconds,
    CallsPerSecond,
    Percent,
}

/// What a change means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Better,
    Worse,
    /// It is too small to count.
    Same,
    WithinVariation,
    /// There is a change, and how much the figure varies is not known.
    Unknown,
}

/// Percentiles of the latency.
const LATENCY: [f64; 7] = [50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99];

/// The other times, and what is said of them.
const TIMES: [Times; 5] = [
    Times::Service,
    Times::Delay,
    Times::First,
    Times::Between,
    Times::Message,
];
const STATISTICS: [Statistic; 4] = [
    Statistic::Mean,
    Statistic::Percentile(50.0),
    Statistic::Percentile(99.0),
    Statistic::Max,
];

pub fn compare(old: &Figures, new: &Figures) -> Comparison {
    let figures = std::iter::once(Named::Rate)
        .chain([
            Named::Count(Count::Failed),
            Named::Time(Times::Latency, Statistic::Mean),
        ])
        .chain(LATENCY.map(|percent| Named::Time(Times::Latency, Statistic::Percentile(percent))))
        .chain([Named::Time(Times::Latency, Statistic::Max)])
        .chain(
            TIMES
                .into_iter()
                .flat_map(|times| STATISTICS.map(|statistic| Named::Time(times, statistic))),
        );
    Comparison {
        version: VERSION,
        method: new.method.clone(),
        old: run(old),
        new: run(new),
        differences: differences(old, new),
        changes: figures
            .filter_map(|figure| change(figure, old, new))
            .collect(),
        thresholds: Vec::new(),
    }
}

fn run(figures: &Figures) -> Run {
    Run {
        target: figures.target.clone(),
        started: figures.started.clone(),
        elapsed: figures.elapsed,
        calls: figures.calls.ended(),
    }
}

/// `None` unless both runs have the figure.
fn change(named: Named, old: &Figures, new: &Figures) -> Option<Change> {
    let value = |run: &Figures| match named {
        Named::Count(count) => count.percent(run),
        other => other.value(run),
    };
    let (before, after) = (value(old)?, value(new)?);
    let variation = Figure::of(named).and_then(|figure| {
        let before = Variation::new(figure, &old.timeline, before)?;
        let after = Variation::new(figure, &new.timeline, after)?;
        Some(before.of_difference(after))
    });
    let (unit, more_is_better) = match named {
        Named::Rate => (Unit::CallsPerSecond, true),
        Named::Count(_) => (Unit::Percent, false),
        Named::Time(..) => (Unit::Microseconds, false),
    };
    let difference = after - before;
    let percent = (before != 0.0).then(|| 100.0 * difference / before);
    let is_small = difference == 0.0
        || percent.is_some_and(|percent| percent.abs() < LEAST_PERCENT)
        || (unit == Unit::Microseconds && difference.abs() <= LEAST_MICROS);
    let result = match variation {
        _ if is_small => Outcome::Same,
        None => Outcome::Unknown,
        Some(variation) if difference.abs() <= variation => Outcome::WithinVariation,
        Some(_) if (difference > 0.0) == more_is_better => Outcome::Better,
        Some(_) => Outcome::Worse,
    };
    Some(Change {
        figure: named.to_string(),
        unit,
        old: before,
        new: after,
        percent,
        variation,
        result,
    })
}

/// What the runs were, where it was not the same.
fn differences(old: &Figures, new: &Figures) -> Vec<Difference> {
    let facts = |figures: &Figures| {
        let mut facts = vec![
            ("program".to_owned(), Value::from(figures.program.clone())),
            ("target".to_owned(), Value::from(figures.target.clone())),
            ("method".to_owned(), Value::from(figures.method.clone())),
        ];
        if let Ok(Value::Object(load)) = serde_json::to_value(&figures.load) {
            facts.extend(load);
        }
        facts
    };
    let (old, new) = (facts(old), facts(new));
    let find = |facts: &[(String, Value)], wanted: &str| {
        let found = facts.iter().find(|(what, _)| what == wanted);
        found.map_or(Value::Null, |(_, value)| value.clone())
    };
    let added = new
        .iter()
        .filter(|(what, _)| !old.iter().any(|(known, _)| known == what));
    let facts = old.iter().chain(added).map(|(what, _)| Difference {
        what: what.clone(),
        old: find(&old, what),
        new: find(&new, what),
    });
    facts.filter(|fact| fact.old != fact.new).collect()
}

#[cfg(test)]
mod tests;
