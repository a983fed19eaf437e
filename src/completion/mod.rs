//! Shell completion: methods, symbols, services and fields of the server on the command line.
//!
//! - `candidates`: the candidates for each kind of argument;
//! - `schema`: the schema they come from, and `cache`, which keeps it.

mod cache;
mod candidates;
mod schema;

use std::ffi::OsStr;

use clap::CommandFactory as _;
use clap_complete::env::CompleteEnv;
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use crate::cli::Cli;

/// Answers a shell that asks for completions, and exits. Otherwise returns at once.
pub fn answer_shell() {
    // Checked here first, because the engine reads the arguments and the current folder before it checks.
    if std::env::var_os("COMPLETE").is_some() {
        CompleteEnv::with_factory(command).complete();
    }
}

/// The command line, with candidates for its values.
fn command() -> clap::Command {
    let offers =
        |complete: fn(&OsStr) -> Vec<CompletionCandidate>| ArgValueCompleter::new(complete);
    let mut command = Cli::command()
        .mut_subcommand("call", |call| {
            call.mut_arg("method", |arg| arg.add(offers(candidates::methods)))
                .mut_arg("fields", |arg| arg.add(offers(candidates::fields)))
        })
        .mut_subcommand("list", |list| {
            list.mut_arg("service", |arg| arg.add(offers(candidates::services)))
        })
        .mut_subcommand("health", |health| {
            health.mut_arg("service", |arg| arg.add(offers(candidates::services)))
        })
        .mut_subcommand("describe", |describe| {
            describe.mut_arg("symbol", |arg| arg.add(offers(candidates::symbols)))
        });
    for name in [
        "get-person",
        "get-people",
        "list",
        "describe",
        "call",
        "health",
    ] {
        command = command.mut_subcommand(name, |client| {
            client.mut_arg("header", |arg| arg.add(offers(candidates::headers)))
        });
    }
    command
}
