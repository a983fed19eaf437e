//! The response half of a call.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, Response, StatusCode, header};
use tonic::Code;
use tonic::metadata::MetadataMap;

use super::Call;
use super::deadline::is_error;
use super::halves::{Receiving, Sending};
use crate::call::end::{End, Origin, Processed, STATUS, STATUS_FIELDS};
use crate::call::last::Last;
use crate::call::page::Page;
use crate::call::request::answers;
use crate::call::text::Text;
use crate::call::unary::Unary;
use crate::call::{Event, Source};
use crate::protocol::connect::{read_end, split_trailers};
use crate::protocol::web::{BadText, read_trailers};
use crate::protocol::{Codec, Protocol, Wire};
use crate::transport::{Body, StreamError};

/// This many bytes are given back to the peer's window at once, fewer with the next chunk.
const GIVE_BACK: usize = 64 << 10;

/// What was received.
pub enum Received {
    Event(Event),
    /// Not an event yet: poll again.
    Part,
    /// The call is over.
    End,
}

impl<R: Source> Call<R> {
    /// A message that was cut out of the response.
    pub(super) fn message(&mut self, message: Bytes) -> Event {
        self.received();
        if self.single_reply && self.replies > 1 {
            return self.end(End::cardinality("more than one"));
        }
        let Some(transcoder) = &self.transcoder else {
            return Event::Message(message);
        };
        match transcoder.read(&message) {
            Ok(message) => Event::Message(message),
            Err(why) => self.end(End::protocol(format!(
                "the server's message is not valid JSON of its type: {why}"
            ))),
        }
    }

    pub(super) fn received(&mut self) {
        if self.cutter.consumed() >= GIVE_BACK {
            self.give_back();
        }
        self.replies += 1;
    }

    fn give_back(&mut self) {
        let consumed = self.cutter.take_consumed();
        if let Receiving::Messages(body, _) = &mut self.receiving {
            body.release_capacity(consumed);
        }
    }

    pub(super) fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
        let event = match &mut self.receiving {
            Receiving::Waiting => return Poll::Pending,
            Receiving::Ended(end) => {
                let end = end.take().map(Event::Ended);
                return Poll::Ready(end.map_or(Received::End, Received::Event));
            }
            Receiving::Headers(response) => match ready!(response.poll(cx)) {
                Ok(response) => self.respond(response),
                Err(error) => Some(self.fail(&error)),
            },
            Receiving::Messages(..) => return self.poll_messages(cx),
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
            Receiving::Last(last) => {
                if let Some(data) = ready!(last.poll(cx)) {
                    // The cutter has taken the last frame, and refuses what follows it.
                    self.arrived(data);
                    let damaged = self.damage(Text::bad).map(Received::Event);
                    return Poll::Ready(damaged.unwrap_or(Received::Part));
                }
                let end = std::mem::replace(&mut last.end, Box::new(End::cancelled()));
                Some(self.finish(*end))
            }
            Receiving::Status(body, _) => match ready!(body.poll_data(cx)) {
                // Frames may be empty.
                Some(Ok(data)) if data.is_empty() => None,
                Some(Ok(data)) => self.after_status(Some(data)),
                Some(Err(error)) => Some(self.fail(&error)),
                None => self.after_status(None),
            },
            Receiving::Unary(unary) => match ready!(unary.poll(cx)) {
                Ok((reply, end)) => {
                    self.receiving = Receiving::Closing(Box::new(end));
                    reply.map(|reply| self.message(reply))
                }
                Err(error) => Some(self.fail(&error)),
            },
            Receiving::Closing(_) | Receiving::Stopped(_) => {
                match std::mem::replace(&mut self.receiving, Receiving::Ended(None)) {
                    Receiving::Closing(end) => Some(self.close(*end)),
                    Receiving::Stopped(end) => Some(self.end(*end)),
                    _ => None,
                }
            }
            Receiving::Page(page) => {
                let answer = ready!(page.poll(cx));
                let end = End::other_answer(self.wire.protocol(), answer);
                Some(self.end(end))
            }
        };
        Poll::Ready(event.map_or(Received::Part, Received::Event))
    }

    /// Receives more messages, or what follows them.
    fn poll_messages(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
        if self.wire != Wire::Grpc
            && let Some(received) = self.last_frame()
        {
            return Poll::Ready(received);
        }
        if let Some(lost) = self.lost.take() {
            return Poll::Ready(Received::Event(self.fail_at(&lost.error, lost.is_late)));
        }
        let overhead = self.text.as_mut().map_or(0, Text::take_overhead);
        let Receiving::Messages(body, status) = &mut self.receiving else {
            return Poll::Ready(Received::Part);
        };
        let status = *status;
        let given_back = self.cutter.take_consumed() + self.cutter.take_incomplete() + overhead;
        if given_back > 0 {
            body.release_capacity(given_back);
        }
        Poll::Ready(match ready!(body.poll_data(cx)) {
            Some(Ok(data)) => {
                self.arrived(data);
                self.has_received = true;
                Received::Part
            }
            Some(Err(error)) => Received::Event(self.fail(&error)),
            None if self.wire != Wire::Grpc => Received::Event(self.unended(status)),
            None => {
                if let Receiving::Messages(body, _) =
                    std::mem::replace(&mut self.receiving, Receiving::Ended(None))
                {
                    self.receiving = Receiving::Trailers(body, status);
                }
                Received::Part
            }
        })
    }

    /// Reads the frame that ends the response, if it is here.
    fn last_frame(&mut self) -> Option<Received> {
        if let Some(damaged) = self.damage(Text::bad) {
            return Some(Received::Event(damaged));
        }
        let frame = match self.cutter.take_end() {
            Ok(frame) => frame?,
            Err(bad) => {
                let end = End::bad_frame(bad, self.max_message_size);
                return Some(Received::Event(self.end(end)));
            }
        };
        let Receiving::Messages(body, status) =
            std::mem::replace(&mut self.receiving, Receiving::Ended(None))
        else {
            return None;
        };
        let end = match self.wire.protocol() {
            Protocol::Connect => match read_end(&frame) {
                Ok(end) => End::from_connect(end.error.as_ref(), end.trailers),
                Err(bad) => End::protocol(format!("the server's answer is damaged: {bad}")),
            },
            Protocol::Grpc | Protocol::GrpcWeb => match read_trailers(&frame) {
                Ok(trailers) => End::from_trailers(trailers, status),
                Err(bad) => End::protocol(format!("the server's answer is damaged: {bad}")),
            },
        };
        self.receiving = Receiving::Last(Last::new(body, Box::new(end)));
        Some(Received::Part)
    }

    /// The end of the call if the response is base64 with something wrong.
    fn damage(&mut self, wrong: fn(&Text) -> Option<BadText>) -> Option<Event> {
        let bad = self.text.as_ref().and_then(wrong)?;
        let end = End::protocol(format!("the server's answer is damaged: {bad}"));
        Some(self.end(end))
    }

    /// The end that was read counts, unless something bad follows it.
    pub(super) fn finish(&mut self, end: End) -> Event {
        self.damage(Text::bad_end)
            .unwrap_or_else(|| self.close(end))
    }

    /// The response has ended without the frame that ends it.
    fn unended(&mut self, status: StatusCode) -> Event {
        if let Some(damaged) = self.damage(Text::bad_end) {
            return damaged;
        }
        let end = if !self.cutter.is_at_boundary() {
            End::protocol("the server ended the call in the middle of a message")
        } else if self.wire.protocol() == Protocol::Connect {
            End::protocol("the server ended the stream without a message that ends it")
        } else {
            End::without_status(status)
        };
        self.close(end)
    }

    /// Handles the response headers. Returns an event if there is one already.
    fn respond(&mut self, response: Response<Body>) -> Option<Event> {
        let (head, body) = response.into_parts();
        self.http_status = Some(head.status);
        let content_type = head.headers.get(header::CONTENT_TYPE);
        let codec = self.codec();
        let answer = content_type.and_then(|it| answers(it, self.wire, codec));
        self.text = (answer == Some(Wire::WebText)).then(Text::default);
        let has_status = head.headers.contains_key(STATUS);
        let is_ok = head.status == StatusCode::OK;
        match self.wire {
            // Trailers-Only: the status is in the headers, and nothing follows them.
            Wire::Grpc if answer.is_some() && body.is_end_stream() && (is_ok || has_status) => {
                let end = End::from_trailers(head.headers, head.status);
                return Some(self.close(end));
            }
            // One that is not 200 is no success, whatever the status says. An error says more than it.
            Wire::Web | Wire::WebText
                if answer.is_some() && has_status && (is_ok || is_error(&head)) =>
            {
                self.receiving = Receiving::Status(body, Box::new(head));
                return None;
            }
            Wire::ConnectUnary
                if (is_ok && answer.is_some()) || (!is_ok && is_json(&head.headers)) => {}
            _ if is_ok && answer.is_some() => {}
            _ => {
                let content_type = content_type
                    .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
                let page = Page::new(body, head.status, content_type);
                self.receiving = Receiving::Page(Box::new(page));
                return None;
            }
        }
        Some(self.accept(head, body))
    }

    /// The headers of a response of gRPC-Web have its status. It counts if there is no body (connectconformance,
    /// "trailers-only/ignore-header-if-body-present"), or if HTTP's status says that there are no replies in it.
    fn after_status(&mut self, data: Option<Bytes>) -> Option<Event> {
        let Receiving::Status(body, mut head) =
            std::mem::replace(&mut self.receiving, Receiving::Ended(None))
        else {
            return None;
        };
        let Some(data) = data.filter(|_| head.status == StatusCode::OK) else {
            let end = End::from_trailers(head.headers, head.status);
            return Some(self.close(end));
        };
        for field in STATUS_FIELDS {
            head.headers.remove(field);
        }
        let event = self.accept(*head, body);
        if let Receiving::Messages(..) = self.receiving {
            self.arrived(data);
            self.has_received = true;
        }
        Some(event)
    }

    /// Goes on with the body of a response that looks as it should.
    fn accept(&mut self, mut head: Parts, body: Body) -> Event {
        let Ok(encoding) = self.wire.encoding(&head.headers) else {
            let name = head.headers.get(self.wire.encoding_header());
            let end = End::protocol(format!(
                "the server uses the encoding {:?}, which was not offered",
                name.map(|name| String::from_utf8_lossy(name.as_bytes()))
                    .unwrap_or_default()
            ));
            return self.end(end);
        };
        if self.wire == Wire::ConnectUnary {
            let trailers = split_trailers(&mut head.headers);
            let limit = self.max_message_size;
            let unary = Unary::new(body, head.status, &head.headers, trailers, encoding, limit);
            self.receiving = Receiving::Unary(Box::new(unary));
        } else {
            if let Some(encoding) = encoding {
                self.cutter.set_encoding(encoding);
            }
            self.receiving = Receiving::Messages(body, head.status);
        }
        let metadata = MetadataMap::from_headers(head.headers);
        Event::Headers(Box::new(metadata))
    }

    /// The server ended the stream. Its status counts if the replies before it are complete.
    pub(super) fn close(&mut self, mut end: End) -> Event {
        if let Sending::Ended(_) = self.sending {
            // Both halves are closed, so there is nothing to reset.
            self.sending = Sending::Gone;
        }
        if end.code == Code::Unimplemented
            && end.origin == Origin::Server
            && let Some(encoding) = self.packer.encoding()
        {
            // grpc-go does not say what it accepts.
            let accepted = end
                .metadata
                .get(self.wire.accept_encoding_header().as_str());
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

    fn fail(&mut self, error: &StreamError) -> Event {
        self.fail_at(error, self.is_expired())
    }

    /// The stream has failed. What the server does late is because of the deadline.
    fn fail_at(&mut self, error: &StreamError, is_late: bool) -> Event {
        if self.connection.is_unanswered() {
            return self.end(End::unanswered());
        }
        let mut end = End::from_stream(error, self.connection.failure().as_ref());
        // A server that has answered has acted on the call, whatever it says later.
        if let Origin::Connection(processed) = &mut end.origin
            && !matches!(self.receiving, Receiving::Headers(_))
        {
            *processed = Processed::Unknown;
        }
        let is_given_up = (error.is_remote_reset()
            && matches!(end.code, Code::Cancelled | Code::Unknown))
            || error.is_http1_loss();
        if is_given_up && is_late {
            end = End::deadline();
        }
        self.end(end)
    }
}

/// Whether a response has the content type of Connect's errors.
fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    let found = content_type.and_then(Wire::of_content_type);
    found == Some((Wire::ConnectUnary, Codec::Json))
}
