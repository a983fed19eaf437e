//! The connection arguments as values, and the session made from them: a connection, and what every call on it shares.
//! For `--in-process`, this joins `server` and `transport`, which do not know each other.

use std::path::PathBuf;
use std::time::Duration;

use http::HeaderMap;
use http::uri::PathAndQuery;
use prost_reflect::MethodDescriptor;
use tokio::time::Instant;
use tonic::metadata::MetadataMap;

use super::Context;
use super::drive::show_metadata;
use crate::call::{Call, Source, Start, request_headers};
use crate::cli::ConnectionArgs;
use crate::error::{Error, Result};
use crate::output::{Console, Format, Moment, NotCalled};
use crate::transport::{self, Address, Connection, Connections, Endpoint, Patience};

/// The default server.
pub const DEFAULT_ADDR: &str = transport::DEFAULT_ADDR;

/// Which server to call, and how.
#[derive(Clone, Debug)]
pub struct Target {
    server: Where,
    connect_timeout: Duration,
    wait: Option<Duration>,
    timeout: Option<Duration>,
    metadata: MetadataMap,
    max_message_size: usize,
}

#[derive(Clone, Debug)]
enum Where {
    Address(Address),
    /// The people file, or `None` for the built-in people.
    InProcess(Option<PathBuf>),
}

impl Target {
    /// # Errors
    /// When an address or header is invalid.
    pub fn new(args: &ConnectionArgs, context: &Context) -> Result<Self> {
        let server = if args.in_process {
            Where::InProcess(args.people.clone())
        } else if let Some(addr) = &args.addr {
            Where::Address(addr.parse()?)
        } else if let Some(addr) = &context.settings.addr {
            let address: Result<Address> = addr.parse();
            Where::Address(address.map_err(|error| error.about("ROUTEGUIDE_ADDR"))?)
        } else {
            Where::Address(DEFAULT_ADDR.parse()?)
        };
        Ok(Self {
            server,
            connect_timeout: args.connect_timeout,
            wait: args.wait,
            timeout: args.timeout,
            metadata: transport::metadata::parse(&args.header)?,
            max_message_size: args.max_message_size,
        })
    }

    pub fn metadata(&self) -> &MetadataMap {
        &self.metadata
    }

    pub fn max_message_size(&self) -> usize {
        self.max_message_size
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
                not_called(format, started, &error, context).await;
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
        let deadline = self.timeout.map(|timeout| started + timeout);
        let endpoint = match &self.server {
            Where::Address(address) => Endpoint::from(address.clone()),
            Where::InProcess(people) => context.servers.endpoint(people.as_deref()).await?,
        };
        let is_watched = context.terminal.stderr_is_terminal;
        let failed = |attempt: u32, error: &Error| {
            if console.is_verbose() {
                console.detail("*", || format!("attempt {attempt}: {error}"));
            } else if attempt == 1 && is_watched {
                console.notice(&format!("{error}; trying again until --wait is over"));
            }
        };
        let patience = Patience {
            connect_timeout: self.connect_timeout,
            wait: self.wait,
            deadline,
            failed: &failed,
        };
        let connections = context.connections.clone();
        let connecting = connections.get(&endpoint, &patience);
        let connection = context.interrupt.or(connecting).await?;
        console.detail("*", || {
            format!("connected to {endpoint} in {:.1?}", started.elapsed())
        });
        Ok(Session {
            connections,
            endpoint,
            connection,
            deadline,
            headers: request_headers(self.metadata.clone()),
            exact_sends: false,
            target: self,
        })
    }
}

/// Refuses an address in the place of a symbol: grpcurl and others take the address first.
///
/// # Errors
/// When `symbol` is an address. `rest` are the arguments after it.
pub fn refuse_address(symbol: &str, rest: &[String]) -> Result<()> {
    // No symbol has a colon.
    if !symbol.contains(':') || symbol.parse::<Address>().is_err() {
        return Ok(());
    }
    let rest = rest
        .first()
        .map_or_else(String::new, |word| format!(" {word}"));
    Err(
        Error::usage(format!("{symbol:?} is an address, not a symbol"))
            .hinted(format!("name the server with -a: -a {symbol}{rest}")),
    )
}

/// Refuses more arguments than the one symbol of a command.
///
/// # Errors
/// When there are more, or the symbol is an address.
pub fn only_symbol(symbol: Option<&str>, rest: &[String]) -> Result<()> {
    if let Some(symbol) = symbol {
        refuse_address(symbol, rest)?;
    }
    match rest.first() {
        Some(more) => Err(Error::usage(format!("unexpected argument {more:?}"))),
        None => Ok(()),
    }
}

/// Prints that there was no call, in formats that show everything.
pub async fn not_called(format: Format, started: Instant, error: &Error, context: &mut Context) {
    let moment = Moment {
        started,
        at: None,
        call: None,
    };
    let why = NotCalled::NoConnection;
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

    /// Shows the method and the metadata under `-v`.
    pub fn show_request(&self, method: &Method, console: &Console) {
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

    /// Starts one of many calls. Each has the whole timeout, and reconnects if the connection is gone.
    ///
    /// # Errors
    /// When the server can no longer be reached.
    pub async fn one_of_many<R>(&self, method: &Method, requests: R) -> Result<Call<R>>
    where
        R: Source,
    {
        let (connection, deadline) = self.renewed().await?;
        Ok(Call::start(
            &connection,
            self.start(method, deadline),
            requests,
        ))
    }

    /// Whether to call again if the server did not process a call: if it is closing the connection, but not if it refuses
    /// calls on a connection that stays open.
    pub fn can_call_again(&self) -> bool {
        !self.connection.is_usable()
    }

    /// A live connection, and a deadline after the whole timeout.
    ///
    /// # Errors
    /// When the server can no longer be reached.
    pub async fn renewed(&self) -> Result<(Connection, Option<Instant>)> {
        let deadline = self.target.timeout.map(|timeout| Instant::now() + timeout);
        if self.connection.is_usable() {
            return Ok((self.connection.clone(), deadline));
        }
        let patience = Patience {
            connect_timeout: self.target.connect_timeout,
            wait: self.target.wait,
            deadline,
            failed: &|_, _| {},
        };
        let connection = self.connections.get(&self.endpoint, &patience).await?;
        Ok((connection, deadline))
    }

    fn start(&self, method: &Method, deadline: Option<Instant>) -> Start {
        Start {
            path: method.path.clone(),
            headers: self.headers.clone(),
            deadline,
            max_message_size: self.target.max_message_size,
            single_reply: method.single_reply,
            exact_sends: self.exact_sends,
        }
    }
}

/// What a call needs to know about its method.
#[derive(Clone, Debug)]
pub struct Method {
    pub path: PathAndQuery,
    /// The method has one reply, not a stream.
    pub single_reply: bool,
}

impl Method {
    /// # Errors
    /// When the names in the descriptor cannot form a path.
    pub fn new(descriptor: &MethodDescriptor) -> Result<Self> {
        let service = descriptor.parent_service();
        let path = format!("/{}/{}", service.full_name(), descriptor.name());
        let path = PathAndQuery::try_from(path).map_err(|error| {
            Error::failed(format!("cannot call {:?}", descriptor.full_name())).caused_by(error)
        })?;
        Ok(Self {
            path,
            single_reply: !descriptor.is_server_streaming(),
        })
    }
}
