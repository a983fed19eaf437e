//! The response to a request of HTTP/1.1, from a call to hyper. At most two parts of it wait: hyper takes the next one when
//! the client has taken what is before it.

use std::error::Error as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::PollSender;
use tonic::Status;

use super::Stop;

/// The largest part of a response.
const PART: usize = 16 << 10;

/// Where the head of the response goes, and where it comes from.
pub fn exchange() -> (Respond, oneshot::Receiver<Response<ResponseBody>>) {
    let (head, response) = oneshot::channel();
    (Respond(Some(head)), response)
}

/// The next bytes of a request.
pub fn poll_data(body: &mut Incoming, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Stop>>> {
    loop {
        match ready!(Pin::new(&mut *body).poll_frame(cx)) {
            Some(Ok(frame)) => {
                // Others are trailers.
                if let Ok(data) = frame.into_data() {
                    return Poll::Ready(Some(Ok(data)));
                }
            }
            Some(Err(error)) => return Poll::Ready(Some(Err(stop(&error)))),
            None => return Poll::Ready(None),
        }
    }
}

/// Why a body cannot be read: it is malformed, or the client is gone.
fn stop(error: &hyper::Error) -> Stop {
    let cause = error.source().and_then(|cause| cause.downcast_ref());
    let kind = cause.map(io::Error::kind);
    if matches!(
        kind,
        Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
    ) {
        return Status::invalid_argument("the chunks of the request are malformed").into();
    }
    Stop::Gone
}

/// Where the head of a response goes, once.
pub struct Respond(Option<oneshot::Sender<Response<ResponseBody>>>);

impl Respond {
    /// # Errors
    /// When the client is gone.
    pub fn send(&mut self, response: Response<()>, is_end: bool) -> Result<Sender, Stop> {
        let (parts, parts_ahead) = mpsc::channel(1);
        let (last, end) = oneshot::channel();
        let mut sender = Sender {
            parts: PollSender::new(parts),
            last: Some(last),
            has_room: false,
        };
        if is_end {
            sender.send(Bytes::new(), true)?;
        }
        let body = ResponseBody {
            parts: parts_ahead,
            last: Some(end),
            is_empty: is_end,
        };
        let head = self.0.take().ok_or(Stop::Gone)?;
        head.send(response.map(|()| body)).map_err(|_| Stop::Gone)?;
        Ok(sender)
    }

    pub fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            Some(head) => head.poll_closed(cx),
            None => Poll::Ready(()),
        }
    }
}

/// The parts of a response.
pub struct Sender {
    parts: PollSender<Bytes>,
    /// The last one has a way of its own, for which nobody has to wait.
    last: Option<oneshot::Sender<Bytes>>,
    has_room: bool,
}

impl Sender {
    /// Waits until another part can be sent. Returns how long it may be.
    ///
    /// # Errors
    /// When the client is gone.
    pub fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<usize, Stop>> {
        if !self.has_room {
            let reserved = ready!(self.parts.poll_reserve(cx));
            self.has_room = reserved.is_ok();
            reserved.map_err(|_| Stop::Gone)?;
        }
        Poll::Ready(Ok(PART))
    }

    /// # Errors
    /// When the client is gone.
    pub fn send(&mut self, data: Bytes, is_end: bool) -> Result<(), Stop> {
        if is_end {
            self.parts.close();
            let last = self.last.take().ok_or(Stop::Gone)?;
            return last.send(data).map_err(|_| Stop::Gone);
        }
        self.has_room = false;
        self.parts.send_item(data).map_err(|_| Stop::Gone)
    }

    /// Ends the response without its last part, and so the connection.
    pub fn break_off(&mut self) {
        self.parts.close();
        self.last = None;
    }

    pub fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.last {
            Some(last) => last.poll_closed(cx),
            None => Poll::Ready(()),
        }
    }
}

/// The body of a response, for hyper.
pub struct ResponseBody {
    parts: mpsc::Receiver<Bytes>,
    last: Option<oneshot::Receiver<Bytes>>,
    is_empty: bool,
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(part) = ready!(self.parts.poll_recv(cx)) {
            return Poll::Ready(Some(Ok(Frame::data(part))));
        }
        let Some(last) = &mut self.last else {
            return Poll::Ready(None);
        };
        let part = ready!(Pin::new(last).poll(cx));
        self.last = None;
        Poll::Ready(match part {
            Ok(part) if part.is_empty() => None,
            Ok(part) => Some(Ok(Frame::data(part))),
            Err(_) => Some(Err(io::Error::other("the call has ended early"))),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty
    }

    fn size_hint(&self) -> SizeHint {
        if self.is_empty {
            SizeHint::with_exact(0)
        } else {
            SizeHint::default()
        }
    }
}
