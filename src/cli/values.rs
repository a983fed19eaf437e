//! Parsers of values.

use std::num::IntErrorKind;
use std::time::{Duration, SystemTime};

pub use crate::units::{count, duration, keepalive, size};

/// The value of a flag that is always refused.
#[derive(Clone, Copy, Debug)]
pub enum Never {}

/// `--port` of a client command.
pub fn port_of_a_server(port: &str) -> Result<Never, String> {
    Err(format!("use -a :{port}, or -a HOST:{port}"))
}

/// `--port` of `serve`.
pub fn port_to_listen_on(port: &str) -> Result<Never, String> {
    Err(format!(
        "use --listen :{port}, or --listen '[::]:{port}' for the whole network"
    ))
}

/// A number of replies.
pub fn at_least_one(text: &str) -> Result<u64, String> {
    match text.parse::<u64>() {
        Ok(number @ 1..) => Ok(number),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => {
            Err("it is too large; without the flag, there is no limit".to_owned())
        }
        _ => Err("expected a whole number that is at least 1".to_owned()),
    }
}

/// A number of calls in flight.
pub fn concurrency(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(number @ 1..=1000) => Ok(number),
        _ => Err("expected a whole number from 1 to 1000".to_owned()),
    }
}

/// A limit that may be off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub Option<Duration>);

/// A duration, or `off`.
pub fn duration_or_off(text: &str) -> Result<Limit, String> {
    match text {
        "off" => Ok(Limit(None)),
        text => Ok(Limit(Some(duration(text)?))),
    }
}

/// A duration that may be none.
pub fn duration_or_zero(text: &str) -> Result<Duration, String> {
    match text {
        "0" | "0s" => Ok(Duration::ZERO),
        text => duration(text),
    }
}

/// A number of threads.
pub fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=1024) => Ok(number),
        _ => Err("expected a whole number from 1 to 1024".to_owned()),
    }
}

/// A number of connections.
pub fn connections(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=1_000_000) => Ok(number),
        _ => Err("expected a whole number from 1 to 1000000".to_owned()),
    }
}

/// A number of calls on a connection.
pub fn streams(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(number @ 1..=100_000) => Ok(number),
        _ => Err("expected a whole number from 1 to 100000".to_owned()),
    }
}

/// A number of calls in flight of a load.
pub fn calls_in_flight(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=1_000_000) => Ok(number),
        _ => Err("expected a whole number from 1 to 1000000".to_owned()),
    }
}

/// A time: RFC 3339, or seconds since 1970.
pub fn time(text: &str) -> Result<SystemTime, String> {
    let since_1970 = || Duration::try_from_secs_f64(text.parse().ok()?).ok();
    let parsed = humantime::parse_rfc3339_weak(text).ok();
    parsed
        .or_else(|| SystemTime::UNIX_EPOCH.checked_add(since_1970()?))
        .ok_or_else(|| {
            "expected a time such as 2026-01-31T12:00:00Z, or seconds since 1970".to_owned()
        })
}

/// One of several processes that share a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentArg {
    /// From 0.
    pub index: u32,
    pub of: u32,
}

/// Reads `i/n`.
pub fn segment(text: &str) -> Result<SegmentArg, String> {
    let numbers = text.split_once('/');
    let parsed = numbers.and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
    match parsed {
        Some((index, of)) if index < of => Ok(SegmentArg { index, of }),
        Some((_, of)) if of > 0 => Err(format!("the parts of {of} are 0/{of} to {}/{of}", of - 1)),
        _ => Err("expected i/n, such as 0/4 for the first of four parts".to_owned()),
    }
}

/// A rate that stays or changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StageArg {
    /// Calls a second, at the start and at the end.
    pub from: f64,
    pub to: f64,
    pub seconds: f64,
}

/// Reads `RATE:DURATION` or `FROM..TO:DURATION`, with rates such as `500/s`.
pub fn stage(text: &str) -> Result<StageArg, String> {
    let (rates, duration) = text.rsplit_once(':').ok_or(
        "expected RATE:DURATION or FROM..TO:DURATION, such as 500/s:10s or 500..5000/s:1m",
    )?;
    let seconds = self::duration(duration)?.as_secs_f64();
    let (from, to) = match rates.split_once("..") {
        Some((from, to)) => {
            // The unit of both may be written once.
            let unit = to.find('/').filter(|_| !from.contains('/'));
            let unit = unit.and_then(|at| to.get(at..)).unwrap_or_default();
            (rate_or_zero(&format!("{from}{unit}"))?, rate_or_zero(to)?)
        }
        None => (rate(rates)?, rate(rates)?),
    };
    if from + to <= 0.0 {
        return Err("a stage needs a rate above 0".to_owned());
    }
    Ok(StageArg { from, to, seconds })
}

/// The highest rate, in calls a second.
const HIGHEST: f64 = 1e7;

/// Reads calls a second: `500`, `500/s`, `30/m`.
pub fn rate(text: &str) -> Result<f64, String> {
    match rate_or_zero(text)? {
        rate if rate > 0.0 => Ok(rate),
        _ => Err("expected a rate above 0".to_owned()),
    }
}

fn rate_or_zero(text: &str) -> Result<f64, String> {
    let (number, seconds) = match text.split_once('/') {
        None | Some((_, "s")) => (text.strip_suffix("/s").unwrap_or(text), 1.0),
        Some((number, "m")) => (number, 60.0),
        Some((number, "h")) => (number, 3600.0),
        Some(_) => {
            return Err("expected a rate a second, minute or hour: 500/s, 30/m, 10/h".to_owned());
        }
    };
    match number.parse::<f64>() {
        Ok(number) if (0.0..=HIGHEST * seconds).contains(&number) => Ok(number / seconds),
        Ok(number) if number > 0.0 => Err("the highest rate is 10000000/s".to_owned()),
        _ => Err("expected calls a second, such as 500/s".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_has_a_rate_or_two_and_a_duration() {
        let steps = |from, to, seconds| Ok(StageArg { from, to, seconds });
        for (text, expected) in [
            ("500/s:10s", steps(500.0, 500.0, 10.0)),
            ("500:10s", steps(500.0, 500.0, 10.0)),
            ("60/m:1m", steps(1.0, 1.0, 60.0)),
            ("500..5000/s:1m", steps(500.0, 5000.0, 60.0)),
            ("0..100/s:500ms", steps(0.0, 100.0, 0.5)),
            ("60..120/m:1s", steps(1.0, 2.0, 1.0)),
        ] {
            assert_eq!(stage(text), expected, "{text}");
        }
        for text in [
            "", "500/s", "x:10s", "500/s:x", "0/s:1s", "0..0:1s", "-5:1s", "5/d:1s", "1e9:1s",
        ] {
            assert!(stage(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_segment_is_one_of_several_counted_from_0() {
        assert_eq!(segment("0/4"), Ok(SegmentArg { index: 0, of: 4 }));
        assert_eq!(segment("3/4"), Ok(SegmentArg { index: 3, of: 4 }));
        for text in ["4/4", "1/0", "1", "a/4", "-1/4", ""] {
            assert!(segment(text).is_err(), "{text}");
        }
    }
}
