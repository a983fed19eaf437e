//! The first bytes from a server. An HTTP/2 server starts with a SETTINGS frame (RFC 9113, section 3.4). Anything else is
//! recognized here, because a call would fail with one of many obscure errors.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use rustls::AlertDescription;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;

use super::http_answer::HttpAnswer;
use super::http1::Response;
use crate::net::ByteStream;

/// A frame's type follows its length, which has three bytes.
const TYPE_AT: usize = 3;
const SETTINGS: u8 = 4;

/// What a server sent first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Greeting {
    Http2,
    /// An HTTP/1 response, if it can be read.
    Http1(Option<HttpAnswer>),
    /// A TLS alert: the server expects TLS.
    Tls,
    /// Something else, which starts with these bytes.
    Other(Bytes),
    /// Nothing: the server closed the connection.
    Closed,
    /// A TLS alert after our side of the handshake: the server refused it.
    Alert(AlertDescription),
}

impl Greeting {
    fn of(first: &[u8]) -> Self {
        match first {
            [b'H', b'T', b'T', b'P', ..] => Self::Http1(None),
            // A TLS record of type alert, and the major version.
            [0x15, 3, ..] => Self::Tls,
            first if first.get(TYPE_AT) == Some(&SETTINGS) => Self::Http2,
            first => Self::Other(Bytes::copy_from_slice(first)),
        }
    }
}

/// A byte stream that reports the first bytes read from it, and passes everything through.
pub struct Greeted {
    inner: Box<dyn ByteStream>,
    first: Vec<u8>,
    tell: Option<oneshot::Sender<Greeting>>,
    /// A response of HTTP/1, which is read before it is passed through.
    response: Option<Response>,
    /// What was read and not passed through yet.
    behind: Bytes,
}

impl Greeted {
    pub fn new(inner: Box<dyn ByteStream>) -> (Self, oneshot::Receiver<Greeting>) {
        let (tell, greeting) = oneshot::channel();
        let this = Self {
            inner,
            first: Vec::new(),
            tell: Some(tell),
            response: None,
            behind: Bytes::new(),
        };
        (this, greeting)
    }

    fn tell(&mut self, greeting: Greeting) {
        if let Some(tell) = self.tell.take() {
            // The receiver is gone if connecting has timed out.
            let _ = tell.send(greeting);
        }
    }
}

impl AsyncRead for Greeted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Some(response) = &mut this.response {
            ready!(response.poll(&mut this.inner, cx));
            let answer = response.answer();
            let passed = this.first.len();
            if let Some(response) = this.response.take() {
                this.behind = Bytes::from(response.into_bytes()).slice(passed..);
            }
            this.tell(Greeting::Http1(answer));
        }
        if !this.behind.is_empty() {
            let next = this.behind.len().min(buffer.remaining());
            buffer.put_slice(&this.behind.split_to(next));
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let result: io::Result<()> = ready!(Pin::new(&mut self.inner).poll_read(cx, buffer));
        if self.tell.is_some() {
            let new = buffer.filled().get(before..).unwrap_or_default();
            if let Err(error) = &result
                && let Some(rustls::Error::AlertReceived(alert)) = tls_error(error)
            {
                self.tell(Greeting::Alert(*alert));
            } else if result.is_err() || new.is_empty() {
                self.tell(Greeting::Closed);
            } else {
                let passed = self.first.len();
                self.first.extend_from_slice(new);
                if self.first.len() > TYPE_AT {
                    match Greeting::of(&self.first) {
                        Greeting::Http1(_) => {
                            self.response = Some(Response::new(self.first.clone()));
                            self.first.truncate(passed);
                            buffer.set_filled(before);
                            return self.poll_read(cx, buffer);
                        }
                        greeting => self.tell(greeting),
                    }
                }
            }
        }
        Poll::Ready(result)
    }
}

impl AsyncWrite for Greeted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// The TLS error in an I/O error.
pub fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_identify_the_protocol() {
        for (first, greeting) in [
            (&b"\0\0\x06\x04\0\0\0\0\0"[..], Greeting::Http2),
            (b"HTTP/1.1 400 Bad Request", Greeting::Http1(None)),
            (b"\x15\x03\x01\0\x02\x02\x46", Greeting::Tls),
            (b"SSH-2.0-x", Greeting::Other("SSH-2.0-x".into())),
        ] {
            assert_eq!(Greeting::of(first), greeting);
        }
    }
}
