//! The arguments of each command.

#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "help texts are doc comments, and show brackets as they are typed"
)]

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::guide::{exit_codes, long_help};
use super::shared::{ConnectionArgs, ConsoleArgs, OutputArgs, SchemaArgs};
use super::values::{at_least_one, concurrency};

#[derive(Debug, Args)]
#[command(after_help = exit_codes(), after_long_help = long_help("get-person"))]
pub struct GetPersonArgs {
    /// Name of the person
    #[arg(index = 1)]
    pub name: String,

    /// Refused, with a tip if there is an address
    #[arg(hide = true, index = 2)]
    pub rest: Vec<String>,

    #[command(flatten)]
    pub connection: ConnectionArgs,

    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Args)]
#[command(after_help = exit_codes(), after_long_help = long_help("get-people"))]
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
    #[arg(short = 'n', long, value_name = "N", value_parser = at_least_one, allow_negative_numbers = true, help_heading = "Names")]
    pub max_messages: Option<u64>,

    #[command(flatten)]
    pub connection: ConnectionArgs,

    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Args)]
#[command(after_help = exit_codes(), after_long_help = long_help("list"))]
pub struct ListArgs {
    /// List this service's methods
    #[arg(index = 1)]
    pub service: Option<String>,

    /// Refused, with a tip if the first argument is an address
    #[arg(hide = true, index = 2)]
    pub rest: Vec<String>,

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

#[derive(Debug, Args)]
#[command(after_help = exit_codes(), after_long_help = long_help("describe"))]
pub struct DescribeArgs {
    /// What to describe, by full or short name: `GetPerson`, `pkg.Service/Method`, `pkg.Message.field`
    #[arg(index = 1)]
    pub symbol: Option<String>,

    /// Refused, with a tip if the first argument is an address
    #[arg(hide = true, index = 2)]
    pub rest: Vec<String>,

    /// Without a symbol: print the source of everything, not only what there is
    #[arg(long, conflicts_with = "symbol")]
    pub all: bool,

    /// .proto source, or as JSON the symbol's descriptor; without a symbol, a FileDescriptorSet of everything
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
    /// Write the schema to this file, as a FileDescriptorSet for --protoset and protoc; - is stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub protoset_out: Option<PathBuf>,

    /// Write the schema to this folder, as .proto files
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub proto_out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = exit_codes(), after_long_help = long_help("call"))]
pub struct CallArgs {
    /// The method: `pkg.Service/Method`, `pkg.Service.Method`, or a short name that is unambiguous
    pub method: String,

    #[command(flatten)]
    pub request: RequestArgs,

    /// Calls of a batch to have in flight at once
    #[arg(long, value_name = "N", default_value = "1", value_parser = concurrency, allow_negative_numbers = true, help_heading = "Request")]
    pub concurrency: u16,

    /// Continue a batch after a failed call or a message that does not fit; not for a method that takes a stream
    #[arg(long, help_heading = "Request")]
    pub keep_going: bool,

    /// Stop after N replies
    #[arg(short = 'n', long, value_name = "N", value_parser = at_least_one, allow_negative_numbers = true, help_heading = "Request")]
    pub max_messages: Option<u64>,

    #[command(flatten)]
    pub connection: ConnectionArgs,

    #[command(flatten)]
    pub schema: SchemaArgs,

    #[command(flatten)]
    pub export: ExportArgs,

    #[command(flatten)]
    pub output: OutputArgs,
}

/// The request messages of `call` and `bench`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Request")]
pub struct RequestArgs {
    /// Fields of the request: name=text, name:=json, name=@file
    #[arg(value_name = "FIELD")]
    pub fields: Vec<String>,

    /// Requests as JSON values, one after another; @FILE reads a file, and @-, @ or - reads stdin as it arrives
    #[arg(short, long, value_name = "DATA")]
    pub data: Option<String>,

    /// Format of -d: JSON, or protobuf text with messages separated by the record separator (0x1E)
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    pub input: InputFormat,

    /// Ignore fields that the request does not have, instead of rejecting them
    #[arg(long)]
    pub allow_unknown_fields: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InputFormat {
    Json,
    Text,
}

#[derive(Debug, Args)]
#[command(after_help = exit_codes(), after_long_help = long_help("health"))]
pub struct HealthArgs {
    /// The service; the whole server if omitted
    pub service: Option<String>,

    /// Print every change until interrupted
    #[arg(long)]
    pub watch: bool,

    /// Print all services, each with its status; exit code 1 if one is not SERVING
    #[arg(long, conflicts_with_all = ["service", "watch"])]
    pub list: bool,

    #[command(flatten)]
    pub connection: ConnectionArgs,

    #[command(flatten)]
    pub console: ConsoleArgs,
}

#[derive(Debug, Args)]
#[command(after_help = exit_codes(), after_long_help = long_help("config"), args_conflicts_with_subcommands = true)]
pub struct ConfigArgs {
    #[command(subcommand)]
    pub action: Option<ConfigAction>,

    /// Show the settings of this profile [env: ROUTEGUIDE_PROFILE]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// How to show them
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: ConfigFormat,

    #[command(flatten)]
    pub console: ConsoleArgs,
}

#[derive(Debug, Subcommand)]
pub enum ConfigAction {
    /// Print where the configuration file is, whether it exists or not
    Path,
    /// Check the configuration file: all of it, not only the profile in use
    Check,
    /// Edit the configuration file in $VISUAL or $EDITOR, and check it
    Edit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ConfigFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = exit_codes(), after_long_help = long_help("completions"))]
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

#[derive(Debug, Args)]
#[command(after_help = exit_codes(), after_long_help = long_help("man"))]
pub struct ManArgs {
    /// Write routeguide.1 and a page for each command here
    #[arg(value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}
