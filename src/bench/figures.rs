//! The figures of a run: what all reports are made from. As JSON, this is the documented format of `-o json` (docs/bench.md),
//! which contains everything, so that reports can be made again, compared and merged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::distribution::Distribution;
use super::numbers::real;
use super::stages::{Arrival, Stage, mean_rate, seconds};
use crate::protocol::{Codec, Protocol};

/// The version of the format. It changes when a reader of the former would misread it.
pub const VERSION: u32 = 1;

/// The most calls that are kept one by one.
pub const SAMPLES: usize = 10_000;

/// The most frequent errors that are kept by message.
pub const ERRORS: usize = 10;

/// A run, or several that were merged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    pub version: u32,
    /// `routeguide 0.1.0`.
    pub program: String,
    /// The server, as it was named.
    pub target: String,
    /// `package.Service/Method`.
    pub method: String,
    pub kind: MethodKind,
    /// RFC 3339. When what is counted began, after the warm-up.
    pub started: String,
    /// Seconds that were counted.
    pub elapsed: f64,
    /// By Ctrl-C, or by a threshold that did not hold.
    pub ended_early: bool,
    pub load: Load,
    pub calls: Calls,
    /// Calls a second that ended, whatever their status.
    pub rate: f64,
    /// Of all calls that ended. In an open loop it counts from the time when the call was due.
    pub latency: Distribution,
    /// From when the call was sent, in an open loop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_time: Option<Distribution>,
    /// From when the call was due until it was sent, in an open loop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<Distribution>,
    /// From the start of a call until its first reply, for methods that stream replies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_message: Option<Distribution>,
    /// Between the replies of a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub between_messages: Option<Distribution>,
    /// From a request of a stream to its reply, with `--ping-pong`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Distribution>,
    pub messages: Messages,
    /// Calls by the name of their status.
    pub codes: BTreeMap<String, u64>,
    /// The most frequent first.
    pub errors: Vec<ErrorCount>,
    /// Failed calls whose error is not among them.
    pub other_errors: u64,
    pub connections: Connections,
    pub timeline: Timeline,
    /// A uniform sample of the calls that ended, by time.
    pub samples: Vec<Sample>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<Verdict>,
}

impl Figures {
    /// Whether the server has done what it was asked for at least once: a call succeeded, or streams that do not end by
    /// themselves had replies, also in the warm-up. A part of a distributed run that has no calls, or none that were due, does all of them.
    pub fn has_success(&self) -> bool {
        let has_replies = self.messages.received > 0 || self.calls.answered > 0;
        let is_streaming = self.calls.ended() == 0 && has_replies;
        let is_part = self.load.segments.is_some() && self.asked().is_some() && !self.ended_early;
        let none_due = is_part && self.calls.started == 0 && self.calls.dropped == 0;
        self.calls.ok > 0 || is_streaming || self.load.calls == Some(0) || none_due
    }

    /// Calls a second that these figures' part of an open loop asked for, on average.
    pub fn asked(&self) -> Option<f64> {
        let Shape::Open { stages, .. } = &self.load.shape else {
            return None;
        };
        let known = seconds(stages).min(self.elapsed);
        (known > 0.0).then(|| self.load.share() * mean_rate(stages, 0.0, known))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MethodKind {
    Unary,
    ServerStreaming,
    ClientStreaming,
    BidiStreaming,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    #[serde(flatten)]
    pub shape: Shape,
    /// `grpc`, `grpc-web` or `connect`.
    #[serde(default = "grpc")]
    pub protocol: String,
    /// `proto` or `json`.
    #[serde(default = "proto")]
    pub codec: String,
    pub connections: usize,
    pub threads: usize,
    /// Seconds, unless a number of calls ends the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    /// Calls, unless the time ends the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<u64>,
    /// Seconds.
    pub warmup: f64,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<f64>,
    /// Messages of a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<u64>,
    pub ping_pong: bool,
    /// Which parts of a distributed run are in these figures, of how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<Segments>,
}

/// The protocol of figures that do not name one: earlier versions did not.
fn grpc() -> String {
    Protocol::Grpc.name().to_owned()
}

/// The same for the codec.
fn proto() -> String {
    Codec::Proto.name().to_owned()
}

impl Load {
    /// How much of a distributed run this is.
    fn share(&self) -> f64 {
        let parts = |segments: &Segments| u32::try_from(segments.parts.len()).ok();
        match &self.segments {
            Some(segments) if segments.of > 0 => {
                f64::from(parts(segments).unwrap_or(segments.of)) / f64::from(segments.of)
            }
            _ => 1.0,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segments {
    /// From 0, in order.
    pub parts: Vec<u32>,
    pub of: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "loop", rename_all = "snake_case")]
pub enum Shape {
    /// So many calls are in flight all the time.
    Closed { concurrency: usize },
    /// Calls start by the clock.
    Open {
        arrival: Arrival,
        stages: Vec<Stage>,
        max_in_flight: usize,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// Calls that were sent.
    pub started: u64,
    pub ok: u64,
    pub failed: u64,
    /// Under way when the run ended: neither successes nor failures.
    pub cut_off: u64,
    /// Streams that were cut off after a reply, perhaps one in the warm-up.
    #[serde(default)]
    pub answered: u64,
    /// Sent more than 10 ms after they were due.
    pub late: u64,
    /// Due, and not sent when the run ended.
    pub dropped: u64,
}

impl Calls {
    /// Calls that ended with a status.
    pub fn ended(&self) -> u64 {
        self.ok + self.failed
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Messages {
    pub sent: u64,
    pub received: u64,
    /// Of messages, without their prefixes.
    pub bytes_sent: u64,
    pub bytes_received: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorCount {
    /// `UNAVAILABLE: the server is shutting down`.
    pub error: String,
    pub count: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connections {
    pub asked: u64,
    /// Including those that replaced lost ones.
    pub opened: u64,
    pub lost: u64,
    /// Attempts to connect that failed.
    pub failed: u64,
}

/// What happened when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// Seconds of each bucket: one, or more in a run of hours.
    pub resolution: u64,
    /// In order, without gaps. The last one may be shorter.
    pub buckets: Vec<Bucket>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            resolution: 1,
            buckets: Vec::new(),
        }
    }
}

impl Timeline {
    /// The buckets, with when each began and how long it lasted in a run of so many seconds.
    pub fn spans(&self, elapsed: f64) -> impl Iterator<Item = Span<'_>> {
        let resolution = self.resolution.max(1);
        let buckets = (0..).step_by(usize::try_from(resolution).unwrap_or(usize::MAX));
        buckets.zip(&self.buckets).map(move |(start, bucket)| {
            let (resolution, rest) = (real(resolution), elapsed - real(start));
            let is_shorter = rest > 0.0 && rest < resolution;
            Span {
                start,
                seconds: if is_shorter { rest } else { resolution },
                bucket,
            }
        })
    }
}

/// A bucket and its time.
#[derive(Clone, Copy, Debug)]
pub struct Span<'a> {
    /// Seconds since the start of the run.
    pub start: u64,
    pub seconds: f64,
    pub bucket: &'a Bucket,
}

/// What happened in one stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Calls a second that were due, on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<f64>,
    pub started: u64,
    pub ok: u64,
    pub failed: u64,
    pub late: u64,
    /// Of the calls that ended in it.
    pub latency: Distribution,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Microseconds since the start, of its end.
    pub at: u64,
    /// Microseconds.
    pub latency: u64,
    pub code: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
}

impl Verdict {
    /// The figure as it is shown.
    pub fn shown(&self) -> &str {
        match self.value.as_str() {
            "" => "no such figure",
            value => value,
        }
    }
}

/// Whether a threshold holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// As it was given.
    pub threshold: String,
    /// The figure, in the threshold's unit, as it is shown; empty if there is none.
    pub value: String,
    pub holds: bool,
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    fn stage(from: f64, to: f64, seconds: f64) -> Stage {
        Stage { from, to, seconds }
    }

    fn asked(stages: Vec<Stage>, elapsed: f64) -> Option<f64> {
        let mut figures = testing::open();
        figures.elapsed = elapsed;
        figures.load.shape = Shape::Open {
            arrival: Arrival::Poisson,
            stages,
            max_in_flight: 100,
        };
        figures.asked()
    }

    #[test]
    fn the_rate_that_was_asked_for_is_the_average_of_the_stages() {
        let stages = vec![stage(100.0, 100.0, 10.0), stage(100.0, 300.0, 10.0)];
        assert_eq!(asked(stages, 20.0), Some(150.0));
    }

    #[test]
    fn what_a_run_did_not_get_to_was_not_asked_for() {
        assert_eq!(asked(vec![stage(0.0, 200.0, 20.0)], 10.0), Some(50.0));
    }

    #[test]
    fn a_closed_loop_asks_for_no_rate() {
        assert_eq!(testing::closed().asked(), None);
    }

    #[test]
    fn a_part_asks_for_its_share_of_the_rate() {
        let mut figures = testing::open();
        let whole = figures.asked().unwrap();
        figures.load.segments = Some(Segments {
            parts: vec![0],
            of: 4,
        });
        assert_eq!(figures.asked(), Some(whole / 4.0));
    }

    #[test]
    fn a_run_succeeds_if_one_call_does_or_streams_have_replies() {
        let figures = |ok, failed, received, calls| {
            let mut figures = testing::empty();
            (figures.calls.ok, figures.calls.failed) = (ok, failed);
            (figures.messages.received, figures.load.calls) = (received, calls);
            figures
        };
        assert!(figures(1, 9, 1, None).has_success());
        assert!(figures(0, 0, 5, None).has_success());
        assert!(figures(0, 0, 0, Some(0)).has_success());
        assert!(!figures(0, 1, 5, None).has_success());
        let mut quiet = figures(0, 0, 0, None);
        assert!(!quiet.has_success());
        quiet.calls.answered = 1;
        assert!(quiet.has_success());
        assert!(!figures(0, 0, 0, Some(1)).has_success());
    }

    #[test]
    fn the_last_bucket_lasts_until_the_end() {
        let timeline = Timeline {
            resolution: 2,
            buckets: vec![Bucket::default(); 3],
        };
        let spans: Vec<_> = timeline.spans(4.5).collect();
        let times: Vec<_> = spans
            .iter()
            .map(|span| (span.start, span.seconds))
            .collect();
        assert_eq!(times, [(0, 2.0), (2, 2.0), (4, 0.5)]);
    }
}
