//! Asking a server to stop a statement: a connection of its own that has only this request.
//!
//! tokio-postgres closes that connection at once. PgBouncer takes that for a change of mind, because it has to connect to the
//! server first (seen in 1.18: "client unexpected eof", and nothing is cancelled). So the request goes through a pipe here,
//! whose end is not passed on, until the server closes the connection, as libpq waits for it.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite, copy, duplex, split};
use tokio::net::TcpStream;
use tokio_postgres::config::Host;
use tokio_postgres::{CancelToken, Client, Config};

use super::tls::{Connector, Handshake};

/// How to ask for the end of a connection's statement.
pub struct Cancel {
    token: CancelToken,
    address: Address,
    handshake: Handshake,
}

enum Address {
    Tcp(SocketAddr),
    #[cfg(unix)]
    Unix(std::path::PathBuf),
}

impl Cancel {
    /// For a connection that this configuration has led to. `None` if it does not say where the server is.
    pub fn new(client: &Client, config: &Config, connector: &Connector) -> Option<Self> {
        let port = *config.get_ports().first()?;
        let host = config.get_hosts().first()?;
        let (address, name) = match host {
            #[cfg(unix)]
            Host::Unix(folder) => {
                let path = folder.join(format!(".s.PGSQL.{port}"));
                (Address::Unix(path), String::new())
            }
            Host::Tcp(name) => {
                let ip = *config.get_hostaddrs().first()?;
                (Address::Tcp(SocketAddr::new(ip, port)), name.clone())
            }
        };
        Some(Self {
            token: client.cancel_token(),
            address,
            handshake: connector.handshake(name),
        })
    }

    /// Returns when the server, or PgBouncer, has passed the request on.
    pub async fn send(&self) -> io::Result<()> {
        match &self.address {
            Address::Tcp(address) => self.send_on(TcpStream::connect(address).await?).await,
            #[cfg(unix)]
            Address::Unix(path) => {
                let socket = tokio::net::UnixStream::connect(path).await?;
                self.send_on(socket).await
            }
        }
    }

    async fn send_on<S: AsyncRead + AsyncWrite + Unpin>(&self, mut socket: S) -> io::Result<()> {
        let (ours, pipe) = duplex(16 * 1024);
        let (mut from_us, mut to_us) = split(pipe);
        let (mut from_server, mut to_server) = split(&mut socket);
        let request = async {
            let handshake = self.handshake.clone();
            let sent = self.token.cancel_query_raw(ours, handshake).await;
            sent.map_err(io::Error::other)
        };
        let up = async {
            copy(&mut from_us, &mut to_server).await?;
            std::future::pending().await
        };
        let down = async {
            // The pipe is closed when the request is sent; only the end of the server's side matters then.
            copy(&mut from_server, &mut to_us).await.map(|_| ())
        };
        let sent = async {
            request.await?;
            std::future::pending().await
        };
        tokio::select! {
            closed = down => closed,
            failed = up => failed,
            failed = sent => failed,
        }
    }
}
