//! Parses, dispatches, exits.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    routeguide::commands::run(routeguide::cli::Cli::parse())
}
