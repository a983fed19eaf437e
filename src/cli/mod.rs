//! What clap parses: the commands, and the argument groups they share. There is no logic here: `commands` turns these
//! into plain, validated values.

#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "help texts are doc comments, and show brackets as they are typed"
)]

mod bench;
mod commands;
mod deferred;
mod foreign;
pub mod guide;
mod people;
mod serve;
mod serve_observing;
mod serve_tls;
mod shared;
mod shell;
mod values;

use std::ffi::OsString;
use std::mem::ManuallyDrop;

use clap::{ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use bench::*;
pub use commands::*;
pub use deferred::Deferred;
pub use people::*;
pub use serve::*;
pub use serve_observing::*;
pub use serve_tls::ServeTlsArgs;
pub use shared::*;
pub use shell::*;

use crate::error::{Error, Result};
use guide::{exit_codes, long_help};

/// Serve RouteGuide over gRPC, and call it from shell pipelines
#[derive(Debug, Parser)]
#[command(
    name = "routeguide",
    version,
    max_term_width = 100,
    // The last one counts, so that what an alias sets can be overridden.
    args_override_self = true,
    after_help = exit_codes(),
    after_long_help = long_help(""),
    subcommand_required = true,
    arg_required_else_help = true,
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// The command line of this process; `None` if it asked for help or the version, which has been printed. Ends the
    /// process if it is not valid.
    ///
    /// # Errors
    /// When it is not valid, and errors are to be JSON, or when the help cannot be written.
    pub fn from_command_line() -> Result<Option<Self>> {
        let words: Vec<OsString> = foreign::with_two_dashes(std::env::args_os()).collect();
        // Most processes end soon, and to free the command tree takes 3 % of the instructions of a short call.
        let mut command = ManuallyDrop::new(Self::command().color(color_of_errors(&words)));
        let parsed = command
            .try_get_matches_from_mut(&words)
            .and_then(|mut matches| Self::from_arg_matches_mut(&mut matches));
        parsed.map(Some).or_else(|error| {
            let error = foreign::explain(error, &words).format(&mut command);
            if !error.use_stderr() {
                // Not `exit`, which ignores that a disk is full.
                return error.print().map(|()| None).map_err(Error::output);
            }
            if errors_are_json(&words) || log_is_json(&words) {
                return Err(usage(&error));
            }
            error.exit()
        })
    }

    /// Whether an error in the command line of this process, which is not parsed then, is to be a line of a JSON log.
    pub fn log_is_json() -> bool {
        log_is_json(&std::env::args_os().collect::<Vec<_>>())
    }

    /// Whether errors in the command line of this process, which is not parsed then, are to be JSON.
    pub fn errors_are_json() -> bool {
        errors_are_json(&std::env::args_os().collect::<Vec<_>>())
    }
}

/// clap's error without the usage and the color.
fn usage(error: &clap::Error) -> Error {
    let text = error.render().to_string();
    let mut paragraphs = text.split("\n\n").map(str::trim);
    let message = paragraphs.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let lines: Vec<&str> = message.lines().map(str::trim).collect();
    let usage = Error::usage(lines.join(" "));
    match paragraphs.find_map(|it| it.strip_prefix("tip: ")) {
        Some(tip) => usage.hinted(tip),
        None => usage,
    }
}

/// The last value of a flag, for errors in the arguments themselves: they are not parsed yet.
fn value_of<'a>(words: &'a [OsString], flag: &str) -> Option<&'a str> {
    let mut found = None;
    let mut words = words
        .iter()
        .skip(1)
        .map(|word| word.to_str().unwrap_or_default());
    while let Some(word) = words.next() {
        match word.strip_prefix(flag) {
            Some("") => found = words.next(),
            Some(value) => found = value.strip_prefix('=').or(found),
            None if word == "--" => break,
            None => {}
        }
    }
    found
}

/// Whether `--error-format`, or else its variable, says so.
fn errors_are_json(words: &[OsString]) -> bool {
    match value_of(words, "--error-format") {
        Some(format) => format == "json",
        None => std::env::var_os("ROUTEGUIDE_ERROR_FORMAT").is_some_and(|format| format == "json"),
    }
}

/// Whether `serve` was to log JSON.
fn log_is_json(words: &[OsString]) -> bool {
    value_of(words, "--log-format") == Some("json")
}

/// What `--color` says.
fn color_of_errors(words: &[OsString]) -> ColorChoice {
    match value_of(words, "--color") {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the RouteGuide server
    ///
    /// Runs until SIGTERM or Ctrl-C, then gives calls in flight up to `--grace` to finish and exits; a second signal exits
    /// at once. Reflection (v1 and v1alpha) and grpc.health.v1 are enabled. SIGHUP reloads the people file; a bad file is
    /// reported and changes nothing.
    Serve(Deferred<ServeArgs>),

    /// Look up a person
    ///
    /// Prints the person on stdout. If the server does not know the person, prints an error on stderr and exits 69.
    GetPerson(Deferred<GetPersonArgs>),

    /// Look up people over one stream, each as soon as its name arrives
    ///
    /// Names come from the arguments, or else from stdin, one per line. Each is sent as soon as it is read, and each reply
    /// is printed as soon as it arrives. Names without a reply are counted on stderr at the end.
    GetPeople(Deferred<GetPeopleArgs>),

    /// List a server's services, or a service's methods
    List(Deferred<ListArgs>),

    /// Describe a service, method, message, enum or field as .proto source
    ///
    /// A method comes with its request and its reply. Without a symbol, lists what there is.
    Describe(Deferred<DescribeArgs>),

    /// Call any method of any server
    ///
    /// The request comes from FIELD arguments or from -d. Without either, a method that takes one message gets an empty one,
    /// and a method that takes a stream gets none. Several messages for a method that takes one are a batch: a call for each
    /// of them, over one connection.
    ///
    /// FIELD is name=text, name:=json, name=@file or name:=@file; a name may be a path: address.city=Seoul,
    /// 'hobbies[]=chess', 'stops[0].city=Seoul', 'labels[color]=red' (in quotation marks, as zsh takes brackets for patterns).
    /// 'name=\@text' is text that starts with @. name=@- reads stdin to its end, once.
    /// Bytes are base64, standard or URL-safe, with or without padding; with name=@file they are the file as it is.
    Call(Deferred<Box<CallArgs>>),

    /// Measure a method under load: latencies, rates, errors
    ///
    /// A closed loop (--concurrency) keeps calls in flight; an open loop (--rate, --stage) starts them by the clock, and counts
    /// their latency from when they were due. Requests are those of call. Strings and numbers in them, and values of -H, may have
    /// placeholders: {{call}} (from 0), {{worker}}, {{uuid}}, {{random LOW HIGH}}, {{csv COLUMN}}.
    ///
    /// Calls that fail are figures: the exit code is 0 unless a threshold does not hold (3), or no call succeeded (64 + n).
    /// Ctrl-C ends the run and prints the report.
    Bench(Deferred<Box<BenchArgs>>),

    /// Check whether a server, or one of its services, is serving
    ///
    /// Prints the status, and exits 0 if it is SERVING, 1 if it is not, and 64 + n if the call failed.
    Health(Deferred<HealthArgs>),

    /// Write people into a database, and read them from it
    ///
    /// A database is a file of SQLite (sqlite:PATH) or one of PostgreSQL (postgres://HOST:PORT/DATABASE).
    People(Deferred<PeopleArgs>),

    /// Show the settings that hold, and where each comes from
    ///
    /// A setting is the long name of a flag of the client commands. Flags count before variables of the environment
    /// (ROUTEGUIDE_ADDR for --addr), and these before the profile of the configuration file, which --profile, ROUTEGUIDE_PROFILE
    /// or its key `default` names.
    Config(Deferred<ConfigArgs>),

    /// Type the same commands at a prompt, over one connection
    ///
    /// The connection, the schema and the output flags hold for every line. A method's name alone is a call. `help` shows what
    /// else there is. With -c, -f, or a stdin that is not a terminal, the lines are a script: the first failure ends it.
    Shell(Deferred<ShellArgs>),

    /// Print a shell completion script
    ///
    /// For bash: put `source <(routeguide completions bash)` into ~/.bashrc. For other shells, see the README.
    Completions(Deferred<CompletionsArgs>),

    /// Print the manual page, or write all of them to a folder
    Man(Deferred<ManArgs>),
}

impl Command {
    /// How it reaches its server, if it calls one.
    pub fn connection(&self) -> Option<&ConnectionArgs> {
        match self {
            Self::GetPerson(args) => Some(&args.connection),
            Self::GetPeople(args) => Some(&args.connection),
            Self::List(args) => Some(&args.connection),
            Self::Describe(args) => Some(&args.connection),
            Self::Call(args) => Some(&args.connection),
            Self::Bench(args) => Some(&args.connection),
            Self::Health(args) => Some(&args.connection),
            Self::Serve(_)
            | Self::People(_)
            | Self::Config(_)
            | Self::Shell(_)
            | Self::Completions(_)
            | Self::Man(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
