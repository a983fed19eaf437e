//! A call in progress. Polling it drives both directions: requests are sent as fast as the peer's window allows, replies
//! are received as fast as they are taken, and a reset can be sent at any moment.

mod deadline;
mod halves;
mod receiving;
mod sending;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::StatusCode;
use tokio::time::{Sleep, sleep_until};

use self::halves::{Lost, Receiving, Sending};
use self::receiving::Received;
use super::end::{End, Over};
use super::text::Text;
use super::{Event, Source, Start};
use crate::framing::{Cutter, Packer, Transcoder};
use crate::protocol::{Codec, Protocol, Wire};
use crate::transport::{Connection, OpenCall};

/// A call. Dropping it before its end cancels it (RST_STREAM, or the end of a connection of HTTP/1.1), even if the peer's
/// window is full.
pub struct Call<R> {
    requests: R,
    sending: Sending,
    packer: Packer,
    /// How many of the next bytes of the packer are not sent: a message without a frame has no prefix.
    unsent_prefix: usize,
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
    wire: Wire,
    /// The response is base64.
    text: Option<Text>,
    transcoder: Option<Arc<dyn Transcoder>>,
    /// That of the response, once it is here.
    http_status: Option<StatusCode>,
    /// How the stream has failed, found while no event could be handled.
    lost: Option<Lost>,
}

impl<R: Source> Call<R> {
    /// Starts a call. When this returns, its headers are queued, unless they have to wait for the request, or it has already
    /// ended.
    pub fn start(connection: &Connection, start: Start, requests: R) -> Self {
        let mut call = Self {
            requests,
            sending: Sending::Gone,
            packer: Packer::new(start.encoding).in_form(start.transcoder.clone()),
            unsent_prefix: 0,
            receiving: Receiving::Waiting,
            cutter: Cutter::new(start.max_message_size),
            replies: 0,
            has_received: false,
            deadline: start.deadline.map(|at| Box::pin(sleep_until(at))),
            connection: connection.open_call(),
            max_message_size: start.max_message_size,
            single_reply: start.single_reply,
            exact_sends: start.exact_sends,
            wire: start.wire,
            text: None,
            transcoder: start.transcoder.clone(),
            http_status: None,
            lost: None,
        };
        if let Some(flag) = call.wire.end_flag() {
            call.cutter.set_end_flag(flag);
        }
        if call.gathers(&start) {
            call.sending = Sending::Gathering(Box::new(start));
        } else {
            call.open(start.into(), Sending::Open);
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
            return Poll::Ready(Some(self.at_deadline()));
        }
        Poll::Pending
    }

    /// The next reply of a stream, if it arrived together with the last one. [`Call::take_at_hand`] takes it; otherwise
    /// [`Call::next`] returns it. Unlike that, this neither sends anything nor counts a reference.
    pub fn at_hand(&mut self) -> Option<&[u8]> {
        let is_as_it_is = !self.single_reply && self.transcoder.is_none();
        if !is_as_it_is || !matches!(self.receiving, Receiving::Messages(..)) {
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

    /// Whether requests taken from the stream are not sent yet.
    pub fn has_unsent(&self) -> bool {
        !self.packer.is_empty()
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        loop {
            // What arrived may have opened the window. The server gets more to do before its replies are handled.
            if std::mem::take(&mut self.has_received)
                && !self.sending.is_over()
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
            if !self.sending.is_over()
                && let Poll::Ready(sent) = self.poll_send(cx)
            {
                return Poll::Ready(Some(Event::Sent(sent)));
            }
            match ready!(self.poll_receive(cx)) {
                Received::Event(event) => return Poll::Ready(Some(event)),
                Received::Part => {}
                Received::End => return Poll::Ready(None),
            }
        }
    }
}

impl<R> Call<R> {
    /// Cancels the call, unless it is over: the server sees RST_STREAM(CANCEL), or the end of the connection. No event
    /// follows.
    pub fn cancel(&mut self) {
        self.reset();
        self.receiving = Receiving::Ended(None);
    }

    /// Ends the call, and resets what is still open of its stream.
    fn end(&mut self, mut end: End) -> Event {
        if self.wire.protocol() != Protocol::Grpc {
            end.over = Some(Over {
                protocol: self.wire.protocol(),
                http_version: self.connection.http_version(),
                http_status: self.http_status,
            });
        }
        self.reset();
        self.receiving = Receiving::Ended(None);
        self.cutter = Cutter::new(0);
        Event::Ended(Box::new(end))
    }

    fn codec(&self) -> Codec {
        match self.transcoder {
            None => Codec::Proto,
            Some(_) => Codec::Json,
        }
    }

    /// Data of the response is here.
    fn arrived(&mut self, data: Bytes) {
        let data = match &mut self.text {
            Some(text) => text.decode(&data),
            None => data,
        };
        self.cutter.push(data);
    }

    /// Resets the stream. If both halves are closed, h2 sends nothing.
    fn reset(&mut self) {
        match std::mem::replace(&mut self.sending, Sending::Gone) {
            Sending::Open(mut stream)
            | Sending::Ending(mut stream)
            | Sending::Ended(mut stream) => stream.reset(),
            Sending::Gathering(_) | Sending::Gone => {}
        }
    }
}

impl<R> Drop for Call<R> {
    fn drop(&mut self) {
        self.reset();
    }
}
