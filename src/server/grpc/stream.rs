//! What a call is on: a stream of HTTP/2, or an exchange of HTTP/1.1.

use std::task::{Context, Poll};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, Response, header};
use http_body::Body as _;
use hyper::body::Incoming;

use super::Stop;
use super::http1;

/// The body of a request.
pub enum RequestBody {
    Http2(RecvStream),
    Http1(Incoming),
    /// There is none left.
    Read,
}

impl RequestBody {
    /// The next bytes; `None` at the end. Trailers are dropped, because requests of the protocols have none.
    pub fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Stop>>> {
        match self {
            Self::Http2(body) => {
                let polled = body.poll_data(cx);
                if let Poll::Ready(None) = polled {
                    // h2 keeps them until they are taken.
                    let _ = body.poll_trailers(cx);
                }
                polled.map_err(Stop::from)
            }
            Self::Http1(body) => http1::poll_data(body, cx),
            Self::Read => Poll::Ready(None),
        }
    }

    /// Lets the client of HTTP/2 send so many bytes more.
    ///
    /// # Errors
    /// When the client is gone.
    pub fn release(&mut self, len: usize) -> Result<(), Stop> {
        match self {
            Self::Http2(body) => Ok(body.flow_control().release_capacity(len)?),
            Self::Http1(_) | Self::Read => Ok(()),
        }
    }

    /// Leaves a body alone whose client waits for permission to send it (RFC 9110, section 10.1.1): hyper gives that as soon
    /// as the body is read.
    pub fn leave_unsent(&mut self, headers: &HeaderMap) {
        if matches!(self, Self::Http1(_)) && headers.contains_key(header::EXPECT) {
            *self = Self::Read;
        }
    }

    /// Whether it is of HTTP/2.
    pub fn has_windows(&self) -> bool {
        matches!(self, Self::Http2(_))
    }

    /// Whether only the reader bounds what arrives: HTTP/1.1 has no windows.
    pub fn has_no_window(&self) -> bool {
        matches!(self, Self::Http1(_))
    }

    /// How long it is, if that is known.
    pub fn len(&self, headers: &HeaderMap) -> Option<u64> {
        match self {
            // h2 checks that it is as long as it says.
            Self::Http2(body) if body.is_end_stream() => Some(0),
            Self::Http2(_) => {
                let len = headers.get(header::CONTENT_LENGTH)?;
                len.to_str().ok()?.parse().ok()
            }
            Self::Http1(body) => body.size_hint().exact(),
            Self::Read => Some(0),
        }
    }
}

/// Where the head of the response goes.
pub enum Respond {
    Http2(SendResponse<Bytes>),
    Http1(http1::Respond),
}

impl Respond {
    /// # Errors
    /// When the client is gone.
    pub fn send(&mut self, response: Response<()>, is_end: bool) -> Result<ResponseStream, Stop> {
        match self {
            Self::Http2(respond) => Ok(ResponseStream::Http2(
                respond.send_response(response, is_end)?,
            )),
            Self::Http1(respond) => respond.send(response, is_end).map(ResponseStream::Http1),
        }
    }

    /// Ready when the client is gone.
    pub fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Http2(respond) => respond.poll_reset(cx).map(drop),
            Self::Http1(respond) => respond.poll_gone(cx),
        }
    }
}

/// The body of a response.
pub enum ResponseStream {
    Http2(SendStream<Bytes>),
    Http1(http1::Sender),
}

impl ResponseStream {
    /// How many of `len` bytes can be sent now.
    ///
    /// # Errors
    /// When the client is gone.
    pub fn poll_room(&mut self, len: usize, cx: &mut Context<'_>) -> Poll<Result<usize, Stop>> {
        match self {
            Self::Http2(stream) => {
                stream.reserve_capacity(len);
                match stream.capacity() {
                    0 => match stream.poll_capacity(cx) {
                        Poll::Ready(Some(Ok(room))) => Poll::Ready(Ok(room)),
                        Poll::Ready(_) => Poll::Ready(Err(Stop::Gone)),
                        Poll::Pending => Poll::Pending,
                    },
                    room => Poll::Ready(Ok(room)),
                }
            }
            Self::Http1(sender) => sender.poll_room(cx),
        }
    }

    /// Sends bytes, for which there is room unless they are the last.
    ///
    /// # Errors
    /// When the client is gone.
    pub fn send(&mut self, data: Bytes, is_end: bool) -> Result<(), Stop> {
        match self {
            Self::Http2(stream) => {
                if is_end {
                    // Nothing else is to be sent, and other streams may need it.
                    stream.reserve_capacity(0);
                }
                Ok(stream.send_data(data, is_end)?)
            }
            Self::Http1(sender) => sender.send(data, is_end),
        }
    }

    /// Ends the response with trailers, which only HTTP/2 has here.
    ///
    /// # Errors
    /// When the client is gone.
    pub fn send_trailers(&mut self, trailers: HeaderMap) -> Result<(), Stop> {
        match self {
            Self::Http2(stream) => {
                stream.reserve_capacity(0);
                Ok(stream.send_trailers(trailers)?)
            }
            Self::Http1(_) => Err(Stop::Gone),
        }
    }

    /// Ends the response where it is, so that the client notices that it is not complete.
    pub fn break_off(&mut self) {
        match self {
            Self::Http2(stream) => stream.send_reset(Reason::INTERNAL_ERROR),
            Self::Http1(sender) => sender.break_off(),
        }
    }

    /// Ready when the client is gone.
    pub fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Http2(stream) => stream.poll_reset(cx).map(drop),
            Self::Http1(sender) => sender.poll_gone(cx),
        }
    }
}
