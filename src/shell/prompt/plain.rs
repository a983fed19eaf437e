//! Lines from a terminal that cannot move its cursor (`TERM=dumb`), or whose output goes elsewhere: a prompt, and what the
//! terminal itself lets one edit.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::history::History;
use super::label;
use super::screen::CONTINUED;
use super::{Assist, Label, Typed, without_controls};
use crate::input::stdin::read_terminal_line;

/// How long a stop may take.
const TURN: Duration = Duration::from_millis(50);

pub(super) fn read(
    label: &Label,
    text: &str,
    assist: &dyn Assist,
    history: &History,
    stop: &AtomicBool,
) -> io::Result<Typed> {
    if !text.is_empty() {
        // It cannot be edited, only seen and typed again.
        crate::output::draw(&format!("{text}\n"));
    }
    let mut line = String::new();
    let mut prompt = label::plain(label);
    loop {
        crate::output::draw(&prompt);
        let row = read_terminal_line(TURN, || stop.swap(false, Ordering::Relaxed))?;
        let Some(row) = row else {
            crate::output::draw("\n");
            return Ok(Typed::Stopped);
        };
        let row = String::from_utf8_lossy(&row);
        let is_end = !row.ends_with('\n');
        line.push_str(&without_controls(row.trim_end_matches(['\n', '\r'])));
        if is_end && line.is_empty() {
            crate::output::draw("\n");
            return Ok(Typed::End);
        }
        if is_end || assist.is_complete(&line) {
            history.add(&line);
            return Ok(Typed::Line(line));
        }
        line.push('\n');
        CONTINUED.clone_into(&mut prompt);
    }
}
