//! What keys do: reedline's own tables for emacs and vi, and TAB.

use std::sync::Arc;

use reedline::{
    EditCommand, EditMode, Emacs, KeyCode, KeyModifiers, Keybindings, ReedlineEvent, Vi,
    default_emacs_keybindings, default_vi_insert_keybindings, default_vi_normal_keybindings,
    default_vi_visual_keybindings,
};

use super::ahead::{Ahead, Patient};
use super::menu::NAME;

pub(super) fn edit_mode(vi: bool, ahead: Arc<Ahead>) -> Box<dyn EditMode> {
    if vi {
        let mut insert = default_vi_insert_keybindings();
        add(&mut insert);
        let mut normal = default_vi_normal_keybindings();
        normal.remove_binding(KeyModifiers::CONTROL, KeyCode::Char('o'));
        let visual = default_vi_visual_keybindings();
        Box::new(Patient::new(Vi::new(insert, normal, visual), ahead))
    } else {
        let mut keys = default_emacs_keybindings();
        add(&mut keys);
        Box::new(Patient::new(Emacs::new(keys), ahead))
    }
}

fn add(keys: &mut Keybindings) {
    let next = vec![
        ReedlineEvent::Menu(NAME.to_owned()),
        ReedlineEvent::MenuNext,
    ];
    keys.add_binding(
        KeyModifiers::NONE,
        KeyCode::Tab,
        ReedlineEvent::UntilFound(next),
    );
    keys.add_binding(
        KeyModifiers::SHIFT,
        KeyCode::BackTab,
        ReedlineEvent::MenuPrevious,
    );
    keys.add_binding(
        KeyModifiers::ALT,
        KeyCode::Enter,
        ReedlineEvent::Edit(vec![EditCommand::InsertNewline]),
    );
    // Opens an editor, of which there is none.
    keys.remove_binding(KeyModifiers::CONTROL, KeyCode::Char('o'));
}
