//! Sockets that the process was started with: systemd's socket activation, by LISTEN_PID and LISTEN_FDS (sd_listen_fds(3)).
//! Connections wait in them while no server runs, so that a restart refuses none.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use listenfd::ListenFd;
use socket2::SockRef;

use super::Listener;
use crate::error::{Error, Result};

/// Takes them, in their order. The first call does; others find none.
///
/// # Errors
/// When one is not a TCP or Unix socket that listens.
pub fn given() -> Result<Vec<Listener>> {
    // The crate takes sockets without it, too, as no protocol says. They may be descriptors of our own.
    if std::env::var_os("LISTEN_PID").is_none_or(|pid| pid.is_empty()) {
        return Ok(Vec::new());
    }
    let mut given = ListenFd::from_env();
    (0..given.len())
        .map(|index| listener(&mut given, index))
        .collect()
}

fn listener(given: &mut ListenFd, index: usize) -> Result<Listener> {
    let failed = || {
        let descriptor = index + 3;
        Error::failed(format!(
            "cannot listen on descriptor {descriptor}, which the process was started with"
        ))
        .hinted("LISTEN_FDS takes TCP and Unix stream sockets that listen")
    };
    if let Ok(Some(socket)) = given.take_tcp_listener(index) {
        return tcp(socket).map_err(|error| failed().caused_by(error));
    }
    let socket = given.take_unix_listener(index);
    let socket = socket.map_err(|error| failed().caused_by(error))?;
    let socket = socket.ok_or_else(failed)?;
    unix(socket).map_err(|error| failed().caused_by(error))
}

fn tcp(socket: TcpListener) -> std::io::Result<Listener> {
    check(&SockRef::from(&socket))?;
    Ok(Listener::Tcp(tokio::net::TcpListener::from_std(socket)?))
}

/// Its file stays: whoever made it removes it.
fn unix(socket: UnixListener) -> std::io::Result<Listener> {
    check(&SockRef::from(&socket))?;
    let socket = tokio::net::UnixListener::from_std(socket)?;
    Ok(Listener::Unix(socket, None))
}

fn check(socket: &SockRef<'_>) -> std::io::Result<()> {
    if !socket.is_listener()? {
        return Err(std::io::Error::other("it does not listen"));
    }
    socket.set_nonblocking(true)
}
