//! The first bytes of a client (RFC 9113, section 3.4), which are read before h2 sees the connection: h2 drops a client
//! with other first bytes, and closing a socket with data unread resets it, so that the client sees no orderly end.

use std::io;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::server::LAST_WORDS;

pub const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a client's first bytes begin.
#[derive(Debug, PartialEq, Eq)]
pub enum First {
    Http2,
    /// Something else, of which this was read.
    Other(Bytes),
}

/// Reads the preface, or the first bytes of something else.
pub async fn read<I: AsyncRead + Unpin>(io: &mut I) -> io::Result<First> {
    let mut seen = 0;
    let mut bytes = [0; PREFACE.len()];
    while let Some(rest) = bytes.get_mut(seen..).filter(|rest| !rest.is_empty()) {
        let read = io.read(rest).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        seen += read;
        if bytes.get(..seen) != PREFACE.get(..seen) {
            let read = bytes.get(..seen).unwrap_or_default();
            return Ok(First::Other(Bytes::copy_from_slice(read)));
        }
    }
    Ok(First::Http2)
}

/// Says `words`, and closes the connection in an orderly way. Whoever does not read them has none.
pub async fn part<I: AsyncRead + AsyncWrite + Unpin>(mut io: I, words: &[u8]) {
    let farewell = async {
        io.write_all(words).await?;
        io.shutdown().await?;
        tokio::io::copy(&mut io, &mut tokio::io::sink()).await
    };
    let _ = timeout(LAST_WORDS, farewell).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn first_bytes(bytes: &[u8]) -> io::Result<First> {
        let (mut ours, mut theirs) = tokio::io::duplex(64);
        ours.write_all(bytes).await?;
        drop(ours);
        read(&mut theirs).await
    }

    #[tokio::test]
    async fn other_bytes_are_noticed_at_the_first_difference() {
        assert_eq!(first_bytes(PREFACE).await.unwrap(), First::Http2);
        for other in [
            &b"GET / HTTP/1.1\r\n"[..],
            b"X",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\rX",
        ] {
            let first = first_bytes(other).await.unwrap();
            assert_eq!(first, First::Other(Bytes::from_static(other)));
        }
        assert!(first_bytes(b"PRI").await.is_err());
    }
}
