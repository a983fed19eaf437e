//! An HTTP/2 connection: h2 on a byte stream, and the handle that starts calls.

use std::io;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use http::uri::{Authority, Scheme};
use tokio::task::JoinSet;

use super::Endpoint;
use super::greeting::{Greeted, Greeting};
use crate::error::{Error, plain};

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
    scheme: Scheme,
    authority: Authority,
}

/// Why an attempt to connect failed, and whether another may succeed.
#[derive(Debug)]
pub struct ConnectError {
    pub(super) error: Error,
    pub(super) may_pass: bool,
}

impl ConnectError {
    /// A failure that may pass: nothing listens yet, or the name does not resolve yet.
    fn passing(error: Error) -> Self {
        Self {
            error,
            may_pass: true,
        }
    }

    /// A failure that waiting does not fix: the server speaks another protocol.
    fn lasting(error: Error) -> Self {
        Self {
            error,
            may_pass: false,
        }
    }
}

impl Connection {
    /// Dials, and waits for the server's first HTTP/2 frame. Spawns the task that drives the connection on `tasks`.
    pub(super) async fn open(
        endpoint: &Endpoint,
        tasks: &mut JoinSet<()>,
    ) -> std::result::Result<Self, ConnectError> {
        let authority = Authority::try_from(endpoint.authority()).map_err(|error| {
            let error = Error::usage(format!(
                "{:?} is not a valid authority",
                endpoint.authority()
            ))
            .caused_by(error);
            ConnectError::lasting(error)
        })?;
        let io = endpoint.dialer().dial().await.map_err(|error| {
            let error_kind = error.kind();
            let error = Error::failed(format!("cannot connect to {endpoint}: {}", plain(&error)));
            ConnectError::passing(match error_kind {
                io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => {
                    error.hinted(if endpoint.is_default() {
                        "is the server running? `routeguide serve` starts RouteGuide, and --in-process needs no server"
                    } else {
                        "is the server running, and is this its address?"
                    })
                }
                _ => error,
            })
        })?;
        let (io, greeting) = Greeted::new(io);
        let handshake = Builder::new()
            .enable_push(false)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(MAX_FRAME_SIZE)
            .max_header_list_size(MAX_HEADER_LIST_SIZE)
            .data_frame_budget(DATA_FRAME_BUDGET)
            .handshake::<_, Bytes>(io);
        let (requests, connection) = handshake.await.map_err(|error| {
            let error = Error::failed(format!("cannot connect to {endpoint}")).caused_by(error);
            ConnectError::passing(error)
        })?;
        tasks.spawn(async move {
            // Every call gets the error from its own stream.
            let _ = connection.await;
        });
        match greeting.await.unwrap_or(Greeting::Closed) {
            Greeting::Http2 => Ok(Self {
                requests,
                scheme: Scheme::HTTP,
                authority,
            }),
            other => Err(not_http2(endpoint, other)),
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

    /// A handle that starts one call. At the peer's limit of concurrent streams, the call waits for its turn.
    pub fn requests(&self) -> SendRequest<Bytes> {
        self.requests.clone()
    }

    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    pub fn authority(&self) -> &Authority {
        &self.authority
    }
}

fn not_http2(endpoint: &Endpoint, greeting: Greeting) -> ConnectError {
    let (what, hint) = match greeting {
        Greeting::Tls => (
            "the server expects TLS",
            "TLS is not supported yet; use a plaintext port of the server",
        ),
        Greeting::Http1 => (
            "the server speaks HTTP/1, not HTTP/2",
            "is this a gRPC port? it looks like a web server or a proxy",
        ),
        Greeting::Closed => (
            "the server closed the connection without answering",
            "is this a gRPC port? it may expect TLS",
        ),
        Greeting::Http2 | Greeting::Other => (
            "the server does not speak HTTP/2 in plaintext",
            "is this a gRPC port? it may expect TLS",
        ),
    };
    let error = Error::failed(format!("cannot connect to {endpoint}: {what}")).hinted(hint);
    match greeting {
        // A proxy does this while the server behind it is starting.
        Greeting::Closed => ConnectError::passing(error),
        _ => ConnectError::lasting(error),
    }
}
