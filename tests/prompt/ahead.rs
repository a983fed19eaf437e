//! What is typed before the prompt is there.

use std::path::PathBuf;

use super::*;

/// A terminal whose last line goes on until this file exists.
fn busy() -> (Terminal, tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let sign = folder.path().join("s");
    let mut terminal = prompt();
    terminal.types(format!("busy {}\r", sign.display()));
    terminal.wait_for_text("Ok(Line(");
    (terminal, folder, sign)
}

#[test]
fn lines_typed_ahead_are_sent_and_the_rest_is_at_the_prompt() {
    let (mut terminal, _folder, sign) = busy();
    terminal.types("list\rdescribe\rget-p");
    std::fs::write(sign, "").unwrap();
    terminal.wait_for_row("localhost:50051> get-p");
    terminal.wait_for_text(r#"Ok(Line("list"))"#);
    terminal.wait_for_text(r#"Ok(Line("describe"))"#);
    terminal.types("!\r");
    terminal.wait_for_text(r#"Ok(Line("get-p!"))"#);
}

#[test]
fn an_enter_typed_ahead_that_breaks_the_line_is_followed_by_the_rest() {
    let (mut terminal, _folder, sign) = busy();
    terminal.types("call {\r1\r}\rlist\r");
    std::fs::write(sign, "").unwrap();
    terminal.wait_for_text(r#"Ok(Line("call {\n1\n}"))"#);
    terminal.wait_for_text(r#"Ok(Line("list"))"#);
}

#[test]
fn other_keys_may_be_typed_ahead() {
    let (mut terminal, _folder, sign) = busy();
    // The line before the last one.
    terminal.types("list\rstatus\r\x1b[A\x1b[A!\r");
    std::fs::write(sign, "").unwrap();
    terminal.wait_for_text(r#"Ok(Line("list!"))"#);
}

#[test]
fn lines_that_come_in_one_piece_are_sent_one_after_another() {
    let mut terminal = prompt();
    terminal.types("list\ndescribe\nstatus\rget");
    terminal.wait_for_row("localhost:50051> get");
    for line in ["list", "describe", "status"] {
        terminal.wait_for_text(&format!("Ok(Line({line:?}))"));
    }
}

#[test]
fn what_was_typed_behind_a_line_may_be_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let sign = folder.path().join("s");
    let mut terminal = prompt();
    terminal.types(format!("forget {}\rlist\rdescribe\r", sign.display()));
    terminal.wait_for_text("Ok(Line(");
    terminal.types("status\r");
    std::fs::write(sign, "").unwrap();
    terminal.wait_for_text(r#"Ok(Line("status"))"#);
    assert!(!terminal.written().contains(r#"Line("list")"#));
}
