//! Where the server listens.

mod address;
#[cfg(unix)]
mod authority;
mod bind;
mod failures;

use std::fmt;
use std::io;

use tokio::net::TcpListener;

pub use address::ListenAddress;
pub use bind::bind;
pub use failures::{AcceptFailures, FailureLog};

use crate::net::ByteStream;

/// A bound socket.
pub enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener, SocketFile),
}

impl Listener {
    /// Waits for a connection.
    ///
    /// # Errors
    /// When the system lacks descriptors or memory. Trying again at once would fail again, and keep a core busy.
    pub async fn accept(&self) -> io::Result<Box<dyn ByteStream>> {
        loop {
            match self.try_accept().await {
                // The peer has left before its connection was accepted.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                result => return result,
            }
        }
    }

    async fn try_accept(&self) -> io::Result<Box<dyn ByteStream>> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Fails only on a connection that is broken, which reading from it will show.
                let _ = stream.set_nodelay(true);
                Ok(Box::new(stream))
            }
            #[cfg(unix)]
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                Ok(Box::new(authority::ValidAuthority::new(stream)))
            }
        }
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
            Self::Unix(_, file) => write!(f, "unix:{}", file.0.display()),
        }
    }
}

/// A socket's name in the file system, removed when its listener is dropped.
#[cfg(unix)]
pub struct SocketFile(std::path::PathBuf);

#[cfg(unix)]
impl Drop for SocketFile {
    fn drop(&mut self) {
        // It may have been removed already.
        let _ = std::fs::remove_file(&self.0);
    }
}
