//! What follows the frame that ends a response: nothing, but the stream goes on until its end.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Sleep, sleep};

use super::end::End;
use crate::transport::Body;

/// How long to wait for the end of the stream: the call is over without it, but a reset would look like a cancellation.
const TIME: Duration = Duration::from_secs(1);

/// A response whose end has been read.
pub struct Last {
    body: Body,
    limit: Option<Pin<Box<Sleep>>>,
    /// The end that was read.
    pub end: Box<End>,
}

impl Last {
    pub fn new(body: Body, end: Box<End>) -> Self {
        Self {
            body,
            limit: None,
            end,
        }
    }

    /// Data where there should be none, or `None` at the end of the stream, whichever way it ends.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            match self.body.poll_data(cx) {
                // Frames may be empty.
                Poll::Ready(Some(Ok(data))) if data.is_empty() => {}
                Poll::Ready(Some(Ok(data))) => return Poll::Ready(Some(data)),
                Poll::Ready(_) => return Poll::Ready(None),
                Poll::Pending => {
                    let limit = self.limit.get_or_insert_with(|| Box::pin(sleep(TIME)));
                    ready!(limit.as_mut().poll(cx));
                    return Poll::Ready(None);
                }
            }
        }
    }
}
