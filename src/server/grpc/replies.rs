//! The response to a call: its headers, its messages and its status.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::SendStream;
use h2::server::SendResponse;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use tonic::{Code, Status};

use super::Stop;
use super::head::ENCODING;
use super::share::{Share, Total};
use crate::framing::{Encoding, Packer, Sent};

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");
/// The name of the status in trailers.
pub const STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// To whoever reads it.
const NOT_GRPC: &[u8] = b"This server speaks gRPC: POST with content-type application/grpc.\n";

const OK: HeaderValue = HeaderValue::from_static("0");

/// When a connection has so many bytes of replies that its client does not let through, each of its calls makes one reply
/// at a time.
const BACKLOG: usize = 32 << 10;

pub struct Replies {
    respond: SendResponse<Bytes>,
    /// Once the headers are sent.
    stream: Option<SendStream<Bytes>>,
    packer: Packer,
    sent: u64,
    bytes: u64,
    /// What its client does not let through.
    unsent: Share,
}

impl Replies {
    /// A client that sends plain requests gets plain replies, though it may accept compressed ones: compressing costs more
    /// than it saves where nobody asks for it, and nearly all clients accept it.
    pub fn new(respond: SendResponse<Bytes>, encoding: Option<Encoding>, unsent: &Total) -> Self {
        Self {
            unsent: unsent.share(),
            respond,
            stream: None,
            packer: Packer::new(encoding),
            sent: 0,
            bytes: 0,
        }
    }

    /// Where replies are added.
    pub fn packer(&mut self) -> &mut Packer {
        &mut self.packer
    }

    /// Sends the headers, if they are not sent yet.
    ///
    /// # Errors
    /// When the client is gone.
    pub fn begin(&mut self) -> Result<&mut SendStream<Bytes>, Stop> {
        if self.stream.is_none() {
            let mut response = Response::new(());
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, GRPC);
            if let Some(encoding) = self.packer.encoding() {
                headers.insert(ENCODING, encoding.header());
            }
            self.stream = Some(self.respond.send_response(response, false)?);
        }
        self.stream.as_mut().ok_or(Stop::Gone)
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
        self.unsent.set(self.packer.len());
        polled
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stop>> {
        self.begin()?;
        let Some(stream) = &mut self.stream else {
            return Poll::Ready(Err(Stop::Gone));
        };
        while !self.packer.is_empty() {
            stream.reserve_capacity(self.packer.len());
            let room = stream.capacity();
            if room == 0 {
                match ready!(stream.poll_capacity(cx)) {
                    Some(Ok(_)) => continue,
                    _ => return Poll::Ready(Err(Stop::Gone)),
                }
            }
            let mut sent = Sent::default();
            let data = self.packer.take(room, &mut sent);
            self.sent += sent.len() as u64;
            self.bytes += data.len() as u64;
            stream.send_data(data, false)?;
        }
        Poll::Ready(Ok(()))
    }

    /// Drops the replies that are not sent.
    pub fn discard(&mut self) {
        self.packer = Packer::new(self.packer.encoding());
    }

    /// Ready when the client has reset the call.
    pub fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let polled = match &mut self.stream {
            Some(stream) => stream.poll_reset(cx),
            None => self.respond.poll_reset(cx),
        };
        polled.map(drop)
    }

    /// Ends the call. Replies that were not sent are dropped. Returns the code of the status.
    pub fn finish(&mut self, status: &Status) -> Code {
        // It fails only if the client is gone.
        let _ = if let Some(stream) = &mut self.stream {
            // Nothing else is to be sent, and other streams may need it.
            stream.reserve_capacity(0);
            stream.send_trailers(trailers(status))
        } else {
            let mut response = Response::new(());
            *response.headers_mut() = trailers(status);
            response.headers_mut().insert(CONTENT_TYPE, GRPC);
            self.respond.send_response(response, true).map(drop)
        };
        status.code()
    }

    /// As [`Replies::finish`], and names the encodings that the server knows.
    pub fn refuse_encoding(&mut self, accepted: HeaderValue) -> Code {
        let status = Status::unimplemented("the server does not know the grpc-encoding");
        let mut response = Response::new(());
        *response.headers_mut() = trailers(&status);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, GRPC);
        headers.insert("grpc-accept-encoding", accepted);
        let _ = self.respond.send_response(response, true);
        status.code()
    }

    /// Answers a request that is not gRPC. Returns the code that a gRPC client makes of the HTTP status.
    pub fn refuse(&mut self, status: StatusCode, method: &Method) -> Code {
        let mut response = Response::new(());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        // RFC 9110, section 9.3.2.
        let has_body = method != Method::HEAD;
        if let Ok(mut stream) = self.respond.send_response(response, !has_body)
            && has_body
        {
            let _ = stream.send_data(Bytes::from_static(NOT_GRPC), true);
        }
        Code::Unknown
    }

    /// How many messages were sent.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// How many bytes were sent.
    pub fn bytes(&self) -> u64 {
        self.bytes
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
