//! One file a command: turns arguments into plain, validated values, runs, returns a `Result`. What the client
//! commands share is in `client` (arguments → values, connecting) and `exchange` (driving a call).

mod client;
mod completions;
mod exchange;
mod get_people;
mod get_person;
mod interrupt;
mod man;
mod serve;
mod unanswered;

use std::process::ExitCode;

use crate::cli::{Cli, Color, Command, OutputArgs};
use crate::error::{Error, Result};
use crate::exit;
use crate::output::{Console, Verbosity};

pub use completions::script as completion_script;

/// Runs one command to its end, errors reported.
pub fn run(cli: Cli) -> ExitCode {
    let (console, result) = match cli.command {
        Command::Serve(args) => {
            let console = Console::new(verbosity(args.quiet, false), None);
            (console, serve::run(&args, console))
        }
        Command::GetPerson(args) => {
            let console = client_console(&args.output);
            (console, get_person::run(args, console))
        }
        Command::GetPeople(args) => {
            let console = client_console(&args.output);
            (console, get_people::run(args, console))
        }
        Command::Completions(args) => (
            Console::new(Verbosity::Normal, None),
            completions::run(&args),
        ),
        Command::Man(args) => (Console::new(Verbosity::Normal, None), man::run(&args)),
    };
    if let Err(error) = &result {
        console.report(error);
    }
    exit::of(&result)
}

fn client_console(args: &OutputArgs) -> Console {
    let color = match args.color {
        Color::Auto => None,
        Color::Always => Some(true),
        Color::Never => Some(false),
    };
    Console::new(verbosity(args.quiet, args.verbose), color)
}

fn verbosity(quiet: bool, verbose: bool) -> Verbosity {
    match (quiet, verbose) {
        (true, _) => Verbosity::Quiet,
        (false, true) => Verbosity::Verbose,
        (false, false) => Verbosity::Normal,
    }
}

/// Runs a command's future on a runtime of this thread alone: a client drives one connection, and on few cores the
/// hand-overs of a multi-threaded runtime cost more than they win.
fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::failed("cannot start the runtime").caused_by(error))?
        .block_on(future)
}
