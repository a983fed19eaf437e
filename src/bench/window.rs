//! What was counted in one second, or in all of them. A worker counts into windows of its own and sends each when its second
//! is over, so that nothing is shared on the way of a call.

use std::cmp::Ordering;
use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap};
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
    /// The one with the largest key is the next to go. Calls come and go one by one: to sort out many at once stops all calls
    /// of a worker for milliseconds.
    kept: BinaryHeap<Kept>,
}

/// A call of a sample, by its key.
#[derive(Clone, Debug)]
struct Kept {
    key: u64,
    sample: Sample,
}

impl Ord for Kept {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl PartialOrd for Kept {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Kept {}

impl Default for Sampler {
    fn default() -> Self {
        Self {
            kept: BinaryHeap::with_capacity(SAMPLES),
        }
    }
}

impl Sampler {
    /// Keeps a call, perhaps.
    pub fn offer(&mut self, key: u64, sample: impl FnOnce() -> Sample) {
        if self.kept.len() < SAMPLES {
            let sample = sample();
            self.kept.push(Kept { key, sample });
        } else if let Some(mut last) = self.kept.peek_mut()
            && key < last.key
        {
            let sample = sample();
            *last = Kept { key, sample };
        }
    }

    pub fn merge(&mut self, other: Self) {
        for Kept { key, sample } in other.kept {
            self.offer(key, || sample);
        }
    }

    /// The calls, by the time of their ends.
    pub fn finish(self) -> Vec<Sample> {
        let mut samples: Vec<Sample> = self.kept.into_iter().map(|kept| kept.sample).collect();
        samples.sort_by_key(|sample| sample.at);
        samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(keys: impl Iterator<Item = u64>) -> Sampler {
        let mut sampler = Sampler::default();
        for key in keys {
            sampler.offer(key, || Sample {
                at: key,
                latency: 0,
                code: "OK".to_owned(),
                error: String::new(),
            });
        }
        sampler
    }

    fn keys(sampler: Sampler) -> Vec<u64> {
        let calls = sampler.finish().into_iter();
        calls.map(|call| call.at).collect()
    }

    #[test]
    fn those_with_the_smallest_keys_are_kept() {
        let most = SAMPLES as u64;
        for calls in [0, 1, most, most + 1, 3 * most] {
            let expected: Vec<u64> = (0..calls.min(most)).collect();
            assert_eq!(keys(sampler(0..calls)), expected);
            assert_eq!(keys(sampler((0..calls).rev())), expected);
        }
    }

    #[test]
    fn samples_of_parts_put_together_are_the_sample_of_the_whole() {
        let mut random = fastrand::Rng::with_seed(1);
        let all: Vec<u64> = (0..50_000).map(|_| random.u64(..)).collect();
        let (few, many) = all.split_at(5_000);
        let of = |keys: &[u64]| sampler(keys.iter().copied());
        let mut joined = of(few);
        joined.merge(of(many));
        assert_eq!(keys(joined), keys(of(&all)));
    }
}
