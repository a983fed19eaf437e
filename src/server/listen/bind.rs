//! Addresses → bound sockets: all of them or none.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use super::{ListenAddress, Listener};
use crate::error::{Error, Result};

/// Connections that the kernel queues until they are accepted; it has a maximum of its own.
const BACKLOG: i32 = 1024;

/// `localhost:0` needs one port that is free on both loopback addresses, which can take several tries.
const PORT_TRIES: usize = 16;

/// Binds every socket of every address.
///
/// # Errors
/// When one of them cannot be bound; those bound before it are closed again.
pub fn bind(addresses: &[ListenAddress]) -> Result<Vec<Listener>> {
    let mut listeners = Vec::new();
    for address in addresses {
        match address {
            ListenAddress::Localhost(port) => listeners.append(&mut bind_localhost(*port)?),
            ListenAddress::Host(..) => {
                for address in address.resolve()? {
                    let listener = bind_tcp(address);
                    let listener = listener.map_err(|error| cannot_listen(address, error))?;
                    listeners.push(Listener::Tcp(listener));
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
            "cannot listen on {address}: address already in use"
        ))
        .hinted("choose another port with --listen; port 0 takes a free one"),
        io::ErrorKind::PermissionDenied => {
            Error::failed(format!("cannot listen on {address}: permission denied"))
                .hinted("ports below 1024 need privileges; choose another with --listen")
        }
        io::ErrorKind::AddrNotAvailable => Error::failed(format!(
            "cannot listen on {address}: it is not an address of this machine"
        ))
        .hinted("'[::]:PORT' listens on all addresses of this machine, and :PORT on loopback"),
        _ => Error::failed(format!("cannot listen on {address}")).caused_by(error),
    }
}

/// Binds both loopback addresses on the same port, or IPv4 alone on a machine without IPv6.
fn bind_localhost(port: u16) -> Result<Vec<Listener>> {
    let v4 = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let v6 = |port| SocketAddr::from((Ipv6Addr::LOCALHOST, port));
    let mut tries = PORT_TRIES;
    loop {
        tries -= 1;
        let (first, bound) = bind_tcp(v4(port))
            .and_then(|listener| {
                let port = listener.local_addr()?.port();
                Ok((listener, port))
            })
            .map_err(|error| cannot_listen(v4(port), error))?;
        let first = Listener::Tcp(first);
        match bind_tcp(v6(bound)) {
            Ok(second) => return Ok(vec![first, Listener::Tcp(second)]),
            Err(error) if lacks_ipv6(&error) => return Ok(vec![first]),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && port == 0 && tries > 0 => {}
            Err(error) => return Err(cannot_listen(v6(bound), error)),
        }
    }
}

/// A kernel without IPv6 does not know the address family; one with IPv6 disabled does not have the address.
fn lacks_ipv6(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported
    ) || error.to_string().contains("family not supported")
}

fn bind_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // Without it, a restart fails while connections of the previous process are in TIME_WAIT. On Windows the option
    // has another meaning: sharing the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    if address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        // IPv4 too, whatever the system's default (net.ipv6.bindv6only).
        socket.set_only_v6(false)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// A socket file outlives a server that was killed, so a file that refuses connections is replaced.
#[cfg(unix)]
fn bind_unix(path: &Path) -> Result<Listener> {
    use std::os::unix::fs::FileTypeExt as _;
    use std::os::unix::net::UnixStream;

    let shown = format!("unix:{}", path.display());
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket());
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse if is_socket => Error::failed(format!(
            "cannot listen on {shown}: another server is listening there"
        )),
        io::ErrorKind::AddrInUse => Error::failed(format!(
            "cannot listen on {shown}: the file exists and is not a socket"
        )),
        _ => Error::failed(format!("cannot listen on {shown}")).caused_by(error),
    };
    if is_socket && UnixStream::connect(path).is_err_and(refused) {
        std::fs::remove_file(path).map_err(failed)?;
    }
    let listener = tokio::net::UnixListener::bind(path).map_err(failed)?;
    let file = super::SocketFile(path.to_owned());
    Ok(Listener::Unix(listener, Some(file)))
}

#[cfg(not(unix))]
fn bind_unix(path: &Path) -> Result<Listener> {
    let unsupported = io::Error::from(io::ErrorKind::Unsupported);
    Err(cannot_listen(
        format!("unix:{}", path.display()),
        unsupported,
    ))
}
