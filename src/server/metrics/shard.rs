//! The counters of one thread. A call adds to few numbers that no other thread writes, by index: no lock, no hash.

use std::time::Duration;

use tonic::Code;

use super::histogram::{Counter, Histogram, SIZES, TIMES};
use super::limit::Limit;
use super::methods::{COUNT, MethodIndex};

/// The number of gRPC status codes.
pub const CODES: usize = 17;

/// What has gone over the wire for one call: messages without their framing, as they are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    pub messages_in: u64,
    pub messages_out: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
}

/// The counters of one thread. Others may add to it too, which costs them and it the cache line.
#[derive(Debug)]
pub struct Shard {
    pub(super) methods: Box<[OfMethod]>,
    pub(super) opened: Counter,
    pub(super) closed: Counter,
    pub(super) refused: Counter,
    pub(super) limits: [Counter; Limit::ALL.len()],
}

/// The counters of one method.
#[derive(Debug, Default)]
pub struct OfMethod {
    pub started: Counter,
    pub received: Counter,
    pub sent: Counter,
    pub codes: [OfCode; CODES],
}

/// The counters of calls that have ended with one code.
#[derive(Debug, Default)]
pub struct OfCode {
    pub time: Histogram<{ TIMES.len() }>,
    pub bytes_in: Histogram<{ SIZES.len() }>,
    pub bytes_out: Histogram<{ SIZES.len() }>,
}

impl Default for Shard {
    fn default() -> Self {
        Self {
            methods: (0..COUNT).map(|_| OfMethod::default()).collect(),
            opened: Counter::default(),
            closed: Counter::default(),
            refused: Counter::default(),
            limits: Default::default(),
        }
    }
}

impl Shard {
    /// A call has started.
    pub fn started(&self, method: MethodIndex) {
        if let Some(method) = self.methods.get(method.get()) {
            method.started.add(1);
        }
    }

    /// Messages of a call have arrived.
    pub fn received(&self, method: MethodIndex, messages: u64) {
        if let Some(method) = self.methods.get(method.get()) {
            method.received.add(messages);
        }
    }

    /// Messages of a call have been sent.
    pub fn sent(&self, method: MethodIndex, messages: u64) {
        if let Some(method) = self.methods.get(method.get()) {
            method.sent.add(messages);
        }
    }

    /// A call is over. A peer that leaves cancels its calls.
    pub fn handled(&self, method: MethodIndex, code: Code, elapsed: Duration, traffic: &Traffic) {
        let method = self.methods.get(method.get());
        if let Some(of_code) = method.and_then(|it| it.codes.get(code as usize)) {
            let time = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
            of_code.time.record(&TIMES, time);
            of_code.bytes_in.record(&SIZES, traffic.bytes_in);
            of_code.bytes_out.record(&SIZES, traffic.bytes_out);
        }
    }

    /// The number of calls of this thread that are not over.
    pub fn calls_in_flight(&self) -> u64 {
        let in_flight = |method: &OfMethod| {
            let ended: u64 = method.codes.iter().map(|code| code.time.count()).sum();
            method.started.get().saturating_sub(ended)
        };
        self.methods.iter().map(in_flight).sum()
    }

    pub fn connection_opened(&self) {
        self.opened.add(1);
    }

    pub fn connection_closed(&self) {
        self.closed.add(1);
    }

    /// A connection was closed before it was served.
    pub fn connection_refused(&self) {
        self.refused.add(1);
    }

    pub fn limit_hit(&self, limit: Limit) {
        if let Some(counter) = self.limits.get(limit.index()) {
            counter.add(1);
        }
    }
}
