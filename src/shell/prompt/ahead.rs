//! What is typed ahead: keys that come behind the Enter that sends a line.
//!
//! reedline takes all keys that have come as one batch, and drops those behind the one that ends a read. It stops a batch
//! at an Enter, but a line that is typed while no prompt is shown ends in a newline: the terminal is not raw then, and
//! translates it. So keys wait here, and only those up to the one that may end the read go on. The rest follows in the next
//! turn of reedline's loop, in the same read or another. That loop waits for keys: a resize to the same size wakes it up.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyModifiers};
use reedline::{EditCommand, EditMode, PromptEditMode, ReedlineEvent, ReedlineRawEvent};

use super::without_controls;

/// Keys that reedline has not seen.
#[derive(Default)]
pub(super) struct Ahead(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: VecDeque<Event>,
    /// The key that went on last may have ended the read.
    is_held: bool,
}

impl Ahead {
    /// Called in every turn of reedline's loop, before it waits for keys.
    pub(super) fn turn(&self) {
        let mut state = self.lock();
        state.is_held = false;
        if !state.waiting.is_empty() {
            wake();
        }
    }

    /// Takes what was typed behind the key that has ended a read. The terminal has to be raw.
    pub(super) fn take_typed(&self) {
        while event::poll(Duration::ZERO).unwrap_or(false)
            && let Ok(event) = event::read()
        {
            self.lock().waiting.push_back(event);
        }
    }

    /// Forgets what was typed before the last read ended. The terminal itself forgets what was typed between that and Ctrl-C,
    /// and what comes after Ctrl-C is meant.
    pub(super) fn forget(&self) {
        self.lock().waiting.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Other systems keep keys apart from what a program makes of them: there, a batch always ends at Enter.
fn wake() {
    #[cfg(unix)]
    {
        // Without it, they follow at the next key.
        let _ = signal_hook::low_level::raise(signal_hook::consts::SIGWINCH);
    }
}

/// Lets keys through, one Enter at a time, and cleans what is pasted.
pub(super) struct Patient<T> {
    mode: T,
    ahead: Arc<Ahead>,
}

impl<T> Patient<T> {
    pub(super) fn new(mode: T, ahead: Arc<Ahead>) -> Self {
        Self { mode, ahead }
    }
}

impl<T: EditMode> EditMode for Patient<T> {
    fn parse_event(&mut self, event: ReedlineRawEvent) -> ReedlineEvent {
        let mut state = self.ahead.lock();
        state.waiting.push_back(event.into());
        let mut all = Vec::new();
        while !state.is_held
            && let Some(event) = state.waiting.pop_front()
        {
            let Ok(event) = ReedlineRawEvent::try_from(enter(event)) else {
                continue;
            };
            let event = self.mode.parse_event(event);
            state.is_held = may_end(&event);
            match (event, all.last_mut()) {
                (ReedlineEvent::Edit(commands), Some(ReedlineEvent::Edit(last))) => {
                    last.extend(commands.into_iter().map(clean));
                }
                (ReedlineEvent::Edit(commands), _) => {
                    all.push(ReedlineEvent::Edit(
                        commands.into_iter().map(clean).collect(),
                    ));
                }
                (event, _) => all.push(event),
            }
        }
        match all.pop() {
            None => ReedlineEvent::None,
            Some(only) if all.is_empty() => only,
            Some(last) => {
                all.push(last);
                ReedlineEvent::Multiple(all)
            }
        }
    }

    fn edit_mode(&self) -> PromptEditMode {
        self.mode.edit_mode()
    }
}

/// A newline is an Enter that was typed before the terminal was raw.
fn enter(event: Event) -> Event {
    match event {
        Event::Key(KeyEvent {
            code: KeyCode::Char('j'),
            modifiers: KeyModifiers::CONTROL,
            ..
        }) => Event::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)),
        event => event,
    }
}

fn may_end(event: &ReedlineEvent) -> bool {
    match event {
        ReedlineEvent::Enter
        | ReedlineEvent::Submit
        | ReedlineEvent::SubmitOrNewline
        | ReedlineEvent::CtrlC
        | ReedlineEvent::CtrlD => true,
        ReedlineEvent::Multiple(events) | ReedlineEvent::UntilFound(events) => {
            events.iter().any(may_end)
        }
        _ => false,
    }
}

fn clean(command: EditCommand) -> EditCommand {
    match command {
        EditCommand::InsertString(text) => EditCommand::InsertString(without_controls(&text)),
        command => command,
    }
}

#[cfg(test)]
mod tests {
    use reedline::{Emacs, default_emacs_keybindings};

    use super::*;

    fn key(c: char) -> ReedlineRawEvent {
        let event = match c {
            '\n' => KeyEvent::new(KeyCode::Char('j'), KeyModifiers::CONTROL),
            c => KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE),
        };
        ReedlineRawEvent::try_from(Event::Key(event)).unwrap()
    }

    fn insert(text: &str) -> ReedlineEvent {
        ReedlineEvent::Edit(text.chars().map(EditCommand::InsertChar).collect())
    }

    #[test]
    fn keys_behind_an_enter_wait_for_the_next_turn() {
        let ahead = Arc::<Ahead>::default();
        let mut mode = Patient::new(Emacs::new(default_emacs_keybindings()), Arc::clone(&ahead));
        let seen: Vec<_> = "a\nbc\nd"
            .chars()
            .map(|c| mode.parse_event(key(c)))
            .collect();
        let mut expected = vec![insert("a"), ReedlineEvent::Enter];
        expected.extend(vec![ReedlineEvent::None; 4]);
        assert_eq!(seen, expected);
        ahead.turn();
        assert_eq!(
            mode.parse_event(key('e')),
            ReedlineEvent::Multiple(vec![insert("bc"), ReedlineEvent::Enter])
        );
        ahead.turn();
        assert_eq!(mode.parse_event(key('f')), insert("def"));
    }
}
