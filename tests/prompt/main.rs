//! The line editor of the shell in a pseudo-terminal, as a user sees it. The program on the terminal is this test itself:
//! see `child`.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod ahead;
mod child;
mod completion;
mod editing;
mod history;
mod printing;
mod shell;
mod terminal;
mod terminals;

use terminal::Terminal;

const PROMPT: &str = "localhost:50051> ";

const ENTER: &str = "\r";
const TAB: &str = "\t";
const ESCAPE: &str = "\x1b";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_R: &str = "\x12";
const ALT_ENTER: &str = "\x1b\r";
const UP: &str = "\x1b[A";
const RIGHT: &str = "\x1b[C";

/// A terminal on which the prompt waits for a line.
fn prompt() -> Terminal {
    prompt_with(|_| {})
}

fn prompt_with(setup: impl FnOnce(&mut terminal::Setup)) -> Terminal {
    let terminal = Terminal::start(setup);
    terminal.wait_for("prompt", |screen| {
        screen.contents().trim_end().ends_with('>')
    });
    terminal
}
