//! What TAB and hints offer, and what is said about mistakes.

use super::*;

#[test]
fn the_only_candidate_is_inserted() {
    let mut terminal = prompt();
    terminal.types("li\t");
    terminal.types("x");
    terminal.wait_for_row("localhost:50051> list x");
}

#[test]
fn candidates_are_shown_with_their_help() {
    let mut terminal = prompt();
    terminal.types("g\t");
    terminal.wait_for_rows(&[
        "localhost:50051> get-pe",
        "get-people  calls GetPeople",
        "get-person  calls GetPerson",
    ]);
    terminal.types(TAB);
    terminal.wait_for("the second candidate selected", |screen| {
        screen.cell(2, 0).is_some_and(vt100::Cell::inverse)
    });
    terminal.types(ENTER);
    terminal.wait_for_row("localhost:50051> get-person");
    terminal.types(ENTER);
    terminal.wait_for_text(r#"Ok(Line("get-person "))"#);
}

#[test]
fn typing_narrows_the_menu_and_a_space_closes_it() {
    let mut terminal = prompt();
    terminal.types("g\t");
    terminal.wait_for_row("get-person  calls GetPerson");
    terminal.types("o");
    terminal.wait_for_rows(&["localhost:50051> get-peo", "get-people  calls GetPeople"]);
    terminal.types(" ");
    terminal.wait_for_row("localhost:50051> get-peo");
}

#[test]
fn no_candidates_show_no_menu() {
    let mut terminal = prompt();
    terminal.types("zzz\tz");
    terminal.wait_for_row("localhost:50051> zzzz");
    assert_eq!(terminal.rows(), ["localhost:50051> zzzz"]);
}

#[test]
fn the_likely_rest_is_shown_and_taken() {
    let mut terminal = prompt();
    terminal.types("des");
    terminal.wait_for_row("localhost:50051> describe Person");
    terminal.types(RIGHT);
    terminal.types(ENTER);
    terminal.wait_for_text(r#"Ok(Line("describe Person"))"#);
}

#[test]
fn a_line_of_the_history_is_likelier() {
    let mut terminal = prompt();
    terminal.types("describe Point\r");
    terminal.wait_for_row(PROMPT.trim_end());
    terminal.types("des");
    terminal.wait_for_row("localhost:50051> describe Point");
}

#[test]
fn the_first_mistake_is_underlined_and_explained() {
    let mut terminal = prompt();
    terminal.types("get wrong");
    terminal.wait_for_row("localhost:50051> get wrong  ← it is not right");
    terminal.look(|screen| {
        let underlined: String = (0..80)
            .filter_map(|column| screen.cell(0, column))
            .filter(|cell| cell.underline())
            .map(vt100::Cell::contents)
            .collect();
        assert_eq!(underlined, "wrong");
    });
    terminal.types(ENTER);
    terminal.wait_for_rows(&[
        "localhost:50051> get wrong",
        "Ok(Line(\"get wrong\"))",
        PROMPT.trim_end(),
    ]);
}

#[test]
fn words_have_their_colors() {
    let mut terminal = prompt();
    terminal.types("list x");
    terminal.wait_for_row("localhost:50051> list x");
    terminal.look(|screen| {
        assert_eq!(screen.cell(0, 17).unwrap().fgcolor(), vt100::Color::Idx(2));
        assert_eq!(screen.cell(0, 22).unwrap().fgcolor(), vt100::Color::Default);
    });
}
