//! One file per command: turns arguments into plain, validated values, runs in a context and returns a `Result`. What
//! commands share is in `session`.

mod bench;
mod call;
mod completions;
pub mod config;
mod describe;
mod get_people;
mod get_person;
mod health;
mod list;
mod man;
mod people;
mod serve;

use tracing::Level;

use crate::cli::{Cli, Command, ConsoleArgs};
use crate::error::{Error, Result};
use crate::output::{Console, LogFormat, Terminal, Verbosity};
use crate::session::{Context, output};

/// Runs one command. All of its output is written when this returns.
///
/// # Errors
/// The command's error, not reported yet.
pub async fn run(command: &Command, context: &mut Context) -> Result<()> {
    if let Some(args) = console_args(command)
        // It shows what is wrong, too.
        && !matches!(command, Command::Config(_))
    {
        output::console_of(args, context)?;
    }
    match command {
        Command::Serve(args) => serve::run(args, context).await,
        Command::GetPerson(args) => get_person::run(args, context).await,
        Command::GetPeople(args) => get_people::run(args, context).await,
        Command::List(args) => list::run(args, context).await,
        Command::Describe(args) => describe::run(args, context).await,
        Command::Call(args) => call::run(args, context).await,
        Command::Bench(args) => bench::run(args, context).await,
        Command::Health(args) => health::run(args, context).await,
        Command::People(args) => people::run(args, context).await,
        Command::Config(args) => config::run(args, context).await,
        // `main` runs it: it runs these commands itself.
        Command::Shell(_) => Err(Error::usage("a shell cannot be run here")),
        Command::Completions(args) => completions::run(args, context).await,
        Command::Man(args) => man::run(args, context).await,
    }
}

/// The profile that a command names. Commands without settings name none.
pub fn profile(command: &Command) -> Option<&str> {
    match command {
        Command::Config(args) => args.profile.as_deref(),
        Command::Shell(args) => args.given.profile.as_deref(),
        command => command.connection()?.profile.as_deref(),
    }
}

/// Whether a command needs the settings of the environment and the configuration file.
pub fn has_settings(command: &Command) -> bool {
    match command {
        Command::Config(args) => args.action.is_none(),
        Command::Serve(_) | Command::Completions(_) | Command::Man(_) => false,
        _ => true,
    }
}

/// Reports that there is no command: the command line is not valid, or its help cannot be written.
pub fn refuse(error: &Error) {
    let console = Terminal::new().console(Verbosity::Normal, None);
    if Cli::log_is_json() {
        console.logging(LogFormat::Json, Level::ERROR).report(error);
    } else if Cli::errors_are_json() {
        console.with_json_errors().report(error);
    } else {
        console.report(error);
    }
}

/// The console for a command's arguments.
pub fn console(command: &Command, context: &Context) -> Console {
    match (command, console_args(command)) {
        (Command::Serve(args), _) => serve::console(args, context),
        (_, Some(args)) => output::console(args, context),
        (_, None) => context.console(Verbosity::Normal, None),
    }
}

fn console_args(command: &Command) -> Option<&ConsoleArgs> {
    match command {
        Command::GetPerson(args) => Some(&args.output.console),
        Command::GetPeople(args) => Some(&args.output.console),
        Command::Call(args) => Some(&args.output.console),
        Command::Bench(args) => Some(args.console()),
        Command::List(args) => Some(&args.console),
        Command::Describe(args) => Some(&args.console),
        Command::Health(args) => Some(&args.console),
        Command::People(args) => Some(args.action.console()),
        Command::Config(args) => Some(&args.console),
        Command::Serve(_) | Command::Shell(_) | Command::Completions(_) | Command::Man(_) => None,
    }
}
