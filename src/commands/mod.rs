//! One file a command: turns arguments into plain, validated values, runs, returns a `Result`. What the client
//! commands share is in `client` (arguments → values, connecting) and `exchange` (driving a call).

mod call;
mod completions;
mod describe;
mod get_people;
mod get_person;
mod health;
mod list;
mod man;
mod serve;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::exit;
use crate::output::{Console, Verbosity};
use crate::session::target as client;

/// Runs one command to its end, errors reported.
pub fn run(cli: Cli) -> ExitCode {
    let (console, result) = match cli.command {
        Command::Serve(args) => {
            let verbosity = if args.quiet {
                Verbosity::Quiet
            } else {
                Verbosity::Normal
            };
            let console = Console::new(verbosity, None);
            (console, serve::run(&args, console))
        }
        Command::GetPerson(args) => {
            let console = client::console(&args.output.console);
            (console, get_person::run(&args, console))
        }
        Command::GetPeople(args) => {
            let console = client::console(&args.output.console);
            (console, get_people::run(args, console))
        }
        Command::List(args) => {
            let console = client::console(&args.console);
            (console, list::run(&args, console))
        }
        Command::Describe(args) => {
            let console = client::console(&args.console);
            (console, describe::run(&args, console))
        }
        Command::Call(args) => {
            let console = client::console(&args.output.console);
            (console, call::run(&args, console))
        }
        Command::Health(args) => {
            let console = client::console(&args.console);
            (console, health::run(&args, console))
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
