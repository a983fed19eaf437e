//! Keys, and what is pasted.

use super::*;

#[test]
fn enter_sends_the_line() {
    let mut terminal = prompt();
    terminal.types("list");
    terminal.wait_for_row("localhost:50051> list");
    terminal.types(ENTER);
    terminal.wait_for_rows(&[
        "localhost:50051> list",
        "Ok(Line(\"list\"))",
        PROMPT.trim_end(),
    ]);
}

#[test]
fn ctrl_c_and_ctrl_d_are_told_apart() {
    let mut terminal = prompt();
    terminal.types("half");
    terminal.wait_for_row("localhost:50051> half");
    terminal.types(CTRL_C);
    terminal.wait_for_rows(&[
        "localhost:50051> half",
        "Ok(Interrupted)",
        PROMPT.trim_end(),
    ]);
    terminal.types(CTRL_D);
    terminal.wait_for_text("Ok(End)");
}

#[test]
fn an_open_brace_continues_on_the_next_line() {
    let mut terminal = prompt();
    terminal.types("call {\r");
    terminal.wait_for_rows(&["localhost:50051> call {", "·"]);
    terminal.types("}\r");
    terminal.wait_for_text(r#"Ok(Line("call {\n}"))"#);
}

#[test]
fn alt_enter_breaks_the_line() {
    let mut terminal = prompt();
    terminal.types("one");
    terminal.types(ALT_ENTER);
    terminal.wait_for_rows(&["localhost:50051> one", "·"]);
    terminal.types("two\r");
    terminal.wait_for_text(r#"Ok(Line("one\ntwo"))"#);
}

#[test]
fn alt_enter_breaks_the_line_with_the_keys_of_vi() {
    let mut terminal = prompt_with(|setup| setup.set("PROMPT_VI", "1"));
    terminal.types("one");
    terminal.types(ALT_ENTER);
    terminal.wait_for_rows(&["localhost:50051> one", "·"]);
}

#[test]
fn what_is_pasted_is_not_sent() {
    let mut terminal = prompt();
    terminal.pastes("list\rdescribe\r\nstatus\n");
    terminal.wait_for_rows(&["localhost:50051> list", "· describe", "· status", "·"]);
    terminal.types(CTRL_C);
    terminal.wait_for_text("Ok(Interrupted)");
    assert!(!terminal.written().contains("Line("));
}

#[test]
fn what_is_pasted_cannot_act_on_the_terminal() {
    let mut terminal = prompt();
    terminal.pastes("a\x1b[2Jb\x07\tc");
    terminal.wait_for_row("localhost:50051> a[2Jb  c");
}

#[test]
fn a_megabyte_is_pasted() {
    let mut terminal = prompt();
    terminal.pastes(&("x".repeat(1024 * 1024 - 3) + "end"));
    terminal.wait_for("the end of the paste", |screen| {
        screen.contents().trim_end().ends_with("end")
    });
    terminal.types(ENTER);
    terminal.wait_for_row(PROMPT.trim_end());
    terminal.types("list");
    terminal.wait_for_row("localhost:50051> list");
}

#[test]
fn a_text_to_be_edited_is_in_the_line() {
    let mut terminal = prompt();
    terminal.types("edit {\\n  \"name\": \"\"\\n}\r");
    terminal.wait_for_rows(&["localhost:50051> {", "·   \"name\": \"\"", "· }"]);
    terminal.types(UP);
    terminal.types("x\r");
    terminal.wait_for_text(r#"Ok(Line("{\n x \"name\": \"\"\n}"))"#);
}

#[test]
fn what_is_selected_in_a_text_to_be_edited_is_replaced() {
    let mut terminal = prompt();
    terminal.types("edit {\\n  \"age\": <0>,\\n  \"name\": \"\"\\n}\r");
    terminal.wait_for_rows(&[
        "localhost:50051> {",
        "·   \"age\": 0,",
        "·   \"name\": \"\"",
        "· }",
    ]);
    terminal.types("30\r");
    terminal.wait_for_text(r#"Ok(Line("{\n  \"age\": 30,\n  \"name\": \"\"\n}"))"#);
    terminal.types("edit x <>y\r");
    terminal.wait_for_row("localhost:50051> x y");
    terminal.types("z\r");
    terminal.wait_for_text(r#"Ok(Line("x zy"))"#);
}

#[test]
fn a_text_to_be_edited_may_be_larger_than_the_screen() {
    let mut terminal = Terminal::start(|setup| setup.size = (10, 80));
    terminal.wait_for_row(PROMPT.trim_end());
    let rows: Vec<String> = (1..=30).map(|row| format!("row {row}")).collect();
    terminal.types(format!("edit {{\\n<>{}\\n}}\r", rows.join("\\n")));
    terminal.wait_for_text("row 1");
    terminal.types("X");
    terminal.wait_for_text("Xrow 1");
    for _ in 1..30 {
        terminal.types("\x1b[B");
    }
    terminal.types("Y");
    terminal.wait_for_text("Yow 30");
    terminal.types(ENTER);
    terminal.wait_for_row(PROMPT.trim_end());
    terminal.types("list\r");
    terminal.wait_for_rows(&["Ok(Line(\"list\"))", PROMPT.trim_end()]);
    assert!(terminal.written().contains("Xrow 1\\nrow 2\\n"));
}

#[test]
fn an_explanation_does_not_hide_the_row_of_the_cursor() {
    let mut terminal = Terminal::start(|setup| setup.size = (10, 80));
    terminal.wait_for_row(PROMPT.trim_end());
    let rows = ["row"; 12].join("\\n");
    terminal.types(format!("edit {{\\n<>{rows}\\n}}\r"));
    terminal.wait_for_text("row");
    terminal.types("wrong ");
    terminal.wait_for_text("· wrong row");
    terminal.types("\x1b[B".repeat(9));
    terminal.types("here ");
    terminal.wait_for_row("· rowhere");
    let text = terminal.rows().join("\n");
    assert!(!text.contains("not right"), "{text}");
}

#[test]
fn the_keys_of_vi() {
    let mut terminal = prompt_with(|setup| setup.set("PROMPT_VI", "1"));
    terminal.types("list");
    terminal.wait_for_row("localhost:50051> list");
    terminal.types(ESCAPE);
    terminal.wait_for_row("localhost:50051: list");
    terminal.types("0xA!\r");
    terminal.wait_for_text(r#"Ok(Line("ist!"))"#);
}
