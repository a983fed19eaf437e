//! The response to a call: its headers, its messages and its status.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use tonic::{Code, Status};

use super::form::Form;
use super::share::{Share, Total};
use super::stream::{Respond, ResponseStream};
use super::{Stop, in_protocol, without_prefixes};
use crate::framing::{COMPRESSED, PREFIX, Packer, Sent, Transcoder};
use crate::protocol::connect::{http_status, join_trailers, write_end, write_error};
use crate::protocol::web::{encode_text, text_room, write_trailers};
use crate::protocol::{Codec, Wire};
use crate::server::protocols::Protocols;

/// The name of the status in trailers.
pub const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");

const OK: HeaderValue = HeaderValue::from_static("0");

/// When a connection has so many bytes of replies that its client does not let through, each of its calls makes one reply
/// at a time.
const BACKLOG: usize = 32 << 10;

pub struct Replies {
    respond: Respond,
    /// Once the headers are sent.
    stream: Option<ResponseStream>,
    form: Form,
    /// Added to the headers.
    extra: Option<Box<HeaderMap>>,
    /// Added to the trailers.
    trailers: Option<Box<HeaderMap>>,
    packer: Packer,
    /// The reply of a unary call of Connect, once that has succeeded.
    only: Option<Bytes>,
    sent: u64,
    bytes: u64,
    /// What its client does not let through.
    unsent: Share,
}

impl Replies {
    /// A client that sends plain requests gets plain replies, though it may accept compressed ones: compressing costs more
    /// than it saves where nobody asks for it, and nearly all clients accept it. `extra` is added to the headers.
    pub fn new(
        respond: Respond,
        form: Form,
        transcoder: Option<Arc<dyn Transcoder>>,
        extra: Option<Box<HeaderMap>>,
        unsent: &Total,
    ) -> Self {
        Self {
            unsent: unsent.share(),
            respond,
            stream: None,
            form,
            extra,
            trailers: None,
            packer: Packer::new(form.encoding).in_form(transcoder),
            only: None,
            sent: 0,
            bytes: 0,
        }
    }

    /// Adds headers, if they are not sent yet.
    pub fn add_headers(&mut self, headers: &HeaderMap) {
        append(self.extra.get_or_insert_default(), headers);
    }

    /// Adds trailers.
    pub fn add_trailers(&mut self, trailers: &HeaderMap) {
        append(self.trailers.get_or_insert_default(), trailers);
    }

    /// All trailers of a response with this status.
    fn trailers(&mut self, status: &Status) -> HeaderMap {
        let mut trailers = trailers(status);
        if let Some(more) = self.trailers.take() {
            append(&mut trailers, &more);
        }
        trailers
    }

    /// Where replies are added.
    pub fn packer(&mut self) -> &mut Packer {
        &mut self.packer
    }

    /// Whether the headers are sent.
    pub fn has_begun(&self) -> bool {
        self.stream.is_some()
    }

    /// Sends the headers, if they are not sent yet.
    fn begin(&mut self) -> Result<&mut ResponseStream, Stop> {
        if self.stream.is_none() {
            let response = self.head(StatusCode::OK);
            self.stream = Some(self.respond.send(response, false)?);
        }
        self.stream.as_mut().ok_or(Stop::Gone)
    }

    /// The head of a response with messages.
    fn head(&mut self, status: StatusCode) -> Response<()> {
        let mut response = self.empty(status);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, self.form.wire.content_type(self.form.codec));
        if let Some(encoding) = self.form.encoding {
            headers.insert(self.form.wire.encoding_header(), encoding.header());
        }
        response
    }

    fn empty(&mut self, status: StatusCode) -> Response<()> {
        let mut response = Response::new(());
        *response.status_mut() = status;
        if let Some(extra) = self.extra.take() {
            *response.headers_mut() = *extra;
        }
        response
    }

    /// Whether the replies so far have to be sent before others are made: there are enough for a frame, or the client does
    /// not let those of its connection through.
    pub fn is_full(&mut self) -> bool {
        self.unsent.set(self.packer.len());
        self.packer.is_full() || !self.packer.is_empty() && self.unsent.total() >= BACKLOG
    }

    /// Sends the replies that were added, as far as the client lets it. h2 gets only what it can send, so that nothing is
    /// in front of the status.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stop>> {
        let polled = self.poll_send(cx);
        let only = self.only.as_ref().map_or(0, Bytes::len);
        self.unsent.set(self.packer.len() + only);
        polled
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stop>> {
        if let Some(failure) = self.packer.take_failure() {
            return Poll::Ready(Err(Status::internal(failure).into()));
        }
        if self.form.wire == Wire::ConnectUnary {
            return self.poll_only(cx);
        }
        let is_text = self.form.wire == Wire::WebText;
        self.begin()?;
        let Some(stream) = &mut self.stream else {
            return Poll::Ready(Err(Stop::Gone));
        };
        while !self.packer.is_empty() {
            let mut room = ready!(stream.poll_room(self.packer.len(), cx))?;
            if is_text {
                // Less than the four characters of three bytes is never given.
                room = text_room(room).max(3);
            }
            let mut sent = Sent::default();
            let mut data = self.packer.take(room, &mut sent);
            self.sent += sent.len() as u64;
            self.bytes += data.len() as u64;
            if is_text {
                data = encode_text(&data);
            }
            stream.send(data, false)?;
        }
        Poll::Ready(Ok(()))
    }

    /// Ends a call that has succeeded. What is left to send is sent by [`Replies::poll_flush`]. A unary response of Connect
    /// begins only now, because one that fails looks otherwise.
    pub fn succeed(&mut self) {
        if self.form.wire != Wire::ConnectUnary || self.stream.is_some() {
            return;
        }
        let mut framed = self.packer.take(usize::MAX, &mut Sent::default());
        if framed.first() != Some(&COMPRESSED) {
            self.form.encoding = None;
        }
        framed.advance(PREFIX.min(framed.len()));
        self.only = Some(framed);
    }

    /// Sends the reply of a unary call of Connect.
    fn poll_only(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stop>> {
        let Some(reply) = &self.only else {
            return Poll::Ready(Ok(()));
        };
        if self.stream.is_none() {
            let len = reply.len();
            let mut response = self.head(StatusCode::OK);
            response.headers_mut().insert(CONTENT_LENGTH, len.into());
            self.join_trailers(response.headers_mut());
            self.stream = Some(self.respond.send(response, len == 0)?);
            if len == 0 {
                (self.only, self.sent) = (None, 1);
            }
        }
        let Some(stream) = &mut self.stream else {
            return Poll::Ready(Err(Stop::Gone));
        };
        while let Some(reply) = &mut self.only {
            let room = ready!(stream.poll_room(reply.len(), cx))?;
            let data = reply.split_to(room.min(reply.len()));
            let is_end = reply.is_empty();
            self.bytes += data.len() as u64;
            stream.send(data, is_end)?;
            if is_end {
                (self.only, self.sent) = (None, 1);
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Drops the replies of which nothing is sent.
    pub fn discard(&mut self) {
        self.packer.discard();
    }

    /// Ready when the client has reset the call.
    pub fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.stream {
            Some(stream) => stream.poll_gone(cx),
            None => self.respond.poll_gone(cx),
        }
    }

    /// Ends the call. Replies that were not sent are dropped. Returns the code of the status.
    pub fn finish(&mut self, status: &Status) -> Code {
        let code = in_protocol(status, self.form.wire.protocol());
        if code != status.code() {
            return self.finish(&Status::new(code, status.message()));
        }
        // It fails only if the client is gone.
        let _ = match self.form.wire {
            Wire::Grpc => self.finish_grpc(status),
            Wire::Web | Wire::WebText => self.finish_web(status),
            Wire::ConnectStream => self.finish_connect_stream(status),
            Wire::ConnectUnary => self.finish_connect(status),
        };
        status.code()
    }

    fn finish_grpc(&mut self, status: &Status) -> Result<(), Stop> {
        let trailers = self.trailers(status);
        match &mut self.stream {
            Some(stream) => stream.send_trailers(trailers),
            None => self.only_trailers(trailers),
        }
    }

    /// In the headers, which is called Trailers-Only.
    fn only_trailers(&mut self, trailers: HeaderMap) -> Result<(), Stop> {
        self.form.encoding = None;
        let mut response = self.head(StatusCode::OK);
        response.headers_mut().extend(trailers);
        self.respond.send(response, true).map(drop)
    }

    fn finish_web(&mut self, status: &Status) -> Result<(), Stop> {
        let trailers = self.trailers(status);
        if self.stream.is_none() {
            return self.only_trailers(trailers);
        }
        self.end_with(&write_trailers(&trailers))
    }

    fn finish_connect_stream(&mut self, status: &Status) -> Result<(), Stop> {
        self.begin()?;
        let is_error = status.code() != Code::Ok;
        let mut metadata = status.metadata().clone().into_headers();
        if let Some(more) = self.trailers.take() {
            append(&mut metadata, &more);
        }
        let end = write_end(is_error.then_some(status), &metadata);
        self.end_with(&end)
    }

    /// Ends the body with a frame that holds the status. After a part of a message, it would be taken for the rest of that.
    fn end_with(&mut self, end: &[u8]) -> Result<(), Stop> {
        let Some(stream) = &mut self.stream else {
            return Err(Stop::Gone);
        };
        if self.packer.is_within_message() {
            stream.break_off();
            return Ok(());
        }
        let mut packer = Packer::default();
        packer.push_end(self.form.wire.end_flag().unwrap_or_default(), end);
        let mut data = packer.take(usize::MAX, &mut Sent::default());
        if self.form.wire == Wire::WebText {
            data = encode_text(&data);
        }
        stream.send(data, true)
    }

    fn finish_connect(&mut self, status: &Status) -> Result<(), Stop> {
        if let Some(stream) = &mut self.stream {
            if self.only.is_some() {
                stream.break_off();
            }
            return Ok(());
        }
        let mut status = std::borrow::Cow::Borrowed(status);
        if status.code() == Code::Ok {
            // The handler has added no reply.
            status = std::borrow::Cow::Owned(Status::internal("the call has no reply"));
        }
        self.send_error(http_status(status.code()), &status)
    }

    /// The response to a unary call of Connect that fails.
    fn send_error(&mut self, http_status: StatusCode, status: &Status) -> Result<(), Stop> {
        let mut response = self.empty(http_status);
        let body = Bytes::from(write_error(status));
        let headers = response.headers_mut();
        headers.extend(status.metadata().clone().into_headers());
        headers.insert(CONTENT_TYPE, Wire::ConnectUnary.content_type(Codec::Json));
        headers.insert(CONTENT_LENGTH, body.len().into());
        self.join_trailers(headers);
        self.respond.send(response, false)?.send(body, true)
    }

    /// The trailers of a unary response of Connect.
    fn join_trailers(&mut self, headers: &mut HeaderMap) {
        if let Some(trailers) = self.trailers.take() {
            join_trailers(headers, &trailers);
        }
    }

    /// As [`Replies::finish`], for a method that the server does not have. Connect has an HTTP status for that.
    pub fn refuse_unknown(&mut self, status: &Status) -> Code {
        if self.form.wire != Wire::ConnectUnary {
            return self.finish(status);
        }
        let _ = self.send_error(StatusCode::NOT_FOUND, status);
        status.code()
    }

    /// As [`Replies::finish`], and names the encodings that the server knows.
    pub fn refuse_encoding(&mut self, accepted: HeaderValue) -> Code {
        let wire = self.form.wire;
        let header = wire.encoding_header();
        let status = Status::unimplemented(format!("the server does not know the {header}"));
        let extra = self.extra.get_or_insert_default();
        extra.insert(wire.accept_encoding_header(), accepted);
        self.finish(&status)
    }

    /// Answers a request that is in none of the protocols, with a text for whoever reads it. Returns the code that a gRPC
    /// client makes of the HTTP status.
    pub fn refuse(&mut self, status: StatusCode, method: &Method, served: Protocols) -> Code {
        let mut response = self.empty(status);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            headers.insert(ACCEPT_POST, served.content_types());
        }
        // RFC 9110, section 9.3.2.
        let has_body = method != Method::HEAD;
        let text = Bytes::from(served.explain(status));
        headers.insert(CONTENT_LENGTH, text.len().into());
        if let Ok(mut stream) = self.respond.send(response, !has_body)
            && has_body
        {
            let _ = stream.send(text, true);
        }
        Code::Unknown
    }

    /// As [`Replies::refuse`], a request with another method than those that are allowed.
    pub fn refuse_method(
        &mut self,
        method: &Method,
        allowed: HeaderValue,
        served: Protocols,
    ) -> Code {
        self.extra.get_or_insert_default().insert(ALLOW, allowed);
        self.refuse(StatusCode::METHOD_NOT_ALLOWED, method, served)
    }

    /// Answers a request that asks only whether another may be made.
    pub fn permit(&mut self) {
        let response = self.empty(StatusCode::NO_CONTENT);
        let _ = self.respond.send(response, true);
    }

    /// How many messages were sent.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// How many bytes were sent, without what base64 adds.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many of those are of messages.
    pub fn message_bytes(&self) -> u64 {
        without_prefixes(self.form.wire, self.bytes, self.sent)
    }
}

/// Adds headers to those that there are, also of the same name.
fn append(headers: &mut HeaderMap, more: &HeaderMap) {
    for (name, value) in more {
        headers.append(name.clone(), value.clone());
    }
}

fn trailers(status: &Status) -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(2);
    if status.code() == Code::Ok && status.message().is_empty() {
        trailers.insert(STATUS, OK);
    } else if status.add_header(&mut trailers).is_err() {
        // The message cannot be sent.
        trailers.insert(STATUS, HeaderValue::from(status.code() as i32));
    }
    trailers
}
