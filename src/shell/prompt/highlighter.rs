//! Colors of the line, and a line under its first mistake.

use std::sync::Arc;

use nu_ansi_term::{Color, Style};
use reedline::StyledText;

use super::mistakes::Mistakes;
use super::screen::Screen;
use super::{Assist, LONG, Part};

pub(super) struct Highlighter {
    pub(super) assist: Arc<dyn Assist>,
    pub(super) mistakes: Arc<Mistakes>,
    pub(super) screen: Arc<Screen>,
    pub(super) color: bool,
}

impl reedline::Highlighter for Highlighter {
    fn highlight(&self, line: &str, cursor: usize) -> StyledText {
        self.screen.line(line, cursor);
        if !self.color || line.len() > LONG {
            let mut text = StyledText::new();
            text.push((Style::new(), line.to_owned()));
            return text;
        }
        let mut text = self.colored(line);
        if let Some((place, _)) = self.mistakes.first(line) {
            // Up to the end of its row: a line under a newline would be drawn as a cell.
            let row = line.get(place.start..).unwrap_or_default();
            let row = place.start + row.find('\n').unwrap_or(row.len());
            let end = place.end.max(place.start + 1).min(row);
            text.style_range(place.start, end, Color::Red.underline());
        }
        text
    }
}

impl Highlighter {
    fn colored(&self, line: &str) -> StyledText {
        let mut text = StyledText::new();
        let mut at = 0;
        for (range, part) in self.assist.paint(line) {
            // What is out of order or not of this line is left out.
            let (Some(before), Some(painted)) =
                (line.get(at..range.start), line.get(range.clone()))
            else {
                continue;
            };
            for (style, piece) in [(Style::new(), before), (style(part), painted)] {
                if !piece.is_empty() {
                    text.push((style, piece.to_owned()));
                }
            }
            at = range.end;
        }
        if let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
            text.push((Style::new(), rest.to_owned()));
        }
        text
    }
}

fn style(part: Part) -> Style {
    match part {
        Part::Command => Color::Green.bold(),
        Part::Flag => Color::Cyan.normal(),
        Part::Text => Color::Yellow.normal(),
        Part::Variable => Color::Purple.normal(),
        Part::Json => Color::Blue.normal(),
        Part::Comment => Color::DarkGray.normal(),
    }
}
