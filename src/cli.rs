//! What clap parses: the commands and the argument groups they share. No logic: `commands` turns these into plain,
//! validated values.

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
    disable_help_subcommand = true,
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
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// Run the RouteGuide server
///
/// Answers until SIGTERM or Ctrl-C, then lets the calls in flight finish for at most `--grace` and exits; a second
/// signal exits at once. Reflection (v1 and v1alpha) and grpc.health.v1 are on. SIGHUP reads the people file
/// again; a bad one is reported and changes nothing.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Where to listen: host:port, [::1]:port, :port (loopback) or unix:PATH; may be given again
    ///
    /// `localhost` is IPv4 and IPv6 loopback; `[::]:50051` takes both from the whole network. Port 0 takes a free
    /// port; the real one is printed.
    #[arg(
        short,
        long,
        value_name = "ADDR",
        default_value = "localhost:50051",
        help_heading = "Serving"
    )]
    pub listen: Vec<String>,

    /// Answer from these people instead of Alice and Bob: Person messages as JSON, an array or one per line
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

    /// How long calls in flight may go on after a signal to stop
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration, help_heading = "Serving")]
    pub grace: Duration,

    /// Print errors only
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

/// Look one person up
///
/// Prints the person on stdout. A person the server does not know prints nothing there, says so on stderr and
/// exits 69.
#[derive(Debug, Args)]
pub struct GetPersonArgs {
    /// Whom to look up
    pub name: String,

    #[command(flatten)]
    pub connection: ConnectionArgs,

    #[command(flatten)]
    pub output: OutputArgs,
}

/// Look people up on one stream, each as soon as the name is there
///
/// Names come from the arguments, else from stdin, one per line: read as they come, answered as they come. Names
/// that had no reply are counted on stderr at the end.
#[derive(Debug, Args)]
pub struct GetPeopleArgs {
    /// Whom to look up; none, or a single `-`, reads names from stdin
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,

    /// Names on stdin end with NUL instead of a newline
    #[arg(short = '0', long, help_heading = "Names")]
    pub null: bool,

    /// Exit 69 when a name had no reply
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

/// Print a shell completion script
///
/// bash: `routeguide completions bash > ~/.local/share/bash-completion/completions/routeguide`; the other shells
/// are in the README.
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
    /// The server: host:port, :port, [::1]:port, http://host:port or unix:PATH
    #[arg(
        short,
        long,
        env = "ROUTEGUIDE_ADDR",
        default_value = "localhost:50051"
    )]
    pub addr: String,

    /// Call a RouteGuide server inside this process: no port, no second terminal
    #[arg(long)]
    pub in_process: bool,

    /// With --in-process: answer from these people instead of Alice and Bob
    #[arg(long, value_name = "FILE", requires = "in_process", value_hint = ValueHint::FilePath)]
    pub people: Option<PathBuf>,

    /// How long one attempt to connect may take
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub connect_timeout: Duration,

    /// The call's deadline, connecting included; the server is told (grpc-timeout)
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,

    /// Keep trying to connect for this long
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub wait: Option<Duration>,
}

/// How a client command prints replies.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// The protobuf text format, or proto3 JSON
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,

    /// Indent messages, also when stdout is not a terminal
    #[arg(long)]
    pub pretty: bool,

    /// One message per line, also at a terminal
    #[arg(long, conflicts_with = "pretty")]
    pub compact: bool,

    /// Print fields that have their default value, too
    #[arg(long)]
    pub emit_defaults: bool,

    /// JSON: field names as the .proto file has them, not in lowerCamelCase
    #[arg(long)]
    pub proto_names: bool,

    /// JSON: enum values as numbers
    #[arg(long)]
    pub enum_numbers: bool,

    /// When to use color
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,

    /// Show the connection, the metadata and the status on stderr
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,

    /// No progress line and no notices on stderr, errors only
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Protobuf text format
    Text,
    /// Canonical proto3 JSON
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// At a terminal, unless `NO_COLOR` is set
    Auto,
    Always,
    Never,
}

/// A positive duration: `500ms`, `10s`, `1m30s`, or a plain number of seconds as curl takes it.
fn duration(text: &str) -> Result<Duration, String> {
    let parsed = match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?,
        Err(_) => humantime::parse_duration(text).map_err(|error| error.to_string())?,
    };
    if parsed.is_zero() {
        return Err("must be more than zero".to_owned());
    }
    // A grpc-timeout holds at most eight digits, and a timer's instant must not overflow.
    if parsed > Duration::from_secs(99_999_999) {
        return Err("must be at most 99999999s".to_owned());
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
    fn a_duration_is_positive_and_may_be_plain_seconds() {
        assert_eq!(duration("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("200ms"), Ok(Duration::from_millis(200)));
        for bad in ["0", "-1", "NaN", "1e30", "soon", ""] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
