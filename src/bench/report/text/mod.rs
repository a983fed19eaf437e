//! Figures as text of 80 columns, for people.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::bars::bars;
use super::summary::{self, Row};
use crate::bench::figures::Figures;
use crate::bench::numbers::{aligned_time, count, real, share};
use crate::output::escape::escape;

/// Columns.
const WIDTH: usize = 80;

/// Of names of what stands in one line.
const NAME: usize = 12;

/// Of the bars of the histogram.
const BARS: u32 = 12;

/// What `-o text` prints. Text from outside is escaped: it stays in its line and does not act on a terminal.
pub fn text(figures: &Figures) -> String {
    let mut text = String::new();
    for row in summary::run(figures) {
        line(&mut text, row.name, &row.value);
    }
    text.push_str("\nCalls\n");
    table(&mut text, &summary::calls(figures));
    text.push('\n');
    for row in summary::throughput(figures) {
        let join = if row.name == "Rate" { " " } else { ", " };
        let parts = [row.value, row.note];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        line(&mut text, row.name, &parts.join(join));
    }
    if figures.latency.is_empty() {
        text.push_str("\nNo call ended.\n");
    }
    // Streams that do not end have times, too.
    if !summary::distributions(figures).is_empty() {
        latency(&mut text, figures);
    }
    if !figures.latency.is_empty() {
        histogram(&mut text, figures);
    }
    codes(&mut text, figures);
    errors(&mut text, figures);
    text.push('\n');
    line(&mut text, "Connections", &summary::connections(figures));
    thresholds(&mut text, figures);
    text
}

/// A name and what is said about it, on as many lines as it needs.
fn line(text: &mut String, name: &str, value: &str) {
    let lines = wrapped(&escape(value), WIDTH - NAME);
    for (at, part) in lines.iter().enumerate() {
        let name = if at == 0 { name } else { "" };
        let _ = writeln!(text, "{name:<NAME$}{part}");
    }
}

/// Numbers below each other, with what there is to say about them.
fn table(text: &mut String, rows: &[Row]) {
    let widest = rows.iter().map(|row| row.value.len()).max().unwrap_or(0);
    for Row { name, value, note } in rows {
        let row = format!("  {name:<10}{value:>widest$}  {note:>7}");
        let _ = writeln!(text, "{}", row.trim_end());
    }
}

fn latency(text: &mut String, figures: &Figures) {
    let distributions = summary::distributions(figures);
    let mut heading = format!("\n{:<8}", "");
    for (name, _) in &distributions {
        let _ = write!(heading, "{name:>10}  ");
    }
    let _ = writeln!(text, "{}", heading.trim_end());
    let columns: Vec<_> = distributions
        .iter()
        .map(|(_, distribution)| summary::statistics(distribution))
        .collect();
    let rows = columns.first().map_or(0, Vec::len);
    for at in 0..rows {
        let cells = || columns.iter().filter_map(|column| column.get(at));
        let name = cells().next().map_or("", |(name, _)| name);
        let mut row = format!("{name:<8}");
        for (_, time) in cells() {
            let time = time.map(aligned_time).unwrap_or_default();
            let _ = write!(row, "{time:>10}  ");
        }
        let _ = writeln!(text, "{}", row.trim_end());
    }
    for meaning in summary::meanings(figures) {
        let _ = writeln!(text, "  {meaning}");
    }
}

fn histogram(text: &mut String, figures: &Figures) {
    let bars = bars(&figures.latency, BARS);
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0);
    let widest = count(most).len();
    text.push_str("\nHistogram of the latency\n");
    for bar in &bars {
        let row = format!(
            "  ≤ {}  {:>widest$}  {:>7}  {}",
            aligned_time(real(bar.to)),
            count(bar.count),
            share(bar.count, figures.latency.count()),
            blocks(bar.count, most, WIDTH.saturating_sub(27 + widest)),
        );
        let _ = writeln!(text, "{}", row.trim_end());
    }
}

/// A bar as long as this part of the whole width, to an eighth of a column. What is not nothing is seen.
fn blocks(part: u64, whole: u64, width: usize) -> String {
    if part == 0 || whole == 0 {
        return String::new();
    }
    let eighths = u128::from(part) * 8 * width as u128 / u128::from(whole);
    let eighths = usize::try_from(eighths).unwrap_or(usize::MAX).max(1);
    let last = match eighths % 8 {
        1 => "▏",
        2 => "▎",
        3 => "▍",
        4 => "▌",
        5 => "▋",
        6 => "▊",
        7 => "▉",
        _ => "",
    };
    "█".repeat(eighths / 8) + last
}

fn codes(text: &mut String, figures: &Figures) {
    let codes = summary::codes(figures);
    if codes.is_empty() {
        return;
    }
    text.push_str("\nStatus codes\n");
    let name = codes
        .iter()
        .map(|(code, _)| code.width())
        .max()
        .unwrap_or(0);
    let number = codes.iter().map(|(_, number)| count(*number).len());
    let number = number.max().unwrap_or(0);
    for (code, calls) in codes {
        let share = share(calls, figures.calls.ended());
        let (code, calls) = (escape(code), count(calls));
        let _ = writeln!(text, "  {code:<name$}  {calls:>number$}  {share:>7}");
    }
}

fn errors(text: &mut String, figures: &Figures) {
    let errors = summary::errors(figures);
    if errors.is_empty() {
        return;
    }
    text.push_str("\nErrors\n");
    let widest = errors.iter().map(|(number, _)| count(*number).len());
    let widest = widest.max().unwrap_or(0);
    for (number, error) in errors {
        let lines = wrapped(&escape(error), WIDTH - widest - 4);
        for (at, part) in lines.iter().enumerate() {
            let number = if at == 0 {
                count(number)
            } else {
                String::new()
            };
            let _ = writeln!(text, "  {number:>widest$}  {part}");
        }
    }
}

fn thresholds(text: &mut String, figures: &Figures) {
    if figures.thresholds.is_empty() {
        return;
    }
    text.push_str("\nThresholds\n");
    let all = &figures.thresholds;
    let widest = all.iter().map(|verdict| escape(&verdict.threshold).width());
    let widest = widest.max().unwrap_or(0);
    for verdict in all {
        let holds = if verdict.holds {
            "holds"
        } else {
            "DOES NOT HOLD"
        };
        let threshold = escape(&verdict.threshold);
        let value = escape(verdict.shown());
        let _ = writeln!(text, "  {holds:<13}  {threshold:<widest$}  {value}");
    }
}

/// Lines of at most so many columns, broken between words where that is possible.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}
