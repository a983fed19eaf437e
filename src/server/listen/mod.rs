//! Where the server listens.

mod address;
#[cfg(unix)]
mod authority;
mod bind;
mod failures;
#[cfg(unix)]
mod given;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};

pub use address::ListenAddress;
pub use bind::bind;
pub use failures::{AcceptFailures, FailureLog};
#[cfg(unix)]
pub use given::given;

use super::peer::Peer;
use crate::net::ByteStream;

/// The sockets that the process was started with.
///
/// # Errors
/// Never: only systems with Unix sockets have it.
#[cfg(not(unix))]
pub fn given() -> crate::error::Result<Vec<Listener>> {
    Ok(Vec::new())
}

/// A bound socket.
pub enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(
        tokio::net::UnixListener,
        /// It is there to be dropped.
        Option<SocketFile>,
    ),
}

impl Listener {
    /// Waits for a connection.
    ///
    /// # Errors
    /// When the system lacks descriptors or memory. Trying again at once would fail again, and keep a core busy.
    pub async fn accept(&self) -> io::Result<Accepted> {
        loop {
            match self.try_accept().await {
                // The peer has left before its connection was accepted.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                result => return result,
            }
        }
    }

    async fn try_accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Fails only on a connection that is broken, which reading from it will show.
                let _ = stream.set_nodelay(true);
                let _ = SockRef::from(&stream).set_tcp_keepalive(&KEEPALIVE);
                Ok(Accepted::Tcp(stream.into_std()?, peer))
            }
            #[cfg(unix)]
            Self::Unix(listener, _) => Ok(Accepted::Unix(listener.accept().await?.0.into_std()?)),
        }
    }

    /// Whether its connections have TLS, if the server has it. Who may open a Unix socket is up to its file.
    pub fn takes_tls(&self) -> bool {
        matches!(self, Self::Tcp(_))
    }

    /// Whether it can be reached from other machines.
    pub fn is_public(&self) -> bool {
        match self {
            Self::Tcp(listener) => listener
                .local_addr()
                .is_ok_and(|address| !address.ip().is_loopback()),
            #[cfg(unix)]
            Self::Unix(..) => false,
        }
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(listener) => match listener.local_addr() {
                Ok(address) => address.fmt(f),
                Err(error) => error.fmt(f),
            },
            #[cfg(unix)]
            Self::Unix(listener, _) => match listener.local_addr() {
                Ok(address) => match address.as_pathname() {
                    Some(path) => write!(f, "unix:{}", path.display()),
                    None => write!(f, "a Unix socket without a path"),
                },
                Err(error) => error.fmt(f),
            },
        }
    }
}

/// When the system asks whether a client is still there. HTTP/2 has PINGs for that, and HTTP/1.1 has nothing: a watch of
/// health, whose replies are rare, would outlive a client whose machine is gone.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_mins(1))
    .with_interval(Duration::from_secs(20));

/// A connection that no thread serves yet.
pub enum Accepted {
    Tcp(std::net::TcpStream, SocketAddr),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
}

impl Accepted {
    pub fn peer(&self) -> Peer {
        match self {
            Self::Tcp(_, peer) => Peer::Tcp(*peer),
            #[cfg(unix)]
            Self::Unix(_) => Peer::Unix,
        }
    }

    /// Whether it has TLS, if the server has it. Who may open a Unix socket is up to its file.
    pub fn takes_tls(&self) -> bool {
        matches!(self, Self::Tcp(..))
    }

    /// For the runtime of this thread.
    ///
    /// # Errors
    /// When the system lacks memory.
    pub fn into_stream(self) -> io::Result<Box<dyn ByteStream>> {
        Ok(match self {
            Self::Tcp(stream, _) => Box::new(TcpStream::from_std(stream)?),
            #[cfg(unix)]
            Self::Unix(stream) => {
                let stream = tokio::net::UnixStream::from_std(stream)?;
                Box::new(authority::ValidAuthority::new(stream))
            }
        })
    }
}

/// The name that this process gave a socket in the file system, removed when its listener is dropped.
#[cfg(unix)]
pub struct SocketFile(std::path::PathBuf);

#[cfg(unix)]
impl Drop for SocketFile {
    fn drop(&mut self) {
        // It may have been removed already.
        let _ = std::fs::remove_file(&self.0);
    }
}
