//! The argument groups that several commands share.

#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "help texts are doc comments, and show brackets as they are typed"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint};

use super::values::{Never, duration, port_of_a_server, size};

/// How a client command reaches its server.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// The server: host:port, :port, [::1]:port, http://host:port, dns:///host:port or unix:PATH [env: ROUTEGUIDE_ADDR] [default:
    /// localhost:50051]
    #[arg(short, long)]
    pub addr: Option<String>,

    /// Accepted for grpcurl's users: without https://, calls are in plaintext anyway
    #[arg(long, hide = true)]
    pub plaintext: bool,

    /// Refused with a tip: the port is part of -a
    #[arg(short, long, hide = true, value_name = "N", value_parser = port_of_a_server)]
    pub port: Option<Never>,

    /// Call a RouteGuide server inside this process: no port, no second terminal
    #[arg(long, conflicts_with = "addr")]
    pub in_process: bool,

    /// Metadata to send with calls and reflection; may be repeated. Values of -bin names are base64
    #[arg(short = 'H', long, value_name = "NAME: VALUE")]
    pub header: Vec<String>,

    /// The largest message to send or accept, in bytes or with a unit: 64KiB, 4MiB
    #[arg(long, value_name = "SIZE", default_value = "4MiB", value_parser = size)]
    pub max_message_size: usize,

    /// With --in-process: serve the people in this file instead of Alice and Bob
    #[arg(long, value_name = "FILE", requires = "in_process", value_hint = ValueHint::FilePath)]
    pub people: Option<PathBuf>,

    /// How long an attempt to connect or an answer of the reflection may take
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub connect_timeout: Duration,

    /// The call's deadline, including connecting; sent to the server as grpc-timeout
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,

    /// Keep trying to connect for this long
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub wait: Option<Duration>,
}

/// Where a client command's schema comes from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Schema")]
pub struct SchemaArgs {
    /// Take the schema from this .proto file instead of asking the server; may be repeated
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub proto: Vec<PathBuf>,

    /// Where to look for --proto files and their imports; may be repeated
    #[arg(short = 'I', long, value_name = "DIR", requires = "proto", value_hint = ValueHint::DirPath)]
    pub import_path: Vec<PathBuf>,

    /// Take the schema from this FileDescriptorSet instead of asking the server; may be repeated
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub protoset: Vec<PathBuf>,

    /// Which version of server reflection to use
    #[arg(long, value_name = "VERSION", default_value = "auto")]
    pub reflection: Reflection,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Reflection {
    /// v1, then v1alpha
    Auto,
    V1,
    V1alpha,
    /// Do not ask the server
    Off,
}

/// What a client command writes to stderr, and colors.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct ConsoleArgs {
    /// When to use color
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,

    /// Show the connection, the metadata and the status on stderr
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,

    /// Print only errors on stderr
    #[arg(short, long)]
    pub quiet: bool,
}

/// How a client command prints replies.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// How to print replies [env: ROUTEGUIDE_OUTPUT] [default: json for call, text for get-*]
    #[arg(short, long, value_name = "FORMAT")]
    pub output: Option<Format>,

    /// Indent messages, even when stdout is not a terminal
    #[arg(long)]
    pub pretty: bool,

    /// One message per line, even on a terminal
    #[arg(long, conflicts_with = "pretty")]
    pub compact: bool,

    /// Also print fields that have their default value
    #[arg(long)]
    pub emit_defaults: bool,

    /// JSON: field names as in the .proto file, not in lowerCamelCase
    #[arg(long)]
    pub proto_names: bool,

    /// JSON: enum values as numbers
    #[arg(long)]
    pub enum_numbers: bool,

    #[command(flatten)]
    pub console: ConsoleArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Protobuf text format
    Text,
    /// Canonical proto3 JSON
    Json,
    /// A line of JSON for each event of the call: request, headers, message, trailers, status
    Envelope,
    /// The bytes of one message
    Raw,
}

impl Format {
    /// The format of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::from_str(name, false).ok()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    Always,
    Never,
}
