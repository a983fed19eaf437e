//! One file per command: turns arguments into plain, validated values, runs in a context and returns a `Result`. What
//! commands share is in `session`.

mod call;
mod completions;
mod describe;
mod get_people;
mod get_person;
mod health;
mod list;
mod man;
mod serve;

use crate::cli::Command;
use crate::error::Result;
use crate::output::{Console, Verbosity};
use crate::session::{Context, output};

/// Runs one command. All of its output is written when this returns.
///
/// # Errors
/// The command's error, not reported yet.
pub async fn run(command: &Command, context: &mut Context) -> Result<()> {
    match command {
        Command::Serve(args) => serve::run(args, context).await,
        Command::GetPerson(args) => get_person::run(args, context).await,
        Command::GetPeople(args) => get_people::run(args, context).await,
        Command::List(args) => list::run(args, context).await,
        Command::Describe(args) => describe::run(args, context).await,
        Command::Call(args) => call::run(args, context).await,
        Command::Health(args) => health::run(args, context).await,
        Command::Completions(args) => completions::run(args, context).await,
        Command::Man(args) => man::run(args, context).await,
    }
}

/// The console for a command's arguments.
pub fn console(command: &Command, context: &Context) -> Console {
    match command {
        Command::Serve(args) => serve::console(args, context),
        Command::GetPerson(args) => output::console(&args.output.console, context),
        Command::GetPeople(args) => output::console(&args.output.console, context),
        Command::Call(args) => output::console(&args.output.console, context),
        Command::List(args) => output::console(&args.console, context),
        Command::Describe(args) => output::console(&args.console, context),
        Command::Health(args) => output::console(&args.console, context),
        Command::Completions(_) | Command::Man(_) => context.console(Verbosity::Normal, None),
    }
}
