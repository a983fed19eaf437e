//! Opening the byte stream below HTTP/2: TCP, a Unix socket, or a pipe within this process.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;

use super::Address;
use crate::net::ByteStream;

/// How long an address may stay silent before the next one is tried beside it (RFC 8305, section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Opens byte streams to one server.
#[derive(Clone)]
pub enum Dialer {
    Address(Address),
    /// A server in this process: each call opens another connection to it.
    Memory(Arc<dyn Fn() -> Box<dyn ByteStream> + Send + Sync>),
}

impl Dialer {
    /// Opens one byte stream; no time limit but the operating system's.
    pub async fn dial(&self) -> io::Result<Box<dyn ByteStream>> {
        match self {
            Self::Memory(open) => Ok(open()),
            Self::Address(Address::Tcp { host, port }) => {
                let addresses = lookup_host((host.as_str(), *port)).await?;
                Ok(Box::new(race(addresses.collect()).await?))
            }
            Self::Address(Address::Unix(path)) => unix(path).await,
        }
    }
}

#[cfg(unix)]
async fn unix(path: &Path) -> io::Result<Box<dyn ByteStream>> {
    Ok(Box::new(tokio::net::UnixStream::connect(path).await?))
}

#[cfg(not(unix))]
async fn unix(_: &Path) -> io::Result<Box<dyn ByteStream>> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "this system has no Unix sockets",
    ))
}

/// Connects to whichever address answers first. A refusal starts the next attempt at once, silence after
/// [`ATTEMPT_DELAY`], so that one dead address family does not use up the time of the other.
async fn race(mut addresses: VecDeque<SocketAddr>) -> io::Result<TcpStream> {
    let mut attempts = JoinSet::new();
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    loop {
        if let Some(address) = addresses.pop_front() {
            attempts.spawn(TcpStream::connect(address));
        } else if attempts.is_empty() {
            return Err(failure);
        }
        let finished = if addresses.is_empty() {
            attempts.join_next().await
        } else {
            match tokio::time::timeout(ATTEMPT_DELAY, attempts.join_next()).await {
                Ok(finished) => finished,
                Err(_) => continue,
            }
        };
        match finished {
            Some(Ok(Ok(stream))) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Some(Ok(Err(error))) => failure = error,
            Some(Err(panic)) => failure = io::Error::other(panic),
            None => {}
        }
    }
}
