//! Ports without a working server.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener};
#[cfg(target_os = "linux")]
use std::{net::TcpStream, time::Duration};

use socket2::{Domain, Socket, Type};

/// Whether this machine has the IPv6 loopback address.
pub fn has_ipv6() -> bool {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

/// A port that refuses connections, and is not available to other processes.
pub struct ReservedPort(Socket);

impl ReservedPort {
    pub fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket
            .bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())
            .unwrap();
        Self(socket)
    }

    pub fn addr(&self) -> String {
        address(&self.0).to_string()
    }
}

fn address(socket: &Socket) -> SocketAddr {
    socket.local_addr().unwrap().as_socket().unwrap()
}

/// A port that does not answer attempts to connect, because its queue stays full. Systems other than Linux would refuse or
/// accept connections.
#[cfg(target_os = "linux")]
pub struct HalfOpenPort {
    socket: Socket,
    _queue: Vec<TcpStream>,
}

#[cfg(target_os = "linux")]
impl HalfOpenPort {
    pub fn new() -> Self {
        let port = ReservedPort::new();
        port.0.listen(0).unwrap();
        let mut queue = Vec::new();
        // On loopback, a connection is accepted at once or not at all.
        while let Ok(stream) =
            TcpStream::connect_timeout(&address(&port.0), Duration::from_millis(500))
        {
            queue.push(stream);
        }
        Self {
            socket: port.0,
            _queue: queue,
        }
    }

    pub fn addr(&self) -> String {
        address(&self.socket).to_string()
    }
}

/// A server that accepts connections and does not speak HTTP/2.
pub struct RawServer {
    addr: SocketAddr,
    /// Keeps the port listening: connections succeed without being accepted.
    listener: TcpListener,
}

impl RawServer {
    /// Accepts connections and never sends a byte.
    pub fn silent() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        Self {
            addr: listener.local_addr().unwrap(),
            listener,
        }
    }

    /// Answers the first bytes of every connection with `answer`, and closes it.
    pub fn answering(answer: &'static [u8]) -> Self {
        let server = Self::silent();
        let listener = server.listener.try_clone().unwrap();
        // Ends with the test's process: nothing wakes up an accept.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut buffer = [0; 4096];
                // The client may close the connection at any time.
                let _ = stream.read(&mut buffer);
                let _ = stream.write_all(answer);
                let _ = stream.shutdown(Shutdown::Write);
                while stream.read(&mut buffer).is_ok_and(|len| len > 0) {}
            }
        });
        server
    }

    pub fn addr(&self) -> String {
        self.addr.to_string()
    }
}
