//! Lines that arrive while one is typed.

use super::*;

/// A prompt for requests, to which so many replies come as soon as `#` is typed.
fn stream(lines: usize, setup: impl FnOnce(&mut terminal::Setup)) -> Terminal {
    let mut terminal = prompt_with(setup);
    terminal.types(format!("stream {lines}\r"));
    terminal.wait_for_row("GetPeople>");
    terminal
}

/// The rows from the first prompt of the stream on.
fn rows(terminal: &Terminal) -> Vec<String> {
    let rows = terminal.rows();
    let start = rows.iter().position(|row| row.contains("stream")).unwrap();
    rows[start + 2..].to_vec()
}

#[test]
fn replies_are_printed_above_the_line() {
    let mut terminal = stream(2, |_| {});
    terminal.types("na#me");
    terminal.wait_for_rows(&["reply 1", "reply 2", "GetPeople> na#me"]);
    terminal.types("=x\r");
    terminal.wait_for_text(r#"Ok(Line("na#me=x"))"#);
}

#[test]
fn a_line_of_several_rows_is_drawn_again_below() {
    let mut terminal = stream(2, |setup| setup.size = (24, 30));
    let line = "ä".repeat(25);
    terminal.types(format!("#{line}"));
    terminal.wait_for_rows(&[
        "reply 1",
        "reply 2",
        &format!("GetPeople> #{}", &line[..36]),
        &line[36..],
    ]);
    assert_eq!(rows(&terminal).len(), 4, "{:?}", terminal.rows());
}

#[test]
fn short_text_in_many_bytes_overwrites_nothing() {
    let mut terminal = stream(3, |setup| setup.size = (24, 30));
    terminal.types("이름이름#이름이름");
    terminal.wait_for_rows(&[
        "reply 1",
        "reply 2",
        "reply 3",
        "GetPeople> 이름이름#이름이름",
    ]);
    assert_eq!(rows(&terminal).len(), 4, "{:?}", terminal.rows());
}

#[test]
fn the_cursor_may_be_anywhere_in_the_line() {
    let mut terminal = stream(2, |_| {});
    terminal.types("{");
    terminal.types(ALT_ENTER);
    terminal.types("one");
    terminal.types(ALT_ENTER);
    terminal.types("}");
    terminal.types(UP);
    terminal.wait_for_rows(&["GetPeople> {", "· one", "· }"]);
    terminal.types("#");
    terminal.wait_for_rows(&["reply 1", "reply 2", "GetPeople> {", "· o#ne", "· }"]);
    assert_eq!(rows(&terminal).len(), 5, "{:?}", terminal.rows());
    terminal.types(RIGHT);
    terminal.types("+");
    terminal.wait_for_row("· }");
    terminal.wait_for_text("· o#n+e");
}

#[test]
fn a_prompt_at_the_end_of_the_screen_loses_nothing() {
    let mut terminal = stream(30, |setup| setup.size = (8, 40));
    let line = "이".repeat(20);
    terminal.types(format!("#{line}"));
    terminal.wait_for_rows(&[
        "reply 30",
        "GetPeople> #이이이이이이이이이이이이이이",
        "이이이이이이",
    ]);
    let replies: Vec<_> = terminal
        .scrollback()
        .into_iter()
        .filter(|row| row.starts_with("reply"))
        .collect();
    let expected: Vec<_> = (1..=30).map(|number| format!("reply {number}")).collect();
    assert_eq!(replies, expected);
}

#[test]
fn a_search_goes_on() {
    let mut terminal = prompt();
    terminal.types("needle\r");
    terminal.wait_for_text("needle\"))");
    let folder = tempfile::tempdir().unwrap();
    let sign = folder.path().join("sign");
    terminal.types(format!("stream 2 {}\r", sign.display()));
    terminal.wait_for_row("GetPeople>");
    terminal.types(CTRL_R);
    terminal.types("nee");
    terminal.wait_for_row("GetPeople (search: nee) needle");
    std::fs::write(&sign, "").unwrap();
    terminal.wait_for_rows(&["reply 1", "reply 2", "GetPeople (search: nee) needle"]);
}

#[test]
fn a_flood_does_not_stop_the_keys() {
    let mut terminal = stream(100_000, |_| {});
    terminal.types("#");
    terminal.wait_for_text("reply");
    terminal.types("abc");
    terminal.wait_for_rows(&["reply 100000", "GetPeople> #abc"]);
}

#[test]
fn a_stop_leaves_what_was_typed_and_prints_what_waits() {
    let mut terminal = stream(1, |_| {});
    terminal.types("half#");
    terminal.wait_for_row("GetPeople> half#");
    terminal.types("!");
    terminal.wait_for_rows(&[
        "reply 1",
        "last reply",
        "no end",
        "GetPeople> half#!",
        "Ok(Stopped)",
        PROMPT.trim_end(),
    ]);
    terminal.types("history\r");
    terminal.wait_for_text(r#"["stream 1", "history"]"#);
}
