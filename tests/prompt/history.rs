//! Lines that were sent before.

use super::*;
use crate::terminal::history;

#[test]
fn up_walks_through_the_lines_that_begin_with_what_is_typed() {
    let mut terminal = prompt();
    for line in ["get a", "list", "get b"] {
        terminal.types(format!("{line}\r"));
        terminal.wait_for_text(&format!("Ok(Line({line:?}))"));
    }
    terminal.wait_for_row(PROMPT.trim_end());
    terminal.types("g");
    terminal.types(UP);
    terminal.wait_for_row("localhost:50051> get b");
    terminal.types(UP);
    terminal.wait_for_row("localhost:50051> get a");
}

#[test]
fn ctrl_r_searches() {
    let mut terminal = prompt();
    for line in ["get-person Alice", "list"] {
        terminal.types(format!("{line}\r"));
        terminal.wait_for_text(&format!("Ok(Line({line:?}))"));
    }
    terminal.wait_for_row(PROMPT.trim_end());
    terminal.types(CTRL_R);
    terminal.types("Ali");
    terminal.wait_for_row("localhost:50051 (search: Ali) get-person Alice");
    terminal.types(ENTER);
    terminal.wait_for_row("localhost:50051> get-person Alice");
    terminal.types(CTRL_R);
    terminal.types("zz");
    terminal.wait_for_row("localhost:50051 (not found: zz)");
}

#[test]
fn a_second_shell_sees_the_lines_of_the_first() {
    let (_folder, path) = history();
    let mut first = prompt_with(|setup| setup.history(&path));
    let mut second = prompt_with(|setup| setup.history(&path));
    first.types("call {\r}\r");
    first.wait_for_text(r#"Ok(Line("call {\n}"))"#);
    second.types("list\r");
    second.wait_for_text(r#"Ok(Line("list"))"#);
    second.wait_for_row(PROMPT.trim_end());
    second.types("call");
    second.types(UP);
    second.wait_for_rows(&["localhost:50051> call {", "· }"]);
}

#[test]
fn secrets_are_not_written() {
    let (_folder, path) = history();
    let mut terminal = prompt_with(|setup| setup.history(&path));
    terminal.types("header secret\r hidden\rhistory\r");
    terminal.wait_for_text(r#"["header ***", "history"]"#);
    let written = std::fs::read_to_string(path).unwrap();
    assert_eq!(written, "header ***\nhistory\n");
}

#[test]
fn a_damaged_history_is_a_warning() {
    let (_folder, path) = history();
    std::fs::write(&path, b"list\n\xff\n").unwrap();
    let mut terminal = prompt_with(|setup| setup.history(&path));
    terminal.wait_for_text("warning: 1 damaged lines");
    terminal.types(UP);
    terminal.wait_for_row("localhost:50051> list");
}
