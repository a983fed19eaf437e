//! Terminals that are small, slow, plain or given back after a panic.

use super::*;

#[test]
fn on_twenty_columns_half_is_left_for_the_line() {
    let mut terminal = Terminal::start(|setup| setup.size = (10, 20));
    terminal.wait_for_row("localho…>");
    terminal.types("get-person Alice Bob");
    terminal.wait_for_rows(&["localho…> get-person", " Alice Bob"]);
    terminal.types(" g\t");
    terminal.wait_for_text("get-people");
    terminal.types(ESCAPE);
    terminal.wait_for_row(" Alice Bob get-pe");
}

#[test]
fn a_resize_draws_the_line_again() {
    let mut terminal = prompt();
    terminal.types("get-person Alice Bob");
    terminal.wait_for_row("localhost:50051> get-person Alice Bob");
    terminal.resize(24, 30);
    terminal.wait_for_rows(&["localhost:50…> get-person Alic", "e Bob"]);
    terminal.types("!");
    terminal.wait_for_rows(&["localhost:50…> get-person Alic", "e Bob!"]);
    terminal.resize(24, 80);
    terminal.wait_for_row("localhost:50051> get-person Alice Bob!");
}

#[test]
fn an_answer_that_comes_late_is_no_error() {
    let mut terminal = Terminal::start(|setup| setup.is_slow = true);
    terminal.wait_for_row(PROMPT.trim_end());
    terminal.answer();
    terminal.types("list\r");
    // Not erased by a prompt that is drawn where the cursor was then.
    terminal.wait_for_rows(&["Ok(Line(\"list\"))", PROMPT.trim_end()]);
    terminal.types("status\r");
    terminal.wait_for_rows(&["Ok(Line(\"status\"))", PROMPT.trim_end()]);
    assert!(!terminal.written().contains("Err("));
}

#[test]
fn a_dumb_terminal_gets_text_only() {
    let mut terminal = prompt_with(|setup| setup.set("TERM", "dumb"));
    terminal.types("call {\n");
    terminal.wait_for_row("·");
    terminal.types("}\n");
    terminal.wait_for_text(r#"Ok(Line("call {\n}"))"#);
    terminal.types(CTRL_D);
    terminal.wait_for_text("Ok(End)");
    let written = terminal.written();
    // What the test itself has cleared.
    let (_, written) = written.split_once("\x1b[H").unwrap();
    assert!(!written.contains('\x1b'), "{written:?}");
}

#[test]
fn without_color_nothing_is_colored() {
    let mut terminal = prompt_with(|setup| setup.set("NO_COLOR", "1"));
    terminal.types("describe wrong");
    terminal.wait_for_row("localhost:50051> describe wrong  ← it is not right");
    terminal.types(" g\t");
    terminal.wait_for_text("get-person  calls GetPerson");
    let written = terminal.written();
    let colors = written.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        (rest.as_bytes()[end] == b'm').then(|| &rest[..end])
    });
    let colors: Vec<&str> = colors.filter(|color| !["", "0"].contains(color)).collect();
    assert!(colors.is_empty(), "{colors:?}");
}

#[test]
fn a_panic_in_another_thread_gives_the_terminal_back() {
    let mut terminal = prompt();
    terminal.types("stream 0\r");
    terminal.wait_for_row("GetPeople>");
    terminal.types("# panic!");
    terminal.wait_for_rows(&["Ok(Stopped)", PROMPT.trim_end()]);
    assert!(terminal.written().contains("as it was told"));
    terminal.types("list\r");
    terminal.wait_for_text(r#"Ok(Line("list"))"#);
}

#[test]
fn a_panic_in_the_assist_gives_the_terminal_back() {
    let mut terminal = prompt();
    terminal.types("panic\t");
    terminal.wait_for_text("as it was told");
    terminal.wait_for_cooked_mode();
}
