//! Opens the byte stream under HTTP/2: TCP, a Unix socket, or a pipe in this process.

use std::collections::VecDeque;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;

use super::Address;
use crate::net::ByteStream;

/// How long to wait for an address before trying the next one too (RFC 8305, section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Opens byte streams to one server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Dialer {
    Address(Address),
    InProcess(InProcess),
}

/// Opens byte streams to a server in this process. Clones are equal, because they reach the same server.
#[derive(Clone)]
pub struct InProcess(Arc<dyn Fn() -> Box<dyn ByteStream> + Send + Sync>);

impl InProcess {
    pub fn new(open: impl Fn() -> Box<dyn ByteStream> + Send + Sync + 'static) -> Self {
        Self(Arc::new(open))
    }

    fn address(&self) -> *const () {
        Arc::as_ptr(&self.0).cast()
    }
}

impl PartialEq for InProcess {
    fn eq(&self, other: &Self) -> bool {
        self.address() == other.address()
    }
}

impl Eq for InProcess {}

impl Hash for InProcess {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.address().hash(state);
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InProcess").field(&self.address()).finish()
    }
}

impl Dialer {
    /// Opens a byte stream. The only time limit is the operating system's.
    pub async fn dial(&self) -> io::Result<Box<dyn ByteStream>> {
        match self {
            Self::InProcess(server) => Ok((server.0)()),
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
    let stream = tokio::net::UnixStream::connect(path).await;
    Ok(Box::new(stream.map_err(|error| match error.kind() {
        // std's words name a C constant.
        io::ErrorKind::InvalidInput => {
            io::Error::new(error.kind(), "the path is too long for a Unix socket")
        }
        _ => error,
    })?))
}

#[cfg(not(unix))]
async fn unix(_: &Path) -> io::Result<Box<dyn ByteStream>> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "this system does not support Unix sockets",
    ))
}

/// Connects to the address that answers first. The next attempt starts at once after a refusal, and after
/// [`ATTEMPT_DELAY`] without an answer, so that an address family that does not work does not use up the time.
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
