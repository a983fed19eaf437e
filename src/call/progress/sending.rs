//! The request half of a call.

use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use http::uri::PathAndQuery;

use super::Call;
use super::halves::{Receiving, Sending};
use crate::call::end::End;
use crate::call::request::Head;
use crate::call::{Source, Start};
use crate::framing::{PREFIX, Sent};
use crate::protocol::Wire;
use crate::protocol::connect::Get;
use crate::protocol::web::{encode_text, text_room};
use crate::transport::{HttpVersion, SendHalf};

/// The most that is sent at the end of the requests without waiting for the peer's window, in bytes. h2 holds it if the
/// window is smaller.
const UNRESERVED: usize = 16 << 10;

impl From<Start> for Head {
    fn from(start: Start) -> Self {
        Self {
            path: start.path,
            headers: start.headers,
            deadline: start.deadline,
            wire: start.wire,
            length: None,
            is_get: false,
        }
    }
}

impl<R: Source> Call<R> {
    /// Whether the request has to be here before the call starts.
    pub(super) fn gathers(&self, start: &Start) -> bool {
        let is_http1 = self.connection.http_version() == HttpVersion::Http1;
        self.wire == Wire::ConnectUnary || (is_http1 && start.single_request)
    }

    /// Starts the stream.
    pub(super) fn open(&mut self, head: Head, sending: fn(SendHalf) -> Sending) {
        let length = if head.is_get { Some(0) } else { head.length };
        let end = match head.request(&self.connection) {
            Ok(request) => match self.connection.start(request, length) {
                Ok((response, stream)) => {
                    self.sending = sending(stream);
                    self.receiving = Receiving::Headers(response);
                    return;
                }
                Err(error) => End::from_stream(&error, self.connection.failure().as_ref()),
            },
            Err(error) => End::protocol(format!("cannot send the request: {error}")),
        };
        self.stop(end);
    }

    /// Ends the call with the next event.
    fn stop(&mut self, end: End) {
        self.receiving = Receiving::Stopped(Box::new(end));
    }

    /// Sends what is ready and fits into the window. Ready once messages are sent.
    pub(super) fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Sent> {
        let mut sent = Sent::default();
        loop {
            let ended = match &mut self.sending {
                Sending::Gathering(_) | Sending::Open(_) => self.pack(cx),
                Sending::Ending(_) => true,
                Sending::Ended(_) | Sending::Gone => break,
            };
            if let Some(failure) = self.packer.take_failure() {
                let end = End::bad_input(format!("cannot write a request as JSON: {failure}"));
                self.stop(end);
                break;
            }
            if let Sending::Gathering(_) = self.sending {
                if !ended {
                    break;
                }
                self.open_gathered(&mut sent);
                if matches!(self.sending, Sending::Gone) {
                    // The call has not started.
                    sent = Sent::default();
                }
                continue;
            }
            let wanted = self.unsent_len();
            let (Sending::Open(stream) | Sending::Ending(stream)) = &mut self.sending else {
                break;
            };
            if wanted == 0 {
                if ended {
                    // Fails only if the stream is closed, which the response half reports.
                    let _ = stream.send_data(Bytes::new(), true);
                    self.half_close();
                }
                break;
            }
            if ended {
                self.ending();
            }
            let (Sending::Open(stream) | Sending::Ending(stream)) = &mut self.sending else {
                break;
            };
            // h2 gives a stream capacity only after its headers are sent, but takes data without capacity, too.
            let waits = self.exact_sends || wanted > UNRESERVED || !stream.takes_without_room();
            let room = if ended && !waits {
                wanted
            } else {
                match stream.poll_room(wanted, cx) {
                    Poll::Ready(Some(room)) => room,
                    Poll::Pending => break,
                    // The stream is closed, which the response half reports.
                    Poll::Ready(None) => {
                        self.half_close();
                        break;
                    }
                }
            };
            let data = self.take(room, &mut sent);
            let last = ended && self.packer.is_empty();
            let (Sending::Open(stream) | Sending::Ending(stream)) = &mut self.sending else {
                break;
            };
            if stream.send_data(data, last).is_err() || last {
                self.half_close();
                break;
            }
        }
        if sent.is_empty() {
            Poll::Pending
        } else {
            Poll::Ready(sent)
        }
    }

    /// Packs the requests that are ready. Returns whether they were the last.
    fn pack(&mut self, cx: &mut Context<'_>) -> bool {
        // All of a request that is gathered, however large it is.
        let is_gathering = matches!(self.sending, Sending::Gathering(_));
        while is_gathering || !self.packer.is_full() {
            match self.requests.poll_pack(&mut self.packer, cx) {
                Poll::Ready(true) => {}
                Poll::Ready(false) => return true,
                Poll::Pending => return false,
            }
        }
        false
    }

    /// Starts the stream with the request that is here. Adds it to `sent` if that is all of it.
    fn open_gathered(&mut self, sent: &mut Sent) {
        let Sending::Gathering(start) = std::mem::replace(&mut self.sending, Sending::Gone) else {
            return;
        };
        let (is_get, codec, encoding) = (start.is_get, start.codec(), start.encoding);
        let mut head = Head::from(*start);
        if self.wire != Wire::ConnectUnary {
            head.length = Some(self.unsent_len() as u64);
            return self.open(head, Sending::Ending);
        }
        self.unsent_prefix = self.packer.len().min(PREFIX);
        let length = self.unsent_len();
        if !is_get && length > 0 {
            head.length = Some(length as u64);
            return self.open(head, Sending::Ending);
        }
        head.length = Some(0);
        let message = self.take(usize::MAX, sent);
        if is_get {
            let get = Get {
                codec,
                encoding,
                message: (&*message).into(),
                has_version: true,
            };
            let path = format!("{}?{}", head.path.path(), get.query());
            match PathAndQuery::try_from(path) {
                Ok(path) => head.path = path,
                Err(error) => {
                    let end = End::protocol(format!("cannot send the request: {error}"));
                    return self.stop(end);
                }
            }
            head.is_get = true;
        }
        self.open(head, Sending::Ended);
    }

    /// How many bytes there are to send, as they are sent.
    fn unsent_len(&self) -> usize {
        let len = self.packer.len() - self.unsent_prefix;
        match self.wire {
            Wire::WebText => len.div_ceil(3) * 4,
            _ => len,
        }
    }

    /// Takes bytes to send for which there is room.
    fn take(&mut self, room: usize, sent: &mut Sent) -> Bytes {
        match self.wire {
            // Only the end is padded, if it can be. A little more than there is room for waits in h2.
            Wire::WebText => {
                let data = self.packer.take(text_room(room).max(3), sent);
                encode_text(&data)
            }
            Wire::ConnectUnary => {
                let prefix = std::mem::take(&mut self.unsent_prefix);
                let mut data = self.packer.take(room.saturating_add(prefix), sent);
                data.advance(prefix.min(data.len()));
                data
            }
            _ => self.packer.take(room, sent),
        }
    }

    /// Marks that no more messages follow, while bytes of the last ones wait.
    fn ending(&mut self) {
        self.sending = match std::mem::replace(&mut self.sending, Sending::Gone) {
            Sending::Open(stream) => Sending::Ending(stream),
            other => other,
        };
    }

    fn half_close(&mut self) {
        self.sending = match std::mem::replace(&mut self.sending, Sending::Gone) {
            Sending::Open(stream) | Sending::Ending(stream) => Sending::Ended(stream),
            other => other,
        };
    }
}
