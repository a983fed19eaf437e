//! What is in front of the cursor.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use nu_ansi_term::{Color, Style};
use reedline::{PromptEditMode, PromptHistorySearch, PromptHistorySearchStatus, PromptViMode};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::Label;
use super::screen::{CONTINUED, Screen, columns};
use crate::output::escape::escape;

/// Ends every prompt.
pub(super) const INDICATOR: &str = "> ";

/// The same in vi's normal mode.
const NORMAL: &str = ": ";

/// Quicker lines are not timed.
const SLOW: Duration = Duration::from_secs(1);

/// What is left of the screen's width for the line, at least: `1/HALF` of it.
const HALF: usize = 2;

pub(super) struct Prompt {
    label: Label,
    color: bool,
    screen: Arc<Screen>,
}

impl Prompt {
    pub(super) fn new(label: &Label, color: bool, screen: Arc<Screen>) -> Self {
        Self {
            label: label.clone(),
            color,
            screen,
        }
    }
}

impl reedline::Prompt for Prompt {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        let pieces = pieces(&self.label, !self.color, usize::from(columns()));
        let mut plain = String::new();
        let mut colored = String::new();
        for (style, piece) in pieces {
            plain.push_str(&piece);
            let _ = write!(colored, "{}", style.paint(piece));
        }
        self.screen.left(&plain);
        Cow::Owned(if self.color { colored } else { plain })
    }

    /// Always empty: the right edge is where long lines are. See [`Screen::right`].
    fn render_prompt_right(&self) -> Cow<'_, str> {
        self.screen.right();
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, mode: PromptEditMode) -> Cow<'_, str> {
        let indicator = match mode {
            PromptEditMode::Vi(PromptViMode::Normal | PromptViMode::Visual) => NORMAL,
            _ => INDICATOR,
        };
        self.screen.indicator(indicator);
        Cow::Borrowed(indicator)
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed(CONTINUED)
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        let state = match search.status {
            PromptHistorySearchStatus::Passing => "search",
            PromptHistorySearchStatus::Failing => "not found",
        };
        let indicator = format!(" ({state}: {}) ", escape(&search.term));
        self.screen.searching(&indicator);
        Cow::Owned(indicator)
    }

    fn get_prompt_color(&self) -> Color {
        Color::Default
    }

    fn get_indicator_color(&self) -> Color {
        if self.label.has_failed {
            Color::Red
        } else {
            Color::Default
        }
    }

    fn get_prompt_multiline_color(&self) -> Color {
        Color::DarkGray
    }
}

/// The prompt as text, for a terminal without colors whose width does not matter.
pub(super) fn plain(label: &Label) -> String {
    let pieces = pieces(label, true, usize::MAX);
    let mut text: String = pieces.into_iter().map(|(_, piece)| piece).collect();
    text.push_str(INDICATOR);
    text
}

/// The most important parts that leave half of the screen for the line. A failure is a mark where it cannot be a color.
fn pieces(label: &Label, mark_failure: bool, columns: usize) -> Vec<(Style, String)> {
    let room = (columns / HALF).saturating_sub(INDICATOR.len());
    let place = match &label.stream {
        Some(method) => (Color::Purple.normal(), escape(method).into_owned()),
        None => (Color::Green.normal(), address(label)),
    };
    let service = label.service.as_ref().filter(|_| label.stream.is_none());
    let service = service.map(|name| (Color::Cyan.normal(), format!(" {}", escape(name))));
    let took = label.took.filter(|took| *took > SLOW);
    let took = took.map(|took| (Color::DarkGray.normal(), format!("({}) ", duration(took))));
    let failed = (label.has_failed && mark_failure).then(|| (Style::new(), "!".to_owned()));

    let width = |pieces: &[(Style, String)]| -> usize {
        pieces.iter().map(|(_, piece)| piece.width()).sum()
    };
    let shapes = [
        [took, Some(place.clone()), service.clone(), failed.clone()],
        [None, Some(place.clone()), service, failed.clone()],
        [None, Some(place.clone()), None, failed.clone()],
    ];
    for shape in shapes {
        let pieces: Vec<_> = shape.into_iter().flatten().collect();
        if width(&pieces) <= room {
            return pieces;
        }
    }
    let (style, text) = place;
    let cut = cut(&text, room.saturating_sub(usize::from(failed.is_some())));
    [Some((style, cut)), failed].into_iter().flatten().collect()
}

fn address(label: &Label) -> String {
    let address = escape(&label.address);
    if label.has_tls && !address.contains("://") {
        return format!("https://{address}");
    }
    address.into_owned()
}

/// The start of the text, at most this wide.
fn cut(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut start = String::new();
    let mut left = room.saturating_sub(1);
    for c in text.chars() {
        let Some(rest) = left.checked_sub(c.width().unwrap_or(0)) else {
            break;
        };
        left = rest;
        start.push(c);
    }
    start.push('…');
    start
}

fn duration(took: Duration) -> String {
    let seconds = took.as_secs();
    match seconds {
        0..60 => format!("{:.1}s", took.as_secs_f64()),
        60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        _ => format!("{}h {}m", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label() -> Label {
        Label {
            address: "localhost:50051".to_owned(),
            ..Label::default()
        }
    }

    fn text(label: &Label, columns: usize) -> String {
        let pieces = pieces(label, true, columns).into_iter();
        pieces.map(|(_, piece)| piece).collect::<String>() + INDICATOR
    }

    #[test]
    fn it_shows_address_service_tls_failure_and_time() {
        assert_eq!(plain(&label()), "localhost:50051> ");
        let label = Label {
            address: "host:443".to_owned(),
            service: Some("RouteGuide".to_owned()),
            has_tls: true,
            has_failed: true,
            took: Some(Duration::from_millis(1234)),
            ..label()
        };
        assert_eq!(plain(&label), "(1.2s) https://host:443 RouteGuide!> ");
    }

    #[test]
    fn an_address_with_a_scheme_gets_no_other() {
        let label = Label {
            address: "https://host:443".to_owned(),
            has_tls: true,
            ..label()
        };
        assert_eq!(plain(&label), "https://host:443> ");
    }

    #[test]
    fn a_stream_is_named_instead_of_the_server() {
        let label = Label {
            service: Some("RouteGuide".to_owned()),
            stream: Some("GetPeople".to_owned()),
            ..label()
        };
        assert_eq!(plain(&label), "GetPeople> ");
    }

    #[test]
    fn a_quick_line_is_not_timed() {
        let took = Some(Duration::from_millis(900));
        assert_eq!(plain(&Label { took, ..label() }), "localhost:50051> ");
    }

    #[test]
    fn times_have_the_unit_that_fits() {
        for (seconds, text) in [(2, "2.0s"), (61, "1m 1s"), (7260, "2h 1m")] {
            assert_eq!(duration(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn it_leaves_half_of_the_screen() {
        let label = Label {
            service: Some("RouteGuide".to_owned()),
            took: Some(Duration::from_secs(2)),
            ..label()
        };
        assert_eq!(text(&label, 80), "(2.0s) localhost:50051 RouteGuide> ");
        assert_eq!(text(&label, 60), "localhost:50051 RouteGuide> ");
        assert_eq!(text(&label, 40), "localhost:50051> ");
        assert_eq!(text(&label, 20), "localho…> ");
        assert_eq!(text(&label, 1), "…> ");
    }

    #[test]
    fn text_from_others_cannot_act_on_the_terminal() {
        let label = Label {
            service: Some("a\u{1b}[2J".to_owned()),
            ..label()
        };
        assert_eq!(plain(&label), "localhost:50051 a\\u{1b}[2J> ");
    }
}
