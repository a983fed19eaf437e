//! The calls of a connection. A call whose request has arrived in full is answered at once; a task is made only for those
//! that have to wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use h2::RecvStream;
use h2::server::SendResponse;
use http::Request;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tonic::{Code, Status};

use super::entry::{Entry, Record, Shared};
use super::watched::Watch;
use crate::framing::ACCEPTED;
use crate::server::grpc::{
    Bounds, Call, Handler, Head, Refusal, Replies, Requests, Stop, Total, panicked,
};
use crate::server::method::Method;
use crate::server::metrics::{Limit, Shard, Traffic};
use crate::server::peer::Peer;
use crate::server::services::Routed;
use crate::server::{LAST_WORDS, Server};

/// How much is read of a request that was refused, in bytes.
const REFUSED_BODY: usize = 64 << 10;

pub struct Calls {
    shared: Arc<Shared>,
    server: Server,
    peer: Peer,
    room: Arc<Semaphore>,
    /// Replies that the client does not let through.
    unsent: Total,
    questions: Total,
    /// Calls whose headers were received since the last [`Calls::start`].
    begun: Vec<Begun>,
}

/// A call that nothing was done for yet.
struct Begun {
    entry: Entry,
    method: Method,
    call: Call,
    timeout: Option<Duration>,
}

impl Calls {
    /// `room` is how many bytes the connection may hold of messages larger than a stream's window.
    pub fn new(server: Server, peer: Peer, watch: Arc<Watch>, room: usize) -> Self {
        let shared = Shared {
            watch,
            in_flight: AtomicUsize::new(0),
            ending: server.shared.ending.child_token(),
        };
        Self {
            shared: Arc::new(shared),
            server,
            peer,
            room: Arc::new(Semaphore::new(room)),
            unsent: Total::default(),
            questions: Total::default(),
            begun: Vec::new(),
        }
    }

    pub fn watch(&self) -> &Watch {
        &self.shared.watch
    }

    pub fn limit_hit(&self, limit: Limit) {
        self.server.shard.limit_hit(limit);
    }

    /// How many calls are not over.
    pub fn in_flight(&self) -> usize {
        self.shared.in_flight.load(Ordering::Relaxed)
    }

    /// Ends all with UNAVAILABLE.
    pub fn end(&self) {
        self.shared.ending.cancel();
    }

    /// Takes a call.
    pub fn begin(&mut self, request: Request<RecvStream>, respond: SendResponse<Bytes>) {
        let (parts, body) = request.into_parts();
        let access = &self.server.shared.access;
        let head = Head::read(&parts).and_then(|head| {
            let allowed = access.check(parts.uri.path(), &parts.headers);
            allowed
                .map(|()| head)
                .map_err(|status| Refusal::Grpc(Box::new(status)))
        });
        let log = self.server.shared.log.as_ref();
        let method = Method::of(parts.uri.path());
        let entry = Entry::new(
            Arc::clone(&self.server.shard),
            Arc::clone(&self.shared),
            method,
            log.map(|log| Record::new(log, self.peer, &parts)),
        );
        let server = &self.server.shared;
        let found = head.and_then(|head| {
            let method = server.services.find(method, parts.uri.path());
            let method = method.map_err(|status| Refusal::Grpc(Box::new(status)))?;
            Ok((head, method))
        });
        let (head, method) = match found {
            Ok(found) => found,
            Err(refusal) => {
                let replies = Replies::new(respond, None, &self.unsent);
                tokio::spawn(refuse(refusal, body, replies, entry));
                return;
            }
        };
        let replies = Replies::new(respond, head.encoding, &self.unsent);
        let requests = Requests::new(
            body,
            head.encoding,
            server.limits.message,
            Arc::clone(&self.room),
        );
        let questions = self.questions.clone();
        let shard = Arc::clone(&self.server.shard);
        self.begun.push(Begun {
            call: Call::new(requests, replies, questions, shard, entry.method()),
            entry,
            method,
            timeout: head.timeout,
        });
    }

    /// Starts the calls that were taken, and returns whether there were any. To be called when everything that has arrived
    /// is parsed: then most requests are complete.
    pub fn start(&mut self, cx: &mut Context<'_>) -> bool {
        if self.begun.is_empty() {
            return false;
        }
        let mut begun = std::mem::take(&mut self.begun);
        for begun in begun.drain(..) {
            self.start_one(begun, cx);
        }
        // Keeps its room.
        self.begun = begun;
        true
    }

    fn start_one(&self, begun: Begun, cx: &mut Context<'_>) {
        let Begun {
            entry,
            method,
            mut call,
            timeout,
        } = begun;
        let mut is_answered = false;
        if self.server.shared.services.is_immediate(method) {
            match self.answer(method, &mut call, cx) {
                Poll::Ready(code) => {
                    count_limit(&self.server.shard, code);
                    entry.end(code, call.traffic());
                    return;
                }
                Poll::Pending => is_answered = call.requests.taken() > 0,
            }
        }
        let limits = &self.server.shared.limits;
        let bounds = Bounds {
            timeout,
            longest: limits.call,
            idle: limits.stream_idle.filter(|_| !method.may_idle()),
            ending: self.shared.ending.clone(),
            shard: Arc::clone(&self.server.shard),
        };
        let services = Arc::clone(&self.server.shared.services);
        let shard = Arc::clone(&self.server.shard);
        tokio::spawn(async move {
            let code = if is_answered {
                call.run(&Answered, bounds).await
            } else {
                call.run(&Routed { services, method }, bounds).await
            };
            count_limit(&shard, code);
            entry.end(code, call.traffic());
        });
    }

    /// Answers a call whose request has arrived. Pending if it has not, or if the client does not let the reply through;
    /// the request is taken then.
    fn answer(&self, method: Method, call: &mut Call, cx: &mut Context<'_>) -> Poll<Option<Code>> {
        let (requests, replies) = (&mut call.requests, &mut call.replies);
        match requests.poll_ready(cx) {
            Poll::Ready(Ok(true)) if requests.is_last() => {}
            Poll::Ready(Err(Stop::Gone)) => return Poll::Ready(None),
            Poll::Ready(Err(Stop::Status(status))) => {
                return Poll::Ready(Some(replies.finish(&status)));
            }
            _ => return Poll::Pending,
        }
        let services = &self.server.shared.services;
        let answered = catch_unwind(AssertUnwindSafe(|| {
            services.answer(method, requests.message(), replies.packer())
        }));
        if let Err(status) = answered.unwrap_or_else(|_| Err(panicked())) {
            return Poll::Ready(Some(replies.finish(&status)));
        }
        requests.take();
        match replies.poll_flush(cx) {
            Poll::Ready(Ok(())) => Poll::Ready(Some(replies.finish(&Status::ok("")))),
            Poll::Ready(Err(_)) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Only a request that is too large ends so.
fn count_limit(shard: &Shard, code: Option<Code>) {
    if code == Some(Code::ResourceExhausted) {
        shard.limit_hit(Limit::MessageSize);
    }
}

/// A call whose reply is made and only has to be sent.
struct Answered;

impl Handler for Answered {
    async fn handle(&self, _: &mut Call) -> Result<(), Stop> {
        Ok(())
    }
}

/// Refuses a request, and reads what is left of it, as far as it does not take long: resetting the stream would reach some
/// clients before the answer does.
async fn refuse(refusal: Refusal, mut body: RecvStream, mut replies: Replies, entry: Entry) {
    let mut left = REFUSED_BODY;
    if matches!(refusal, Refusal::Http(..)) {
        // What follows the head may be an error of the stream, which h2 does not report once the answer is sent.
        match timeout(LAST_WORDS, body.data()).await {
            Ok(Some(Ok(data))) => {
                left = left.saturating_sub(data.len());
                let _ = body.flow_control().release_capacity(data.len());
            }
            Ok(Some(Err(_))) => return,
            Ok(None) | Err(_) => {}
        }
    }
    let code = match refusal {
        Refusal::Http(status, method) => replies.refuse(status, &method),
        Refusal::Grpc(status) => replies.finish(&status),
        Refusal::Encoding => replies.refuse_encoding(ACCEPTED),
    };
    entry.end(Some(code), Traffic::default());
    let rest = async {
        while let Some(Ok(data)) = body.data().await {
            left = left.checked_sub(data.len())?;
            body.flow_control().release_capacity(data.len()).ok()?;
        }
        Some(())
    };
    let _ = timeout(LAST_WORDS, rest).await;
}
