//! The menu of candidates: reedline's own, except that a menu without candidates is closed. It would say NO RECORDS FOUND and
//! take the keys that walk through the history.

use nu_ansi_term::{Color, Style};
use reedline::{
    ColumnarMenu, Completer, Editor, InputMode, Menu, MenuBuilder as _, MenuEvent, MenuSettings,
    Painter, ReedlineMenu, Suggestion,
};

use super::label::INDICATOR;

/// The name that keys refer to it by.
pub(super) const NAME: &str = "completion";

/// A word ends at a space, and with it the menu.
const WORD: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

pub(super) fn menu() -> ReedlineMenu {
    let menu = ColumnarMenu::default()
        .with_name(NAME)
        .with_marker(INDICATOR)
        .with_input_mode(InputMode::FullBuffer)
        .with_word_chars(WORD)
        .with_text_style(Style::new())
        .with_match_text_style(Style::new().bold())
        .with_selected_text_style(Style::new().reverse())
        .with_selected_match_text_style(Style::new().reverse().bold())
        .with_description_text_style(Color::DarkGray.normal());
    ReedlineMenu::EngineCompleter(Box::new(Closing(menu)))
}

struct Closing(ColumnarMenu);

impl Menu for Closing {
    fn update_values(&mut self, editor: &mut Editor, completer: &mut dyn Completer) {
        self.0.update_values(editor, completer);
        if self.0.get_values().is_empty() {
            self.0.menu_event(MenuEvent::Deactivate);
        }
    }

    fn can_partially_complete(
        &mut self,
        values_updated: bool,
        editor: &mut Editor,
        completer: &mut dyn Completer,
    ) -> bool {
        self.0
            .can_partially_complete(values_updated, editor, completer)
    }

    fn update_working_details(
        &mut self,
        editor: &mut Editor,
        completer: &mut dyn Completer,
        painter: &Painter,
    ) {
        self.0.update_working_details(editor, completer, painter);
    }

    fn settings(&self) -> &MenuSettings {
        self.0.settings()
    }

    fn is_active(&self) -> bool {
        self.0.is_active()
    }

    fn set_active(&mut self, active: bool) {
        self.0.set_active(active);
    }

    fn clear_input(&mut self) {
        self.0.clear_input();
    }

    fn menu_event(&mut self, event: MenuEvent) {
        self.0.menu_event(event);
    }

    fn can_quick_complete(&self) -> bool {
        self.0.can_quick_complete()
    }

    fn reset_position(&mut self) {
        self.0.reset_position();
    }

    fn replace_in_buffer(&self, editor: &mut Editor) {
        self.0.replace_in_buffer(editor);
    }

    fn menu_required_lines(&self, terminal_columns: u16) -> u16 {
        self.0.menu_required_lines(terminal_columns)
    }

    fn menu_string(&self, available_lines: u16, use_ansi_coloring: bool) -> String {
        self.0.menu_string(available_lines, use_ansi_coloring)
    }

    fn min_rows(&self) -> u16 {
        self.0.min_rows()
    }

    fn get_values(&self) -> &[Suggestion] {
        self.0.get_values()
    }

    fn results_are_provisional(&self) -> bool {
        self.0.results_are_provisional()
    }

    fn is_awaiting_first_answer(&self) -> bool {
        self.0.is_awaiting_first_answer()
    }
}
