//! What clap parses: the commands, and the argument groups they share. There is no logic here: `commands` turns these
//! into plain, validated values.

mod commands;
mod shared;
mod values;

use clap::{Parser, Subcommand};

pub use commands::*;
pub use shared::*;

use values::exit_codes;

/// Serve RouteGuide over gRPC, and call it from shell pipelines
#[derive(Debug, Parser)]
#[command(
    name = "routeguide",
    version,
    max_term_width = 100,
    after_help = exit_codes(),
    subcommand_required = true,
    arg_required_else_help = true,
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Serve(ServeArgs),
    GetPerson(GetPersonArgs),
    GetPeople(GetPeopleArgs),
    List(ListArgs),
    Describe(DescribeArgs),
    Call(Box<CallArgs>),
    Health(HealthArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
