//! The deadline of a call. An end that was read before it counts, though the call is not over.

use std::future::{Future as _, poll_fn};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::response::Parts;
use tokio::time::Instant;
use tonic::Code;

use super::Call;
use super::halves::{Lost, Receiving};
use crate::call::end::{End, STATUS};
use crate::call::{Event, Source};

/// A server may act on the deadline a little before the client does. Timers have a resolution of a millisecond.
const SERVER_AHEAD: Duration = Duration::from_millis(5);

/// The most that is held of a response of HTTP/1.1, in bytes, as much as the window of a stream of HTTP/2.
const HELD: usize = 1 << 20;

impl<R: Source> Call<R> {
    /// Until the deadline, takes data from the stream while no event can be handled: small frames cost much more memory in h2
    /// than their bytes, and the end of the call may be here before the deadline, which then no longer applies. The data counts
    /// against the window until its messages are handled, which bounds it. HTTP/1.1 has no window, so there it has a limit.
    pub async fn hold(&mut self) {
        poll_fn(|cx| {
            if self.take_data(cx) {
                return Poll::Pending;
            }
            ready!(self.poll_deadline(cx));
            if self.has_end() {
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
    }

    /// Takes what has arrived. Returns whether the stream has ended, which is found again when events are handled.
    fn take_data(&mut self, cx: &mut Context<'_>) -> bool {
        while let Receiving::Messages(body, _) = &mut self.receiving {
            if self.lost.is_some() {
                return true;
            }
            if !body.has_window() && self.cutter.len() >= HELD {
                return false;
            }
            match body.poll_data(cx) {
                Poll::Ready(Some(Ok(data))) => self.arrived(data),
                Poll::Ready(Some(Err(error))) => {
                    let is_late = self.is_expired();
                    self.lost = Some(Lost { error, is_late });
                }
                Poll::Ready(None) => return true,
                Poll::Pending => return false,
            }
        }
        false
    }

    /// Whether how the call ends is known, though its events are not handled.
    fn has_end(&self) -> bool {
        match &self.receiving {
            Receiving::Messages(..) => self.cutter.holds_end(),
            Receiving::Status(_, head) => is_error(head),
            Receiving::Last(_)
            | Receiving::Page(_)
            | Receiving::Closing(_)
            | Receiving::Stopped(_) => true,
            _ => false,
        }
    }

    /// Ends the call because its deadline has passed: with what was read of its end, if that decides it.
    pub(super) fn at_deadline(&mut self) -> Event {
        match std::mem::replace(&mut self.receiving, Receiving::Ended(None)) {
            Receiving::Last(last) => self.finish(*last.end),
            Receiving::Status(_, head) if is_error(&head) => {
                self.close(End::from_trailers(head.headers, head.status))
            }
            Receiving::Page(mut page) => {
                let end = End::other_answer(self.wire.protocol(), page.take());
                self.end(end)
            }
            _ => self.end(End::deadline()),
        }
    }

    pub(super) fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.deadline {
            Some(deadline) => deadline.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }
}

impl<R> Call<R> {
    /// Whether the server may have acted on the deadline already.
    pub(super) fn is_expired(&self) -> bool {
        let deadline = self.deadline.as_ref().map(|timer| timer.deadline());
        deadline.is_some_and(|deadline| deadline <= Instant::now() + SERVER_AHEAD)
    }
}

/// Whether the status in headers is an error. That decides a call before the end of its stream; OK does not, because messages
/// may follow.
pub fn is_error(head: &Parts) -> bool {
    let status = head.headers.get(STATUS);
    status.is_some_and(|status| Code::from_bytes(status.as_bytes()) != Code::Ok)
}
