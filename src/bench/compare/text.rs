//! A comparison as a table of 80 columns.

use std::fmt::Write as _;

use super::{Change, Comparison, Outcome, Run, Unit};

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
        let _ = writeln!(out, "{name}  {started}  {calls} calls in {elapsed:.1} s");
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
            percent(change),
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
        let value = if verdict.value.is_empty() {
            "no such figure"
        } else {
            &verdict.value
        };
        let _ = writeln!(out, "threshold {}: {value}, {holds}", verdict.threshold);
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

fn percent(change: &Change) -> String {
    match change.percent {
        Some(percent) if percent.abs() < 0.05 => "0.0 %".to_owned(),
        Some(percent) if percent.abs() >= 1e5 => ">99999 %".to_owned(),
        Some(percent) => format!("{percent:+.1} %"),
        None if change.new == 0.0 => "0.0 %".to_owned(),
        None => "from 0".to_owned(),
    }
}

fn shown(unit: Unit, value: f64) -> String {
    match unit {
        Unit::CallsPerSecond => format!("{}/s", rounded(value)),
        Unit::Percent => format!("{} %", rounded(value)),
        Unit::Microseconds if value < 1e3 => format!("{} µs", rounded(value)),
        Unit::Microseconds if value < 1e6 => format!("{} ms", rounded(value / 1e3)),
        Unit::Microseconds => format!("{} s", rounded(value / 1e6)),
    }
}

/// With three significant digits, or more if they are in front of the point.
fn rounded(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size < 0.001 => format!("{value:.1e}"),
        size if size < 0.1 => format!("{value:.4}"),
        size if size < 1.0 => format!("{value:.3}"),
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
