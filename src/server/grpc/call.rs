//! One call, from its head to its status. Its handler may panic, take too long, or be ended with the server: the client
//! always gets a status, and nothing of the call is left.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use super::{Replies, Requests, Stop, Total};
use crate::server::metrics::{Limit, MethodIndex, Shard, Traffic};

/// How long a call may take, and what ends it.
pub struct Bounds {
    /// As its client asked for.
    pub timeout: Option<Duration>,
    /// As the server allows.
    pub longest: Option<Duration>,
    /// Without a message in either direction.
    pub idle: Option<Duration>,
    /// Cancelled when calls in flight have to end.
    pub ending: CancellationToken,
    /// Counts the limits that were reached.
    pub shard: Arc<Shard>,
}

/// The messages of a call, both ways.
pub struct Call {
    pub requests: Requests,
    pub replies: Replies,
    /// What the calls of its connection hold of questions to a database and their answers.
    pub questions: Total,
    /// Changes whenever a byte was received or sent.
    progress: Arc<AtomicU64>,
    meter: Meter,
}

/// Counts the messages of a call while it goes on.
struct Meter {
    shard: Arc<Shard>,
    method: MethodIndex,
    /// What was counted.
    traffic: Traffic,
}

impl Meter {
    fn count(&mut self, traffic: Traffic) {
        let before = std::mem::replace(&mut self.traffic, traffic);
        let more = |now: u64, before: u64| now.saturating_sub(before);
        let received = more(traffic.messages_in, before.messages_in);
        let sent = more(traffic.messages_out, before.messages_out);
        if received > 0 {
            self.shard.received(self.method, received);
        }
        if sent > 0 {
            self.shard.sent(self.method, sent);
        }
    }
}

/// What a service does with a call.
pub trait Handler {
    /// Takes requests and adds replies. Replies that are left are sent by the caller.
    fn handle(&self, call: &mut Call) -> impl Future<Output = Result<(), Stop>> + Send;

    /// Whether a status without a reply needs no headers before it. Clients of a stream may wait for the headers before they ask
    /// for messages, and tell an error of the start from one of the stream.
    fn may_be_trailers_only(&self) -> bool {
        false
    }
}

impl Call {
    pub fn new(
        requests: Requests,
        replies: Replies,
        questions: Total,
        shard: Arc<Shard>,
        method: MethodIndex,
    ) -> Self {
        Self {
            requests,
            replies,
            questions,
            progress: Arc::default(),
            meter: Meter {
                shard,
                method,
                traffic: Traffic::default(),
            },
        }
    }

    /// What has gone over the wire, which is counted by the way.
    pub fn traffic(&mut self) -> Traffic {
        let traffic = Traffic {
            messages_in: self.requests.taken(),
            messages_out: self.replies.sent(),
            bytes_in: self.requests.message_bytes(),
            bytes_out: self.replies.message_bytes(),
        };
        self.meter.count(traffic);
        traffic
    }

    /// Waits for the next request, and sends the replies meanwhile; `false` at the end.
    ///
    /// # Errors
    /// When the request is malformed or too large, or the client is gone.
    pub async fn next(&mut self) -> Result<bool, Stop> {
        self.next_request(true).await
    }

    /// As [`Call::next`], but headers are sent with replies only.
    ///
    /// # Errors
    /// As [`Call::next`].
    pub async fn next_before_headers(&mut self) -> Result<bool, Stop> {
        self.next_request(false).await
    }

    async fn next_request(&mut self, sends_headers: bool) -> Result<bool, Stop> {
        poll_fn(|cx| {
            if let Poll::Ready(next) = self.requests.poll_ready(cx) {
                return Poll::Ready(next);
            }
            if (sends_headers || self.replies.has_begun() || !self.replies.packer().is_empty())
                && let Poll::Ready(Err(stop)) = self.replies.poll_flush(cx)
            {
                return Poll::Ready(Err(stop));
            }
            self.replies.packer().rest();
            self.note_progress();
            Poll::Pending
        })
        .await
    }

    /// Sends the replies that were added.
    ///
    /// # Errors
    /// When the client is gone.
    pub async fn flush(&mut self) -> Result<(), Stop> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stop>> {
        let flushed = self.replies.poll_flush(cx);
        if flushed.is_pending()
            && let Poll::Ready(Err(stop)) = self.requests.poll_fill(cx)
        {
            return Poll::Ready(Err(stop));
        }
        self.note_progress();
        flushed
    }

    /// Waits until the client has reset the call, or the connection is lost. Requests that arrive meanwhile are kept.
    pub async fn gone(&mut self) -> Stop {
        self.requests.forget_decoded();
        poll_fn(|cx| {
            if let Poll::Ready(Err(stop)) = self.requests.poll_fill(cx) {
                return Poll::Ready(stop);
            }
            self.replies.poll_gone(cx).map(|()| Stop::Gone)
        })
        .await
    }

    fn note_progress(&mut self) {
        let bytes = self.requests.bytes() + self.replies.bytes();
        self.progress.store(bytes, Ordering::Relaxed);
        self.traffic();
    }

    /// Takes the only request of a unary call.
    ///
    /// # Errors
    /// As [`Call::only_request_ready`].
    pub async fn only_request(&mut self) -> Result<Vec<u8>, Stop> {
        self.only_request_ready().await?;
        let message = self.requests.message().to_vec();
        self.requests.take();
        Ok(message)
    }

    /// Waits for the only request of a unary call. It is the next message.
    ///
    /// # Errors
    /// When there is none or more than one, it is malformed or too large, or the client is gone.
    pub async fn only_request_ready(&mut self) -> Result<(), Stop> {
        if !self.requests.ready().await? {
            return Err(Status::unimplemented("a request message is missing").into());
        }
        if !self.requests.ends().await? {
            return Err(Status::unimplemented("the method takes one request message").into());
        }
        Ok(())
    }

    /// Runs the call to its end. Returns the code of its status, unless the client is gone.
    pub async fn run(&mut self, handler: &impl Handler, bounds: Bounds) -> Option<Code> {
        let progress = Arc::clone(&self.progress);
        let end = tokio::select! {
            biased;
            end = caught(self.handled(handler)) => end,
            // Needs no timer unless the handler has to wait.
            status = exceeded(bounds, progress) => Err(Stop::from(status)),
        };
        match end {
            Ok(()) => Some(self.replies.finish(&Status::ok(""))),
            Err(Stop::Status(status)) => Some(self.replies.finish(&status)),
            Err(Stop::Gone) => None,
        }
    }

    async fn handled(&mut self, handler: &impl Handler) -> Result<(), Stop> {
        let end = handler.handle(self).await;
        self.requests.discard();
        if end.is_ok() {
            self.replies.succeed();
        }
        let flushes = match end {
            Ok(()) => true,
            // Replies to the requests before a bad one, too.
            Err(Stop::Status(_)) => {
                !handler.may_be_trailers_only() || !self.replies.packer().is_empty()
            }
            Err(Stop::Gone) => false,
        };
        if flushes {
            self.flush().await?;
        }
        end
    }
}

/// The status of a handler that panics.
pub fn panicked() -> Status {
    Status::internal("the handler panicked")
}

async fn caught(handled: impl Future<Output = Result<(), Stop>>) -> Result<(), Stop> {
    let mut handled = pin!(handled);
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| handled.as_mut().poll(cx)));
        polled.unwrap_or_else(|_| Poll::Ready(Err(panicked().into())))
    })
    .await
}

/// Completes when the call has to end, with its status.
async fn exceeded(bounds: Bounds, progress: Arc<AtomicU64>) -> Status {
    let started = Instant::now();
    let after = |limit: Option<Duration>| limit.and_then(|limit| started.checked_add(limit));
    let (deadline, longest) = (after(bounds.timeout), after(bounds.longest));
    let mut seen = progress.load(Ordering::Relaxed);
    let mut since = started;
    loop {
        let now = Instant::now();
        let is_over = |end: Option<Instant>| end.is_some_and(|end| now >= end);
        let show = |limit: Option<Duration>| humantime::format_duration(limit.unwrap_or_default());
        if is_over(deadline) {
            let deadline = show(bounds.timeout);
            return Status::deadline_exceeded(format!("the deadline of {deadline} has passed"));
        }
        if is_over(longest) {
            bounds.shard.limit_hit(Limit::CallTime);
            let longest = show(bounds.longest);
            return Status::deadline_exceeded(format!("the server ends calls after {longest}"));
        }
        let is_idle = bounds.idle.and_then(|idle| {
            if std::mem::replace(&mut seen, progress.load(Ordering::Relaxed)) != seen {
                since = now;
            }
            since.checked_add(idle)
        });
        if is_over(is_idle) {
            bounds.shard.limit_hit(Limit::Idle);
            let idle = show(bounds.idle);
            return Status::unavailable(format!("the call had no message for {idle}"));
        }
        // An idle call is noticed at most a quarter too late.
        let next_look = bounds.idle.and_then(|idle| now.checked_add(idle / 4));
        let next = [deadline, longest, next_look].into_iter().flatten().min();
        let wait = async {
            match next {
                Some(next) => sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = bounds.ending.cancelled() => {
                return Status::unavailable("the server is shutting down");
            }
            () = wait => {}
        }
    }
}
