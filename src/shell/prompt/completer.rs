//! Candidates for the menu.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reedline::{CompletionResult, CompletionStatus, Span, Suggestion, Suggestions};

use super::ahead::Ahead;
use super::printer::Queue;
use super::{Assist, LONG, Suggested};
use crate::output::escape::{escape, is_unsafe};

/// More candidates than anyone looks through; the menu's arithmetic has 16 bits.
const MOST: usize = 2000;

/// The menu asks several times for one key. Answers older than this are not for the same key.
const FRESH: Duration = Duration::from_millis(50);

pub(super) struct Completer {
    assist: Arc<dyn Assist>,
    queue: Arc<Queue>,
    ahead: Arc<Ahead>,
    last: Option<Answer>,
}

struct Answer {
    line: String,
    cursor: usize,
    at: Instant,
    list: Suggestions,
}

impl Completer {
    pub(super) fn new(assist: Arc<dyn Assist>, queue: Arc<Queue>, ahead: Arc<Ahead>) -> Self {
        Self {
            assist,
            queue,
            ahead,
            last: None,
        }
    }
}

impl reedline::Completer for Completer {
    fn complete(&mut self, line: &str, cursor: usize) -> CompletionResult {
        if line.len() > LONG {
            return CompletionResult::fresh(Vec::new());
        }
        if let Some(last) = &self.last
            && (last.line.as_str(), last.cursor) == (line, cursor)
            && last.at.elapsed() < FRESH
        {
            return CompletionResult::fresh(Arc::clone(&last.list));
        }
        let candidates = self.assist.complete(line, cursor).into_iter();
        let list: Suggestions = candidates
            .filter_map(|candidate| suggestion(line, candidate))
            .take(MOST)
            .collect();
        self.last = Some(Answer {
            line: line.to_owned(),
            cursor,
            at: Instant::now(),
            list: Arc::clone(&list),
        });
        CompletionResult::fresh(list)
    }

    /// Called in every turn of reedline's loop, after it has printed what it was given: the place to give it more. Keys are
    /// read after it.
    fn poll_completion(&mut self) -> CompletionStatus {
        self.queue.feed();
        self.ahead.turn();
        CompletionStatus::Idle
    }
}

/// Leaves out what cannot be inserted.
fn suggestion(line: &str, candidate: Suggested) -> Option<Suggestion> {
    let span = candidate.span;
    line.get(span.clone())?;
    if candidate.text.contains(is_unsafe) {
        return None;
    }
    let help = candidate.help.filter(|help| !help.trim().is_empty());
    Some(Suggestion {
        value: candidate.text,
        description: help.map(|help| escape(help.trim()).into_owned()),
        span: Span {
            start: span.start,
            end: span.end,
        },
        append_whitespace: !candidate.is_open,
        ..Suggestion::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(text: &str, span: std::ops::Range<usize>) -> Suggested {
        Suggested {
            text: text.to_owned(),
            span,
            ..Suggested::default()
        }
    }

    #[test]
    fn a_candidate_for_bytes_that_the_line_does_not_have_is_left_out() {
        assert_eq!(suggestion("Zoë", candidate("x", 0..9)), None);
        assert_eq!(suggestion("Zoë", candidate("x", 0..3)), None);
        assert!(suggestion("Zoë", candidate("x", 0..4)).is_some());
    }

    #[test]
    fn a_candidate_that_acts_on_the_terminal_is_left_out() {
        assert_eq!(suggestion("", candidate("\u{1b}[2J", 0..0)), None);
    }

    #[test]
    fn help_is_one_safe_line() {
        let mut help = candidate("x", 0..0);
        help.help = Some(" a\n\u{1b}b ".to_owned());
        let help = suggestion("", help).and_then(|it| it.description);
        assert_eq!(help.as_deref(), Some("a\\n\\u{1b}b"));
    }
}
