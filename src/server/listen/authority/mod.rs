//! Makes h2 accept the `:authority` that gRPC clients send over a Unix socket.
//!
//! A Unix socket has no authority. gRPC's C core and the languages on it (Python, C++, Ruby) send the socket's path
//! instead, percent-encoded, grpc-go does so for a `unix:` target with a dialer of its own, and grpc-java sends the path
//! as it is (grpc/grpc#38142, grpc/grpc-java#12664). h2 rejects both with PROTOCOL_ERROR and has no option that changes
//! that (hyperium/h2#442, hyperium/h2#487).
//!
//! So the bytes of a client are followed as HTTP/2 frames (`frames`) and HPACK header blocks (`header_block`), and the
//! characters that an authority cannot contain are replaced in place:
//!
//! | character | replacement |
//! |---|---|
//! | space | `-` |
//! | `%` | `.` |
//! | `/` | `3` |
//!
//! Each replacement is as long as the original, both as plain text and in HPACK's Huffman code (`huffman`): no frame,
//! string or dynamic table changes its size, and nothing has to be encoded again. A value that the client adds to the
//! dynamic table is rewritten when it is sent, so that references to it need no attention. What the authority becomes
//! does not matter: RouteGuide does not look at it.
//!
//! Bytes that are not valid HTTP/2 pass as they are; rejecting them is h2's duty.

mod frames;
mod header_block;
mod huffman;
#[cfg(test)]
mod tests;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use frames::Frames;

/// The following bytes are not valid HTTP/2, or more than is followed here.
#[derive(Debug)]
struct Malformed;

/// Up to `len` bytes off the front of `bytes`, and the rest.
fn split_front(bytes: &mut [u8], len: usize) -> (&mut [u8], &mut [u8]) {
    bytes.split_at_mut(len.min(bytes.len()))
}

/// A connection from a client, with every `:authority` it sends made valid.
pub struct ValidAuthority<I> {
    io: I,
    frames: Frames,
}

impl<I> ValidAuthority<I> {
    pub fn new(io: I) -> Self {
        Self {
            io,
            frames: Frames::default(),
        }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for ValidAuthority<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        if let Some(received) = buf.filled_mut().get_mut(before..) {
            self.frames.rewrite(received);
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for ValidAuthority<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
