//! The response of a unary call of Connect: the body is the reply, or an error as JSON ("Unary-Response").

use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};

use super::end::End;
use crate::framing::{BadFrame, Encoding};
use crate::protocol::Protocol;
use crate::protocol::connect::read_error;
use crate::transport::{Body, HttpAnswer, PAGE, StreamError};

/// The largest error to accept where the limit for replies is lower, in bytes.
const ERROR: usize = 64 << 10;

/// A response that is being read.
pub struct Unary {
    body: Body,
    status: StatusCode,
    content_type: String,
    trailers: HeaderMap,
    encoding: Option<Encoding>,
    read: BytesMut,
    limit: usize,
}

impl Unary {
    pub fn new(
        body: Body,
        status: StatusCode,
        headers: &HeaderMap,
        trailers: HeaderMap,
        encoding: Option<Encoding>,
        limit: usize,
    ) -> Self {
        let content_type = headers.get(header::CONTENT_TYPE);
        let content_type = content_type.map(|it| String::from_utf8_lossy(it.as_bytes()).into());
        Self {
            body,
            status,
            content_type: content_type.unwrap_or_default(),
            trailers,
            encoding,
            read: BytesMut::new(),
            limit: if status == StatusCode::OK {
                limit
            } else {
                limit.max(ERROR)
            },
        }
    }

    /// Waits for all of it: the reply, if it is one, and the end.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(Option<Bytes>, End), StreamError>> {
        while let Some(data) = ready!(self.body.poll_data(cx)) {
            let data = data?;
            self.body.release_capacity(data.len());
            let len = self.read.len() + data.len();
            if len > self.limit {
                let end = End::bad_frame(BadFrame::TooLarge(len), self.limit);
                return Poll::Ready(Ok((None, end)));
            }
            self.read.extend_from_slice(&data);
        }
        Poll::Ready(Ok(self.whole()))
    }

    fn whole(&mut self) -> (Option<Bytes>, End) {
        let read = self.read.split().freeze();
        let message = match self.encoding {
            None => Ok(read),
            // Servers may leave an empty body as it is.
            Some(_) if read.is_empty() => Ok(read),
            Some(encoding) => encoding.decompress(&read, self.limit),
        };
        let message = match message {
            Ok(message) => message,
            Err(bad) => return (None, End::bad_frame(bad.into(), self.limit)),
        };
        let trailers = std::mem::take(&mut self.trailers);
        if self.status == StatusCode::OK {
            return (Some(message), End::from_connect(None, trailers));
        }
        let end = match read_error(&message, self.status) {
            Some(error) => End::from_connect(Some(&error), trailers),
            None => self.page(&message),
        };
        (None, end)
    }

    /// Some other JSON than an error of Connect.
    fn page(&self, body: &[u8]) -> End {
        let body = body.trim_ascii_start();
        let answer = HttpAnswer {
            status: self.status,
            content_type: Some(self.content_type.clone()),
            body: Bytes::copy_from_slice(body.get(..PAGE).unwrap_or(body)),
            is_cut: body.len() > PAGE,
        };
        End::other_answer(Protocol::Connect, answer)
    }
}
