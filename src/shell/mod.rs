//! `shell`: the commands of the command line at a prompt or in a script, over connections and schemas that are kept.
//!
//! - `words`: what is typed → statements, and `bare`: a method's name alone; `variables`: the replies that are filled in;
//! - `state`: what is kept from line to line;
//! - `engine`: runs statements, `builtins`: the commands that only a shell has, with `assertion`, `compare` and `copy`, and `nested`: those
//!   of them that run another command;
//! - `redact`: lines without their secrets;
//! - `pipe`: what is behind `|` and `>`;
//! - `script`: lines that are not typed;
//! - `interactive`: lines that are, with `prompt`, which reads them on the thread of `reader`, `assist`, which helps meanwhile, `stream`: requests that are typed,
//!   and `template`: requests that are filled in.

mod assertion;
pub mod assist;
mod bare;
mod builtins;
mod compare;
mod copy;
mod engine;
mod interactive;
mod nested;
mod pipe;
pub mod prompt;
mod reader;
mod redact;
mod script;
mod state;
mod stream;
mod template;
mod variables;
mod words;

use crate::cli::ShellArgs;
use crate::config::Key;
use crate::error::Result;
use crate::input::Chunks;
use crate::session::record::Recorder;
use crate::session::{Context, headers};
use state::Shell;

/// # Errors
/// When the flags are not valid, and that of the first line of a script that fails.
pub async fn run(args: &ShellArgs, context: &mut Context) -> Result<()> {
    for (name, values) in &args.given.flags {
        if name == "header" {
            headers::set(&mut context.settings, values)?;
        } else if let Some(key) = Key::named(name) {
            context.settings.set_texts(key, values.clone());
        }
    }
    builtins::server(&context.settings)?;
    context.recorder = Recorder::on();
    let is_typed = context.terminal.stdin_is_terminal && context.terminal.stderr_is_terminal;
    if is_typed && args.lines.is_empty() && args.file.is_none() {
        let mut shell = Shell::new(context, false);
        return interactive::run(&mut shell, args.vi).await;
    }
    let chunks = match (args.lines.as_slice(), &args.file) {
        ([_, ..], _) => Chunks::of_bytes("-c", args.lines.join("\n")),
        ([], Some(path)) => {
            let opening = Chunks::open(path);
            context.interrupt.or(opening).await?
        }
        ([], None) => context.stdin.chunks(),
    };
    let reads_stdin = !args.lines.is_empty() || args.file.is_some();
    let mut shell = Shell::new(context, reads_stdin);
    script::run(&mut shell, chunks, args.keep_going).await
}
