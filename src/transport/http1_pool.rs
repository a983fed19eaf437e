//! The connections of HTTP/1.1 to one server: each has one call at a time, and is kept for the next one.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::task::{AbortHandle, yield_now};
use tokio::time::{Instant, timeout, timeout_at};

use super::connect_error::ConnectError;
use super::http1_body::RequestBody;
use super::open::{Opened, open};
use super::tasks::Tasks;
use super::tls::Secured;
use super::{Endpoint, HttpVersions};
use crate::error::{Error, Result};
use crate::net::ByteStream;

/// The largest set of headers to accept, and how much of a request may wait to be written, in bytes.
pub const BUFFER: usize = 64 << 10;

/// How long to wait for connections that are kept to be free. They are at once, unless the server has not read all of the
/// last request.
const FREE: Duration = Duration::from_millis(50);

/// The connections to a server.
pub struct Pool {
    endpoint: Endpoint,
    secured: Secured,
    tasks: Tasks,
    /// How long connecting may take.
    limit: Duration,
    idle: Mutex<Vec<Lease>>,
}

/// A connection, for one call. It is closed when this is dropped.
#[derive(Debug)]
pub struct Lease {
    requests: SendRequest<RequestBody>,
    driver: AbortHandle,
    is_used: bool,
}

impl Pool {
    /// A pool with the connection that was opened already.
    pub(super) async fn new(
        endpoint: Endpoint,
        secured: &Secured,
        tasks: Tasks,
        limit: Duration,
        first: Box<dyn ByteStream>,
    ) -> std::result::Result<Self, ConnectError> {
        // A server that chose HTTP/1.1 for the first connection may choose HTTP/2 for another one.
        let pool = Self {
            endpoint: endpoint.speaking(HttpVersions::Http1),
            secured: secured.offering(HttpVersions::Http1),
            tasks,
            limit,
            idle: Mutex::default(),
        };
        let lease = pool
            .start(first)
            .await
            .map_err(|error| ConnectError::passing(pool.unconnected().caused_by(error)))?;
        pool.idle().push(lease);
        Ok(pool)
    }

    /// A connection for one call: the one that was used last, or a new one.
    pub async fn lease(&self) -> Result<Lease> {
        // Lets the connections notice that their server has closed them.
        yield_now().await;
        let limit = Instant::now() + FREE;
        loop {
            let Some(mut lease) = self.idle().pop() else {
                break;
            };
            if let Ok(Ok(())) = timeout_at(limit, lease.requests.ready()).await {
                return Ok(lease);
            }
        }
        let opened = timeout(self.limit, open(&self.endpoint, &self.secured)).await;
        let Opened { io, .. } = match opened {
            Ok(Ok(opened)) => opened,
            Ok(Err(failed)) => return Err(failed.error),
            Err(_) => return Err(self.unconnected()),
        };
        let started = self.start(io).await;
        started.map_err(|error| self.unconnected().caused_by(error))
    }

    /// Keeps a connection whose call is over, if the server does.
    pub fn give_back(&self, mut lease: Lease) {
        lease.is_used = true;
        if !lease.requests.is_closed() {
            self.idle().push(lease);
        }
    }

    async fn start(&self, io: Box<dyn ByteStream>) -> hyper::Result<Lease> {
        let (requests, connection) = Builder::new()
            .max_buf_size(BUFFER)
            .handshake(TokioIo::new(io))
            .await?;
        let driver = self.tasks.spawn(async move {
            // Every call gets the error from its own response.
            let _ = connection.await;
        });
        Ok(Lease {
            requests,
            driver,
            is_used: false,
        })
    }

    fn unconnected(&self) -> Error {
        Error::failed(format!("cannot connect to {}", self.endpoint)).unreachable()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Lease>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pool").field(&self.endpoint).finish()
    }
}

impl Lease {
    /// # Errors
    /// When there is no response; with the request if nothing of it was written.
    pub async fn send(
        &mut self,
        request: Request<RequestBody>,
    ) -> std::result::Result<Response<Incoming>, TrySendError<Request<RequestBody>>> {
        self.requests.try_send_request(request).await
    }

    /// Whether there was a call on it before.
    pub fn is_used(&self) -> bool {
        self.is_used
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
