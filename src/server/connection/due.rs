//! What happens to a connection as time passes: a slow client is cut off, a quiet one is asked whether it is still there,
//! and an old one is told to leave.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use h2::{Ping, PingPong, Reason};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep_until};

use super::conduct::Misconduct;
use super::watched::{Watch, Watched};
use crate::server::LAST_WORDS;
use crate::server::limits::Limits;
use crate::server::metrics::Limit;

/// A drained connection whose peer has not sent a byte by then is closed: it has no call.
pub const FIRST_BYTE_TIMEOUT: Duration = Duration::from_millis(500);

/// A peer that has not answered for this long after the connection began to drain is given up when no call is in flight.
/// grpc-go waits as long.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// How often a draining connection is looked at.
pub const DRAINING: Duration = Duration::from_millis(250);

/// What to do with the connection.
pub enum Then {
    /// Drop it, because of a limit or because nobody is there.
    Close(Option<Limit>),
    /// Let no new calls begin: it is old.
    Retire,
    /// It is being closed for this.
    Accused(Misconduct),
    /// End the calls in flight.
    EndCalls,
    /// It has something to send.
    Polled,
}

pub struct Due {
    handshake: Duration,
    keepalive_interval: Duration,
    keepalive_timeout: Duration,
    opened: Instant,
    /// When it is told to leave, and when its calls end.
    retire: Option<Instant>,
    end_calls: Option<Instant>,
    grace: Option<Duration>,
    pings: Option<PingPong>,
    /// Since when a PING is unanswered.
    asked: Option<Instant>,
    draining_since: Option<Instant>,
    /// Since when it is being closed for its conduct.
    accused: Option<Instant>,
    alarm: Pin<Box<Sleep>>,
}

/// How long a connection takes calls: a tenth more or less than the limit, so that connections made together do not all end
/// together.
pub fn age(limits: &Limits) -> Option<Duration> {
    let jitter = 0.9 + 0.2 * fastrand::f64();
    limits.connection_age.map(|age| age.mul_f64(jitter))
}

impl Due {
    pub fn new(limits: &Limits, opened: Instant) -> Self {
        let age = age(limits);
        Self {
            handshake: limits.handshake,
            keepalive_interval: limits.keepalive_interval,
            keepalive_timeout: limits.keepalive_timeout,
            opened,
            // From now, not from `opened`: grpc-go takes a GOAWAY that comes with the greeting for a failure.
            retire: age.and_then(|age| Instant::now().checked_add(age)),
            end_calls: None,
            grace: limits.connection_grace,
            pings: None,
            asked: None,
            draining_since: None,
            accused: None,
            alarm: Box::pin(sleep_until(opened)),
        }
    }

    pub fn is_draining(&self) -> bool {
        self.draining_since.is_some()
    }

    /// The connection has sent GOAWAY.
    pub fn drained(&mut self) {
        let now = Instant::now();
        self.draining_since.get_or_insert(now);
        self.retire = None;
        self.alarm.as_mut().reset(now + DRAINING);
    }

    /// Does what is due. Ready if the connection has to be polled again.
    pub fn poll<I>(
        &mut self,
        h2: &mut h2::server::Connection<Watched<I>, Bytes>,
        watch: &Watch,
        calls: usize,
        cx: &mut Context<'_>,
    ) -> Poll<Then>
    where
        I: AsyncRead + AsyncWrite + Unpin,
    {
        let seen = watch.seen();
        if let Some(misconduct) = seen.misconduct
            && self.accused.is_none()
        {
            let now = Instant::now();
            self.accused = Some(now);
            self.alarm.as_mut().reset(now + LAST_WORDS);
            h2.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
            return Poll::Ready(Then::Accused(misconduct));
        }
        if self.asked.is_some()
            && let Some(pings) = &mut self.pings
            && pings.poll_pong(cx).is_ready()
        {
            self.asked = None;
        }
        if let Some(since) = seen.unfinished_since
            && since + self.handshake < self.alarm.deadline()
        {
            self.alarm.as_mut().reset(since + self.handshake);
        }
        while self.alarm.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            if let Some(then) = self.act(h2, watch, calls, now) {
                // In case that is not the end.
                self.alarm.as_mut().reset(now + DRAINING);
                return Poll::Ready(then);
            }
            let next = self.next(watch).max(now + Duration::from_millis(1));
            self.alarm.as_mut().reset(next);
        }
        Poll::Pending
    }

    fn act<I>(
        &mut self,
        h2: &mut h2::server::Connection<Watched<I>, Bytes>,
        watch: &Watch,
        calls: usize,
        now: Instant,
    ) -> Option<Then>
    where
        I: AsyncRead + AsyncWrite + Unpin,
    {
        let seen = watch.seen();
        let is_over = |since: Instant, limit: Duration| now.duration_since(since) >= limit;
        if self.accused.is_some_and(|since| is_over(since, LAST_WORDS)) {
            return Some(Then::Close(None));
        }
        if !seen.has_begun && is_over(self.opened, self.handshake) {
            return Some(Then::Close(Some(Limit::Handshake)));
        }
        if let Some(since) = seen.unfinished_since
            && is_over(since, self.handshake)
        {
            watch.accuse(Misconduct::SlowHeaders);
            return Some(Then::Polled);
        }
        if let Some(since) = self.draining_since {
            let is_silent = !seen.has_begun && is_over(since, FIRST_BYTE_TIMEOUT);
            // Also no stream whose replies the client has not read.
            let is_unused = calls == 0 && !h2.has_streams();
            if is_unused && (is_silent || is_over(since, ANSWER_TIMEOUT)) {
                return Some(Then::Close(None));
            }
        }
        if let Some(since) = seen.blocked_since
            && is_over(since, self.blocked())
        {
            return Some(Then::Close(Some(Limit::Keepalive)));
        }
        if self.end_calls.is_some_and(|end| now >= end) {
            self.end_calls = None;
            return Some(Then::EndCalls);
        }
        if self.retire.is_some_and(|end| now >= end) {
            self.end_calls = self.grace.and_then(|grace| now.checked_add(grace));
            return Some(Then::Retire);
        }
        self.keep_alive(h2, seen.last_read.unwrap_or(self.opened), now)
    }

    /// A client that takes nothing of what is written for as long as this is gone, whatever it sends.
    fn blocked(&self) -> Duration {
        self.keepalive_interval + self.keepalive_timeout
    }

    fn keep_alive<I>(
        &mut self,
        h2: &mut h2::server::Connection<Watched<I>, Bytes>,
        last_read: Instant,
        now: Instant,
    ) -> Option<Then>
    where
        I: AsyncRead + AsyncWrite + Unpin,
    {
        if let Some(since) = self.asked {
            // The answer may be behind other frames.
            let silent = now.duration_since(since.max(last_read));
            let is_over = silent >= self.keepalive_timeout;
            return is_over.then_some(Then::Close(Some(Limit::Keepalive)));
        }
        if now.duration_since(last_read) < self.keepalive_interval {
            return None;
        }
        if self.pings.is_none() {
            self.pings = h2.ping_pong();
        }
        self.pings.as_mut()?.send_ping(Ping::opaque()).ok()?;
        self.asked = Some(now);
        Some(Then::Polled)
    }

    /// When something may be due next.
    fn next(&self, watch: &Watch) -> Instant {
        let seen = watch.seen();
        let alive = match self.asked {
            Some(since) => seen.last_read.unwrap_or(since).max(since) + self.keepalive_timeout,
            None => seen.last_read.unwrap_or(self.opened) + self.keepalive_interval,
        };
        let begun = (!seen.has_begun).then_some(self.opened + self.handshake);
        let finished = seen.unfinished_since.map(|since| since + self.handshake);
        let blocked = seen.blocked_since.map(|since| since + self.blocked());
        let closed = self.accused.map(|since| since + LAST_WORDS);
        let drained = self.draining_since.map(|_| Instant::now() + DRAINING);
        let others = [
            begun,
            finished,
            blocked,
            closed,
            drained,
            self.retire,
            self.end_calls,
        ];
        others.into_iter().flatten().fold(alive, Instant::min)
    }
}
