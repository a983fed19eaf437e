//! The first bytes of a client (RFC 9113, section 3.4), which are read before h2 sees the connection: h2 drops a client
//! with other first bytes, and closing a socket with data unread resets it, so that the client sees no orderly end.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::server::LAST_WORDS;

pub const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Reads the preface. Returns whether it is one.
pub async fn read<I: AsyncRead + Unpin>(io: &mut I) -> io::Result<bool> {
    let mut seen = 0;
    let mut bytes = [0; PREFACE.len()];
    while let Some(rest) = bytes.get_mut(seen..).filter(|rest| !rest.is_empty()) {
        let read = io.read(rest).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        seen += read;
        if bytes.get(..seen) != PREFACE.get(..seen) {
            return Ok(false);
        }
    }
    Ok(true)
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

    async fn first_bytes(bytes: &[u8]) -> io::Result<bool> {
        let (mut ours, mut theirs) = tokio::io::duplex(64);
        ours.write_all(bytes).await?;
        drop(ours);
        read(&mut theirs).await
    }

    #[tokio::test]
    async fn other_bytes_are_noticed_at_the_first_difference() {
        assert!(first_bytes(PREFACE).await.unwrap());
        for other in [
            &b"GET / HTTP/1.1\r\n"[..],
            b"X",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\rX",
        ] {
            assert!(!first_bytes(other).await.unwrap(), "{other:?}");
        }
        assert!(first_bytes(b"PRI").await.is_err());
    }
}
