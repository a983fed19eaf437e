//! Address and deadline → channel: one HTTP/2 connection to one server, dialled again when a call finds it gone.

mod address;
mod dial;
mod greeting;
pub mod metadata;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::task::TaskTracker;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

pub use address::Address;
pub use dial::Dialer;
use greeting::{Greeted, Greeting};

use crate::error::{Error, Result, plain};
use crate::net::ByteStream;

/// Flow-control windows. h2 counts every unread frame under 256 bytes against the *connection* window and ends the
/// connection when half of it is used up (h2 0.4.16 and later), which a server that sends a frame per message does
/// to any reader that pauses. So the connection window is never the reason, and the stream window, of which a client
/// has few, bounds the memory: 1 MiB of 12-byte messages is some 30 MB of frames.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 1 << 30;

/// Pauses between attempts to connect under `--wait`: doubling up to the second.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long closing waits for the peer to take our last frames.
const CLOSE_GRACE: Duration = Duration::from_millis(500);

/// How to connect.
pub struct Options {
    pub dialer: Dialer,
    /// The server as errors name it.
    pub name: String,
    /// `:authority`.
    pub authority: String,
    /// For one attempt.
    pub connect_timeout: Duration,
    /// Attempts go on for this long; once when `None`.
    pub wait: Option<Duration>,
    /// The call's deadline, which connecting counts against.
    pub deadline: Option<Instant>,
}

/// A channel and the tasks that drive its connection.
pub struct Connection {
    channel: Channel,
    tasks: TaskTracker,
}

impl Connection {
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Ends the connection in order, so that the server sees resets and GOAWAY and not a cut; waits only briefly.
    pub async fn close(self) {
        drop(self.channel);
        self.tasks.close();
        // A server that takes nothing any more cannot be told anything either.
        let _ = timeout(CLOSE_GRACE, self.tasks.wait()).await;
    }
}

/// Connects, trying again for as long as `options.wait` says.
pub async fn connect(options: &Options) -> Result<Connection> {
    let last = std::cell::RefCell::new(None);
    let connecting = async {
        let give_up = options.wait.map(|wait| Instant::now() + wait);
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match attempt(options).await {
                Ok(connection) => return Ok(connection),
                Err(error) => error,
            };
            let left = give_up.map(|at| at.saturating_duration_since(Instant::now()));
            match left {
                Some(left) if !left.is_zero() => sleep(pause.min(left)).await,
                _ => return Err(error),
            }
            last.replace(Some(error));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    };
    match options.deadline {
        None => connecting.await,
        Some(deadline) => timeout_at(deadline, connecting).await.unwrap_or_else(|_| {
            Err(Error::status(
                Code::DeadlineExceeded,
                format!("the deadline passed while connecting to {}", options.name),
            ))
        }),
    }
}

async fn attempt(options: &Options) -> Result<Connection> {
    timeout(options.connect_timeout, establish(options))
        .await
        .unwrap_or_else(|_| {
            let after = humantime::format_duration(options.connect_timeout);
            let name = &options.name;
            Err(
                Error::failed(format!("cannot connect to {name}: no answer after {after}"))
                    .hinted("a longer --connect-timeout or --wait gives a slow server more time"),
            )
        })
}

/// Dials, begins HTTP/2, and waits until the server has begun it too.
async fn establish(options: &Options) -> Result<Connection> {
    let io = options.dialer.dial().await.map_err(|error| {
        let message = format!("cannot connect to {}: {}", options.name, plain(&error));
        let failed = Error::failed(message);
        match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => failed
                .hinted("start a server with `routeguide serve`, or call one in this process with --in-process"),
            _ => failed,
        }
    })?;
    let (io, greeting) = Greeted::new(io);

    let tasks = TaskTracker::new();
    let spawner = tasks.clone();
    let uri = Uri::builder()
        .scheme("http")
        .authority(options.authority.as_str())
        .path_and_query("/")
        .build()
        .map_err(|error| {
            Error::usage(format!("{:?} is no authority", options.authority)).caused_by(error)
        })?;
    let endpoint = Endpoint::from(uri)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .executor(Executor(spawner));
    let channel = endpoint
        .connect_with_connector(connector(Box::new(io), options))
        .await
        .map_err(|error| {
            Error::failed(format!("cannot connect to {}", options.name)).caused_by(error)
        })?;
    match greeting.await.unwrap_or(Greeting::Closed) {
        Greeting::Http2 => Ok(Connection { channel, tasks }),
        other => Err(not_http2(&options.name, other)),
    }
}

fn not_http2(name: &str, greeting: Greeting) -> Error {
    let (what, hint) = match greeting {
        Greeting::Tls => (
            "the server wants TLS",
            "plaintext is all there is so far: is there a plaintext port?",
        ),
        Greeting::Http1 => (
            "the server speaks HTTP/1, not HTTP/2",
            "is this a gRPC port? a web server or a proxy answers there",
        ),
        Greeting::Closed => (
            "the server closed the connection without a word",
            "is this a gRPC port? it may want TLS",
        ),
        Greeting::Http2 | Greeting::Other => (
            "the server does not speak HTTP/2 in plaintext",
            "is this a gRPC port? it may want TLS",
        ),
    };
    Error::failed(format!("cannot connect to {name}: {what}")).hinted(hint)
}

/// Hands out the stream already dialled, and dials again when the channel wants another: a server that retires a
/// connection (GOAWAY at its maximum age) does not end a run of many calls.
fn connector(
    first: Box<dyn ByteStream>,
    options: &Options,
) -> impl tower::Service<
    Uri,
    Response = TokioIo<Box<dyn ByteStream>>,
    Error = io::Error,
    Future: Future<Output = io::Result<TokioIo<Box<dyn ByteStream>>>> + Send,
> + Send
+ 'static {
    let first = Arc::new(Mutex::new(Some(first)));
    let dialer = options.dialer.clone();
    let connect_timeout = options.connect_timeout;
    tower::service_fn(move |_: Uri| {
        let first = first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let dialer = dialer.clone();
        Box::pin(async move {
            match first {
                Some(io) => Ok(TokioIo::new(io)),
                None => timeout(connect_timeout, dialer.dial())
                    .await
                    .map_err(io::Error::from)?
                    .map(TokioIo::new),
            }
        })
    })
}

/// Spawns the connection's tasks where [`Connection::close`] can wait for them.
#[derive(Clone)]
struct Executor(TaskTracker);

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, future: F) {
        self.0.spawn(future);
    }
}
