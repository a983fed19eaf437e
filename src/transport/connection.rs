//! An HTTP/2 connection: h2 on a byte stream, and the handle that starts calls.

use std::ops::Deref;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use h2::SendStream;
use h2::client::{Builder, ResponseFuture, SendRequest};
use http::Request;
use http::uri::{Authority, Scheme};
use tokio::time::Instant;

use super::connect_error::ConnectError;
use super::explain::{not_dialed, not_http2};
use super::greeting::{Greeted, Greeting};
use super::keepalive::Keepalive;
use super::tasks::Tasks;
use super::tls::{self, Secured};
use super::{Endpoint, Established};
use crate::error::Error;

/// How many unread bytes a stream may have. Chosen for throughput over a long distance.
const STREAM_WINDOW: u32 = 1 << 20;

/// The same for the whole connection, which bounds the memory of unread replies.
const CONNECTION_WINDOW: u32 = 16 << 20;

/// The largest frame to accept. Larger frames mean fewer of them when a server sends much.
const MAX_FRAME_SIZE: u32 = 128 << 10;

/// The overhead of small DATA frames, in bytes as h2 estimates it, at which h2 ends the connection. Servers that send a
/// frame per message are common, so this covers a full connection window of small messages. A call takes frames from h2
/// even while its reader pauses, so only a malicious peer gets there.
const DATA_FRAME_BUDGET: usize = 64 << 20;

/// The largest set of headers or trailers to accept, in bytes.
const MAX_HEADER_LIST_SIZE: u32 = 64 << 10;

/// A connection for calls. Clones share it; it is closed once the last clone and all of its calls are dropped.
#[derive(Clone, Debug)]
pub struct Connection {
    requests: SendRequest<Bytes>,
    /// One reference, because a clone is made for every call.
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    scheme: Scheme,
    authority: Authority,
    established: Established,
    keepalive: Keepalive,
}

/// A connection with a call on it, which is open until this is dropped.
#[derive(Debug)]
pub struct OpenCall(Connection);

impl Connection {
    /// Dials, and waits for the server's first HTTP/2 frame. Spawns the task that drives the connection on `tasks`.
    pub(super) async fn open(
        endpoint: &Endpoint,
        secured: &Secured,
        tasks: &Tasks,
    ) -> std::result::Result<Self, ConnectError> {
        let authority = Authority::try_from(endpoint.authority()).map_err(|_| {
            let error = Error::usage(format!(
                "{:?} is not a valid authority",
                endpoint.authority()
            ))
            .hinted("it is a host, or HOST:PORT");
            ConnectError::unusable(error)
        })?;
        let proxy_tls = secured
            .proxy
            .as_ref()
            .map(|(options, prepared)| (options, &**prepared));
        let mut established = Established::default();
        let (dialer, route) = (endpoint.dialer(), endpoint.route());
        let place = endpoint.to_string();
        let opened = dialer
            .dial(route, proxy_tls, &place, &mut established)
            .await;
        let mut io = opened.map_err(|error| not_dialed(endpoint, error))?;
        let mut started = Instant::now();
        if let (Some(options), Some(prepared)) = (endpoint.tls(), &secured.server) {
            let shaken = tls::handshake(io, prepared, options, endpoint.host(), &place).await;
            let (secured, session) = shaken?;
            io = secured;
            established.tls = Some(session);
            established.handshake = started.elapsed();
            started = Instant::now();
        }
        let (io, greeting) = Greeted::new(io);
        let handshake = Builder::new()
            .enable_push(false)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(MAX_FRAME_SIZE)
            .max_header_list_size(MAX_HEADER_LIST_SIZE)
            .data_frame_budget(DATA_FRAME_BUDGET)
            .handshake::<_, Bytes>(io);
        let (requests, mut connection) = handshake.await.map_err(|error| {
            let error = Error::failed(format!("cannot connect to {endpoint}")).caused_by(error);
            ConnectError::passing(error)
        })?;
        let keepalive = Keepalive::default();
        let pings = endpoint
            .keepalive()
            .and_then(|interval| Some((connection.ping_pong()?, interval)));
        let watched = keepalive.clone();
        tasks.spawn(async move {
            let Some((pings, interval)) = pings else {
                // Every call gets the error from its own stream.
                let _ = connection.await;
                return;
            };
            tokio::select! {
                _ = connection => {}
                () = watched.watch(pings, interval) => {}
            }
        });
        match greeting.await.unwrap_or(Greeting::Closed) {
            Greeting::Http2 => {
                established.greeting = started.elapsed();
                let scheme = match endpoint.tls() {
                    Some(_) => Scheme::HTTPS,
                    None => Scheme::HTTP,
                };
                Ok(Self {
                    requests,
                    shared: Arc::new(Shared {
                        scheme,
                        authority,
                        established,
                        keepalive,
                    }),
                })
            }
            other => Err(not_http2(endpoint, other, established.tls.as_ref())),
        }
    }

    /// Whether a call can be started: the connection is not lost, and the server has not sent GOAWAY.
    pub fn is_usable(&self) -> bool {
        self.failure().is_none()
    }

    /// Why no more calls can be started; `None` if they can.
    pub fn failure(&self) -> Option<h2::Error> {
        let mut context = Context::from_waker(Waker::noop());
        match self.requests.clone().poll_ready(&mut context) {
            Poll::Ready(Err(error)) => Some(error),
            _ => None,
        }
    }

    /// Counts a call as open. At the peer's limit of concurrent streams, it waits for its turn.
    pub fn open_call(&self) -> OpenCall {
        self.shared.keepalive.begin_call();
        OpenCall(self.clone())
    }

    /// Whether the connection was given up because the server did not answer a PING.
    pub fn is_unanswered(&self) -> bool {
        self.shared.keepalive.is_unanswered()
    }

    /// How the connection came about.
    pub fn established(&self) -> &Established {
        &self.shared.established
    }

    pub fn scheme(&self) -> &Scheme {
        &self.shared.scheme
    }

    pub fn authority(&self) -> &Authority {
        &self.shared.authority
    }
}

impl OpenCall {
    /// Starts the call, once.
    ///
    /// # Errors
    /// When the connection takes no more calls.
    pub fn start(
        &mut self,
        request: Request<()>,
    ) -> Result<(ResponseFuture, SendStream<Bytes>), h2::Error> {
        self.0.requests.send_request(request, false)
    }
}

impl Deref for OpenCall {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.0.shared.keepalive.end_call();
    }
}
