//! What is shown behind the line: its likely rest, or what is wrong with it.

use std::sync::Arc;

use nu_ansi_term::Color;
use reedline::{History, SearchQuery};

use super::mistakes::Mistakes;
use super::screen::Screen;
use super::{Assist, LONG};
use crate::output::escape::{escape, is_unsafe};

/// A longer explanation would push the screen up at every key.
const EXPLANATION: usize = 200;

pub(super) struct Hinter {
    assist: Arc<dyn Assist>,
    mistakes: Arc<Mistakes>,
    screen: Arc<Screen>,
    /// The rest of the line that is shown now.
    rest: String,
}

impl Hinter {
    pub(super) fn new(
        assist: Arc<dyn Assist>,
        mistakes: Arc<Mistakes>,
        screen: Arc<Screen>,
    ) -> Self {
        Self {
            assist,
            mistakes,
            screen,
            rest: String::new(),
        }
    }

    /// From the history first: what was typed before is likelier than what could be typed.
    fn rest_of(&self, line: &str, history: &dyn History) -> String {
        let query = SearchQuery::last_with_prefix(line.to_owned(), history.session());
        let known = history.search(query).ok().and_then(|found| {
            let item = found.into_iter().next()?;
            item.command_line.strip_prefix(line).map(ToOwned::to_owned)
        });
        let rest = known
            .filter(|rest| !rest.is_empty())
            .unwrap_or_else(|| self.assist.hint(line));
        if rest.contains(|c| c != '\n' && is_unsafe(c)) {
            return String::new();
        }
        rest
    }
}

impl reedline::Hinter for Hinter {
    fn handle(
        &mut self,
        line: &str,
        cursor: usize,
        history: &dyn History,
        color: bool,
        _folder: &str,
    ) -> String {
        self.rest.clear();
        if line.is_empty() || line.len() > LONG {
            return String::new();
        }
        let mistake = self.mistakes.first(line);
        // Without color, the rest would look typed.
        if color && cursor == line.len() {
            self.rest = self.rest_of(line, history);
        }
        let mut shown = String::new();
        let room = self.screen.room(line);
        if !self.rest.is_empty() {
            let (row, more) = match self.rest.split_once('\n') {
                Some((row, _)) => (row, " …"),
                None => (self.rest.as_str(), ""),
            };
            let row: String = format!("{row}{more}").chars().take(room).collect();
            shown = Color::DarkGray.paint(row).to_string();
        } else if let Some((_, text)) = mistake {
            let text = format!("  ← {}", escape(&text));
            let text: String = text.chars().take(room.min(EXPLANATION)).collect();
            shown = if color {
                Color::Red.paint(text).to_string()
            } else {
                text
            };
        }
        shown
    }

    fn complete_hint(&self) -> String {
        self.rest.clone()
    }

    fn next_hint_token(&self) -> String {
        let word = self.rest.trim_start();
        let spaces = self.rest.len() - word.len();
        let end = word.find(char::is_whitespace).unwrap_or(word.len());
        self.rest.get(..spaces + end).unwrap_or_default().to_owned()
    }
}
