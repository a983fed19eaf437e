//! Opens the byte stream under HTTP/2: TCP, a Unix socket, or a pipe in this process.

use std::collections::VecDeque;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_socks::TargetAddr;

use super::connect_error::ConnectError;
use super::proxy;
use super::route::{Proxy, ProxyKind, Route};
use super::tls::{self, Prepared, TlsOptions};
use super::{Address, Established};
use crate::error::plain;
use crate::net::ByteStream;

/// How long to wait for an address before trying the next one too (RFC 8305, section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Opens byte streams to one server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Dialer {
    Address(Address),
    InProcess(InProcess),
}

/// Why there is no byte stream.
#[derive(Debug)]
pub enum DialError {
    /// The host has no address, for this reason.
    Unresolved {
        host: String,
        why: String,
    },
    Io(io::Error),
    /// The same, for the proxy.
    Proxy(String, io::Error),
    /// The proxy is in the way.
    Explained(ConnectError),
}

impl DialError {
    /// The error of connecting to the proxy, not to the server.
    fn of(self, proxy: &Proxy) -> Self {
        match self {
            Self::Io(error) => Self::Proxy(proxy.to_string(), error),
            other => other,
        }
    }
}

impl From<ConnectError> for DialError {
    fn from(error: ConnectError) -> Self {
        Self::Explained(error)
    }
}

impl From<io::Error> for DialError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The system's reason without std's own words in front of it.
fn unresolved(host: &str, error: &io::Error) -> DialError {
    let text = plain(error);
    let why = text.rsplit(": ").next().unwrap_or_default().to_lowercase();
    DialError::Unresolved {
        host: host.to_owned(),
        why,
    }
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
    /// Opens a byte stream, and notes how. `place` names the server in errors. The only time limit is the operating
    /// system's.
    pub async fn dial(
        &self,
        route: &Route,
        proxy_tls: Option<(&TlsOptions, &Prepared)>,
        place: &str,
        established: &mut Established,
    ) -> Result<Box<dyn ByteStream>, DialError> {
        match self {
            Self::InProcess(server) => Ok((server.0)()),
            Self::Address(Address::Unix(path)) => Ok(unix(path).await?),
            Self::Address(Address::Tcp { host, port, .. }) => {
                let to = route.connect_to.as_ref();
                let (host, port) = to.map_or((host.as_str(), *port), |(host, port)| (host, *port));
                match &route.proxy {
                    None => {
                        let addresses = resolve(host, port, &route.addresses, established).await?;
                        tcp(addresses, established).await
                    }
                    Some(proxy) => {
                        through(proxy, (host, port), route, proxy_tls, place, established).await
                    }
                }
            }
        }
    }
}

/// The addresses of a host: those that are known already, or else what the system says.
async fn resolve(
    host: &str,
    port: u16,
    known: &[IpAddr],
    established: &mut Established,
) -> Result<Vec<SocketAddr>, DialError> {
    let started = Instant::now();
    let addresses: Vec<SocketAddr> = if known.is_empty() {
        let found = lookup_host((host, port)).await;
        found.map_err(|error| unresolved(host, &error))?.collect()
    } else {
        known
            .iter()
            .map(|address| (*address, port).into())
            .collect()
    };
    host.clone_into(&mut established.host);
    established.resolved.clone_from(&addresses);
    established.resolving += started.elapsed();
    Ok(addresses)
}

async fn tcp(
    addresses: Vec<SocketAddr>,
    established: &mut Established,
) -> Result<Box<dyn ByteStream>, DialError> {
    let started = Instant::now();
    let stream = race(addresses.into()).await?;
    established.address = stream.peer_addr().ok();
    established.connecting = started.elapsed();
    Ok(Box::new(stream))
}

/// Opens a byte stream through a proxy.
async fn through(
    proxy: &Proxy,
    (host, port): (&str, u16),
    route: &Route,
    tls: Option<(&TlsOptions, &Prepared)>,
    place: &str,
    established: &mut Established,
) -> Result<Box<dyn ByteStream>, DialError> {
    let target = match (proxy.kind, route.addresses.first()) {
        (_, Some(address)) => TargetAddr::Ip((*address, port).into()),
        (ProxyKind::Socks5, None) => {
            let found = resolve(host, port, &[], established).await?;
            let first = found.into_iter().next();
            TargetAddr::Ip(first.ok_or_else(|| no_address(host))?)
        }
        (_, None) => TargetAddr::Domain(host.to_owned().into(), port),
    };
    let addresses = resolve(&proxy.host, proxy.port, &[], established).await;
    let addresses = addresses.map_err(|error| error.of(proxy))?;
    let mut io = tcp(addresses, established)
        .await
        .map_err(|error| error.of(proxy))?;
    if proxy.has_tls()
        && let Some((options, prepared)) = tls
    {
        let proxy_place = format!("the proxy {proxy}");
        (io, _) = tls::handshake(io, prepared, options, &proxy.host, &proxy_place).await?;
    }
    let started = Instant::now();
    let io = proxy::tunnel(io, proxy, target, place).await?;
    established.proxy = Some(proxy.to_string());
    established.tunneling = started.elapsed();
    Ok(io)
}

fn no_address(host: &str) -> DialError {
    DialError::Unresolved {
        host: host.to_owned(),
        why: "the name has no address".to_owned(),
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
