//! Where the prompt is on the screen, so that lines can be printed above it.
//!
//! reedline's `print_external_message` guesses how many rows the cursor is below the start of the prompt: it takes bytes for
//! columns, leaves the prompt itself out, and assumes that the cursor is at the end of the line. Where it guesses too many
//! rows, it overwrites what was printed before; too few, and a piece of the prompt stays behind. What was drawn is known
//! here, so the cursor is put where the guess is right. [`Screen::right`] is the only place to do that: reedline asks for
//! the right prompt immediately before it moves.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::position::Answers;

/// In front of the second line and those after it.
pub(super) const CONTINUED: &str = "· ";

/// What reedline adds to the length of the first line.
const ADDED: usize = 3;

/// What was drawn last.
#[derive(Default)]
pub(super) struct Screen(Mutex<Drawn>);

#[derive(Default)]
struct Drawn {
    /// The left prompt has been asked for, and the right one not: reedline draws. Otherwise, it is about to print.
    is_drawing: bool,
    left: String,
    indicator: String,
    line: String,
    cursor: usize,
    /// A search through the history is drawn, which shows what it has found instead of the line.
    is_searching: bool,
    found: String,
    answers: Answers,
}

impl Screen {
    /// A read begins, with a question for the position of the cursor.
    pub(super) fn begin(&self) {
        self.change(|drawn| {
            drawn.answers.catch_up();
            drawn.answers.ask();
        });
    }

    pub(super) fn left(&self, text: &str) {
        self.change(|drawn| {
            drawn.answers.go_on();
            drawn.is_drawing = true;
            text.clone_into(&mut drawn.left);
        });
    }

    pub(super) fn indicator(&self, text: &str) {
        self.change(|drawn| {
            drawn.is_searching = false;
            text.clone_into(&mut drawn.indicator);
        });
    }

    pub(super) fn searching(&self, indicator: &str) {
        self.change(|drawn| {
            drawn.is_searching = true;
            indicator.clone_into(&mut drawn.indicator);
        });
    }

    pub(super) fn line(&self, line: &str, cursor: usize) {
        self.change(|drawn| {
            line.clone_into(&mut drawn.line);
            drawn.cursor = cursor;
        });
    }

    pub(super) fn found(&self, line: &str) {
        self.change(|drawn| line.clone_into(&mut drawn.found));
    }

    /// How many columns are free behind the line. Where more is drawn than the screen has rows, reedline draws what is behind
    /// the line over the row of the cursor.
    pub(super) fn room(&self, line: &str) -> usize {
        let (columns, rows) = size();
        let mut room = 0;
        self.change(|drawn| {
            let (row, column) = drawn.end_of(line, columns);
            if row + 1 < usize::from(rows) {
                let columns = usize::from(columns);
                room = (usize::from(rows) - row - 1) * columns - column.min(columns);
            }
        });
        room
    }

    /// Clears the prompt if lines are about to be printed, and leaves the cursor where reedline will move it back to the
    /// start of the prompt.
    pub(super) fn right(&self) {
        self.change(|drawn| {
            if !std::mem::take(&mut drawn.is_drawing) {
                drawn.answers.catch_up();
                crate::output::draw(&drawn.clear(size()));
                drawn.answers.ask();
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut Drawn)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drawn {
    fn clear(&self, (columns, rows): (u16, u16)) -> String {
        let mut moves = String::new();
        let up = self.rows_above_cursor(columns);
        if up > 0 {
            let _ = write!(moves, "\x1b[{up}A");
        }
        moves.push_str("\r\x1b[J");
        // Newlines make room where there is none, which a movement does not.
        for _ in 0..guess(&self.line, columns).min(rows) {
            moves.push('\n');
        }
        moves
    }

    fn rows_above_cursor(&self, columns: u16) -> u16 {
        let before = if self.is_searching {
            self.found.as_str()
        } else {
            self.line.get(..self.cursor).unwrap_or(&self.line)
        };
        let (row, column) = self.end_of(before, columns);
        // A row that is full leaves the cursor in the next one.
        let row = row + usize::from(column >= usize::from(columns.max(1)));
        u16::try_from(row).unwrap_or(u16::MAX)
    }

    /// The row and column behind a text at the prompt, as the terminal wraps it.
    fn end_of(&self, text: &str, columns: u16) -> (usize, usize) {
        let columns = usize::from(columns.max(1));
        let mut at = (0, 0);
        advance(&mut at, &self.left, columns);
        advance(&mut at, &self.indicator, columns);
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 && !self.is_searching {
                at = (at.0 + 1, 0);
                advance(&mut at, CONTINUED, columns);
            } else if number > 0 {
                at = (at.0 + 1, 0);
            }
            advance(&mut at, line, columns);
        }
        at
    }
}

fn advance(at: &mut (usize, usize), text: &str, columns: usize) {
    for grapheme in text.graphemes(true) {
        let width = grapheme.width();
        if at.1 >= columns || (at.1 > 0 && at.1 + width > columns) {
            *at = (at.0 + 1, 0);
        }
        at.1 += width;
    }
}

/// How many rows reedline will move up before it prints.
#[expect(clippy::cast_possible_truncation, reason = "as reedline does")]
fn guess(line: &str, columns: u16) -> u16 {
    let columns = columns.max(1);
    let rows = line.lines().enumerate().map(|(number, line)| {
        let added = if number == 0 { ADDED } else { 0 };
        (line.len() + added) as u16 / columns + 1
    });
    rows.fold(0, u16::saturating_add).saturating_sub(1)
}

fn size() -> (u16, u16) {
    match crossterm::terminal::size() {
        Ok((columns, rows)) if columns > 0 && rows > 0 => (columns, rows),
        _ => (80, 24),
    }
}

/// The width of the screen.
pub(super) fn columns() -> u16 {
    size().0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(line: &str, cursor: usize) -> Drawn {
        Drawn {
            left: "host".to_owned(),
            indicator: "> ".to_owned(),
            line: line.to_owned(),
            cursor,
            ..Drawn::default()
        }
    }

    #[test]
    fn the_prompt_counts_for_the_row_of_the_cursor() {
        assert_eq!(drawn("1234567", 7).rows_above_cursor(20), 0);
        assert_eq!(drawn("12345678901234", 13).rows_above_cursor(20), 0);
        assert_eq!(drawn("12345678901234", 14).rows_above_cursor(20), 1);
    }

    #[test]
    fn only_what_is_before_the_cursor_counts() {
        assert_eq!(drawn("{\n1\n}", 1).rows_above_cursor(20), 0);
        assert_eq!(drawn("{\n1\n}", 5).rows_above_cursor(20), 2);
    }

    #[test]
    fn wide_characters_count_twice_and_are_not_split() {
        assert_eq!(drawn("이름이름이름이", 21).rows_above_cursor(21), 0);
        assert_eq!(drawn("이름이름이름이름", 24).rows_above_cursor(21), 1);
    }

    #[test]
    fn the_screen_is_cleared_from_the_start_of_the_prompt() {
        assert_eq!(drawn("x", 1).clear((20, 10)), "\r\x1b[J");
        let long = "x".repeat(30);
        assert_eq!(drawn(&long, 30).clear((20, 10)), "\x1b[1A\r\x1b[J\n");
    }

    #[test]
    fn a_search_shows_what_it_found() {
        let mut drawn = drawn("", 0);
        drawn.is_searching = true;
        drawn.indicator = " (search: x) ".to_owned();
        drawn.found = "123".to_owned();
        assert_eq!(drawn.rows_above_cursor(20), 1);
    }
}
