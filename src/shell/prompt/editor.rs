//! Reads lines.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossterm::cursor::SetCursorStyle;
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use reedline::{CursorConfig, EditCommand, ExternalPrinter, Reedline, Signal};

use super::ahead::Ahead;
use super::completer::Completer;
use super::highlighter::Highlighter;
use super::hinter::Hinter;
use super::history::History;
use super::keys::edit_mode;
use super::label::Prompt;
use super::menu::menu;
use super::mistakes::Mistakes;
use super::plain;
use super::printer::{Printer, Queue};
use super::raw_mode::Reading;
use super::screen::Screen;
use super::validator::Validator;
use super::{Assist, Label, Options, Start, Typed, without_controls};
use crate::output::Terminal;

/// How often reedline looks for lines to print, and whether to stop.
const TURN: Duration = Duration::from_millis(20);

/// A terminal that answers late makes reedline fail.
const ATTEMPTS: usize = 3;

/// Reads lines from the terminal, with everything that is kept between them.
pub struct Editor {
    assist: Arc<dyn Assist>,
    mistakes: Arc<Mistakes>,
    history: History,
    screen: Arc<Screen>,
    queue: Arc<Queue>,
    ahead: Arc<Ahead>,
    stop: Arc<AtomicBool>,
    options: Options,
    kind: Kind,
}

enum Kind {
    /// `None` before the first read, and after a panic in one.
    Rich(Option<Box<Reedline>>),
    Plain,
}

/// Ends a read from another thread.
#[derive(Clone)]
pub struct Stopper(Arc<AtomicBool>);

impl Stopper {
    /// Makes the read that runs return [`Typed::Stopped`], or the next one if none runs.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Editor {
    /// Writes nothing to the terminal yet.
    pub fn new(assist: Arc<dyn Assist>, options: Options) -> Self {
        let screen = Arc::<Screen>::default();
        let history = History::new(Arc::clone(&assist), Arc::clone(&screen));
        let mistakes = Arc::new(Mistakes::new(Arc::clone(&assist)));
        Self {
            assist,
            mistakes,
            history,
            screen,
            queue: Arc::default(),
            ahead: Arc::default(),
            stop: Arc::default(),
            options,
            kind: if is_plain() {
                Kind::Plain
            } else {
                Kind::Rich(None)
            },
        }
    }

    /// Goes on with the history in this file, whose folder is made when the first line is kept; `None` is a history that ends
    /// with the editor, and what it starts with.
    pub fn use_history(&self, file: Option<PathBuf>) {
        self.history.open(file);
    }

    /// What has come to be wrong with the history since this was asked.
    pub fn take_warnings(&self) -> Vec<String> {
        self.history.take_warnings()
    }

    /// Forgets what was typed behind the line that was read last.
    pub fn forget_typed(&self) {
        self.ahead.forget();
    }

    /// Reads a line. Blocks, so call it from a thread of its own.
    pub fn read(&mut self, label: &Label) -> io::Result<Typed> {
        self.read_with(label, &Start::default())
    }

    /// Reads a line that begins so.
    pub fn read_with(&mut self, label: &Label, start: &Start) -> io::Result<Typed> {
        self.history.refresh();
        self.mistakes.forget();
        let clean = without_controls(&start.text);
        let start = if clean == start.text {
            start.clone()
        } else {
            // Its places are others.
            Start::with(clean)
        };
        let reading = Reading::begin(&self.stop);
        let built = match &mut self.kind {
            Kind::Plain => None,
            Kind::Rich(reedline) => Some(reedline.take()),
        };
        match built {
            None => {
                let (assist, history) = (self.assist.as_ref(), &self.history);
                plain::read(label, &start.text, assist, history, &self.stop)
            }
            Some(reedline) => {
                let reedline = reedline.unwrap_or_else(|| Box::new(self.build()));
                self.read_rich(reedline, label, start, &reading)
            }
        }
    }

    /// Prints above the prompt while a read runs. On a plain terminal, print as usual instead: see [`Self::is_plain`].
    pub fn printer(&self) -> Printer {
        Printer(Arc::clone(&self.queue))
    }

    /// What was given to a [`Printer`] and has not been printed, because the read had ended: it comes before whatever is
    /// printed next. What is not taken is printed by the next read.
    pub fn unprinted(&self) -> Vec<u8> {
        self.queue.take()
    }

    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.stop))
    }

    /// The last lines without secrets, the oldest one first.
    pub fn history(&self, last: usize) -> Vec<String> {
        self.history.last(last)
    }

    /// Whether lines are read without editing: `TERM=dumb`, or a standard stream that is no terminal. Then nothing can be
    /// printed above the prompt.
    pub fn is_plain(&self) -> bool {
        matches!(self.kind, Kind::Plain)
    }

    fn read_rich(
        &mut self,
        mut reedline: Box<Reedline>,
        label: &Label,
        start: Start,
        reading: &Reading,
    ) -> io::Result<Typed> {
        let prompt = Prompt::new(label, self.options.color, Arc::clone(&self.screen));
        reedline.run_edit_commands(&[EditCommand::Clear]);
        if !start.text.is_empty() {
            let to = |position, select| EditCommand::MoveToPosition { position, select };
            reedline.run_edit_commands(&[
                EditCommand::InsertString(start.text),
                to(start.selected.start, false),
            ]);
            if !start.selected.is_empty() {
                reedline.run_edit_commands(&[to(start.selected.end, true)]);
            }
        }
        let mut failures = 0;
        let typed = loop {
            self.screen.begin();
            match reedline.read_line(&prompt) {
                Ok(Signal::Success(line)) => break Ok(Typed::Line(line)),
                Ok(Signal::CtrlC) => break Ok(Typed::Interrupted),
                Ok(Signal::CtrlD) => break Ok(Typed::End),
                Ok(Signal::ExternalBreak(_)) if reading.has_panicked() => {
                    // Not resumed, because reedline would draw over the message.
                    crate::output::draw("\n");
                    return Ok(Typed::Stopped);
                }
                Ok(Signal::ExternalBreak(_)) => {
                    reedline = self.leave(reedline, &prompt);
                    break Ok(Typed::Stopped);
                }
                // No key is bound to what ends a read otherwise.
                Ok(_) => {}
                Err(error) => {
                    failures += 1;
                    if failures >= ATTEMPTS {
                        break Err(error);
                    }
                }
            }
        };
        if enable_raw_mode().is_ok() {
            self.ahead.take_typed();
            let _ = disable_raw_mode();
        }
        let reedline = self.connect(*reedline);
        self.kind = Kind::Rich(Some(Box::new(reedline)));
        typed
    }

    /// After a break the cursor is still in the line. Sends the line into nowhere, which prints what is waiting above it and
    /// leaves the cursor below.
    fn leave(&self, reedline: Box<Reedline>, prompt: &Prompt) -> Box<Reedline> {
        self.history.pause(true);
        self.queue.feed_all();
        let mut reedline = reedline.with_immediately_accept(true);
        // It was stopped: there is nothing more to fail.
        let _ = reedline.read_line(prompt);
        self.history.pause(false);
        Box::new(reedline.with_immediately_accept(false))
    }

    fn build(&self) -> Reedline {
        let (assist, mistakes) = (&self.assist, &self.mistakes);
        let highlighter = Highlighter {
            assist: Arc::clone(assist),
            mistakes: Arc::clone(mistakes),
            screen: Arc::clone(&self.screen),
            color: self.options.color,
        };
        let ahead = || Arc::clone(&self.ahead);
        let completer = Completer::new(Arc::clone(assist), Arc::clone(&self.queue), ahead());
        let mut reedline = Reedline::create()
            .with_history(Box::new(self.history.clone()))
            .with_edit_mode(edit_mode(self.options.vi, ahead()))
            .with_completer(Box::new(completer))
            .with_menu(menu())
            .with_quick_completions(true)
            .with_partial_completions(true)
            .with_hinter(Box::new(Hinter::new(
                Arc::clone(assist),
                Arc::clone(mistakes),
                Arc::clone(&self.screen),
            )))
            .with_highlighter(Box::new(highlighter))
            .with_validator(Box::new(Validator(Arc::clone(assist))))
            .with_ansi_colors(self.options.color)
            .use_bracketed_paste(true)
            .with_break_signal(Arc::clone(&self.stop))
            .with_poll_interval(TURN);
        if self.options.vi {
            reedline = reedline.with_cursor_config(CursorConfig {
                vi_insert: Some(SetCursorStyle::SteadyBar),
                vi_normal: Some(SetCursorStyle::SteadyBlock),
                ..CursorConfig::default()
            });
        }
        self.connect(reedline)
    }

    /// Makes a new way for lines to be printed. What is in the old one comes back to the queue.
    fn connect(&self, reedline: Reedline) -> Reedline {
        // Two: what was not printed before a break, and the rest.
        let printer = ExternalPrinter::new(2);
        self.queue.connect(printer.sender());
        reedline.with_external_printer(printer)
    }
}

/// reedline asks stdout for the place of the cursor, draws on stderr, and reads keys from stdin.
fn is_plain() -> bool {
    let terminal = Terminal::new();
    let is_terminal =
        terminal.stdin_is_terminal && terminal.stdout_is_terminal && terminal.stderr_is_terminal;
    !is_terminal || terminal.is_dumb
}
