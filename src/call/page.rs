//! The body of a response that is not gRPC: the start of it tells what answered.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use http::StatusCode;
use tokio::time::{Sleep, sleep};

use crate::transport::{Body, HttpAnswer, PAGE};

/// How long to wait for it.
const PAGE_TIME: Duration = Duration::from_secs(1);

/// The body of a response that is not gRPC.
pub struct Page {
    body: Body,
    status: StatusCode,
    content_type: Option<String>,
    start: BytesMut,
    limit: Pin<Box<Sleep>>,
}

impl Page {
    pub fn new(body: Body, status: StatusCode, content_type: Option<String>) -> Self {
        Self {
            body,
            status,
            content_type,
            start: BytesMut::new(),
            limit: Box::pin(sleep(PAGE_TIME)),
        }
    }

    /// Waits for the start of the page, but not for long.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<HttpAnswer> {
        loop {
            match self.body.poll_data(cx) {
                Poll::Ready(Some(Ok(data))) => {
                    self.body.release_capacity(data.len());
                    self.start.extend_from_slice(&data);
                    if let Some(text) = self
                        .start
                        .iter()
                        .position(|byte| !byte.is_ascii_whitespace())
                    {
                        self.start.advance(text);
                    } else {
                        self.start.clear();
                    }
                    if self.start.len() > PAGE {
                        break;
                    }
                }
                Poll::Ready(_) => break,
                Poll::Pending => {
                    ready!(self.limit.as_mut().poll(cx));
                    break;
                }
            }
        }
        Poll::Ready(self.take())
    }

    /// What has been read.
    pub fn take(&mut self) -> HttpAnswer {
        let is_cut = self.start.len() > PAGE;
        self.start.truncate(PAGE);
        HttpAnswer {
            status: self.status,
            content_type: self.content_type.take(),
            body: self.start.split().freeze(),
            is_cut,
        }
    }
}
