//! `completions`: a script for each shell. Most scripts run this program at every TAB, and so complete the server's methods
//! too; `completion::request` says what they send, and `completion::reply` what they read. clap_complete cannot do that for
//! Nushell, whose script completes commands and flags.

use clap::CommandFactory as _;
use clap_complete::env::Shells;
use clap_complete_nushell::Nushell;

use crate::cli::{Cli, CompletionsArgs, Shell};
use crate::error::{Error, Result};
use crate::session::Context;

/// Sends the line, not its words: bash splits them at `=` and `:` (COMP_WORDBREAKS), and what was between them is lost.
/// `command` passes by a function or an alias of that name. A variable is bash's to complete. In bash 3.2, which has no
/// compopt, no space follows a candidate.
const BASH: &str = r#"_routeguide() {
    local line
    COMPREPLY=()
    if [[ $2 == '$'* && $2 != */* ]]; then
        compopt -o bashdefault 2>/dev/null
        return
    fi
    {
        IFS= read -r line
        [[ $line == space ]] && compopt +o nospace 2>/dev/null
        while IFS= read -r line; do
            COMPREPLY+=("$line")
        done
    } < <(COMPLETE=bash command routeguide -- \
        "${COMP_LINE:0:COMP_POINT}" "${COMP_LINE:COMP_POINT}" "$2" 2>/dev/null)
}

if ((BASH_VERSINFO[0] > 4 || BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] >= 4)); then
    complete -o nospace -o nosort -F _routeguide routeguide
else
    complete -o nospace -F _routeguide routeguide
fi
"#;

/// The words leave out the variables in front of the command, which the line has: `ROUTEGUIDE_ADDR=:1 routeguide`. `compset` keeps the part of the word that all candidates have, as it is typed; `compadd` quotes what it adds. The last
/// lines are for both ways to load the file: from a folder in `fpath`, and with `source`.
const ZSH: &str = r#"#compdef routeguide

_routeguide() {
    emulate -L zsh
    local tab=$'\t' line value shown
    local -a answer whole whole_shown open open_shown
    local -a typed=("${(@z)LBUFFER}") variables
    local -i at=$typed[(I)$words[1]]
    while (( --at > 0 )) && [[ $typed[at] == *=* && ${typed[at]%%=*} != *[^A-Za-z0-9_]* ]]; do
        variables+=("${(Q)typed[at]}")
    done
    answer=("${(@f)$(env "${(@Oa)variables}" COMPLETE=zsh routeguide -- \
        "$CURRENT" "${compstate[quote]}" "$PREFIX" "${(@)words}" 2>/dev/null)}")
    (( $#answer > 1 )) || return 1
    compset -p "$answer[1]"
    for line in "${(@)answer[2,-1]}"; do
        value=${${line#*$tab}%%$tab*}
        shown=${${line##*$tab}[1,COLUMNS-1]}
        if [[ $line == +* ]]; then
            open+=("$value")
            open_shown+=("$shown")
        else
            whole+=("$value")
            whole_shown+=("$shown")
        fi
    done
    (( $#whole )) && compadd -V routeguide -d whole_shown -a whole
    (( $#open )) && compadd -V routeguide -S '' -d open_shown -a open
    return 0
}

if [[ $funcstack[1] == _routeguide ]]; then
    _routeguide "$@"
else
    compdef _routeguide routeguide
fi
"#;

/// fish quotes what it adds, and leaves out the space after `=`, `.`, `:` and `/`.
const FISH: &str = r#"complete --keep-order --exclusive --command routeguide --arguments "(COMPLETE=fish command routeguide -- (commandline --current-process --cut-at-cursor | string collect) 2>/dev/null)"
"#;

pub async fn run(args: &CompletionsArgs, context: &mut Context) -> Result<()> {
    context.print_bytes(&script(args.shell)?).await
}

/// The script for one shell.
pub fn script(shell: Shell) -> Result<Vec<u8>> {
    let known = match shell {
        Shell::Bash => return Ok(BASH.into()),
        Shell::Zsh => return Ok(ZSH.into()),
        Shell::Fish => return Ok(FISH.into()),
        Shell::PowerShell => "powershell",
        Shell::Elvish => "elvish",
        Shell::Nushell => {
            let mut script = Vec::new();
            let mut command = Cli::command();
            let name = command.get_name().to_owned();
            clap_complete::generate(Nushell, &mut command, name, &mut script);
            return Ok(script);
        }
    };
    let mut script = Vec::new();
    let name = Cli::command().get_name().to_owned();
    Shells::builtins()
        .completer(known)
        .ok_or_else(|| Error::failed(format!("no completions for {known}")))?
        .write_registration("COMPLETE", &name, &name, &name, &mut script)
        .map_err(Error::output)?;
    Ok(script)
}
