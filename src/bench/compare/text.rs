//! A comparison as a table of 80 columns.

use std::fmt::Write as _;

use super::{Change, Comparison, Outcome, Run, Unit};
use crate::bench::numbers::{count, percent, rate, seconds, time};

/// The comparison as text. Lines are longer than 80 columns only by long names.
pub fn text(comparison: &Comparison) -> String {
    let mut out = format!("{}\n", comparison.method);
    for (name, run) in [("old", &comparison.old), ("new", &comparison.new)] {
        let Run {
            started,
            elapsed,
            calls,
            ..
        } = run;
        let (calls, elapsed) = (count(*calls), seconds(*elapsed));
        let _ = writeln!(out, "{name}  {started}  {calls} calls in {elapsed}");
    }
    for difference in &comparison.differences {
        let (old, new) = (&difference.old, &difference.new);
        let _ = writeln!(out, "not the same: {}: {old}, now {new}", difference.what);
    }
    let _ = writeln!(
        out,
        "\n{:<14}{:>14}{:>14}{:>11}",
        "", "old", "new", "change"
    );
    for change in &comparison.changes {
        let old = shown(change.unit, change.old);
        let new = shown(change.unit, change.new);
        let line = format!(
            "{:<14}{old:>14}{new:>14}{:>11}  {}",
            change.figure,
            change_of(change),
            words(change.result)
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out.push_str(
        "\nBetter and worse: by more than seconds of the same run differ by chance, in 99\n\
         of 100 comparisons.\n",
    );
    for verdict in &comparison.thresholds {
        let holds = if verdict.holds {
            "holds"
        } else {
            "does not hold"
        };
        let (threshold, value) = (&verdict.threshold, verdict.shown());
        let _ = writeln!(out, "threshold {threshold}: {value}, {holds}");
    }
    out
}

fn words(result: Outcome) -> &'static str {
    match result {
        Outcome::Better => "better",
        Outcome::Worse => "worse",
        Outcome::Same => "",
        Outcome::WithinVariation => "within variation",
        Outcome::Unknown => "variation not known",
    }
}

fn change_of(change: &Change) -> String {
    match change.percent {
        Some(percent) if percent.abs() < 0.05 => "0.0%".to_owned(),
        Some(percent) if percent.abs() >= 1e5 => ">99999%".to_owned(),
        Some(percent) => format!("{percent:+.1}%"),
        None if change.new == 0.0 => "0.0%".to_owned(),
        None => "from 0".to_owned(),
    }
}

fn shown(unit: Unit, value: f64) -> String {
    match unit {
        Unit::CallsPerSecond => rate(value),
        Unit::Percent => percent(value),
        Unit::Microseconds => time(value),
    }
}
