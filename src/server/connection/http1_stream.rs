//! The byte stream under a connection of HTTP/1.1, whose first bytes were read already.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::parting::{Parting, Patience};
use super::watched::{Waits, Watch};

/// A client may still be sending a request that was refused by its head. What it sends is read for a while, so that it gets
/// to the response.
const PATIENCE: Patience = Patience {
    longest: Duration::from_secs(5),
    most: 8 << 20,
};

pub struct Http1Stream<I> {
    first: Bytes,
    io: I,
    watch: Arc<Watch>,
    waits: Waits,
    parting: Option<Parting>,
}

impl<I> Http1Stream<I> {
    pub fn new(first: Bytes, io: I, watch: Arc<Watch>) -> Self {
        Self {
            first,
            io,
            watch,
            waits: Waits::default(),
            parting: None,
        }
    }

    /// Notes whether a write has to wait.
    fn wrote<T>(&mut self, polled: Poll<T>) -> Poll<T> {
        self.waits.write(&self.watch, polled.is_pending());
        polled
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Http1Stream<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.first.is_empty() {
            return Pin::new(&mut self.io).poll_read(cx, buf);
        }
        let len = self.first.len().min(buf.remaining());
        buf.put_slice(&self.first.split_to(len));
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Http1Stream<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write(cx, buf);
        self.wrote(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.wrote(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let polled = Pin::new(&mut this.io).poll_flush(cx);
        this.waits.flush(&this.watch, polled.is_pending());
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let parting = this.parting.get_or_insert_with(|| Parting::new(PATIENCE));
        parting.poll(&mut this.io, cx)
    }
}
