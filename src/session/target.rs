//! The connection arguments as values, and the session made from them: a connection, and what every call on it shares.
//! For `--in-process`, this joins `server` and `transport`, which do not know each other.

use std::path::PathBuf;
use std::time::Duration;

use http::HeaderMap;
use prost_reflect::MethodDescriptor;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};
use tonic::Code;
use tonic::metadata::MetadataMap;

use super::Context;
use super::endpoint::{endpoint, refuse_tls, user_agent};
use super::headers::{Given, add_settings, headers_of};
use super::manner::manner;
use super::method::Method;
use super::retry::{Again, Retry};
use super::settings::{choice, or, placed};
use super::verbose::{show_connection, show_metadata};
use crate::call::{Call, Manner, Source, Start, request_headers};
use crate::cli::{Compress, ConnectionArgs};
use crate::config::{Key, Settings};
use crate::error::{Error, Result};
use crate::framing::Encoding;
use crate::output::{Console, Format, Moment, NotCalled};
use crate::protocol::Wire;
use crate::transport::{
    self, Connection, Connections, Endpoint, HttpVersion, HttpVersions, Patience,
};

pub use crate::transport::Address;

/// The default server.
pub const DEFAULT_ADDR: &str = transport::DEFAULT_ADDR;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// As in every other client of gRPC.
const MAX_MESSAGE_SIZE: usize = 4 << 20;

/// Which server to call, and how.
#[derive(Clone, Debug)]
pub struct Target {
    server: Where,
    connect_timeout: Duration,
    wait: Option<Duration>,
    retries: u32,
    timeout: Option<Duration>,
    is_for_many_calls: bool,
    metadata: MetadataMap,
    /// The headers of the command line, as they are written.
    written_headers: Vec<String>,
    max_message_size: usize,
    encoding: Option<Encoding>,
    manner: Manner,
    http_versions: HttpVersions,
}

#[derive(Clone, Debug)]
enum Where {
    Endpoint(Box<Endpoint>),
    /// The people file, or `None` for the built-in people.
    InProcess(Option<PathBuf>),
}

impl Target {
    /// The target of a command. A command that a setting names runs aside, so that Ctrl-C ends the wait for it.
    ///
    /// # Errors
    /// When an address or header is invalid, or a setting cannot be had, and on Ctrl-C.
    pub async fn new(args: &ConnectionArgs, context: &Context) -> Result<Self> {
        // A file of headers may be a FIFO.
        let reads_files = args.header.iter().any(|header| header.starts_with('@'));
        if !(reads_files || context.settings.runs_commands()) {
            return Self::of(args, &context.settings);
        }
        let (args, settings) = (args.clone(), context.settings.clone());
        let limit = args.timeout.unwrap_or(Duration::MAX);
        let task = spawn_blocking(move || Self::of(&args, &settings));
        let target = async {
            match timeout(limit, task).await {
                Ok(target) => target.unwrap_or_else(|_| Err(Error::interrupted())),
                Err(_) => Err(Error::status(
                    Code::DeadlineExceeded,
                    "the deadline expired while a command of the settings ran",
                )),
            }
        };
        context.interrupt.or(target).await
    }

    fn of(args: &ConnectionArgs, settings: &Settings) -> Result<Self> {
        let is_in_process =
            args.in_process || (args.addr.is_none() && settings.flag(Key::InProcess)?);
        let server = if is_in_process {
            refuse_tls(args)?;
            Where::InProcess(or(args.people.clone(), || settings.path(Key::People))?)
        } else {
            Where::Endpoint(Box::new(endpoint(args, settings)?))
        };
        let Given {
            metadata,
            written: written_headers,
        } = headers(args, settings)?;
        let (manner, http_versions) = manner(&args.protocol, settings)?;
        Ok(Self {
            server,
            connect_timeout: or(args.connect_timeout, || {
                settings.duration(Key::ConnectTimeout)
            })?
            .unwrap_or(CONNECT_TIMEOUT),
            wait: or(args.wait, || settings.duration(Key::Wait))?,
            retries: or(args.retry, || settings.count(Key::Retry))?.unwrap_or(0),
            is_for_many_calls: false,
            timeout: or(args.timeout, || settings.duration(Key::Timeout))?,
            metadata,
            written_headers,
            max_message_size: or(args.max_message_size, || settings.size(Key::MaxMessageSize))?
                .unwrap_or(MAX_MESSAGE_SIZE),
            encoding: choice(args.compress, settings, Key::Compress)?.map(
                |compress| match compress {
                    Compress::Gzip => Encoding::Gzip,
                    Compress::Deflate => Encoding::Deflate,
                    Compress::Zstd => Encoding::Zstd,
                },
            ),
            manner,
            http_versions,
        })
    }

    /// Whether calls are made by GET.
    pub fn uses_get(&self) -> bool {
        self.manner.uses_get
    }

    /// How the method is called.
    ///
    /// # Errors
    /// As [`Method::new`].
    pub fn method(&self, descriptor: &MethodDescriptor) -> Result<Method> {
        Method::new(descriptor, &self.manner)
    }

    /// The deadline is that of each call, and not of connecting and of what comes before them, and nothing is tried again.
    #[must_use]
    pub fn for_many_calls(mut self) -> Self {
        self.is_for_many_calls = true;
        self.retries = 0;
        self
    }

    /// As [`Target::connect`]. A failure is also printed in formats that show all events.
    ///
    /// # Errors
    /// As [`Target::connect`].
    pub async fn connect_for(
        self,
        format: Format,
        context: &mut Context,
        console: &Console,
    ) -> Result<Session> {
        let started = Instant::now();
        match self.connect(context, console).await {
            Ok(session) => Ok(Session {
                exact_sends: format.shows_everything(),
                ..session
            }),
            Err(error) => {
                not_called(format, started, NotCalled::NoConnection, &error, context).await;
                Err(error)
            }
        }
    }

    /// Connects. The deadline of the first call counts from here.
    ///
    /// # Errors
    /// When the people file cannot be used or the server cannot be reached, and on Ctrl-C.
    pub async fn connect(self, context: &mut Context, console: &Console) -> Result<Session> {
        let started = Instant::now();
        let timeout = self.timeout.filter(|_| !self.is_for_many_calls);
        let deadline = timeout.map(|timeout| started + timeout);
        let endpoint = match &self.server {
            Where::Endpoint(endpoint) => Endpoint::clone(endpoint),
            Where::InProcess(people) => {
                let started = context.servers.endpoint(people.as_deref());
                context.interrupt.or(started).await?
            }
        }
        .speaking(self.http_versions);
        let is_watched = context.terminal.stderr_is_terminal;
        let failed = |attempt: u32, error: &Error| {
            if console.is_verbose() {
                console.detail("*", || format!("attempt {attempt}: {error}"));
            } else if attempt == 1 && is_watched {
                let how = match self.wait {
                    Some(_) => "until --wait is over",
                    None => "as often as --retry says",
                };
                console.notice(&format!("{error}; trying again {how}"));
            }
        };
        let patience = Patience {
            connect_timeout: self.connect_timeout,
            wait: self.wait,
            retries: self.retries,
            deadline,
            failed: &failed,
        };
        let connections = context.connections.clone();
        let connecting = connections.get(&endpoint, &patience);
        let connection = context.interrupt.or(connecting).await?;
        if endpoint.tls().is_some_and(|tls| tls.insecure) {
            console.warning("the server's certificate is not checked (--insecure)");
        }
        show_connection(
            console,
            &endpoint,
            &connection,
            self.manner.wire(false).protocol(),
            started.elapsed(),
        );
        let headers_of = |wire| {
            let codec = self.manner.codec;
            request_headers(wire, codec, self.metadata.clone(), self.encoding)
        };
        Ok(Session {
            connections,
            endpoint,
            connection,
            deadline,
            headers: headers_of(self.manner.wire(false)),
            unary_headers: match self.manner.wire(true) {
                Wire::ConnectUnary => headers_of(Wire::ConnectUnary),
                _ => HeaderMap::new(),
            },
            exact_sends: false,
            target: self,
        })
    }
}

fn headers(args: &ConnectionArgs, settings: &Settings) -> Result<Given> {
    let variable = |name: &str| std::env::var(name).ok();
    let mut given = headers_of(&args.header, &variable)?;
    let metadata = &mut given.metadata;
    add_settings(metadata, settings)?;
    if let Some(agent) = or(args.user_agent.clone(), || settings.text(Key::UserAgent))? {
        let is_given = args.user_agent.is_some();
        let agent = placed(user_agent(&agent), is_given, settings, Key::UserAgent)?;
        metadata.insert("user-agent", agent);
    }
    Ok(given)
}

/// Reads an address.
///
/// # Errors
/// When it is not valid.
pub fn address(text: &str) -> Result<Address> {
    text.parse()
}

/// Prints that there was no call, in formats that show everything.
pub async fn not_called(
    format: Format,
    started: Instant,
    why: NotCalled,
    error: &Error,
    context: &mut Context,
) {
    let moment = Moment {
        started,
        at: None,
        call: None,
    };
    format.not_called(moment, why, error, context.stdout.buffer());
    // The reason why there was no call matters more than a failure to write.
    let _ = context.finish_output().await;
}

/// A connection, and what every call on it shares.
#[derive(Clone)]
pub struct Session {
    connections: Connections,
    endpoint: Endpoint,
    connection: Connection,
    /// The deadline of the command's own call. Connecting counts against it.
    deadline: Option<Instant>,
    /// The request headers of every call.
    headers: HeaderMap,
    /// Those of unary calls, if they have others.
    unary_headers: HeaderMap,
    /// Whether it matters when exactly a request is sent.
    exact_sends: bool,
    target: Target,
}

impl Session {
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub fn metadata(&self) -> &MetadataMap {
        &self.target.metadata
    }

    /// The headers of the command line, with their variables not filled in.
    pub fn written_headers(&self) -> &[String] {
        &self.target.written_headers
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// How long to wait for a server that has to answer before the command's call.
    pub fn patience(&self) -> Duration {
        self.target.connect_timeout
    }

    pub fn max_message_size(&self) -> usize {
        self.target.max_message_size
    }

    /// Whether a server answers only when it has all requests.
    pub fn is_half_duplex(&self) -> bool {
        self.connection.http_version() == HttpVersion::Http1
    }

    pub fn manner(&self) -> &Manner {
        &self.target.manner
    }

    /// How the method is called.
    ///
    /// # Errors
    /// As [`Method::new`].
    pub fn method(&self, descriptor: &MethodDescriptor) -> Result<Method> {
        self.target.method(descriptor)
    }

    /// Shows the method and the metadata under `-v`, and says what HTTP/1.1 does to a method with two streams.
    pub fn show_request(&self, method: &Method, console: &Console) {
        if method.is_bidirectional() && self.is_half_duplex() {
            console.notice("over HTTP/1.1, replies may come only after all requests are sent");
        }
        console.detail(">", || method.path.to_string());
        show_metadata(console, ">", self.metadata());
    }

    /// Starts the command's only call, which has the command's deadline.
    pub fn call<R>(&self, method: &Method, requests: R) -> Call<R>
    where
        R: Source,
    {
        Call::start(
            &self.connection,
            self.start(method, self.deadline),
            requests,
        )
    }

    /// Starts a call with this deadline, and reconnects if the connection is gone.
    ///
    /// # Errors
    /// When the server can no longer be reached.
    pub async fn call_by<R>(
        &self,
        method: &Method,
        requests: R,
        deadline: Option<Instant>,
    ) -> Result<Call<R>>
    where
        R: Source,
    {
        let connection = self.renewed(deadline).await?;
        Ok(Call::start(
            &connection,
            self.start(method, deadline),
            requests,
        ))
    }

    /// How often a call is made again.
    pub fn retry(&self) -> Retry {
        Retry::new(self.target.retries)
    }

    /// How to make the command's only call again, for messages that are at hand.
    pub fn again<'a, R>(
        &'a self,
        method: &'a Method,
        requests: impl Fn() -> R + 'a,
    ) -> Again<impl AsyncFnMut() -> Result<Call<R>>>
    where
        R: Source,
    {
        let deadline = self.deadline;
        Again {
            retry: self.retry(),
            deadline,
            call: async move || self.call_by(method, requests(), deadline).await,
        }
    }

    /// The deadline of a call that starts now.
    pub fn new_deadline(&self) -> Option<Instant> {
        self.target.timeout.map(|timeout| Instant::now() + timeout)
    }

    /// A live connection.
    ///
    /// # Errors
    /// When the server can no longer be reached.
    pub async fn renewed(&self, deadline: Option<Instant>) -> Result<Connection> {
        if self.connection.is_usable() {
            return Ok(self.connection.clone());
        }
        let patience = Patience {
            connect_timeout: self.target.connect_timeout,
            wait: self.target.wait,
            retries: self.target.retries,
            deadline,
            failed: &|_, _| {},
        };
        self.connections.get(&self.endpoint, &patience).await
    }

    /// How calls start that have no deadline yet.
    pub fn start_of(&self, method: &Method) -> Start {
        self.start(method, None)
    }

    /// The deadline of each call, from its start.
    pub fn timeout(&self) -> Option<Duration> {
        self.target.timeout
    }

    fn start(&self, method: &Method, deadline: Option<Instant>) -> Start {
        Start {
            path: method.path.clone(),
            headers: match method.wire {
                Wire::ConnectUnary => self.unary_headers.clone(),
                _ => self.headers.clone(),
            },
            deadline,
            max_message_size: self.target.max_message_size,
            encoding: self.target.encoding,
            single_request: method.single_request,
            single_reply: method.single_reply,
            exact_sends: self.exact_sends,
            wire: method.wire,
            transcoder: method.transcoder.clone(),
            is_get: method.is_get,
        }
    }
}
