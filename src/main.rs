//! Answers a shell that asks for completions, else parses, runs one command, reports, exits.

use std::process::ExitCode;

use clap::Parser as _;
use routeguide::cli::{Cli, Command};
use routeguide::commands;
use routeguide::error::{Error, Result};
use routeguide::exit;
use routeguide::session::{Context, Settings};

fn main() -> ExitCode {
    routeguide::completion::answer_shell();
    let command = Cli::parse().command;
    // A runtime of this thread alone: a client drives one connection, and on few cores the hand-overs of a multi-threaded
    // runtime cost more than they gain.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(run(&command));
            // A look-up of a name cannot be cancelled.
            runtime.shutdown_background();
            result
        }
        Err(error) => Err(Error::failed("cannot start the runtime").caused_by(error)),
    };
    exit::of(&result)
}

/// Runs the command in a context of its own, and reports its error.
async fn run(command: &Command) -> Result<()> {
    let mut context = Context::new(Settings::from_env());
    let console = commands::console(command, &context);
    let interrupt = context.interrupt.clone();
    let result = match interrupt.arm() {
        Ok(()) => tokio::select! {
            biased;
            () = interrupt.insisted() => return Err(Error::interrupted()),
            result = commands::run(command, &mut context) => result,
        },
        Err(error) => Err(error),
    };
    if let Err(error) = &result {
        console.report(error);
    }
    context.close().await;
    result
}
