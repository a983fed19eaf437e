//! A call in progress. Polling it drives both directions: requests are sent as fast as the peer's window allows, replies
//! are received as fast as they are taken, and a reset can be sent at any moment.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{Reason, RecvStream, SendStream};
use http::{Response, StatusCode, header};
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::Code;
use tonic::metadata::MetadataMap;

use super::end::{End, Origin, Processed, STATUS};
use super::page::Page;
use super::request::{ACCEPT_ENCODING, ENCODING, is_grpc, request};
use super::{Event, Source, Start};
use crate::framing::{Cutter, Encoding, Packer, Sent};
use crate::transport::{Connection, OpenCall};

/// A server may act on the deadline a little before the client does. Timers have a resolution of a millisecond.
const SERVER_AHEAD: Duration = Duration::from_millis(5);

/// This many bytes are given back to the peer's window at once, fewer with the next chunk.
const GIVE_BACK: usize = 64 << 10;

/// The most that is sent at the end of the requests without waiting for the peer's window, in bytes. h2 holds it if the
/// window is smaller.
const UNRESERVED: usize = 16 << 10;

/// A call. Dropping it before its end cancels it (RST_STREAM), even if the peer's window is full.
pub struct Call<R> {
    requests: R,
    sending: Sending,
    packer: Packer,
    receiving: Receiving,
    cutter: Cutter,
    replies: u64,
    /// A DATA frame has arrived since the last attempt to send.
    has_received: bool,
    deadline: Option<Pin<Box<Sleep>>>,
    connection: OpenCall,
    max_message_size: usize,
    single_reply: bool,
    exact_sends: bool,
}

/// The request half of the stream.
enum Sending {
    /// Messages may follow.
    Open(SendStream<Bytes>),
    /// The last bytes wait for the peer's window.
    Ending(SendStream<Bytes>),
    /// Half-closed. The handle is kept to reset the stream.
    Ended(SendStream<Bytes>),
    /// Closed or reset.
    Gone,
}

/// The response half.
enum Receiving {
    Headers(ResponseFuture),
    Messages(RecvStream, StatusCode),
    Trailers(RecvStream, StatusCode),
    Page(Box<Page>),
    /// The call is over. Holds its end until that is returned.
    Ended(Option<Box<End>>),
}

/// What was received.
enum Received {
    Event(Event),
    /// Not an event yet: poll again.
    Part,
    /// The call is over.
    End,
}

impl<R: Source> Call<R> {
    /// Starts a call. When this returns, its headers are queued, or it has already ended.
    pub fn start(connection: &Connection, start: Start, requests: R) -> Self {
        let mut call = Self {
            requests,
            sending: Sending::Gone,
            packer: Packer::new(start.encoding),
            receiving: Receiving::Ended(None),
            cutter: Cutter::new(start.max_message_size),
            replies: 0,
            has_received: false,
            deadline: start.deadline.map(|at| Box::pin(sleep_until(at))),
            connection: connection.open_call(),
            max_message_size: start.max_message_size,
            single_reply: start.single_reply,
            exact_sends: start.exact_sends,
        };
        match request(connection, start) {
            Ok(request) => match call.connection.start(request) {
                Ok((response, stream)) => {
                    call.sending = Sending::Open(stream);
                    call.receiving = Receiving::Headers(response);
                }
                Err(error) => {
                    let end = End::from_h2(&error, call.connection.failure().as_ref());
                    call.receiving = Receiving::Ended(Some(Box::new(end)));
                }
            },
            Err(error) => {
                let end = End::protocol(format!("cannot send the request: {error}"));
                call.receiving = Receiving::Ended(Some(Box::new(end)));
            }
        }
        call
    }

    /// The next event; `None` after the end.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// As [`Call::next`].
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        if let Poll::Ready(event) = self.poll_event(cx) {
            return Poll::Ready(event);
        }
        // Checked last, so that events from before the deadline are not lost.
        if self.poll_deadline(cx).is_ready() {
            return Poll::Ready(Some(self.end(End::deadline())));
        }
        Poll::Pending
    }

    /// The next reply of a stream, if it arrived together with the last one. [`Call::take_at_hand`] takes it; otherwise
    /// [`Call::next`] returns it. Unlike that, this neither sends anything nor counts a reference.
    pub fn at_hand(&mut self) -> Option<&[u8]> {
        if self.single_reply || !matches!(self.receiving, Receiving::Messages(..)) {
            return None;
        }
        // [`Call::next`] reports a bad frame.
        self.cutter.peek().ok().flatten()
    }

    /// Takes the reply that [`Call::at_hand`] has returned.
    pub fn take_at_hand(&mut self) {
        self.cutter.skip();
        self.received();
    }

    /// Until the deadline, takes data from h2 while no event can be handled, because small frames cost much more memory in
    /// h2 than their bytes. The data counts against the window until its messages are handled, which bounds it.
    pub async fn hold(&mut self) {
        poll_fn(|cx| {
            while let Receiving::Messages(body, _) = &mut self.receiving {
                match body.poll_data(cx) {
                    Poll::Ready(Some(Ok(data))) => self.cutter.push(data),
                    // The end is found again when events are handled. The call is over on the wire, so the deadline no
                    // longer applies.
                    Poll::Ready(_) => return Poll::Pending,
                    Poll::Pending => break,
                }
            }
            self.poll_deadline(cx)
        })
        .await;
    }

    /// Whether requests taken from the stream are not sent yet.
    pub fn has_unsent(&self) -> bool {
        !self.packer.is_empty()
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        loop {
            // What arrived may have opened the window. The server gets more to do before its replies are handled.
            if std::mem::take(&mut self.has_received)
                && let Poll::Ready(sent) = self.poll_send(cx)
            {
                return Poll::Ready(Some(Event::Sent(sent)));
            }
            match self.cutter.next() {
                Ok(Some(message)) => return Poll::Ready(Some(self.message(message))),
                Ok(None) => {}
                Err(bad) => {
                    let end = End::bad_frame(bad, self.max_message_size);
                    return Poll::Ready(Some(self.end(end)));
                }
            }
            if let Poll::Ready(sent) = self.poll_send(cx) {
                return Poll::Ready(Some(Event::Sent(sent)));
            }
            match ready!(self.poll_receive(cx)) {
                Received::Event(event) => return Poll::Ready(Some(event)),
                Received::Part => {}
                Received::End => return Poll::Ready(None),
            }
        }
    }

    fn message(&mut self, message: Bytes) -> Event {
        self.received();
        if self.single_reply && self.replies > 1 {
            return self.end(End::cardinality("more than one"));
        }
        Event::Message(message)
    }

    fn received(&mut self) {
        if self.cutter.consumed() >= GIVE_BACK {
            self.give_back();
        }
        self.replies += 1;
    }

    /// Sends what is ready and fits into the window. Ready once messages are sent.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Sent> {
        let mut sent = Sent::default();
        loop {
            let ended = match &mut self.sending {
                Sending::Open(_) => self.pack(cx),
                Sending::Ending(_) => true,
                Sending::Ended(_) | Sending::Gone => break,
            };
            let (Sending::Open(stream) | Sending::Ending(stream)) = &mut self.sending else {
                break;
            };
            let wanted = self.packer.len();
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
            let room = if ended && !self.exact_sends && wanted <= UNRESERVED {
                wanted
            } else {
                stream.reserve_capacity(wanted);
                match stream.capacity() {
                    0 => match stream.poll_capacity(cx) {
                        Poll::Ready(Some(Ok(room))) => room,
                        Poll::Pending => break,
                        // The stream is closed, which the response half reports.
                        Poll::Ready(_) => {
                            self.half_close();
                            break;
                        }
                    },
                    room => room,
                }
            };
            let data = self.packer.take(room, &mut sent);
            let last = ended && self.packer.is_empty();
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
        while !self.packer.is_full() {
            match self.requests.poll_pack(&mut self.packer, cx) {
                Poll::Ready(true) => {}
                Poll::Ready(false) => return true,
                Poll::Pending => return false,
            }
        }
        false
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

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
        let event = match &mut self.receiving {
            Receiving::Ended(end) => {
                let end = end.take().map(Event::Ended);
                return Poll::Ready(end.map_or(Received::End, Received::Event));
            }
            Receiving::Headers(response) => match ready!(Pin::new(response).poll(cx)) {
                Ok(response) => self.respond(response),
                Err(error) => Some(self.fail(&error)),
            },
            Receiving::Messages(body, status) => {
                let given_back = self.cutter.take_consumed() + self.cutter.take_incomplete();
                if given_back > 0 {
                    // Fails only if the stream is closed.
                    let _ = body.flow_control().release_capacity(given_back);
                }
                match ready!(body.poll_data(cx)) {
                    Some(Ok(data)) => {
                        self.cutter.push(data);
                        self.has_received = true;
                        None
                    }
                    Some(Err(error)) => Some(self.fail(&error)),
                    None => {
                        let status = *status;
                        if let Receiving::Messages(body, _) =
                            std::mem::replace(&mut self.receiving, Receiving::Ended(None))
                        {
                            self.receiving = Receiving::Trailers(body, status);
                        }
                        None
                    }
                }
            }
            Receiving::Trailers(body, status) => match ready!(body.poll_trailers(cx)) {
                Ok(Some(trailers)) => {
                    let end = End::from_trailers(trailers, *status);
                    Some(self.close(end))
                }
                Ok(None) => {
                    let end = End::without_status(*status);
                    Some(self.close(end))
                }
                Err(error) => Some(self.fail(&error)),
            },
            Receiving::Page(page) => {
                let answer = ready!(page.poll(cx));
                Some(self.end(End::not_grpc(answer)))
            }
        };
        Poll::Ready(event.map_or(Received::Part, Received::Event))
    }

    /// Handles the response headers. Returns an event if there is one already.
    fn respond(&mut self, response: Response<RecvStream>) -> Option<Event> {
        let (head, body) = response.into_parts();
        let content_type = head.headers.get(header::CONTENT_TYPE);
        let is_grpc = content_type.is_some_and(is_grpc);
        // Trailers-Only: the status is in the headers, and nothing follows them.
        if is_grpc
            && body.is_end_stream()
            && (head.status == StatusCode::OK || head.headers.contains_key(STATUS))
        {
            let end = End::from_trailers(head.headers, head.status);
            return Some(self.close(end));
        }
        if !is_grpc || head.status != StatusCode::OK {
            let content_type =
                content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            let page = Page::new(body, head.status, content_type);
            self.receiving = Receiving::Page(Box::new(page));
            return None;
        }
        let encoding = head.headers.get(ENCODING);
        if let Some(name) = encoding.filter(|encoding| *encoding != "identity") {
            let Some(encoding) = Encoding::named(name.as_bytes()) else {
                let end = End::protocol(format!(
                    "the server uses the encoding {name:?}, which was not offered"
                ));
                return Some(self.end(end));
            };
            self.cutter.set_encoding(encoding);
        }
        self.receiving = Receiving::Messages(body, head.status);
        let metadata = MetadataMap::from_headers(head.headers);
        Some(Event::Headers(Box::new(metadata)))
    }

    /// The server ended the stream. Its status counts if the replies before it are complete.
    fn close(&mut self, mut end: End) -> Event {
        if let Sending::Ended(_) = self.sending {
            // Both halves are closed, so there is nothing to reset.
            self.sending = Sending::Gone;
        }
        if end.code == Code::Unimplemented
            && let Some(encoding) = self.packer.encoding()
        {
            // grpc-go does not say what it accepts.
            let accepted = end.metadata.get(ACCEPT_ENCODING.as_str());
            let accepted = accepted.map_or("", |value| value.to_str().unwrap_or_default());
            let mut accepted = accepted.split(',');
            if !accepted.any(|name| encoding.header() == *name.trim()) {
                end.origin = Origin::Encoding;
            }
        }
        if end.code == Code::Ok {
            if !self.cutter.is_at_boundary() {
                let end =
                    End::protocol("the server ended the call with OK in the middle of a message");
                return self.end(end);
            }
            if self.single_reply && self.replies == 0 {
                return self.end(End::cardinality("none"));
            }
        }
        // Servers built on tonic say CANCELLED when the deadline expires.
        if end.code == Code::Cancelled && self.is_expired() {
            return self.end(End::deadline());
        }
        self.end(end)
    }

    fn fail(&mut self, error: &h2::Error) -> Event {
        if self.connection.is_unanswered() {
            return self.end(End::unanswered());
        }
        let mut end = End::from_h2(error, self.connection.failure().as_ref());
        // A server that has answered has acted on the call, whatever it says later.
        if let Origin::Connection(processed) = &mut end.origin
            && !matches!(self.receiving, Receiving::Headers(_))
        {
            *processed = Processed::Unknown;
        }
        let is_reset = error.is_reset() && error.is_remote();
        if is_reset && matches!(end.code, Code::Cancelled | Code::Unknown) && self.is_expired() {
            end = End::deadline();
        }
        self.end(end)
    }

    /// Whether the server may have acted on the deadline already.
    fn is_expired(&self) -> bool {
        let deadline = self.deadline.as_ref().map(|timer| timer.deadline());
        deadline.is_some_and(|deadline| deadline <= Instant::now() + SERVER_AHEAD)
    }

    /// Ends the call, and resets what is still open of its stream.
    fn end(&mut self, end: End) -> Event {
        self.reset();
        self.receiving = Receiving::Ended(None);
        self.cutter = Cutter::new(0);
        Event::Ended(Box::new(end))
    }

    fn give_back(&mut self) {
        let consumed = self.cutter.take_consumed();
        if let Receiving::Messages(body, _) = &mut self.receiving {
            let _ = body.flow_control().release_capacity(consumed);
        }
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.deadline {
            Some(deadline) => deadline.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }
}

impl<R> Call<R> {
    /// Cancels the call, unless it is over: the server sees RST_STREAM(CANCEL). No event follows.
    pub fn cancel(&mut self) {
        self.reset();
        self.receiving = Receiving::Ended(None);
    }

    /// Resets the stream. If both halves are closed, h2 sends nothing.
    fn reset(&mut self) {
        match std::mem::replace(&mut self.sending, Sending::Gone) {
            Sending::Open(mut stream)
            | Sending::Ending(mut stream)
            | Sending::Ended(mut stream) => {
                stream.send_reset(Reason::CANCEL);
            }
            Sending::Gone => {}
        }
    }
}

impl<R> Drop for Call<R> {
    fn drop(&mut self) {
        self.reset();
    }
}
