//! A connection: h2 on a byte stream, or HTTP/1.1 on several, and the handle that starts calls.

use std::ops::Deref;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Request, Uri, Version, header};
use tokio::time::Instant;

use super::connect_error::ConnectError;
use super::explain::not_http2;
use super::greeting::{Greeted, Greeting};
use super::http_version::{HttpVersion, HttpVersions};
use super::http1_body::request_body;
use super::http1_call::exchange;
use super::http1_pool::Pool;
use super::keepalive::Keepalive;
use super::open::{Opened, open};
use super::stream::{ResponseHalf, SendHalf, StreamError};
use super::tasks::Tasks;
use super::tls::Secured;
use super::{Endpoint, Established};
use crate::error::Error;
use crate::net::ByteStream;

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
    link: Link,
    /// One reference, because a clone is made for every call.
    shared: Arc<Shared>,
}

#[derive(Clone, Debug)]
enum Link {
    Http2(SendRequest<Bytes>),
    Http1(Arc<Pool>),
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
    /// Dials, and waits for the server's first HTTP/2 frame. Spawns the tasks that drive the connection on `tasks`. With
    /// HTTP/1.1, connecting again for further calls may take as long as `limit`.
    pub(super) async fn open(
        endpoint: &Endpoint,
        secured: &Secured,
        tasks: &Tasks,
        limit: Duration,
    ) -> std::result::Result<Self, ConnectError> {
        let authority = Authority::try_from(endpoint.authority()).map_err(|_| {
            let error = Error::usage(format!(
                "{:?} is not a valid authority",
                endpoint.authority()
            ))
            .hinted("it is a host, or HOST:PORT");
            ConnectError::unusable(error)
        })?;
        let (link, established, keepalive) = link(endpoint, secured, tasks, limit).await?;
        let scheme = match endpoint.tls() {
            Some(_) => Scheme::HTTPS,
            None => Scheme::HTTP,
        };
        Ok(Self {
            link,
            shared: Arc::new(Shared {
                scheme,
                authority,
                established,
                keepalive,
            }),
        })
    }

    /// Whether a call can be started: the connection is not lost, and the server has not sent GOAWAY.
    pub fn is_usable(&self) -> bool {
        self.failure().is_none()
    }

    /// Why no more calls can be started; `None` if they can. With HTTP/1.1 they always can: each finds its connection.
    pub fn failure(&self) -> Option<h2::Error> {
        let Link::Http2(requests) = &self.link else {
            return None;
        };
        let mut context = Context::from_waker(Waker::noop());
        match requests.clone().poll_ready(&mut context) {
            Poll::Ready(Err(error)) => Some(error),
            _ => None,
        }
    }

    pub fn http_version(&self) -> HttpVersion {
        match self.link {
            Link::Http2(_) => HttpVersion::Http2,
            Link::Http1(_) => HttpVersion::Http1,
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
    /// Starts the call, once. `length` is that of its body, if it is known.
    ///
    /// # Errors
    /// When the connection takes no more calls.
    pub fn start(
        &mut self,
        request: Request<()>,
        length: Option<u64>,
    ) -> Result<(ResponseHalf, SendHalf), StreamError> {
        match &mut self.0.link {
            Link::Http2(requests) => {
                let (response, stream) = requests
                    .send_request(request, length == Some(0))
                    .map_err(StreamError::Http2)?;
                Ok((ResponseHalf::Http2(response), SendHalf::Http2(stream)))
            }
            Link::Http1(pool) => {
                let (sender, body) = request_body(length);
                let request = http1_request(request).map(|()| body);
                let exchange = exchange(Arc::clone(pool), request);
                Ok((ResponseHalf::Http1(exchange), SendHalf::Http1(sender)))
            }
        }
    }
}

/// The request as HTTP/1.1 has it: the authority is in a header (RFC 9112, section 3.2).
fn http1_request(mut request: Request<()>) -> Request<()> {
    *request.version_mut() = Version::HTTP_11;
    let uri = std::mem::take(request.uri_mut()).into_parts();
    if let Some(path) = uri.path_and_query {
        *request.uri_mut() = Uri::from(path);
    }
    let host = uri.authority.as_ref().map(Authority::as_str);
    if let Some(host) = host.and_then(|host| HeaderValue::from_str(host).ok()) {
        request.headers_mut().insert(header::HOST, host);
    }
    request
}

/// What calls are made on.
async fn link(
    endpoint: &Endpoint,
    secured: &Secured,
    tasks: &Tasks,
    limit: Duration,
) -> Result<(Link, Established, Keepalive), ConnectError> {
    let keepalive = Keepalive::default();
    let mut opened = open(endpoint, secured).await?;
    let versions = endpoint.http_versions();
    let is_http1 = match &opened.established.tls {
        Some(tls) => tls.http == Some(HttpVersion::Http1),
        None => versions == HttpVersions::Http1,
    };
    if !is_http1 {
        let mut established = opened.established;
        let started = Instant::now();
        let (requests, greeting) = http2(opened.io, endpoint, &keepalive, tasks).await?;
        match greeting {
            Greeting::Http2 => {
                established.greeting = started.elapsed();
                return Ok((Link::Http2(requests), established, keepalive));
            }
            Greeting::Http1(_) | Greeting::Other(_)
                if versions == HttpVersions::Auto && established.tls.is_none() => {}
            other => return Err(not_http2(endpoint, other, established.tls.as_ref())),
        }
        opened = open(endpoint, secured).await?;
    }
    let Opened { io, established } = opened;
    let pool = Pool::new(endpoint.clone(), secured, tasks.clone(), limit, io);
    Ok((Link::Http1(Arc::new(pool.await?)), established, keepalive))
}

/// Starts HTTP/2 on a byte stream, and waits for the first bytes of the server.
async fn http2(
    io: Box<dyn ByteStream>,
    endpoint: &Endpoint,
    keepalive: &Keepalive,
    tasks: &Tasks,
) -> Result<(SendRequest<Bytes>, Greeting), ConnectError> {
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
    Ok((requests, greeting.await.unwrap_or(Greeting::Closed)))
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
