//! Questions for the position of the cursor that were answered late.
//!
//! crossterm gives up after two seconds, and takes the answer for that of its next question. From then on, every answer is
//! that of the question before: reedline draws in the wrong row, and erases what is there.

use std::time::{Duration, Instant};

use crossterm::cursor::position;
use crossterm::terminal::{disable_raw_mode, enable_raw_mode, is_raw_mode_enabled};

use crate::output::{draw, silence_stdout};

/// A little less than crossterm waits.
const LATE: Duration = Duration::from_millis(1900);

/// A column that the cursor is rarely in, and that a screen of 20 has.
const COLUMN: u16 = 13;

/// How many late answers may be on their way.
const MOST: usize = 16;

/// A terminal that does not answer is asked no more: every time takes two seconds.
const ATTEMPTS: u8 = 2;

/// Whether answers may be wrong.
#[derive(Default)]
pub(super) struct Answers {
    asked: Option<Instant>,
    is_late: bool,
    failures: u8,
}

impl Answers {
    /// reedline is about to ask.
    pub(super) fn ask(&mut self) {
        self.asked = Some(Instant::now());
    }

    /// reedline goes on.
    pub(super) fn go_on(&mut self) {
        if self.asked.take().is_some_and(|at| at.elapsed() > LATE) {
            self.is_late = true;
        }
    }

    /// Takes late answers off crossterm's queue.
    pub(super) fn catch_up(&mut self) {
        if !self.is_late || self.failures >= ATTEMPTS {
            return;
        }
        let was_raw = is_raw_mode_enabled().unwrap_or(false);
        if enable_raw_mode().is_err() {
            return;
        }
        // One question is asked, in a place that tells its answer from others, and the cursor put back. The answers can
        // only be had by asking more questions: those go nowhere.
        draw(&format!("\x1b7\r\x1b[{COLUMN}C\x1b[6n\x1b8"));
        let is_answered = silence_stdout(|| {
            let mut answers = std::iter::repeat_with(position).take(MOST);
            answers
                .find(|answer| !matches!(answer, Ok((column, _)) if *column != COLUMN))
                .is_some_and(|answer| answer.is_ok())
        });
        if is_answered.unwrap_or(false) {
            self.is_late = false;
            self.failures = 0;
        } else {
            self.failures += 1;
        }
        if !was_raw {
            let _ = disable_raw_mode();
        }
    }
}
