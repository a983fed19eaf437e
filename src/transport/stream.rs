//! The two halves of a call, on a stream of HTTP/2 or on a connection of HTTP/1.1, with what `call` needs of either.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, Response};

use super::http1_body::{Closed, Sender};
use super::http1_call;

/// The request half.
#[derive(Debug)]
pub enum SendHalf {
    Http2(SendStream<Bytes>),
    Http1(Sender),
}

/// The response, until its headers are here.
pub enum ResponseHalf {
    Http2(ResponseFuture),
    Http1(http1_call::Exchange),
}

/// The body of the response.
#[derive(Debug)]
pub enum Body {
    Http2(RecvStream),
    Http1(Box<http1_call::Body>),
}

/// Why a call's stream has failed.
#[derive(Debug)]
pub enum StreamError {
    Http2(h2::Error),
    Http1(http1_call::Failure),
}

impl SendHalf {
    /// Waits until there is room for some of the `wanted` bytes, and returns for how many. `None` if the stream is closed.
    pub fn poll_room(&mut self, wanted: usize, cx: &mut Context<'_>) -> Poll<Option<usize>> {
        match self {
            Self::Http2(stream) => {
                stream.reserve_capacity(wanted);
                match stream.capacity() {
                    0 => stream
                        .poll_capacity(cx)
                        .map(|room| room.and_then(Result::ok)),
                    room => Poll::Ready(Some(room)),
                }
            }
            Self::Http1(sender) => sender.poll_room(cx).map(|room| room.map(|()| wanted)),
        }
    }

    /// Whether a little can be sent without waiting for room, at half the cost: with the headers, or before them.
    pub fn takes_without_room(&self) -> bool {
        matches!(self, Self::Http2(_))
    }

    /// Sends bytes for which there is room, or the end without any.
    ///
    /// # Errors
    /// When the stream is closed.
    pub fn send_data(&mut self, data: Bytes, is_last: bool) -> Result<(), Closed> {
        match self {
            Self::Http2(stream) => stream.send_data(data, is_last).map_err(|_| Closed),
            Self::Http1(sender) => sender.send(data, is_last),
        }
    }

    /// Cancels the call: RST_STREAM on HTTP/2. On HTTP/1.1, dropping the other half closes the connection.
    pub fn reset(&mut self) {
        if let Self::Http2(stream) = self {
            stream.send_reset(Reason::CANCEL);
        }
    }
}

impl ResponseHalf {
    /// Waits for the headers.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Response<Body>, StreamError>> {
        match self {
            Self::Http2(response) => Poll::Ready(match ready!(Pin::new(response).poll(cx)) {
                Ok(response) => Ok(response.map(Body::Http2)),
                Err(error) => Err(StreamError::Http2(error)),
            }),
            Self::Http1(exchange) => Poll::Ready(match ready!(exchange.as_mut().poll(cx)) {
                Ok(response) => Ok(response.map(|body| Body::Http1(Box::new(body)))),
                Err(failure) => Err(StreamError::Http1(failure)),
            }),
        }
    }
}

impl fmt::Debug for ResponseHalf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http2(_) => "Http2",
            Self::Http1(_) => "Http1",
        })
    }
}

impl Body {
    pub fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, StreamError>>> {
        match self {
            Self::Http2(body) => {
                let data = ready!(body.poll_data(cx));
                Poll::Ready(data.map(|data| data.map_err(StreamError::Http2)))
            }
            Self::Http1(body) => {
                let data = ready!(body.poll_data(cx));
                Poll::Ready(data.map(|data| data.map_err(StreamError::Http1)))
            }
        }
    }

    /// Waits for the trailers, once all data has been taken.
    pub fn poll_trailers(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<HeaderMap>, StreamError>> {
        match self {
            Self::Http2(body) => body.poll_trailers(cx).map_err(StreamError::Http2),
            Self::Http1(body) => Poll::Ready(Ok(body.take_trailers())),
        }
    }

    /// Lets the peer send as many more bytes.
    pub fn release_capacity(&mut self, bytes: usize) {
        if let Self::Http2(body) = self {
            // Fails only if the stream is closed.
            let _ = body.flow_control().release_capacity(bytes);
        }
    }

    /// Whether the peer sends no more than there is room for, as this side says.
    pub fn has_window(&self) -> bool {
        matches!(self, Self::Http2(_))
    }

    /// Whether nothing follows, as far as is known.
    pub fn is_end_stream(&self) -> bool {
        match self {
            Self::Http2(body) => body.is_end_stream(),
            Self::Http1(body) => body.is_end_stream(),
        }
    }
}

impl StreamError {
    /// Whether the peer ended only this call.
    pub fn is_remote_reset(&self) -> bool {
        matches!(self, Self::Http2(error) if error.is_reset() && error.is_remote())
    }

    /// Whether a connection of HTTP/1.1 was lost. To close it is the only way there to end a call.
    pub fn is_http1_loss(&self) -> bool {
        matches!(self, Self::Http1(http1_call::Failure::Lost(_)))
    }
}
