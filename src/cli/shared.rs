//! The argument groups that several commands share.

#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "help texts are doc comments, and show brackets as they are typed"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum, ValueHint};

use super::values::{Never, count, duration, keepalive, port_of_a_server, size};

/// How a client command reaches its server.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// The server: host:port, :port, [::1]:port, https://host:port for TLS, dns:///host:port or unix:PATH [env: ROUTEGUIDE_ADDR]
    /// [default: localhost:50051]
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

    /// Metadata to send with calls and reflection; may be repeated. Values of -bin names are base64. @FILE reads a header a line,
    /// and ${VAR} is a variable of the environment
    #[arg(short = 'H', long, value_name = "NAME: VALUE")]
    pub header: Vec<String>,

    /// The largest message to send or accept, in bytes or with a unit: 64KiB, 4MiB [default: 4MiB]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub max_message_size: Option<usize>,

    /// With --in-process: serve these people instead of Alice and Bob: a file, sqlite:PATH or postgres://HOST/DATABASE
    #[arg(long, value_name = "FILE|URL", requires = "in_process", value_hint = ValueHint::FilePath)]
    pub people: Option<PathBuf>,

    /// How long an attempt to connect or an answer of the reflection may take [default: 10s]
    #[arg(long, value_name = "DURATION", value_parser = duration, allow_negative_numbers = true)]
    pub connect_timeout: Option<Duration>,

    /// The call's deadline, including connecting; in a batch, of each call; sent to the server as grpc-timeout
    #[arg(long, value_name = "DURATION", value_parser = duration, allow_negative_numbers = true)]
    pub timeout: Option<Duration>,

    /// Keep trying to connect for this long
    #[arg(long, value_name = "DURATION", value_parser = duration, allow_negative_numbers = true)]
    pub wait: Option<Duration>,

    /// The addresses of a host: HOST:PORT:ADDRESS[,ADDRESS]; may be repeated
    #[arg(long, value_name = "HOST:PORT:ADDRESS")]
    pub resolve: Vec<String>,

    /// Connect to another host and port: HOST:PORT:TO-HOST:TO-PORT, where an empty part means any, or the same; may be repeated
    #[arg(long, value_name = "FROM:TO")]
    pub connect_to: Vec<String>,

    /// The proxy: http://, https://, socks5:// or socks5h://[user:password@]host:port; none with an empty text [env: HTTPS_PROXY,
    /// HTTP_PROXY, ALL_PROXY, NO_PROXY]
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,

    /// Compress requests; compressed replies are always accepted
    #[arg(long, value_name = "ENCODING")]
    pub compress: Option<Compress>,

    /// The value of the user-agent header
    #[arg(long, value_name = "TEXT")]
    pub user_agent: Option<String>,

    /// Send a PING at this interval while calls are open, and give the connection up if it is not answered; at least 10s
    #[arg(long, value_name = "DURATION", value_parser = keepalive, allow_negative_numbers = true)]
    pub keepalive: Option<Duration>,

    /// Try a call again this often: if the server has not acted on it, or if it was UNAVAILABLE before any reply [default: 0]
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    pub retry: Option<u32>,

    /// Take settings from this profile of the configuration file; see routeguide config [env: ROUTEGUIDE_PROFILE]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// The value of :authority for calls, instead of the address
    #[arg(long, value_name = "NAME")]
    pub authority: Option<String>,

    #[command(flatten)]
    pub protocol: ProtocolArgs,

    #[command(flatten)]
    pub tls: TlsArgs,
}

/// How a client command writes its calls.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Protocol")]
pub struct ProtocolArgs {
    /// The protocol of calls and of reflection [default: grpc]
    #[arg(long, value_name = "PROTOCOL")]
    pub protocol: Option<ProtocolArg>,

    /// How messages are written on the wire [default: proto]
    #[arg(long, value_name = "CODEC")]
    pub codec: Option<CodecArg>,

    /// The version of HTTP for gRPC-Web and Connect; gRPC has HTTP/2 [default: auto]
    #[arg(long, value_name = "VERSION")]
    pub http: Option<HttpArg>,

    /// Connect: send the request in the URL of a GET, for methods without side effects
    #[arg(long)]
    pub get: bool,

    /// The path below which services are: /api
    #[arg(long, value_name = "PATH")]
    pub base_path: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProtocolArg {
    Grpc,
    GrpcWeb,
    /// gRPC-Web as base64
    GrpcWebText,
    Connect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CodecArg {
    Proto,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HttpArg {
    /// What the server speaks, HTTP/2 first
    Auto,
    #[value(name = "1.1")]
    Http1,
    #[value(name = "2")]
    Http2,
}

/// How a client command uses TLS, which an https:// address asks for.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "TLS, for https:// addresses")]
pub struct TlsArgs {
    /// Trust the certificates in this PEM file instead of the system's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub cacert: Option<PathBuf>,

    /// The client's certificate: PEM, or PKCS#12 with its key
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub cert: Option<PathBuf>,

    /// The key of --cert, in PEM, if it is in a file of its own
    #[arg(long, value_name = "FILE", requires = "cert", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,

    /// The file of the password of --key, or of a PKCS#12 file
    #[arg(long, value_name = "FILE", requires = "cert", value_hint = ValueHint::FilePath)]
    pub key_password_file: Option<PathBuf>,

    /// Accept any certificate of the server, not of a proxy: whoever is in between can read and change everything
    #[arg(long)]
    pub insecure: bool,

    /// The name to ask for, and to expect in the certificate, instead of the address's host
    #[arg(long, value_name = "NAME")]
    pub server_name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Compress {
    Gzip,
    Deflate,
    Zstd,
}

/// Where a client command's schema comes from.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Schema")]
pub struct SchemaArgs {
    /// Take the schema from this .proto file instead of asking the server; may be repeated
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub proto: Vec<PathBuf>,

    /// Where to look for --proto files and their imports; may be repeated
    #[arg(short = 'I', long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub import_path: Vec<PathBuf>,

    /// Take the schema from this FileDescriptorSet instead of asking the server; may be repeated
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub protoset: Vec<PathBuf>,

    /// Which version of server reflection to use [default: auto]
    #[arg(long, value_name = "VERSION")]
    pub reflection: Option<Reflection>,
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
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct ConsoleArgs {
    /// When to use color [default: auto]
    #[arg(long, value_name = "WHEN")]
    pub color: Option<Color>,

    /// Show the connection, the metadata, the status and the times on stderr; -vv shows secrets in the metadata, too
    #[arg(short, long, action = ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,

    /// Print only errors on stderr
    #[arg(short, long)]
    pub quiet: bool,

    /// How to print errors: as text, or each as a google.rpc.Status in JSON, with its kind, hint and exit code [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub error_format: Option<ErrorFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ErrorFormat {
    Text,
    Json,
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

    /// JSON: integers of 64 bits as numbers, not as strings; with =safe, one that JavaScript would round is an error
    #[arg(
        long,
        value_name = "WHICH",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "all"
    )]
    pub int64_numbers: Option<Int64Numbers>,

    #[command(flatten)]
    pub console: ConsoleArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Int64Numbers {
    All,
    Safe,
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

/// An argument that is one of several names, which a setting may have, too.
pub trait Choice: Sized {
    /// The one of that name.
    fn named(name: &str) -> Option<Self>;
}

impl<T: ValueEnum> Choice for T {
    fn named(name: &str) -> Option<Self> {
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
