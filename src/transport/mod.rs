//! Address and deadline → channel: one HTTP/2 connection to one server, dialled again when a call finds it gone.

mod address;
mod dial;
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
pub use dial::{Dialer, Io};

use crate::error::{Error, Result, plain};

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
    let refused = |error: &io::Error| {
        let message = format!("cannot connect to {}: {}", options.name, plain(error));
        let failed = Error::failed(message);
        match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => failed
                .hinted("start a server with `routeguide serve`, or call one in this process with --in-process"),
            _ => failed,
        }
    };
    let timed_out = || {
        let after = humantime::format_duration(options.connect_timeout);
        Error::failed(format!(
            "cannot connect to {}: no answer after {after}",
            options.name
        ))
        .hinted("a longer --connect-timeout or --wait gives a slow server more time")
    };
    let io = match timeout(options.connect_timeout, options.dialer.dial()).await {
        Err(_) => return Err(timed_out()),
        Ok(Err(error)) => return Err(refused(&error)),
        Ok(Ok(io)) => io,
    };

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
    match timeout(
        options.connect_timeout,
        endpoint.connect_with_connector(connector(io, options)),
    )
    .await
    {
        Err(_) => Err(timed_out()),
        Ok(Err(error)) => {
            Err(Error::failed(format!("cannot connect to {}", options.name)).caused_by(error))
        }
        Ok(Ok(channel)) => Ok(Connection { channel, tasks }),
    }
}

/// Hands out the stream already dialled, and dials again when the channel wants another: a server that retires a
/// connection (GOAWAY at its maximum age) does not end a run of many calls.
fn connector(
    first: Box<dyn Io>,
    options: &Options,
) -> impl tower::Service<
    Uri,
    Response = TokioIo<Box<dyn Io>>,
    Error = io::Error,
    Future: Future<Output = io::Result<TokioIo<Box<dyn Io>>>> + Send,
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
