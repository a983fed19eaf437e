//! What clap parses: the commands, and the argument groups they share. There is no logic here: `commands` turns these
//! into plain, validated values.

#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "help texts are doc comments, and show brackets as they are typed"
)]

mod commands;
mod deferred;
pub mod guide;
mod shared;
mod values;

use std::ffi::OsString;

use clap::{ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use commands::*;
pub use deferred::Deferred;
pub use shared::*;

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
    /// The command line of this process. Ends the process if it is not valid, or asks for help.
    pub fn from_command_line() -> Self {
        let words: Vec<OsString> = with_long_flags(std::env::args_os()).collect();
        let mut command = Self::command().color(color_of_errors(&words));
        let parsed = command
            .try_get_matches_from_mut(words)
            .and_then(|mut matches| Self::from_arg_matches_mut(&mut matches));
        parsed.unwrap_or_else(|error| error.format(&mut command).exit())
    }
}

/// What `--color` says, for errors in the arguments themselves: they are not parsed yet.
fn color_of_errors(words: &[OsString]) -> ColorChoice {
    let mut choice = ColorChoice::Auto;
    let mut words = words.iter().skip(1).filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--color") {
            Some("") => words.next(),
            Some(value) => value.strip_prefix('='),
            None if word == "--" => break,
            None => continue,
        };
        choice = match value {
            Some("always") => ColorChoice::Always,
            Some("never") => ColorChoice::Never,
            _ => ColorChoice::Auto,
        };
    }
    choice
}

/// `-plaintext`, as grpcurl's users write it, is `--plaintext`.
fn with_long_flags(words: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    words.map(|word| {
        if word == "-plaintext" {
            "--plaintext".into()
        } else {
            word
        }
    })
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
    /// FIELD is name=text, name:=json, name=@file or name:=@file; a name may be a path: address.city=Seoul, hobbies[]=chess,
    /// stops[0].city=Seoul, labels[color]=red. name=\@text is text that starts with @.
    Call(Deferred<Box<CallArgs>>),

    /// Check whether a server, or one of its services, is serving
    ///
    /// Prints the status, and exits 0 if it is SERVING, 1 if it is not, and 64 + n if the call failed.
    Health(Deferred<HealthArgs>),

    /// Print a shell completion script
    ///
    /// For bash: put `source <(routeguide completions bash)` into ~/.bashrc. For other shells, see the README.
    Completions(Deferred<CompletionsArgs>),

    /// Print the manual page, or write all of them to a folder
    Man(Deferred<ManArgs>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
