//! What was counted in one second, or in all of them. A worker counts into windows of its own and sends each when its second
//! is over, so that nothing is shared on the way of a call.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use tonic::Code;

use super::distribution::Distribution;
use super::figures::{Calls, Connections, Messages, SAMPLES, Sample};
use crate::error::code_name;

/// How many different errors are told apart. A server that puts a number into each message must not fill the memory.
const KINDS_OF_ERRORS: usize = 1000;

/// Codes of gRPC.
const CODES: usize = 17;

#[derive(Clone, Debug, Default)]
pub struct Window {
    /// Since the start of what is counted.
    pub second: u64,
    pub calls: Calls,
    pub messages: Messages,
    pub connections: Connections,
    pub latency: Distribution,
    pub service_time: Option<Distribution>,
    pub delay: Option<Distribution>,
    pub first_message: Option<Distribution>,
    pub between_messages: Option<Distribution>,
    pub message: Option<Distribution>,
    codes: [u64; CODES],
    errors: HashMap<String, u64>,
    other_errors: u64,
}

impl Window {
    pub fn of(second: u64) -> Self {
        Self {
            second,
            ..Self::default()
        }
    }

    /// Counts a call that has ended.
    pub fn ended(&mut self, code: Code, message: &str) {
        if let Some(count) = self.codes.get_mut(code as usize) {
            *count += 1;
        }
        if code == Code::Ok {
            self.calls.ok += 1;
            return;
        }
        self.calls.failed += 1;
        let error = if message.is_empty() {
            code_name(code).to_owned()
        } else {
            format!("{}: {message}", code_name(code))
        };
        self.count_error(error, 1);
    }

    fn count_error(&mut self, error: String, count: u64) {
        let is_full = self.errors.len() >= KINDS_OF_ERRORS;
        match self.errors.entry(error) {
            Entry::Occupied(mut known) => *known.get_mut() += count,
            Entry::Vacant(_) if is_full => self.other_errors += count,
            Entry::Vacant(new) => _ = new.insert(count),
        }
    }

    /// Adds all that another one has.
    pub fn merge(&mut self, other: Self) {
        let (calls, more) = (&mut self.calls, other.calls);
        calls.started += more.started;
        calls.ok += more.ok;
        calls.failed += more.failed;
        calls.cut_off += more.cut_off;
        calls.answered += more.answered;
        calls.late += more.late;
        calls.dropped += more.dropped;
        let (messages, more) = (&mut self.messages, other.messages);
        messages.sent += more.sent;
        messages.received += more.received;
        messages.bytes_sent += more.bytes_sent;
        messages.bytes_received += more.bytes_received;
        let (connections, more) = (&mut self.connections, other.connections);
        connections.asked += more.asked;
        connections.opened += more.opened;
        connections.lost += more.lost;
        connections.failed += more.failed;
        self.latency.merge(&other.latency);
        for (of, more) in [
            (&mut self.service_time, other.service_time),
            (&mut self.delay, other.delay),
            (&mut self.first_message, other.first_message),
            (&mut self.between_messages, other.between_messages),
            (&mut self.message, other.message),
        ] {
            if let Some(more) = more {
                of.get_or_insert_default().merge(&more);
            }
        }
        for (count, more) in self.codes.iter_mut().zip(other.codes) {
            *count += more;
        }
        for (error, count) in other.errors {
            self.count_error(error, count);
        }
        self.other_errors += other.other_errors;
    }

    /// Codes that were seen, by name.
    pub fn codes(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let codes = self.codes.iter().zip(0..);
        let seen = codes.filter(|(count, _)| **count > 0);
        seen.map(|(count, code)| (code_name(Code::from_i32(code)), *count))
    }

    /// The most frequent errors first, and how many calls had others.
    pub fn errors(&self, most: usize) -> (Vec<(&str, u64)>, u64) {
        let errors = self.errors.iter();
        let mut errors: Vec<(&str, u64)> =
            errors.map(|(error, count)| (&**error, *count)).collect();
        errors.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        let rest = errors.split_off(most.min(errors.len()));
        let others: u64 = rest.iter().map(|(_, count)| count).sum();
        (errors, others + self.other_errors)
    }
}

/// Counts a time, in a distribution that not every run has.
pub fn add(to: &mut Option<Distribution>, time: Duration) {
    to.get_or_insert_default().add(time);
}

/// A uniform sample of calls: those with the smallest random keys. Samples of parts are one of the whole when they are put
/// together in the same way.
#[derive(Clone, Debug)]
pub struct Sampler {
    kept: Vec<(u64, Sample)>,
    /// Calls with a larger key are not among them.
    limit: u64,
}

impl Default for Sampler {
    fn default() -> Self {
        Self {
            kept: Vec::new(),
            limit: u64::MAX,
        }
    }
}

impl Sampler {
    /// Keeps a call, perhaps.
    pub fn offer(&mut self, key: u64, sample: impl FnOnce() -> Sample) {
        if key < self.limit {
            self.kept.push((key, sample()));
            if self.kept.len() >= 2 * SAMPLES {
                self.shrink();
            }
        }
    }

    fn shrink(&mut self) {
        if self.kept.len() > SAMPLES {
            let (_, last, _) = self
                .kept
                .select_nth_unstable_by_key(SAMPLES - 1, |kept| kept.0);
            self.limit = last.0;
            self.kept.truncate(SAMPLES);
        }
    }

    pub fn merge(&mut self, other: Self) {
        self.kept.extend(other.kept);
        self.limit = self.limit.min(other.limit);
        let limit = self.limit;
        self.kept.retain(|(key, _)| *key <= limit);
        self.shrink();
    }

    /// The calls, by the time of their ends.
    pub fn finish(mut self) -> Vec<Sample> {
        self.shrink();
        let mut samples: Vec<Sample> = self.kept.into_iter().map(|(_, sample)| sample).collect();
        samples.sort_by_key(|sample| sample.at);
        samples
    }
}
