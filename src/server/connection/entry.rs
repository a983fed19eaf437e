//! What is counted and told of each call.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::request::Parts;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::Code;

use super::watched::Watch;
use crate::server::call_log::{CallLog, CallRecord, TraceContext, request_id};
use crate::server::method::Method;
use crate::server::metrics::{MethodIndex, Shard, Traffic};
use crate::server::peer::Peer;

/// What the calls of a connection share.
pub struct Shared {
    pub watch: Arc<Watch>,
    pub in_flight: AtomicUsize,
    /// Calls end with UNAVAILABLE.
    pub ending: CancellationToken,
}

/// A call that has begun. It is over when this is dropped.
pub struct Entry {
    shard: Arc<Shard>,
    shared: Arc<Shared>,
    method: MethodIndex,
    started: Instant,
    /// `None` while the client may still be gone.
    code: Option<Code>,
    traffic: Traffic,
    record: Option<Record>,
}

/// A call for the log.
pub struct Record {
    log: CallLog,
    call: Box<CallRecord>,
}

impl Record {
    pub fn new(log: &CallLog, peer: Peer, parts: &Parts) -> Self {
        let trace = parts.headers.get("traceparent");
        let trace = trace.and_then(|value| value.to_str().ok());
        let call = CallRecord {
            path: parts.uri.path().to_owned(),
            code: None,
            elapsed: Duration::ZERO,
            peer,
            traffic: Traffic::default(),
            request_id: request_id(&parts.headers),
            trace: trace.and_then(TraceContext::parse),
        };
        Self {
            log: Arc::clone(log),
            call: Box::new(call),
        }
    }
}

impl Entry {
    pub fn new(
        shard: Arc<Shard>,
        calls: Arc<Shared>,
        method: Option<Method>,
        record: Option<Record>,
    ) -> Self {
        let method = MethodIndex::of(method);
        shard.started(method);
        calls.in_flight.fetch_add(1, Ordering::Relaxed);
        Self {
            shard,
            shared: calls,
            method,
            started: Instant::now(),
            code: None,
            traffic: Traffic::default(),
            record,
        }
    }

    pub fn method(&self) -> MethodIndex {
        self.method
    }

    /// Ends the call with a status, or because the client is gone.
    pub fn end(mut self, code: Option<Code>, traffic: Traffic) {
        self.code = code;
        self.traffic = traffic;
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.shared.in_flight.fetch_sub(1, Ordering::Relaxed);
        if self.code.is_some() {
            self.shared.watch.completed.fetch_add(1, Ordering::Relaxed);
        }
        let elapsed = self.started.elapsed();
        let code = self.code.unwrap_or(Code::Cancelled);
        self.shard
            .handled(self.method, code, elapsed, &self.traffic);
        if let Some(Record { log, mut call }) = self.record.take() {
            call.code = self.code;
            call.elapsed = elapsed;
            call.traffic = self.traffic;
            log(&call);
        }
    }
}
