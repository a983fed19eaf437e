//! What is kept of the calls that commands make, for a shell: the last one, and the last replies of each method. A command of
//! its own keeps nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use prost_reflect::MethodDescriptor;
use tokio::time::Instant;
use tonic::metadata::MetadataMap;

use crate::call::End;
use crate::framing::Sent;

/// The requests of a call that are kept: enough to repeat what is typed, and little of a stream.
const REQUESTS: usize = 100;
const REQUESTS_SIZE: usize = 1 << 20;

/// A call as far as it is kept.
#[derive(Clone, Debug)]
pub struct CallRecord {
    pub method: MethodDescriptor,
    /// The first requests; see `sent` for their number.
    pub requests: Vec<Bytes>,
    pub sent: u64,
    /// When the last request was sent.
    pub sent_at: Option<Instant>,
    /// The last reply.
    pub reply: Option<Bytes>,
    pub received: u64,
    /// When the last reply came.
    pub received_at: Option<Instant>,
    pub headers: Option<(Instant, MetadataMap)>,
    pub end: Option<(Instant, End)>,
    pub started: Instant,
}

/// A reply of a method.
#[derive(Clone, Debug)]
pub struct Reply {
    pub message: Bytes,
    /// How many replies of the method there were, with this one.
    pub number: u64,
    pub at: Instant,
}

impl CallRecord {
    /// Whether no request is missing.
    pub fn is_whole(&self) -> bool {
        self.requests.len() as u64 == self.sent
    }
}

#[derive(Default)]
struct Record {
    last: Option<CallRecord>,
    /// The replies of each method, by its full name.
    replies: HashMap<String, Replies>,
}

/// The last two replies of a method: the one before, and the last. They may be of different servers.
struct Replies {
    method: MethodDescriptor,
    last: [Option<Reply>; 2],
}

/// Keeps calls if it is on. Clones share it.
#[derive(Clone, Default)]
pub struct Recorder(Option<Arc<Mutex<Record>>>);

impl Recorder {
    /// One that is on.
    pub fn on() -> Self {
        Self(Some(Arc::default()))
    }

    /// Starts a call. `None` if the recorder is off.
    pub fn call(&self, method: &MethodDescriptor) -> Option<Recording> {
        let record = Arc::clone(self.0.as_ref()?);
        lock(&record).last = Some(CallRecord {
            method: method.clone(),
            requests: Vec::new(),
            sent: 0,
            sent_at: None,
            reply: None,
            received: 0,
            received_at: None,
            headers: None,
            end: None,
            started: Instant::now(),
        });
        Some(Recording { record, kept: 0 })
    }

    /// The last call.
    pub fn last(&self) -> Option<CallRecord> {
        lock(self.0.as_ref()?).last.clone()
    }

    /// When the last call was started.
    pub fn last_started(&self) -> Option<Instant> {
        let record = lock(self.0.as_ref()?);
        record.last.as_ref().map(|last| last.started)
    }

    /// The last call, unless it is the one that was started then.
    pub fn since(&self, started: Option<Instant>) -> Option<CallRecord> {
        let record = lock(self.0.as_ref()?);
        let last = record.last.as_ref();
        last.filter(|last| Some(last.started) != started).cloned()
    }

    /// A method that had a reply, by its name.
    pub fn method(&self, name: &str) -> Option<MethodDescriptor> {
        let record = lock(self.0.as_ref()?);
        let mut methods = record.replies.values().map(|replies| &replies.method);
        let named = methods.find(|method| {
            let service = method.parent_service();
            name == method.name()
                || name == method.full_name()
                || name == format!("{}/{}", service.full_name(), method.name())
                || name == format!("{}/{}", service.name(), method.name())
        });
        named.cloned()
    }

    /// The last two replies of a method, the one before first.
    pub fn replies(&self, method: &str) -> [Option<Reply>; 2] {
        let record = self.0.as_ref().map(|record| lock(record));
        record
            .and_then(|record| Some(record.replies.get(method)?.last.clone()))
            .unwrap_or_default()
    }
}

/// The last call, while it goes on.
pub struct Recording {
    record: Arc<Mutex<Record>>,
    /// The bytes of the requests that are kept.
    kept: usize,
}

impl Recording {
    pub fn sent(&mut self, messages: &Sent) {
        let mut record = lock(&self.record);
        let Some(last) = &mut record.last else {
            return;
        };
        last.sent += messages.len() as u64;
        last.sent_at = Some(Instant::now());
        for message in messages.messages() {
            self.kept += message.len();
            if last.requests.len() == REQUESTS || self.kept > REQUESTS_SIZE {
                break;
            }
            last.requests.push(Bytes::copy_from_slice(&message));
        }
    }

    /// The call is made again.
    pub fn again(&mut self) {
        self.kept = 0;
        if let Some(last) = &mut lock(&self.record).last {
            last.sent = 0;
            last.requests.clear();
        }
    }

    pub fn headers(&self, metadata: &MetadataMap) {
        if let Some(last) = &mut lock(&self.record).last {
            last.headers = Some((Instant::now(), metadata.clone()));
        }
    }

    pub fn reply(&self, message: &[u8]) {
        let mut record = lock(&self.record);
        let Some(last) = &mut record.last else {
            return;
        };
        let message = Bytes::copy_from_slice(message);
        let at = Instant::now();
        last.received += 1;
        last.received_at = Some(at);
        last.reply = Some(message.clone());
        let method = last.method.clone();
        let name = method.full_name().to_owned();
        let replies = record.replies.entry(name).or_insert_with(|| Replies {
            method: method.clone(),
            last: [None, None],
        });
        replies.method = method;
        let [before, now] = &mut replies.last;
        let number = now.as_ref().map_or(1, |last| last.number + 1);
        *before = now.replace(Reply {
            message,
            number,
            at,
        });
    }

    /// Takes back the last reply, which says that there is none.
    pub fn forget_reply(&self) {
        let mut record = lock(&self.record);
        let Some(last) = &mut record.last else {
            return;
        };
        last.reply = None;
        let name = last.method.full_name().to_owned();
        if let Some(replies) = record.replies.get_mut(&name) {
            let [before, now] = &mut replies.last;
            *now = before.take();
        }
    }

    pub fn ended(&self, end: &End) {
        if let Some(last) = &mut lock(&self.record).last {
            last.end = Some((Instant::now(), end.clone()));
        }
    }
}

fn lock(record: &Mutex<Record>) -> MutexGuard<'_, Record> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}
