//! Closing a connection in stages (RFC 9112, section 9.6): the server's side first, and the socket when the client has closed
//! its own. Closing a socket with data unread resets it, and the client loses what it has not read yet, such as the status
//! of a call.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use crate::server::LAST_WORDS;

/// How much is read at once, in bytes.
const READ: usize = 2 << 10;

/// How far a client is followed that has not closed its side yet.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long it may send.
    pub longest: Duration,
    /// How much it may send, in bytes.
    pub most: usize,
}

/// How long the end of the server's side may take, which waits for the client where TLS has something to say.
const CLOSING: Duration = Duration::from_secs(5);

/// The end of a connection.
pub struct Parting {
    patience: Patience,
    /// Since when the server's side is closed.
    closed: Option<Instant>,
    /// A client that takes or says nothing until then is left.
    end: Pin<Box<Sleep>>,
    discarded: usize,
}

impl Parting {
    pub fn new(patience: Patience) -> Self {
        Self {
            patience,
            closed: None,
            end: Box::pin(sleep(CLOSING)),
            discarded: 0,
        }
    }

    /// Closes the server's side, and discards what the client still sends. Ready when the client has closed its side, says
    /// nothing for [`LAST_WORDS`], or goes on for too long.
    ///
    /// # Errors
    /// When the server's side cannot be closed.
    pub fn poll<I>(&mut self, io: &mut I, cx: &mut Context<'_>) -> Poll<io::Result<()>>
    where
        I: AsyncRead + AsyncWrite + Unpin,
    {
        let closed = if let Some(closed) = self.closed {
            closed
        } else {
            match Pin::new(&mut *io).poll_shutdown(cx) {
                Poll::Ready(closed) => closed?,
                Poll::Pending => return self.end.as_mut().poll(cx).map(Ok),
            }
            let now = Instant::now();
            self.end.as_mut().reset(now + LAST_WORDS);
            *self.closed.insert(now)
        };
        let mut bytes = [0; READ];
        while self.end.as_mut().poll(cx).is_pending() && self.discarded < self.patience.most {
            let mut buf = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut *io).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => self.discarded += buf.filled().len(),
                _ => break,
            }
            let latest = closed + self.patience.longest;
            let silent = Instant::now() + LAST_WORDS;
            self.end.as_mut().reset(silent.min(latest));
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::time::timeout;

    use super::*;

    const PATIENCE: Patience = Patience {
        longest: Duration::from_secs(5),
        most: 1000,
    };

    /// How long it takes to part from a client.
    async fn part(mut io: DuplexStream) -> Duration {
        let started = Instant::now();
        let mut parting = Parting::new(PATIENCE);
        poll_fn(|cx| parting.poll(&mut io, cx)).await.unwrap();
        started.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_client_is_waited_for_and_what_it_sends_is_read() {
        let (ours, mut theirs) = duplex(64);
        let mut parted = tokio::spawn(part(ours));
        theirs.write_all(&[0; 500]).await.unwrap();
        let early = timeout(LAST_WORDS / 2, &mut parted).await;
        assert!(early.is_err(), "{early:?}");
        drop(theirs);
        assert_eq!(parted.await.unwrap(), LAST_WORDS / 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_says_nothing_is_not_waited_for_long() {
        let (ours, _theirs) = duplex(64);
        assert_eq!(part(ours).await, LAST_WORDS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_goes_on_is_left_after_some_time() {
        let (ours, mut theirs) = duplex(64);
        let parted = tokio::spawn(part(ours));
        while theirs.write_all(b"x").await.is_ok() {
            tokio::time::sleep(LAST_WORDS / 2).await;
        }
        assert_eq!(parted.await.unwrap(), PATIENCE.longest);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_sends_much_is_left() {
        let (ours, mut theirs) = duplex(PATIENCE.most);
        theirs.write_all(&[0; PATIENCE.most]).await.unwrap();
        assert_eq!(part(ours).await, Duration::ZERO);
    }
}
