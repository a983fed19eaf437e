//! Figures as the JSON of ghz 0.121 (`ghz -O json`), so that what reads it goes on working: the same keys and types, codes
//! and errors as Go writes them. Unlike ghz's, the distributions are of all calls, and calls that were cut off are none of
//! its errors. What figures do not tell, such as the data that was sent, is left out, as ghz does with what it was not given.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::bench::distribution::Distribution;
use crate::bench::figures::{Figures, Sample, Shape};
use crate::bench::numbers::{real, whole};
use crate::error::{Error, Result, code_name, codes};

/// The percentiles of ghz.
const PERCENTAGES: [u32; 7] = [10, 25, 50, 75, 90, 95, 99];

/// How many calls are asked for where the time ends the run.
const ENDLESS: u64 = 0x7fff_ffff;

/// Bars of the histogram, beside the one of the fastest call.
const BARS: u32 = 10;

/// The report, on one line.
pub fn ghz(figures: &Figures) -> Result<String> {
    let report = Report::of(figures)?;
    let json = serde_json::to_string(&report);
    json.map_err(|error| Error::failed("cannot write the figures as ghz's JSON").caused_by(error))
}

/// Durations are in nanoseconds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    /// When the run ended.
    date: String,
    end_reason: &'static str,
    options: Options<'a>,
    count: u64,
    total: u64,
    average: u64,
    fastest: u64,
    slowest: u64,
    rps: f64,
    error_distribution: BTreeMap<String, u64>,
    status_code_distribution: BTreeMap<String, u64>,
    latency_distribution: Vec<Percentile>,
    histogram: Vec<Mark>,
    details: Vec<Detail>,
}

/// ghz's flags.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::struct_excessive_bools, reason = "as ghz has them")]
struct Options<'a> {
    call: &'a str,
    host: &'a str,
    insecure: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    rps: Option<u64>,
    load_schedule: &'static str,
    load_start: u64,
    load_end: u64,
    load_step: u64,
    load_step_duration: u64,
    load_max_duration: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrency: Option<usize>,
    concurrency_schedule: &'static str,
    concurrency_start: u64,
    concurrency_end: u64,
    concurrency_step: u64,
    concurrency_step_duration: u64,
    concurrency_max_duration: u64,
    total: u64,
    #[serde(rename = "async", skip_serializing_if = "std::ops::Not::not")]
    is_async: bool,
    connections: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<u64>,
    binary: bool,
    #[serde(rename = "CPUs")]
    cpus: usize,
    /// Failed calls are in the distributions.
    count_errors: bool,
}

#[derive(Serialize)]
struct Percentile {
    percentage: u32,
    latency: u64,
}

/// How many took at most so long, and longer than the mark before.
#[derive(Serialize)]
struct Mark {
    #[serde(rename = "mark")]
    seconds: f64,
    count: u64,
    frequency: f64,
}

#[derive(Serialize)]
struct Detail {
    /// When the call ended.
    timestamp: String,
    latency: u64,
    error: String,
    status: String,
}

impl<'a> Report<'a> {
    fn of(figures: &'a Figures) -> Result<Self> {
        let started = humantime::parse_rfc3339(&figures.started).map_err(|error| {
            Error::failed(format!("{:?} is not a time", figures.started)).caused_by(error)
        })?;
        let ended = after(started, whole(figures.elapsed * 1e6));
        let latency = &figures.latency;
        let details = figures.samples.iter();
        Ok(Self {
            date: humantime::format_rfc3339_seconds(ended).to_string(),
            end_reason: end_reason(figures),
            options: Options::of(figures),
            count: figures.calls.ended(),
            total: nanos(figures.elapsed),
            average: whole(latency.mean().unwrap_or(0.0) * 1e3),
            fastest: latency.min().unwrap_or(0).saturating_mul(1_000),
            slowest: latency.max().unwrap_or(0).saturating_mul(1_000),
            rps: figures.rate,
            error_distribution: errors(figures),
            status_code_distribution: statuses(figures),
            latency_distribution: percentiles(latency),
            histogram: histogram(latency),
            details: details.map(|sample| Detail::of(sample, started)).collect(),
        })
    }
}

impl<'a> Options<'a> {
    /// Stages that change the rate have no counterpart: they are shown as their average.
    fn of(figures: &'a Figures) -> Self {
        let load = &figures.load;
        Self {
            call: &figures.method,
            host: &figures.target,
            insecure: !figures.target.starts_with("https:"),
            rps: figures.asked().map(whole),
            load_schedule: "const",
            load_start: 0,
            load_end: 0,
            load_step: 0,
            load_step_duration: 0,
            load_max_duration: 0,
            concurrency: match load.shape {
                Shape::Closed { concurrency } => Some(concurrency),
                Shape::Open { max_in_flight, .. } => Some(max_in_flight),
            },
            concurrency_schedule: "const",
            concurrency_start: 0,
            concurrency_end: 0,
            concurrency_step: 1,
            concurrency_step_duration: 0,
            concurrency_max_duration: 0,
            total: load.calls.unwrap_or(ENDLESS),
            is_async: matches!(load.shape, Shape::Open { .. }),
            connections: load.connections,
            duration: load.duration.map(nanos),
            timeout: load.timeout.map(nanos),
            binary: false,
            cpus: load.threads,
            count_errors: true,
        }
    }
}

impl Detail {
    fn of(sample: &Sample, started: SystemTime) -> Self {
        let error = match (sample.code.as_str(), sample.error.as_str()) {
            ("OK", error) => error.to_owned(),
            (code, "") => go_error(code),
            (_, error) => go_error(error),
        };
        let timestamp = humantime::format_rfc3339_micros(after(started, sample.at));
        Self {
            timestamp: timestamp.to_string(),
            latency: sample.latency.saturating_mul(1_000),
            error,
            status: go_code(&sample.code),
        }
    }
}

/// `timeout` is the end of the time, also of that of stages, and `normal` the last of a number of calls.
fn end_reason(figures: &Figures) -> &'static str {
    let calls = figures.load.calls;
    if figures.ended_early {
        "cancel"
    } else if calls.is_some_and(|calls| figures.calls.ended() >= calls) {
        "normal"
    } else {
        "timeout"
    }
}

fn errors(figures: &Figures) -> BTreeMap<String, u64> {
    let mut errors = BTreeMap::new();
    for error in &figures.errors {
        *errors.entry(go_error(&error.error)).or_default() += error.count;
    }
    if figures.other_errors > 0 {
        errors.insert("other errors".to_owned(), figures.other_errors);
    }
    errors
}

fn statuses(figures: &Figures) -> BTreeMap<String, u64> {
    let codes = figures.codes.iter();
    codes.map(|(code, calls)| (go_code(code), *calls)).collect()
}

fn percentiles(latency: &Distribution) -> Vec<Percentile> {
    let percentile = |percentage| {
        let latency = latency.percentile(f64::from(percentage))?;
        let latency = latency.saturating_mul(1_000);
        Some(Percentile {
            percentage,
            latency,
        })
    };
    PERCENTAGES.into_iter().filter_map(percentile).collect()
}

/// Marks at equal distances from the fastest to the slowest.
fn histogram(latency: &Distribution) -> Vec<Mark> {
    let (Some(fastest), Some(slowest)) = (latency.min(), latency.max()) else {
        return Vec::new();
    };
    let step = real(slowest - fastest) / f64::from(BARS);
    let mut before = 0;
    let mut marks = Vec::new();
    for number in 0..=BARS {
        let mark = real(fastest) + step * f64::from(number);
        let up_to = if number == BARS {
            latency.count()
        } else {
            // Whole microseconds up to the mark.
            latency.count_up_to(whole(mark.floor()))
        };
        let count = up_to.saturating_sub(before);
        before = up_to;
        marks.push(Mark {
            seconds: mark / 1e6,
            count,
            frequency: real(count) / real(latency.count()),
        });
    }
    marks
}

/// A code as Go writes it: `DeadlineExceeded`.
fn go_code(code: &str) -> String {
    match code {
        "OK" => return code.to_owned(),
        "CANCELLED" => return "Canceled".to_owned(),
        _ => {}
    }
    let mut name = String::new();
    for word in code.split('_') {
        let mut letters = word.chars();
        name.extend(letters.next());
        name.extend(letters.map(|letter| letter.to_ascii_lowercase()));
    }
    name
}

/// `UNAVAILABLE: gone` as grpc-go writes it.
fn go_error(error: &str) -> String {
    let (code, message) = error.split_once(": ").unwrap_or((error, ""));
    if codes().any(|known| code_name(known) == code) {
        format!("rpc error: code = {} desc = {message}", go_code(code))
    } else {
        error.to_owned()
    }
}

fn after(started: SystemTime, micros: u64) -> SystemTime {
    let time = started.checked_add(Duration::from_micros(micros));
    time.unwrap_or(started)
}

fn nanos(seconds: f64) -> u64 {
    whole(seconds * 1e9)
}
