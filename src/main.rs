//! Answers a shell that wants completions, else parses, dispatches, exits.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    routeguide::completion::complete();
    routeguide::commands::run(routeguide::cli::Cli::parse())
}
