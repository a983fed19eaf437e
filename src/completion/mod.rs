//! Shell completion: methods, symbols, services and fields of the server on the command line.
//!
//! - `candidates`: the candidates for each kind of argument;
//! - `schema`: the schema they come from, and `cache`, which keeps it.

mod cache;
mod candidates;
mod schema;

use std::ffi::OsStr;

use clap::{Args, Command, CommandFactory as _};
use clap_complete::env::CompleteEnv;
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use crate::cli::{
    CallArgs, Cli, DescribeArgs, GetPeopleArgs, GetPersonArgs, HealthArgs, ListArgs, add,
};

/// Answers a shell that asks for completions, and exits. Otherwise returns at once.
pub fn answer_shell() {
    // Checked here first, because the engine reads the arguments and the current folder before it checks.
    if std::env::var_os("COMPLETE").is_some() {
        CompleteEnv::with_factory(command).complete();
    }
}

/// The command line, with candidates for its values.
fn command() -> Command {
    // Each adds to what the command learns when it is used.
    Cli::command()
        .mut_subcommand("get-person", |it| it.defer(client::<GetPersonArgs>))
        .mut_subcommand("get-people", |it| it.defer(client::<GetPeopleArgs>))
        .mut_subcommand("list", |it| {
            it.defer(|list| offer(client::<ListArgs>(list), "service", candidates::services))
        })
        .mut_subcommand("describe", |it| {
            it.defer(|describe| {
                let describe = client::<DescribeArgs>(describe);
                offer(describe, "symbol", candidates::symbols)
            })
        })
        .mut_subcommand("call", |it| {
            it.defer(|call| {
                let call = offer(client::<CallArgs>(call), "method", candidates::methods);
                offer(call, "fields", candidates::fields)
            })
        })
        .mut_subcommand("health", |it| {
            it.defer(|health| {
                let health = client::<HealthArgs>(health);
                offer(health, "service", candidates::services)
            })
        })
}

/// What all commands that call a server have.
fn client<A: Args>(command: Command) -> Command {
    offer(add::<A>(command), "header", candidates::headers)
}

fn offer(
    command: Command,
    argument: &'static str,
    candidates: fn(&OsStr) -> Vec<CompletionCandidate>,
) -> Command {
    command.mut_arg(argument, |it| it.add(ArgValueCompleter::new(candidates)))
}
