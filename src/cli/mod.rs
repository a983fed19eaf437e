//! What clap parses: the commands, and the argument groups they share. There is no logic here: `commands` turns these
//! into plain, validated values.

mod commands;
mod shared;
mod values;

use std::ffi::OsString;

use clap::{ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use commands::*;
pub use shared::*;

use values::exit_codes;

/// Serve RouteGuide over gRPC, and call it from shell pipelines
#[derive(Debug, Parser)]
#[command(
    name = "routeguide",
    version,
    max_term_width = 100,
    // The last one counts, so that what an alias sets can be overridden.
    args_override_self = true,
    after_help = exit_codes(),
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
            .and_then(|matches| Self::from_arg_matches(&matches));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
