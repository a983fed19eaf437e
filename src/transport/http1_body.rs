//! The body of a request of HTTP/1.1: chunks as they come, or bytes of a known length.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;
use tokio_util::sync::PollSender;

/// The request cannot be sent any more. The response says why.
#[derive(Clone, Copy, Debug)]
pub struct Closed;

/// Sends the body of a request.
pub struct Sender {
    chunks: PollSender<Bytes>,
    is_complete: Arc<AtomicBool>,
}

/// The body of a request: chunks as they come.
pub struct RequestBody {
    /// `None` if there is no body.
    chunks: Option<mpsc::Receiver<Bytes>>,
    /// Tells the end of the body from a call that is given up.
    is_complete: Arc<AtomicBool>,
    /// Its length, if that is known before it is sent.
    length: Option<u64>,
}

/// The call was given up before the end of its request.
#[derive(Clone, Copy, Debug)]
pub struct GivenUp;

impl fmt::Display for GivenUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the call was given up")
    }
}

impl std::error::Error for GivenUp {}

/// A body, and what feeds it. One of a known length is not chunked.
pub fn request_body(length: Option<u64>) -> (Sender, RequestBody) {
    let (sender, chunks) = mpsc::channel(1);
    let is_complete = Arc::new(AtomicBool::new(length == Some(0)));
    let sender = Sender {
        chunks: PollSender::new(sender),
        is_complete: Arc::clone(&is_complete),
    };
    let body = RequestBody {
        chunks: (length != Some(0)).then_some(chunks),
        is_complete,
        length,
    };
    (sender, body)
}

impl Sender {
    /// Waits until hyper has taken the chunk before. `None` if it takes no more.
    pub fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        self.chunks.poll_reserve(cx).map(Result::ok)
    }

    /// Sends a chunk for which there is room.
    pub fn send(&mut self, data: Bytes, is_last: bool) -> Result<(), Closed> {
        let sent = if data.is_empty() {
            Ok(())
        } else {
            self.chunks.send_item(data).map_err(|_| Closed)
        };
        if is_last {
            self.is_complete.store(true, Ordering::Release);
            self.chunks.close();
        }
        sent
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = GivenUp;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, GivenUp>>> {
        let Some(chunks) = &mut self.chunks else {
            return Poll::Ready(None);
        };
        Poll::Ready(match ready!(chunks.poll_recv(cx)) {
            Some(data) => Some(Ok(Frame::data(data))),
            None if self.is_complete.load(Ordering::Acquire) => {
                self.chunks = None;
                None
            }
            None => Some(Err(GivenUp)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.chunks.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match self.length {
            Some(length) => SizeHint::with_exact(length),
            None => SizeHint::default(),
        }
    }
}
