//! What the client commands share: their argument groups as values, and the connection to their server. For
//! `--in-process` this is where `server` and `transport`, which do not know each other, are joined.

use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::uri::PathAndQuery;
use prost_reflect::MethodDescriptor;
use tokio::time::Instant;
use tonic::Status;
use tonic::metadata::{KeyAndValueRef, MetadataMap};

use crate::cli::{Color, ConnectionArgs, Format, OutputArgs};
use crate::error::{Error, Result};
use crate::output::{Console, Style, Syntax};
use crate::server::{Missing, People, Server};
use crate::transport::{self, Address, Connection, Dialer, Io};

/// What the pipe of `--in-process` holds in each direction before its writer waits.
const PIPE: usize = 256 * 1024;

/// The connection arguments, validated.
pub struct Target {
    server: Where,
    connect_timeout: Duration,
    wait: Option<Duration>,
    timeout: Option<Duration>,
}

enum Where {
    Address(Address),
    InProcess(People),
}

impl Target {
    /// # Errors
    /// On a bad address or people file.
    pub fn new(args: &ConnectionArgs) -> Result<Self> {
        let server = if args.in_process {
            Where::InProcess(people(args.people.as_deref())?)
        } else {
            Where::Address(args.addr.parse()?)
        };
        Ok(Self {
            server,
            connect_timeout: args.connect_timeout,
            wait: args.wait,
            timeout: args.timeout,
        })
    }

    /// Connects. The deadline of the call to come counts from here.
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
                let open = move || -> Box<dyn Io> {
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

/// A connection and the deadline for what is called on it.
pub struct Session {
    pub connection: Connection,
    pub deadline: Option<Instant>,
}

/// The path a method is called by.
pub fn path(method: &MethodDescriptor) -> Result<PathAndQuery> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    PathAndQuery::try_from(path).map_err(|error| {
        Error::failed(format!("{} has no path", method.full_name())).caused_by(error)
    })
}

/// How replies are to look.
pub fn style(args: &OutputArgs) -> Style {
    let stdout = std::io::stdout();
    let terminal = stdout.is_terminal();
    Style {
        syntax: match args.output {
            Format::Text => Syntax::Text,
            Format::Json => Syntax::Json,
        },
        indent: args.pretty || (terminal && !args.compact),
        emit_defaults: args.emit_defaults,
        proto_names: args.proto_names,
        enum_numbers: args.enum_numbers,
        color: match args.color {
            Color::Auto => anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never,
            Color::Always => true,
            Color::Never => false,
        },
        terminal,
    }
}

/// The error of a call that ended with another status than OK.
pub fn status_error(status: &Status) -> Error {
    Error::status(status.code(), status.message())
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
