//! How a connection came about, which `-v` shows.

use std::net::SocketAddr;
use std::time::Duration;

use super::tls::TlsSession;

/// The steps to a connection, with the time of each. A step that was not needed took no time.
#[derive(Clone, Debug, Default)]
pub struct Established {
    /// The host that was looked up: the server's, or the proxy's.
    pub host: String,
    /// Its addresses.
    pub resolved: Vec<SocketAddr>,
    /// The one that is connected.
    pub address: Option<SocketAddr>,
    /// The proxy in between.
    pub proxy: Option<String>,
    pub tls: Option<TlsSession>,
    pub resolving: Duration,
    pub connecting: Duration,
    /// Until the proxy has reached the server.
    pub tunneling: Duration,
    pub handshake: Duration,
    /// Until the server's first HTTP/2 frame.
    pub greeting: Duration,
}
