//! `completions`: a completion script for each shell, generated from the command line's own definition.

use clap::CommandFactory as _;
use clap_complete::generate;
use clap_complete_nushell::Nushell;

use crate::cli::{Cli, CompletionsArgs, Shell};
use crate::error::Result;
use crate::output::print_document;

pub fn run(args: &CompletionsArgs) -> Result<()> {
    print_document(&script(args.shell))
}

/// The script for one shell.
pub fn script(shell: Shell) -> Vec<u8> {
    use clap_complete::Shell as Known;

    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    let known = match shell {
        Shell::Bash => Known::Bash,
        Shell::Zsh => Known::Zsh,
        Shell::Fish => Known::Fish,
        Shell::PowerShell => Known::PowerShell,
        Shell::Elvish => Known::Elvish,
        Shell::Nushell => {
            generate(Nushell, &mut command, name, &mut script);
            return script;
        }
    };
    generate(known, &mut command, name, &mut script);
    script
}
