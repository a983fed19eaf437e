//! Where the server listens: addresses → bound sockets, all of them or none.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use crate::error::{Error, Result};
use crate::net::{ByteStream, split_host_port};

/// Connections the kernel holds for us until they are accepted; the kernel has its own maximum.
const BACKLOG: i32 = 1024;

/// With port 0, `localhost` wants one port that is free on both loopback addresses: worth a few tries.
const PORT_TRIES: usize = 16;

/// An argument of `--listen`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// Both loopback addresses.
    Localhost(u16),
    /// A name or an address, on every address it stands for.
    Host(String, u16),
    Unix(PathBuf),
}

impl FromStr for ListenAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: &str| {
            Error::usage(format!("cannot listen on {text:?}: {why}"))
                .hinted("write host:port, [::1]:port, :port or unix:PATH")
        };
        if let Some(path) = text.strip_prefix("unix:") {
            return match path.strip_prefix("//").unwrap_or(path) {
                "" => Err(bad("unix: wants a path")),
                path => Ok(Self::Unix(PathBuf::from(path))),
            };
        }
        if text.contains("://") {
            return Err(bad("no scheme is wanted"));
        }
        let (host, port) = split_host_port(text).map_err(|why| bad(&why.to_string()))?;
        let port = port.ok_or_else(|| bad("no port"))?;
        match host {
            "" | "localhost" => Ok(Self::Localhost(port)),
            host => Ok(Self::Host(host.to_owned(), port)),
        }
    }
}

/// A bound socket.
pub enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener, SocketFile),
}

impl Listener {
    /// Waits for a connection.
    pub async fn accept(&self) -> io::Result<Box<dyn ByteStream>> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            #[cfg(unix)]
            Self::Unix(listener, _) => Ok(Box::new(listener.accept().await?.0)),
        }
    }

    /// Whether others than this machine's users can reach it.
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

/// A socket's name in the file system, removed with its listener.
pub struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Somebody else may have removed it already.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Binds every socket of every address.
///
/// # Errors
/// When one cannot be bound; those bound before it are closed again.
pub fn bind(addresses: &[ListenAddress]) -> Result<Vec<Listener>> {
    let mut listeners = Vec::new();
    for address in addresses {
        match address {
            ListenAddress::Localhost(port) => listeners.append(&mut bind_localhost(*port)?),
            ListenAddress::Host(host, port) => {
                let resolved = (host.as_str(), *port).to_socket_addrs().map_err(|error| {
                    Error::failed(format!("cannot listen on {host}:{port}: unknown host"))
                        .caused_by(error)
                })?;
                for address in resolved {
                    listeners
                        .push(bind_tcp(address).map_err(|error| cannot_listen(address, error))?);
                }
            }
            ListenAddress::Unix(path) => listeners.push(bind_unix(path)?),
        }
    }
    Ok(listeners)
}

fn cannot_listen(address: impl fmt::Display, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::AddrInUse => Error::failed(format!(
            "cannot listen on {address}: something else already does"
        ))
        .hinted("choose another with --listen; port 0 takes a free one"),
        io::ErrorKind::PermissionDenied => {
            Error::failed(format!("cannot listen on {address}: permission denied"))
                .hinted("ports below 1024 are for root; choose another with --listen")
        }
        _ => Error::failed(format!("cannot listen on {address}")).caused_by(error),
    }
}

/// Both loopback addresses on the same port, or IPv4 alone on a machine without IPv6.
fn bind_localhost(port: u16) -> Result<Vec<Listener>> {
    let v4 = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let v6 = |port| SocketAddr::from((Ipv6Addr::LOCALHOST, port));
    let mut tries = PORT_TRIES;
    loop {
        tries -= 1;
        let (first, bound) = bind_tcp(v4(port))
            .and_then(|listener| match &listener {
                Listener::Tcp(tcp) => tcp.local_addr().map(|address| (listener, address.port())),
                #[cfg(unix)]
                Listener::Unix(..) => Err(io::ErrorKind::Unsupported.into()),
            })
            .map_err(|error| cannot_listen(v4(port), error))?;
        match bind_tcp(v6(bound)) {
            Ok(second) => return Ok(vec![first, second]),
            Err(error) if no_ipv6(&error) => return Ok(vec![first]),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && port == 0 && tries > 0 => {}
            Err(error) => return Err(cannot_listen(v6(bound), error)),
        }
    }
}

/// A kernel without IPv6 has no such family; one with IPv6 switched off has no such address.
fn no_ipv6(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported
    ) || error.to_string().contains("family not supported")
}

fn bind_tcp(address: SocketAddr) -> io::Result<Listener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // Without it a restart within a minute fails on the old connections' TIME_WAIT. On Windows it means something
    // else: sharing the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    if address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        // IPv4 too, whatever the system's default (net.ipv6.bindv6only).
        socket.set_only_v6(false)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(Listener::Tcp(TcpListener::from_std(socket.into())?))
}

/// A socket file outlives its server when that was killed: one nobody answers on is replaced.
#[cfg(unix)]
fn bind_unix(path: &Path) -> Result<Listener> {
    use std::os::unix::fs::FileTypeExt as _;
    use std::os::unix::net::UnixStream;

    let shown = format!("unix:{}", path.display());
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket());
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse if is_socket => Error::failed(format!(
            "cannot listen on {shown}: something else already does"
        )),
        io::ErrorKind::AddrInUse => Error::failed(format!(
            "cannot listen on {shown}: there is a file of that name"
        )),
        _ => Error::failed(format!("cannot listen on {shown}")).caused_by(error),
    };
    if is_socket && UnixStream::connect(path).is_err_and(refused) {
        std::fs::remove_file(path).map_err(failed)?;
    }
    let listener = tokio::net::UnixListener::bind(path).map_err(failed)?;
    Ok(Listener::Unix(listener, SocketFile(path.to_owned())))
}

#[cfg(not(unix))]
fn bind_unix(path: &Path) -> Result<Listener> {
    let unsupported = io::Error::from(io::ErrorKind::Unsupported);
    Err(cannot_listen(
        format!("unix:{}", path.display()),
        unsupported,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_form_is_understood() {
        let host = |host: &str, port| ListenAddress::Host(host.to_owned(), port);
        for (text, address) in [
            ("localhost:50051", ListenAddress::Localhost(50051)),
            (":0", ListenAddress::Localhost(0)),
            ("0.0.0.0:1", host("0.0.0.0", 1)),
            ("[::]:50051", host("::", 50051)),
            ("unix:/run/x", ListenAddress::Unix("/run/x".into())),
        ] {
            assert_eq!(text.parse::<ListenAddress>().ok(), Some(address), "{text}");
        }
        for text in [
            "",
            "localhost",
            "localhost:",
            "::1:5",
            "[::1:5",
            "h:65536",
            "unix:",
        ] {
            assert!(text.parse::<ListenAddress>().is_err(), "{text}");
        }
    }
}
