//! The arguments of `shell`, and what may be typed at its prompt: the commands themselves, and a few of its own.

#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "help texts are doc comments, and show brackets as they are typed"
)]

use std::ffi::OsString;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{
    ArgAction, ArgMatches, Args, ColorChoice, CommandFactory as _, Error, FromArgMatches, Parser,
    Subcommand, ValueEnum, ValueHint,
};

use super::guide::{exit_codes, long_help};
use super::shared::{ConnectionArgs, OutputArgs, SchemaArgs};
use super::values::{at_least_one, duration};
use super::{Command, foreign};

#[derive(Debug, Args)]
#[command(after_help = exit_codes(), after_long_help = long_help("shell"))]
pub struct ShellArgs {
    /// Run these lines, with ; between them, instead of showing a prompt; may be repeated
    #[arg(
        short = 'c',
        long = "command",
        value_name = "LINES",
        help_heading = "Script"
    )]
    pub lines: Vec<String>,

    /// Run the lines of this file, instead of showing a prompt
    #[arg(short, long, value_name = "FILE", conflicts_with = "lines", value_hint = ValueHint::FilePath, help_heading = "Script")]
    pub file: Option<String>,

    /// Continue a script after a line that fails; the exit code is that of the first failure
    #[arg(long, help_heading = "Script")]
    pub keep_going: bool,

    /// The keys of vi at the prompt, instead of those of Emacs
    #[arg(long, help_heading = "Prompt")]
    pub vi: bool,

    #[command(flatten)]
    pub given: Given,
}

/// The connection, schema and output flags, as they were given: in a shell they are settings.
#[derive(Debug)]
pub struct Given {
    pub profile: Option<String>,
    /// The flags by their names, with their values.
    pub flags: Vec<(String, Vec<String>)>,
}

impl Given {
    fn all(command: clap::Command) -> clap::Command {
        let command = ConnectionArgs::augment_args(command);
        OutputArgs::augment_args(SchemaArgs::augment_args(command))
    }
}

impl Args for Given {
    fn augment_args(command: clap::Command) -> clap::Command {
        Self::all(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::all(command)
    }
}

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let all = Self::all(clap::Command::new("shell"));
        let given = all.get_arguments().filter(|arg| {
            let id = arg.get_id().as_str();
            matches.value_source(id) == Some(ValueSource::CommandLine)
        });
        let flags = given.map(|arg| {
            let values = matches.get_raw(arg.get_id().as_str()).into_iter().flatten();
            let mut values: Vec<String> = values
                .map(|value| value.to_string_lossy().into_owned())
                .collect();
            if let ArgAction::Count = arg.get_action()
                && matches.get_count(arg.get_id().as_str()) > 1
            {
                values = vec!["2".to_owned()];
            } else if !arg.get_action().takes_values() {
                values = vec!["true".to_owned()];
            }
            (arg.get_id().as_str().replace('_', "-"), values)
        });
        Ok(Self {
            profile: matches.get_one::<String>("profile").cloned(),
            flags: flags.collect(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// What is typed at the prompt.
#[derive(Debug, Parser)]
#[command(
    name = "routeguide",
    multicall = true,
    max_term_width = 100,
    args_override_self = true,
    subcommand_required = true
)]
pub struct Typed {
    #[command(subcommand)]
    pub line: Line,
}

#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
#[derive(Debug, Subcommand)]
pub enum Line {
    #[command(flatten)]
    Command(Command),

    /// Resolve short names of methods in this service first
    Use {
        /// The service; none forgets it
        service: Option<String>,
    },

    /// Show the settings, or change one: set timeout 2s
    Set {
        /// Its name: that of the long flag
        name: Option<String>,
        value: Option<String>,
        /// Forget its value
        #[arg(long, requires = "name", conflicts_with = "value")]
        unset: bool,
    },

    /// Show the headers of every call, or set one: header 'authorization: Bearer abc'
    Header {
        #[arg(value_name = "NAME: VALUE", num_args = 0..)]
        header: Vec<String>,
        /// Forget this header
        #[arg(long, value_name = "NAME", conflicts_with = "header")]
        unset: Option<String>,
    },

    /// Connect to another server, or use another profile
    Connect {
        #[arg(value_name = "ADDR|PROFILE")]
        target: String,
    },

    /// Forget the schema, and ask for it again when it is needed
    Reload,

    /// Show the server, where its schema comes from, and the settings
    Status,

    /// Show the last call: headers, trailers, status, times
    Last,

    /// Keep the reply of a command: let alice = GetPerson name=Alice
    ///
    /// A later line fills it in: $alice.name, and $_ is the last reply. $$ is a dollar sign, and nothing is filled in between
    /// single quotes.
    Let {
        name: String,
        #[arg(value_name = "= COMMAND", trailing_var_arg = true, allow_hyphen_values = true, num_args = 2..)]
        command: Vec<String>,
    },

    /// Repeat a command, and mark what changes in its output: watch 2s GetPerson name=Alice
    Watch {
        #[arg(value_parser = duration)]
        interval: Duration,
        /// Stop after N times
        #[arg(short = 'n', long, value_name = "N", value_parser = at_least_one)]
        times: Option<u64>,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<String>,
    },

    /// Show the last two replies of a method side by side
    Diff {
        /// The method; that of the last call if omitted
        method: Option<String>,
    },

    /// Print the last call as a command line
    Copy {
        /// For which program
        #[arg(long = "as", value_name = "PROGRAM", default_value = "routeguide")]
        program: Program,
    },

    /// Make the last call again
    #[command(visible_alias = "!!")]
    Repeat {
        /// How many times
        #[arg(default_value = "1", value_parser = at_least_one)]
        times: u64,
    },

    /// Fail unless a command ends with this status: expect NOT_FOUND GetPerson name=Zoe
    Expect {
        /// The name of a gRPC status
        status: String,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<String>,
    },

    /// Fail unless a value is as it should be: assert $_.age > 18
    ///
    /// The operators are ==, !=, <, <=, >, >= and matches, which compares only what is written: assert $_ matches {"name": "Alice"}
    Assert {
        value: String,
        operator: String,
        #[arg(allow_hyphen_values = true)]
        expected: String,
    },

    /// Show the lines typed before
    History {
        /// How many
        #[arg(default_value = "20")]
        count: usize,
    },

    /// Leave the shell
    #[command(visible_alias = "quit")]
    Exit,
}

/// A program that makes calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Program {
    Routeguide,
    Grpcurl,
}

/// A line that is not a command.
pub struct Misread {
    /// Help was asked for: the text is for stdout.
    pub is_help: bool,
    pub text: String,
}

/// The interval of `watch`.
///
/// # Errors
/// What was expected.
pub fn interval(text: &str) -> Result<Duration, String> {
    duration(text)
}

impl Typed {
    /// Whether a line that starts with this word is a command.
    pub fn is_command(word: &str) -> bool {
        // The only one that clap adds itself. To have it added, all arguments of all commands would be built, for every line.
        word == "help" || Self::command().find_subcommand(word).is_some()
    }

    /// Whether a command has this long flag.
    pub fn has_flag(command: &str, flag: &str) -> bool {
        let mut known = Self::command();
        known.build();
        let command = known.find_subcommand(command);
        command.is_some_and(|it| it.get_arguments().any(|arg| arg.get_long() == Some(flag)))
    }

    /// The long names of the flags that a line has, which is a valid one.
    pub fn given(words: &[String]) -> Vec<String> {
        let words = words.iter().map(OsString::from);
        let words: Vec<OsString> = foreign::with_two_dashes(words).collect();
        let mut known = Self::command();
        let Ok(matches) = known.try_get_matches_from_mut(&words) else {
            return Vec::new();
        };
        let Some((name, matches)) = matches.subcommand() else {
            return Vec::new();
        };
        let command = known.find_subcommand(name);
        let flags = command.into_iter().flat_map(clap::Command::get_arguments);
        flags
            .filter(|flag| {
                matches.value_source(flag.get_id().as_str()) == Some(ValueSource::CommandLine)
            })
            .filter_map(|flag| flag.get_long().map(str::to_owned))
            .collect()
    }

    /// The first flag or value that a command does not take: the word, and why. `command` is one of these commands, built.
    /// What is missing may still be typed.
    pub fn mistake(command: &clap::Command, words: &[String]) -> Option<(String, String)> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let words: Vec<OsString> = foreign::with_two_dashes(words.into_iter()).collect();
        let error = command.clone().try_get_matches_from(&words).err()?;
        let text = |kind| match error.get(kind) {
            Some(ContextValue::String(text)) => Some(text.clone()),
            Some(ContextValue::Strings(all)) => all.first().cloned(),
            _ => None,
        };
        let argument = text(ContextKind::InvalidArg);
        let word = match error.kind() {
            ErrorKind::UnknownArgument | ErrorKind::ArgumentConflict | ErrorKind::TooManyValues => {
                argument
            }
            ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
                text(ContextKind::InvalidValue).filter(|value| !value.is_empty())
            }
            _ => None,
        };
        let shown = error.render().to_string();
        let why = shown.lines().next().unwrap_or_default();
        let why = why.trim_start_matches("error: ");
        let near = text(ContextKind::SuggestedArg).or_else(|| text(ContextKind::SuggestedValue));
        let tip = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
        Some((word?, format!("{why}{tip}")))
    }

    /// Reads the words of a line.
    ///
    /// # Errors
    /// The text of a mistake, or the help that was asked for.
    pub fn read(words: &[String], color: bool) -> Result<Line, Misread> {
        let program = std::iter::once("routeguide".to_owned());
        let words: Vec<OsString> = program
            .chain(words.iter().cloned())
            .map(OsString::from)
            .collect();
        let words: Vec<OsString> = foreign::with_two_dashes(words.into_iter()).collect();
        let mut command = Self::command().color(if color {
            ColorChoice::Always
        } else {
            ColorChoice::Never
        });
        command
            .try_get_matches_from_mut(words.iter().skip(1))
            .and_then(|mut matches| Self::from_arg_matches_mut(&mut matches))
            .map(|typed| typed.line)
            .map_err(|error| {
                let error = foreign::explain(error, &words).format(&mut command);
                let text = error.render();
                Misread {
                    is_help: !error.use_stderr(),
                    text: if color {
                        text.ansi().to_string()
                    } else {
                        text.to_string()
                    },
                }
            })
    }
}
