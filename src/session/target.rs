//! What the client commands share: their argument groups as values, and the connection to their server. For
//! `--in-process` this is where `server` and `transport`, which do not know each other, are joined.

use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use prost_reflect::MethodDescriptor;
use tokio::time::Instant;
use tokio_stream::Stream;
use tonic::metadata::{KeyAndValueRef, MetadataMap};
use tonic::{Code, Status};

use crate::call::{Call, NOT_GRPC, Start, TOO_LARGE};
use crate::cli::{Color, ConnectionArgs, ConsoleArgs, Format, OutputArgs};
use crate::error::{Error, Result};
use crate::net::ByteStream;
use crate::output::{self, Console, Style, Syntax, Verbosity};
use crate::server::{Missing, People, Server};
use crate::transport::{self, Address, Connection, Dialer};

/// What the pipe of `--in-process` holds in each direction before its writer waits.
const PIPE: usize = 256 * 1024;

/// The connection arguments, validated.
pub struct Target {
    server: Where,
    connect_timeout: Duration,
    wait: Option<Duration>,
    timeout: Option<Duration>,
    metadata: MetadataMap,
    max_message_size: usize,
}

enum Where {
    Address(Address),
    InProcess(People),
}

impl Target {
    /// # Errors
    /// On a bad address, header or people file.
    pub fn new(args: &ConnectionArgs) -> Result<Self> {
        // An empty $ROUTEGUIDE_ADDR is as good as none.
        let addr = match args.addr.as_str() {
            "" => "localhost:50051",
            addr => addr,
        };
        let server = if args.in_process {
            Where::InProcess(people(args.people.as_deref())?)
        } else {
            Where::Address(addr.parse()?)
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

    /// Connects. The deadline of the first call counts from here.
    pub async fn connect(self, console: Console) -> Result<Session> {
        let started = Instant::now();
        let deadline = self.timeout.map(|timeout| started + timeout);
        let (dialer, name, authority) = match self.server {
            Where::Address(address) => {
                let (name, authority) = (address.to_string(), address.authority());
                (Dialer::Address(address), name, authority)
            }
            Where::InProcess(people) => {
                let server = Server::new(people, Missing::Reply).await?;
                let open = move || -> Box<dyn ByteStream> {
                    let (ours, theirs) = tokio::io::duplex(PIPE);
                    server.serve_connection(theirs);
                    Box::new(ours)
                };
                let name = "the server in this process".to_owned();
                (Dialer::Memory(Arc::new(open)), name, "localhost".to_owned())
            }
        };
        let options = transport::Options {
            dialer,
            name,
            authority,
            connect_timeout: self.connect_timeout,
            wait: self.wait,
            deadline,
        };
        let connection = transport::connect(&options).await?;
        console.detail('*', || {
            format!("connected to {} in {:?}", options.name, started.elapsed())
        });
        Ok(Session {
            connection,
            deadline,
            timeout: self.timeout,
            metadata: self.metadata,
            max_message_size: self.max_message_size,
        })
    }
}

/// The people of a file, or the tutorial's.
pub fn people(file: Option<&Path>) -> Result<People> {
    match file {
        Some(path) => People::load(path),
        None => Ok(People::built_in()),
    }
}

/// A connection and what goes with every call on it.
pub struct Session {
    pub connection: Connection,
    /// Of the first call; connecting counts against it.
    pub deadline: Option<Instant>,
    timeout: Option<Duration>,
    pub metadata: MetadataMap,
    max_message_size: usize,
}

impl Session {
    /// Starts a call that has the command's own deadline.
    pub fn call<S>(&self, path: PathAndQuery, requests: S) -> Call
    where
        S: Stream<Item = Bytes> + Send + 'static,
    {
        self.start(path, self.deadline, requests)
    }

    /// Starts one of many calls: each has the whole time-out to itself.
    pub fn one_of_many<S>(&self, path: PathAndQuery, requests: S) -> Call
    where
        S: Stream<Item = Bytes> + Send + 'static,
    {
        let deadline = self.timeout.map(|timeout| Instant::now() + timeout);
        self.start(path, deadline, requests)
    }

    fn start<S>(&self, path: PathAndQuery, deadline: Option<Instant>, requests: S) -> Call
    where
        S: Stream<Item = Bytes> + Send + 'static,
    {
        let start = Start {
            path,
            metadata: self.metadata.clone(),
            deadline,
            max_message_size: self.max_message_size,
            requests,
        };
        Call::start(self.connection.channel(), start)
    }
}

/// The path a method is called by.
pub fn path(method: &MethodDescriptor) -> Result<PathAndQuery> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    PathAndQuery::try_from(path).map_err(|error| {
        Error::failed(format!("{} has no path", method.full_name())).caused_by(error)
    })
}

/// How replies are to look, in the format asked for or else in `default`.
///
/// # Errors
/// When bytes would go to a terminal.
pub fn format(args: &OutputArgs, default: Format) -> Result<output::Format> {
    let format = args.output.unwrap_or(default);
    let terminal = std::io::stdout().is_terminal();
    let style = Style {
        syntax: match format {
            Format::Text => Syntax::Text,
            _ => Syntax::Json,
        },
        indent: args.pretty || (terminal && !args.compact),
        emit_defaults: args.emit_defaults,
        proto_names: args.proto_names,
        enum_numbers: args.enum_numbers,
        color: stdout_color(args.console.color),
        terminal,
    };
    Ok(match format {
        Format::Text | Format::Json => output::Format::Messages(style),
        Format::Envelope => output::Format::Envelope(style),
        Format::Raw if terminal => {
            return Err(
                Error::usage("-o raw writes bytes, and stdout is a terminal")
                    .hinted("send it to a file, or through `xxd`"),
            );
        }
        Format::Raw => output::Format::Raw,
    })
}

/// Whether a progress line can be seen, and does not get between replies.
pub fn shows_progress(args: &OutputArgs) -> bool {
    Console::is_terminal() && !std::io::stdout().is_terminal() && !args.console.quiet
}

/// Whether stdout is to be colored.
pub fn stdout_color(color: Color) -> bool {
    match color {
        Color::Auto => {
            anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
        }
        Color::Always => true,
        Color::Never => false,
    }
}

/// Where a client command says what is no data.
pub fn console(args: &ConsoleArgs) -> Console {
    let color = match args.color {
        Color::Auto => None,
        Color::Always => Some(true),
        Color::Never => Some(false),
    };
    let verbosity = match (args.quiet, args.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, true) => Verbosity::Verbose,
        (false, false) => Verbosity::Normal,
    };
    Console::new(verbosity, color)
}

/// The error of a call that ended with another status than OK; `details` are the status's, decoded.
pub fn status_error(status: &Status, details: Vec<String>) -> Error {
    let error = Error::status(status.code(), status.message()).detailed(details);
    match status.code() {
        _ if status.message().starts_with(NOT_GRPC) => {
            error.hinted("is this a gRPC server? a web server or a proxy answers there")
        }
        Code::ResourceExhausted if status.message().starts_with(TOO_LARGE) => {
            error.hinted("--max-message-size accepts larger ones")
        }
        _ => error,
    }
}

/// Shows metadata under `-v`.
pub fn show_metadata(console: Console, mark: char, metadata: &MetadataMap) {
    for entry in metadata.iter() {
        console.detail(mark, || match entry {
            KeyAndValueRef::Ascii(key, value) => {
                format!(
                    "{key}: {}",
                    String::from_utf8_lossy(value.as_encoded_bytes())
                )
            }
            KeyAndValueRef::Binary(key, value) => {
                format!(
                    "{key}: {}",
                    String::from_utf8_lossy(value.as_encoded_bytes())
                )
            }
        });
    }
}
