//! The arguments of `serve`.

#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "help texts are doc comments, and show brackets as they are typed"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint};

use super::guide::{exit_codes, long_help};
use super::serve_observing::ObservingArgs;
use super::serve_tls::ServeTlsArgs;
use super::values::{
    Limit, Never, at_least_one, connections, duration, duration_or_off, duration_or_zero,
    port_to_listen_on, size, streams, threads,
};

#[derive(Debug, Args)]
#[command(after_help = exit_codes(), after_long_help = long_help("serve"))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct ServeArgs {
    /// Where to listen: host:port, [::1]:port, :port (loopback) or unix:PATH; may be repeated
    ///
    /// `localhost` is IPv4 and IPv6 loopback; `[::]:50051` accepts both from the whole network. Port 0 picks a free
    /// port, which is printed. Sockets that systemd gives the process (LISTEN_FDS) are served instead.
    #[arg(
        short,
        long,
        value_name = "ADDR",
        default_value = "localhost:50051",
        help_heading = "Serving"
    )]
    pub listen: Vec<String>,

    /// Refused with a tip: the port is part of --listen
    #[arg(short, long, hide = true, value_name = "N", value_parser = port_to_listen_on)]
    pub port: Option<Never>,

    /// Refused, with a tip if it is an address
    #[arg(hide = true)]
    pub rest: Vec<String>,

    /// Serve these people instead of Alice and Bob: a file, sqlite:PATH or postgres://HOST/DATABASE
    ///
    /// A file has Person messages in JSON, an array or one per line. `routeguide people` fills a database.
    #[arg(long, value_name = "FILE|URL", value_hint = ValueHint::FilePath, help_heading = "Serving")]
    pub people: Option<PathBuf>,

    /// How long to wait at the start until the database of --people can be reached and has its tables
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Serving")]
    pub wait: Option<Duration>,

    /// How GetPerson answers an unknown name
    #[arg(
        long,
        value_name = "HOW",
        default_value = "reply",
        help_heading = "Serving"
    )]
    pub missing: Missing,

    /// How long calls in flight may continue after a signal to stop
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration, help_heading = "Serving")]
    pub grace: Duration,

    /// How long to go on taking calls after a signal to stop, while health already reports NOT_SERVING
    ///
    /// For a load balancer that has to notice first.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration_or_zero, help_heading = "Serving")]
    pub drain_delay: Duration,

    /// Threads that serve connections; as many as the machine has cores by default
    #[arg(long, value_name = "N", value_parser = threads, help_heading = "Serving")]
    pub threads: Option<usize>,

    /// Answer only calls with a bearer token of this file, which has one on each line; health needs none
    ///
    /// Blank lines and lines that start with # are skipped. The file is read again when it changes, and at SIGHUP.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Serving")]
    pub auth_token_file: Option<PathBuf>,

    /// The protocols to answer, separated by commas; all of them share the port
    ///
    /// gRPC needs HTTP/2. gRPC-Web and Connect work over HTTP/1.1, too.
    #[arg(
        long,
        value_name = "PROTOCOLS",
        value_enum,
        value_delimiter = ',',
        default_value = "grpc,grpc-web,connect",
        help_heading = "Serving"
    )]
    pub protocols: Vec<ServedProtocol>,

    /// Let pages of this origin (scheme://host or scheme://host:port) call from a browser (CORS); repeatable
    ///
    /// '*' is every origin. Without it, browsers allow only pages that come from the server's own address.
    #[arg(long, value_name = "ORIGIN", help_heading = "Serving")]
    pub allow_origin: Vec<String>,

    /// Do not describe the services to clients that ask
    #[arg(long, help_heading = "Serving")]
    pub no_reflection: bool,

    /// Read all configuration, say what would be served, and exit with 0 or 1; nothing is bound
    #[arg(long, help_heading = "Serving")]
    pub check: bool,

    /// Print a line for every call on stderr
    #[arg(short, long)]
    pub verbose: bool,

    /// Print only errors on stderr
    #[arg(short, long, conflicts_with_all = ["verbose", "log"])]
    pub quiet: bool,

    // Last: their headings would hold for what follows.
    #[command(flatten)]
    pub tls: ServeTlsArgs,

    #[command(flatten)]
    pub limits: LimitArgs,

    #[command(flatten)]
    pub observing: ObservingArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Missing {
    /// A Person named "Not Found", as the tutorial's server does
    Reply,
    /// Status NOT_FOUND
    Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ServedProtocol {
    Grpc,
    /// Binary and text
    GrpcWeb,
    Connect,
}

/// What the server bears.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Connections at the same time; more are refused with GOAWAY
    #[arg(long, value_name = "N", default_value = "1024", value_parser = connections)]
    pub max_connections: usize,

    /// Connections of one address at the same time; proxies share one
    #[arg(long, value_name = "N", value_parser = connections)]
    pub max_connections_per_peer: Option<usize>,

    /// Calls at the same time on a connection
    #[arg(long, value_name = "N", default_value = "100", value_parser = streams)]
    pub max_streams: u32,

    /// Size of a request message, decompressed; by default a name may have 64KiB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub max_message_size: Option<usize>,

    /// Size of the headers of a call
    #[arg(long, value_name = "SIZE", default_value = "16KiB", value_parser = size)]
    pub max_header_list: usize,

    /// Time for TLS and the first frame of a connection, and for the headers of a call
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub handshake_timeout: Duration,

    /// Send a PING on a connection that has been silent for this long
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = duration)]
    pub keepalive_interval: Duration,

    /// Close a connection whose PING is not answered in this time
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = duration)]
    pub keepalive_timeout: Duration,

    /// Close a connection that sends a third PING earlier than this after another
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub min_ping_interval: Duration,

    /// End a call without a message for this long with UNAVAILABLE, except watches of health; or off
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration_or_off)]
    pub max_stream_idle: Limit,

    /// End a call that takes longer with DEADLINE_EXCEEDED; or off
    #[arg(long, value_name = "DURATION", default_value = "1day", value_parser = duration_or_off)]
    pub max_call_time: Limit,

    /// Ask a connection to leave after this time, a tenth more or less; or off
    #[arg(long, value_name = "DURATION", default_value = "off", value_parser = duration_or_off)]
    pub max_connection_age: Limit,

    /// End the calls of such a connection with UNAVAILABLE after this time; or off
    #[arg(long, value_name = "DURATION", default_value = "off", value_parser = duration_or_off)]
    pub max_connection_age_grace: Limit,

    /// Close a connection that cancels more calls than this, beyond as many as were completed
    #[arg(long, value_name = "N", default_value = "500", value_parser = at_least_one)]
    pub max_resets: u64,
}
