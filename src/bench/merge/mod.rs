//! The parts of a distributed run → the whole: histogram by histogram, so that its percentiles are those of all calls.
//!
//! - `load`: what the whole was asked for; `timeline`, `samples`: what happened when, by one clock.

mod load;
mod samples;
mod timeline;

use std::collections::HashMap;
use std::time::SystemTime;

use super::distribution::Distribution;
use super::figures::{Calls, Connections, ERRORS, ErrorCount, Figures, Messages, VERSION};
use crate::error::{Error, Result};

/// Parts that were joined.
#[derive(Debug)]
pub struct Merged {
    pub figures: Figures,
    /// What a reader of the figures should know: a clause each, without a full stop.
    pub warnings: Vec<String>,
}

/// Joins parts. Everything adds up exactly but the errors by message, of which each part has the ten most frequent: one that
/// is among them in one part and not in another is counted in full among all failed calls, and too low by itself.
///
/// Parts that start at the same time, as with `--start-at`, have the same buckets of the time line; see [`timeline::Starts`]
/// for others. Verdicts of the parts are left out: thresholds are judged on the whole.
///
/// # Errors
/// When the parts are not of one run.
pub fn merge(parts: &[Figures]) -> Result<Merged> {
    let Some(first) = parts.first() else {
        return Err(Error::usage("there is nothing to merge"));
    };
    for part in parts {
        check(first, part)?;
    }
    for (number, part) in parts.iter().enumerate() {
        // Two runs do not have the same times of all calls.
        if part.calls.ended() > 0 && parts.iter().take(number).any(|other| other == part) {
            return Err(Error::failed(format!(
                "the run that started at {} is there twice",
                part.started
            )));
        }
    }
    let (load, mut warnings) = load::join(parts)?;
    let starts = timeline::Starts::new(parts)?;
    warnings.extend(starts.warning());
    let calls = calls(parts);
    let elapsed = starts.elapsed(parts);
    let (errors, other_errors) = errors(parts);
    let figures = Figures {
        version: VERSION,
        program: first.program.clone(),
        target: targets(parts),
        method: first.method.clone(),
        kind: first.kind,
        started: starts.first().to_owned(),
        elapsed,
        ended_early: parts.iter().any(|part| part.ended_early),
        load,
        calls,
        rate: rate(calls.ended(), elapsed),
        latency: add(parts.iter().map(|part| &part.latency)),
        service_time: add_some(parts.iter().map(|part| part.service_time.as_ref())),
        delay: add_some(parts.iter().map(|part| part.delay.as_ref())),
        first_message: add_some(parts.iter().map(|part| part.first_message.as_ref())),
        between_messages: add_some(parts.iter().map(|part| part.between_messages.as_ref())),
        message: add_some(parts.iter().map(|part| part.message.as_ref())),
        messages: messages(parts),
        codes: codes(parts),
        errors,
        other_errors,
        connections: connections(parts),
        timeline: starts.join_timelines(parts),
        samples: samples::join(parts, &starts),
        thresholds: Vec::new(),
    };
    Ok(Merged { figures, warnings })
}

/// Whether two parts are of one run.
fn check(first: &Figures, part: &Figures) -> Result<()> {
    let differ = |what: &str, one: &str, other: &str| {
        Err(Error::failed(format!(
            "the parts are not of one run: the {what} is {one} in one and {other} in another"
        )))
    };
    if part.version != first.version {
        let (one, other) = (first.version.to_string(), part.version.to_string());
        return differ("version of the format", &one, &other);
    }
    if part.method != first.method {
        return differ("method", &first.method, &part.method);
    }
    if part.kind != first.kind {
        let (one, other) = (format!("{:?}", first.kind), format!("{:?}", part.kind));
        return differ("kind of method", &one, &other);
    }
    Ok(())
}

/// Each part may have its own server.
fn targets(parts: &[Figures]) -> String {
    let mut targets: Vec<&str> = Vec::new();
    for part in parts {
        if !targets.contains(&part.target.as_str()) {
            targets.push(&part.target);
        }
    }
    targets.join(", ")
}

fn rate(ended: u64, elapsed: f64) -> f64 {
    if elapsed > 0.0 {
        super::numbers::real(ended) / elapsed
    } else {
        0.0
    }
}

fn add<'a>(parts: impl Iterator<Item = &'a Distribution>) -> Distribution {
    let mut sum = Distribution::default();
    parts.for_each(|part| sum.merge(part));
    sum
}

/// `None` if no part has it.
fn add_some<'a>(parts: impl Iterator<Item = Option<&'a Distribution>>) -> Option<Distribution> {
    let mut parts = parts.flatten().peekable();
    parts.peek()?;
    Some(add(parts))
}

fn calls(parts: &[Figures]) -> Calls {
    let mut sum = Calls::default();
    for Calls {
        started,
        ok,
        failed,
        cut_off,
        answered,
        late,
        dropped,
    } in parts.iter().map(|part| part.calls)
    {
        sum.started += started;
        sum.ok += ok;
        sum.failed += failed;
        sum.cut_off += cut_off;
        sum.answered += answered;
        sum.late += late;
        sum.dropped += dropped;
    }
    sum
}

fn messages(parts: &[Figures]) -> Messages {
    let mut sum = Messages::default();
    for part in parts {
        let Messages {
            sent,
            received,
            bytes_sent,
            bytes_received,
        } = part.messages;
        sum.sent += sent;
        sum.received += received;
        sum.bytes_sent += bytes_sent;
        sum.bytes_received += bytes_received;
    }
    sum
}

fn connections(parts: &[Figures]) -> Connections {
    let mut sum = Connections::default();
    for part in parts {
        let Connections {
            asked,
            opened,
            lost,
            failed,
        } = part.connections;
        sum.asked += asked;
        sum.opened += opened;
        sum.lost += lost;
        sum.failed += failed;
    }
    sum
}

fn codes(parts: &[Figures]) -> std::collections::BTreeMap<String, u64> {
    let mut sum = std::collections::BTreeMap::new();
    for (code, count) in parts.iter().flat_map(|part| &part.codes) {
        *sum.entry(code.clone()).or_default() += count;
    }
    sum
}

/// The most frequent errors, and how many calls failed with others.
fn errors(parts: &[Figures]) -> (Vec<ErrorCount>, u64) {
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for ErrorCount { error, count } in parts.iter().flat_map(|part| &part.errors) {
        *counts.entry(error).or_default() += count;
    }
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_by(|(a, more), (b, less)| less.cmp(more).then(a.cmp(b)));
    let others = counts.split_off(counts.len().min(ERRORS));
    let others = others.iter().map(|(_, count)| count);
    let others = others.chain(parts.iter().map(|part| &part.other_errors));
    let others = others.sum();
    let errors = counts.into_iter().map(|(error, count)| ErrorCount {
        error: error.to_owned(),
        count,
    });
    (errors.collect(), others)
}

/// # Errors
/// When it is not a time.
fn time(started: &str) -> Result<SystemTime> {
    humantime::parse_rfc3339(started)
        .map_err(|error| Error::failed(format!("{started:?} is not a time")).caused_by(error))
}

#[cfg(test)]
mod tests;
