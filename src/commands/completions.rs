//! `completions`: a script for each shell, generated from the definition of the command line. Most scripts run this
//! program at every TAB, and so complete the server's methods too. clap_complete cannot do that for Nushell, whose script
//! completes commands and flags.

use clap::CommandFactory as _;
use clap_complete::env::Shells;
use clap_complete_nushell::Nushell;

use crate::cli::{Cli, CompletionsArgs, Shell};
use crate::error::{Error, Result};
use crate::session::Context;

pub async fn run(args: &CompletionsArgs, context: &mut Context) -> Result<()> {
    let script = script(args.shell)?;
    context.stdout.buffer().extend_from_slice(&script);
    context.finish_output().await
}

/// The script for one shell.
pub fn script(shell: Shell) -> Result<Vec<u8>> {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    let known = match shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
        Shell::PowerShell => "powershell",
        Shell::Elvish => "elvish",
        Shell::Nushell => {
            clap_complete::generate(Nushell, &mut command, name, &mut script);
            return Ok(script);
        }
    };
    Shells::builtins()
        .completer(known)
        .ok_or_else(|| Error::failed(format!("no completions for {known}")))?
        .write_registration("COMPLETE", &name, &name, &name, &mut script)
        .map_err(Error::output)?;
    if shell == Shell::Bash {
        script = join_words(&script)?;
    }
    Ok(script)
}

/// Bash splits words at `:` and `=` (COMP_WORDBREAKS) and passes `-a host:port` as four words, which moves the
/// arguments after it. This joins them again.
fn join_words(script: &[u8]) -> Result<Vec<u8>> {
    const BEFORE: &str = "    COMPREPLY=( $( \\\n";
    const JOIN: &str = r#"    local -a joined=()
    local at last=-1 broken=false
    for ((at = 0; at < ${#words[@]}; at++)); do
        if ((last >= 0)) && { [[ ${words[at]} == [:=] ]] || [[ $broken == true && -n ${words[at]} ]]; }; then
            joined[last]+=${words[at]}
            ((at <= COMP_CWORD)) && ((_CLAP_COMPLETE_INDEX--))
        else
            joined[++last]=${words[at]}
        fi
        if [[ ${words[at]} == [:=] ]]; then broken=true; else broken=false; fi
    done
    words=("${joined[@]}")
"#;
    let script = String::from_utf8_lossy(script);
    let (head, tail) = script
        .split_once(BEFORE)
        .ok_or_else(|| Error::failed("the bash completion script has an unexpected form"))?;
    Ok(format!("{head}{JOIN}{BEFORE}{tail}").into_bytes())
}
