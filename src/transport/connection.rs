//! One HTTP/2 connection: h2 on a byte stream, and the handle that calls are started with.

use std::io;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use http::uri::{Authority, Scheme};
use tokio::task::JoinSet;

use super::greeting::{Greeted, Greeting};
use super::{ConnectError, Endpoint};
use crate::error::{Error, plain};

/// How much of a stream the peer may send before it is read. Chosen for throughput on a far connection.
const STREAM_WINDOW: u32 = 1 << 20;

/// The same for all streams of the connection: the most that unread replies hold in memory.
const CONNECTION_WINDOW: u32 = 16 << 20;

/// The largest frame to accept. Larger frames mean fewer of them where a server has much to send.
const MAX_FRAME_SIZE: u32 = 128 << 10;

/// What h2 may spend on the overhead of small DATA frames, in bytes by its own estimate, before it ends the connection.
/// Servers that send a frame per message are common, so this covers a full connection window of ordinary small messages.
/// A call takes what has arrived off h2's hands even while its reader pauses, so only a peer that means harm gets there.
const DATA_FRAME_BUDGET: usize = 64 << 20;

/// The largest set of headers or trailers to accept, in bytes.
const MAX_HEADER_LIST_SIZE: u32 = 64 << 10;

/// A connection that calls can be started on. Clones share it; it is closed when the last one and all of its calls are
/// gone.
#[derive(Clone, Debug)]
pub struct Connection {
    requests: SendRequest<Bytes>,
    scheme: Scheme,
    authority: Authority,
}

impl Connection {
    /// Dials, and waits until the server has begun to speak HTTP/2 too. What drives the connection is spawned on
    /// `tasks`.
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
                io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => error.hinted(
                    "start a server with `routeguide serve`, or call one in this process with --in-process",
                ),
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
            // Each call learns by itself how the connection ended.
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

    /// Whether a call can be started: the connection is not lost, and the server has not announced its end (GOAWAY).
    pub fn is_usable(&self) -> bool {
        self.failure().is_none()
    }

    /// Why no call can be started any more.
    pub fn failure(&self) -> Option<h2::Error> {
        let mut context = Context::from_waker(Waker::noop());
        match self.requests.clone().poll_ready(&mut context) {
            Poll::Ready(Err(error)) => Some(error),
            _ => None,
        }
    }

    /// A handle to start one call with. If the peer's limit of concurrent streams is reached, the call waits its turn.
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
            "TLS is not supported yet: does the server have a plaintext port?",
        ),
        Greeting::Http1 => (
            "the server speaks HTTP/1, not HTTP/2",
            "is this a gRPC port? a web server or a proxy answers there",
        ),
        Greeting::Closed => (
            "the server closed the connection without an answer",
            "is this a gRPC port? it may expect TLS",
        ),
        Greeting::Http2 | Greeting::Other => (
            "the server does not speak HTTP/2 in plaintext",
            "is this a gRPC port? it may expect TLS",
        ),
    };
    let error = Error::failed(format!("cannot connect to {endpoint}: {what}")).hinted(hint);
    match greeting {
        // A proxy whose server is still starting does this.
        Greeting::Closed => ConnectError::passing(error),
        _ => ConnectError::lasting(error),
    }
}
