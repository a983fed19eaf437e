//! The calls of a connection. A call whose request has arrived in full is answered at once; a task is made only for those
//! that have to wait.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use h2::RecvStream;
use h2::server::SendResponse;
use http::header::{ACCEPT_ENCODING, VARY};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tonic::{Code, Status};

use super::entry::{Entry, Record, Shared};
use super::watched::Watch;
use crate::framing::ACCEPTED;
use crate::protocol::{Codec, Wire};
use crate::server::cors::Asked;
use crate::server::grpc::{
    Bounds, Call, Form, Handler, Head, Refusal, Replies, RequestBody, Requests, Respond, Stop,
    Total, panicked,
};
use crate::server::method::Method;
use crate::server::metrics::{Limit, Shard, Traffic};
use crate::server::peer::Peer;
use crate::server::protocols::Protocols;
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
}

/// A call that nothing was done for yet.
pub struct Begun {
    entry: Entry,
    method: Method,
    call: Call,
    timeout: Option<Duration>,
    request: Option<Box<Parts>>,
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

    /// A call whose headers were received, for [`Calls::start`]. One that is refused is answered.
    pub fn begin(
        &self,
        request: Request<RecvStream>,
        respond: SendResponse<Bytes>,
    ) -> Option<Begun> {
        self.admit(request.map(RequestBody::Http2), Respond::Http2(respond))
    }

    /// Serves a call.
    pub fn serve(&self, request: Request<RequestBody>, respond: Respond, cx: &mut Context<'_>) {
        if let Some(begun) = self.admit(request, respond) {
            self.start_one(begun, cx);
        }
    }

    /// Answers a request that is not one of HTTP as it should be.
    pub fn reject(&self, request: Request<RequestBody>, respond: Respond, status: StatusCode) {
        let (parts, mut body) = request.into_parts();
        body.leave_unsent(&parts.headers);
        let entry = self.entry(self.method(&parts), &parts);
        let refusal = Refusal::Http(status, parts.method);
        self.refuse(refusal, body, respond, None, entry);
    }

    /// Whether a call is served. One that is not is answered.
    fn admit(&self, request: Request<RequestBody>, respond: Respond) -> Option<Begun> {
        let (parts, mut body) = request.into_parts();
        let server = &self.server.shared;
        // Questions are no calls, and are not counted as such.
        let question = |respond, headers| {
            let form = Form::plain(Wire::default(), Codec::default());
            Replies::new(respond, form, None, headers, &self.unsent)
        };
        let mut extra = match server.origins.asked(&parts) {
            Asked::Call(extra) => extra,
            Asked::Permitted(headers) => {
                question(respond, Some(headers)).permit();
                return None;
            }
            Asked::Refused => {
                let mut replies = question(respond, None);
                replies.refuse(StatusCode::FORBIDDEN, &parts.method, server.protocols);
                return None;
            }
        };
        let method = self.method(&parts);
        let entry = self.entry(method, &parts);
        let method = method.filter(|method| server.services.has(*method));
        let head = Head::read(&parts, method, server.protocols).and_then(|head| {
            let form = Form::plain(head.reply_wire, head.codec);
            let refused = |status| Refusal::Status(form, Box::new(status));
            let path = parts.uri.path();
            let allowed = server.access.check(path, &parts.headers);
            allowed.map_err(refused)?;
            let unknown = || Refusal::Unknown(form, Box::new(server.services.unknown(path)));
            let method = method.ok_or_else(unknown)?;
            let transcoder = match head.codec {
                Codec::Proto => None,
                Codec::Json => Some(self.server.json.of(method).map_err(refused)?),
            };
            Ok((head, method, transcoder))
        });
        let (mut head, method, transcoder) = match head {
            Ok(found) => found,
            Err(refusal) => {
                body.leave_unsent(&parts.headers);
                self.refuse(refusal, body, respond, extra, entry);
                return None;
            }
        };
        if head.in_url.is_some() && head.encoding.is_some() {
            let vary = HeaderValue::from(ACCEPT_ENCODING);
            extra.get_or_insert_default().append(VARY, vary);
        }
        let (form, form_of_replies) = (head.form(), transcoder.clone());
        let replies = Replies::new(respond, form, form_of_replies, extra, &self.unsent);
        let len = body.len(&parts.headers);
        let requests = Requests::new(
            body,
            &mut head,
            len,
            transcoder,
            server.limits.message,
            Arc::clone(&self.room),
        );
        let questions = self.questions.clone();
        let shard = Arc::clone(&self.server.shard);
        Some(Begun {
            call: Call::new(requests, replies, questions, shard, entry.method()),
            entry,
            method,
            timeout: head.timeout,
            request: matches!(method, Method::Other(_)).then(|| Box::new(parts)),
        })
    }

    fn method(&self, parts: &Parts) -> Option<Method> {
        self.server.shared.services.method(parts.uri.path())
    }

    fn entry(&self, method: Option<Method>, parts: &Parts) -> Entry {
        let log = self.server.shared.log.as_ref();
        Entry::new(
            Arc::clone(&self.server.shard),
            Arc::clone(&self.shared),
            method,
            log.map(|log| Record::new(log, self.peer, parts)),
        )
    }

    fn refuse(
        &self,
        refusal: Refusal,
        body: RequestBody,
        respond: Respond,
        extra: Option<Box<HeaderMap>>,
        entry: Entry,
    ) {
        let form = match &refusal {
            Refusal::Http(..) | Refusal::Method(..) => {
                Form::plain(Wire::default(), Codec::default())
            }
            Refusal::Status(form, _) | Refusal::Unknown(form, _) | Refusal::Encoding(form) => *form,
        };
        let replies = Replies::new(respond, form, None, extra, &self.unsent);
        let protocols = self.server.shared.protocols;
        tokio::spawn(refuse(refusal, protocols, body, replies, entry));
    }

    /// Starts the calls that have begun, and returns whether there were any. To be called when everything that has arrived
    /// is parsed: then most requests are complete.
    pub fn start(&self, begun: &mut Vec<Begun>, cx: &mut Context<'_>) -> bool {
        let has_begun = !begun.is_empty();
        for begun in begun.drain(..) {
            self.start_one(begun, cx);
        }
        has_begun
    }

    fn start_one(&self, begun: Begun, cx: &mut Context<'_>) {
        let Begun {
            entry,
            method,
            mut call,
            timeout,
            request,
        } = begun;
        let mut is_answered = false;
        if self.server.shared.services.is_immediate(method) {
            match self.answer(method, &mut call, cx) {
                Poll::Ready(code) => {
                    count_limit(&self.server.shard, code);
                    entry.end(code, call.traffic());
                    if let Some(rest) = call.requests.into_rest() {
                        tokio::spawn(read_rest(rest, REFUSED_BODY));
                    }
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
                let routed = Routed {
                    services,
                    method,
                    request,
                };
                call.run(&routed, bounds).await
            };
            count_limit(&shard, code);
            entry.end(code, call.traffic());
            if let Some(rest) = call.requests.into_rest() {
                read_rest(rest, REFUSED_BODY).await;
            }
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
        requests.take();
        if let Err(status) = answered.unwrap_or_else(|_| Err(panicked())) {
            return Poll::Ready(Some(replies.finish(&status)));
        }
        replies.succeed();
        match replies.poll_flush(cx) {
            Poll::Ready(Ok(())) => Poll::Ready(Some(replies.finish(&Status::ok("")))),
            Poll::Ready(Err(Stop::Status(status))) => Poll::Ready(Some(replies.finish(&status))),
            Poll::Ready(Err(Stop::Gone)) => Poll::Ready(None),
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

/// Refuses a request, and reads what is left of it.
async fn refuse(
    refusal: Refusal,
    protocols: Protocols,
    mut body: RequestBody,
    mut replies: Replies,
    entry: Entry,
) {
    let mut left = REFUSED_BODY;
    if matches!(refusal, Refusal::Http(..) | Refusal::Method(..)) {
        // What follows the head may be an error of the stream, which h2 does not report once the answer is sent.
        match timeout(LAST_WORDS, poll_fn(|cx| body.poll_data(cx))).await {
            Ok(Some(Ok(data))) => {
                left = left.saturating_sub(data.len());
                let _ = body.release(data.len());
            }
            Ok(Some(Err(_))) => return,
            Ok(None) | Err(_) => {}
        }
    }
    let code = match refusal {
        Refusal::Http(status, method) => replies.refuse(status, &method, protocols),
        Refusal::Method(method, allowed) => replies.refuse_method(&method, allowed, protocols),
        Refusal::Status(_, status) => replies.finish(&status),
        Refusal::Unknown(_, status) => replies.refuse_unknown(&status),
        Refusal::Encoding(_) => replies.refuse_encoding(ACCEPTED),
    };
    entry.end(Some(code), Traffic::default());
    read_rest(body, left).await;
}

/// Reads what is left of a request whose response is sent, up to so many bytes, as far as it does not take long: resetting the
/// stream would reach some clients before the response does.
async fn read_rest(mut body: RequestBody, mut left: usize) {
    let rest = async {
        while let Some(Ok(data)) = poll_fn(|cx| body.poll_data(cx)).await {
            left = left.checked_sub(data.len())?;
            body.release(data.len()).ok()?;
        }
        Some(())
    };
    let _ = timeout(LAST_WORDS, rest).await;
}
