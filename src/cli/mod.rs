//! What clap parses: the commands, and the argument groups they share. There is no logic here: `commands` turns these
//! into plain, validated values.

#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "help texts are doc comments, and show brackets as they are typed"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::exit;

/// Serve RouteGuide over gRPC, and call it from shell pipelines
#[derive(Debug, Parser)]
#[command(
    name = "routeguide",
    version,
    max_term_width = 100,
    after_help = exit_codes(),
    subcommand_required = true,
    arg_required_else_help = true,
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

fn exit_codes() -> String {
    format!("Exit codes:\n{}", exit::TABLE)
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Serve(ServeArgs),
    GetPerson(GetPersonArgs),
    GetPeople(GetPeopleArgs),
    List(ListArgs),
    Describe(DescribeArgs),
    Call(Box<CallArgs>),
    Health(HealthArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// Run the RouteGuide server
///
/// Runs until SIGTERM or Ctrl-C, then gives calls in flight up to `--grace` to finish and exits; a second signal exits
/// at once. Reflection (v1 and v1alpha) and grpc.health.v1 are enabled. SIGHUP reloads the people file; a bad file is
/// reported and changes nothing.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Where to listen: host:port, [::1]:port, :port (loopback) or unix:PATH; may be repeated
    ///
    /// `localhost` is IPv4 and IPv6 loopback; `[::]:50051` accepts both from the whole network. Port 0 picks a free
    /// port, which is printed.
    #[arg(
        short,
        long,
        value_name = "ADDR",
        default_value = "localhost:50051",
        help_heading = "Serving"
    )]
    pub listen: Vec<String>,

    /// Serve the people in this file instead of Alice and Bob: Person messages in JSON, an array or one per line
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Serving")]
    pub people: Option<PathBuf>,

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

    /// Print only errors on stderr
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Missing {
    /// A Person named "Not Found", as the tutorial's server does
    Reply,
    /// Status NOT_FOUND
    Status,
}

/// Look up a person
///
/// Prints the person on stdout. If the server does not know the person, prints an error on stderr and exits 69.
#[derive(Debug, Args)]
#[command(after_help = exit_codes())]
pub struct GetPersonArgs {
    /// Name of the person
    pub name: String,

    #[command(flatten)]
    pub connection: ConnectionArgs,

    #[command(flatten)]
    pub output: OutputArgs,
}

/// Look up people over one stream, each as soon as its name arrives
///
/// Names come from the arguments, or else from stdin, one per line. Each is sent as soon as it is read, and each reply
/// is printed as soon as it arrives. Names without a reply are counted on stderr at the end.
#[derive(Debug, Args)]
#[command(after_help = exit_codes())]
pub struct GetPeopleArgs {
    /// Names of the people; if there are none, or a single `-`, they are read from stdin
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,

    /// Names on stdin end with NUL, not with a newline
    #[arg(short = '0', long, help_heading = "Names")]
    pub null: bool,

    /// Exit 69 if a name had no reply
    #[arg(long, help_heading = "Names")]
    pub strict: bool,

    /// Stop after N replies
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Names")]
    pub max_messages: Option<u64>,

    #[command(flatten)]
    pub connection: ConnectionArgs,

    #[command(flatten)]
    pub output: OutputArgs,
}

/// List a server's services, or a service's methods
#[derive(Debug, Args)]
#[command(after_help = exit_codes())]
pub struct ListArgs {
    /// List this service's methods
    pub service: Option<String>,

    /// Show the methods' signatures
    #[arg(short, long)]
    pub long: bool,

    #[command(flatten)]
    pub export: ExportArgs,

    #[command(flatten)]
    pub connection: ConnectionArgs,

    #[command(flatten)]
    pub schema: SchemaArgs,

    #[command(flatten)]
    pub console: ConsoleArgs,
}

/// Describe a service, method, message, enum or field, or everything, as .proto source
#[derive(Debug, Args)]
#[command(after_help = exit_codes())]
pub struct DescribeArgs {
    /// What to describe, by full or short name: `GetPerson`, `pkg.Service/Method`, `pkg.Message.field`
    pub symbol: Option<String>,

    /// .proto source, or the descriptor as JSON
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: DescribeFormat,

    /// Print a request with every field filled in, ready for `call -d`
    #[arg(long, requires = "symbol", conflicts_with = "output")]
    pub template: bool,

    #[command(flatten)]
    pub export: ExportArgs,

    #[command(flatten)]
    pub connection: ConnectionArgs,

    #[command(flatten)]
    pub schema: SchemaArgs,

    #[command(flatten)]
    pub console: ConsoleArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DescribeFormat {
    /// .proto source
    Text,
    /// The descriptor in proto3 JSON
    Json,
}

/// Where to write the schema.
#[derive(Debug, Args)]
#[command(next_help_heading = "Schema")]
pub struct ExportArgs {
    /// Write the schema to this file, as a FileDescriptorSet for --protoset and protoc
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub protoset_out: Option<PathBuf>,

    /// Write the schema to this folder, as .proto files
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub proto_out: Option<PathBuf>,
}

/// Call any method of any server
///
/// The request comes from FIELD arguments or from -d. Without either, a method that takes one message gets an empty one,
/// and a method that takes a stream gets none. Several messages for a method that takes one are a batch: a call for each
/// of them, over one connection.
///
/// FIELD is name=text, name:=json, name=@file or name:=@file; a name may be a path: address.city=Seoul, hobbies[]=chess,
/// labels[color]=red.
#[derive(Debug, Args)]
#[command(after_help = exit_codes())]
pub struct CallArgs {
    /// The method: `pkg.Service/Method`, `pkg.Service.Method`, or a short name that is unambiguous
    pub method: String,

    /// Fields of the request: name=text, name:=json, name=@file
    #[arg(value_name = "FIELD", conflicts_with = "data")]
    pub fields: Vec<String>,

    /// Requests as JSON values, one after another; @FILE reads a file, and @- or @ reads stdin as it arrives
    #[arg(short, long, value_name = "DATA", help_heading = "Request")]
    pub data: Option<String>,

    /// Format of -d: JSON, or protobuf text with messages separated by the record separator (0x1E)
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "json",
        help_heading = "Request"
    )]
    pub input: InputFormat,

    /// Ignore fields that the request does not have, instead of rejecting them
    #[arg(long, help_heading = "Request")]
    pub allow_unknown_fields: bool,

    /// Calls of a batch to have in flight at once
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=1000), help_heading = "Request")]
    pub concurrency: u16,

    /// Continue a batch after a call that failed
    #[arg(long, help_heading = "Request")]
    pub keep_going: bool,

    /// Stop after N replies
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Request")]
    pub max_messages: Option<u64>,

    #[command(flatten)]
    pub connection: ConnectionArgs,

    #[command(flatten)]
    pub schema: SchemaArgs,

    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InputFormat {
    Json,
    Text,
}

/// Check whether a server, or one of its services, is serving
///
/// Prints the status, and exits 0 if it is SERVING, 1 if it is not, and 64 + n if the call failed.
#[derive(Debug, Args)]
#[command(after_help = exit_codes())]
pub struct HealthArgs {
    /// The service; the whole server if omitted
    pub service: Option<String>,

    /// Print every change until interrupted
    #[arg(long)]
    pub watch: bool,

    #[command(flatten)]
    pub connection: ConnectionArgs,

    #[command(flatten)]
    pub console: ConsoleArgs,
}

/// Print a shell completion script
///
/// For bash: `routeguide completions bash > ~/.local/share/bash-completion/completions/routeguide`. For other shells,
/// see the README.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    pub shell: Shell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    #[value(name = "powershell")]
    PowerShell,
    Elvish,
    Nushell,
}

/// Print the manual page, or write all of them to a folder
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write routeguide.1 and a page for each command here
    #[arg(value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}

/// How a client command reaches its server.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// The server: host:port, :port, [::1]:port, http://host:port or unix:PATH [env: ROUTEGUIDE_ADDR] [default:
    /// localhost:50051]
    #[arg(short, long)]
    pub addr: Option<String>,

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

    /// How long one attempt to connect may take
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
    /// How to print replies [default: json for call, text for get-*]
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    Always,
    Never,
}

/// A number of bytes, optionally in KiB, MiB or GiB.
fn size(text: &str) -> Result<usize, String> {
    let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let unit = unit.trim();
    let unit: usize = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        _ => return Err(format!("unknown unit {unit:?}: use KiB, MiB or GiB")),
    };
    let number: usize = number.parse().map_err(|_| "not a number".to_owned())?;
    match number.checked_mul(unit) {
        // The length of a gRPC message has 32 bits.
        Some(size @ 1..=0xffff_ffff) => Ok(size),
        _ => Err("must be at least 1 byte and less than 4GiB".to_owned()),
    }
}

/// A positive duration: `500ms`, `10s`, `1m30s`, or a plain number of seconds as in curl.
fn duration(text: &str) -> Result<Duration, String> {
    let parsed = match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds)
            .map_err(|_| "must be from 1ms to 99999999s".to_owned())?,
        Err(_) => humantime::parse_duration(text)
            .map_err(|_| "expected a duration such as 500ms, 10s or 1m30s".to_owned())?,
    };
    if parsed < Duration::from_millis(1) {
        return Err("must be from 1ms to 99999999s".to_owned());
    }
    // A grpc-timeout has at most eight digits, and a timer's instant must not overflow.
    if parsed > Duration::from_secs(99_999_999) {
        return Err("must be from 1ms to 99999999s".to_owned());
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_duration_is_positive_and_may_be_a_number_of_seconds() {
        assert_eq!(duration("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("200ms"), Ok(Duration::from_millis(200)));
        assert!(duration("1us").is_err());
        for bad in ["0", "-1", "NaN", "1e30", "soon", ""] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
