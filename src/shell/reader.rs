//! The editor of the prompt on a thread of its own, so that connections go on while it waits for a key.

use std::path::PathBuf;
use std::sync::{Arc, mpsc};

use prost_reflect::MethodDescriptor;
use tokio::sync::oneshot;

use super::assist::Helper;
use super::builtins::server;
use super::prompt::{Editor, Label, Options, Printer, Start, Stopper, Typed};
use crate::completion;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::output::draw;

/// What the thread of the editor is asked.
enum Ask {
    /// A line, and what it begins with.
    Line {
        label: Label,
        start: Start,
        reply: oneshot::Sender<std::io::Result<Typed>>,
    },
    /// To go on with the history in this file.
    History {
        file: Option<PathBuf>,
        reply: oneshot::Sender<Known>,
    },
    /// To forget what was typed ahead.
    Forget,
}

/// A history.
pub struct Known {
    /// The last lines, without their secrets.
    pub lines: Vec<String>,
    /// What is wrong with it.
    pub warnings: Vec<String>,
}

/// How many lines of a history are listed.
const LINES: usize = 1000;

/// The editor, on its thread. Clones share it.
#[derive(Clone)]
pub struct Prompt {
    asks: mpsc::Sender<Ask>,
    pub printer: Printer,
    pub stopper: Stopper,
    pub helper: Arc<Helper>,
    /// The terminal cannot draw: lines are printed as they come.
    pub is_plain: bool,
}

impl Prompt {
    /// Starts the thread.
    pub fn start(helper: Arc<Helper>, options: Options) -> Self {
        let assist = Arc::clone(&helper);
        let mut editor = Editor::new(assist, options);
        let (asks, asked) = mpsc::channel::<Ask>();
        let prompt = Self {
            asks,
            printer: editor.printer(),
            stopper: editor.stopper(),
            helper,
            is_plain: editor.is_plain(),
        };
        std::thread::spawn(move || {
            while let Ok(ask) = asked.recv() {
                answer(&mut editor, ask);
            }
        });
        prompt
    }

    /// Reads a line.
    ///
    /// # Errors
    /// When the terminal cannot be read.
    pub async fn read(&self, label: Label, start: Start) -> Result<Typed> {
        let ask = |reply| Ask::Line {
            label,
            start,
            reply,
        };
        let typed = self.ask(ask).await?;
        typed.map_err(|error| Error::failed("cannot read the terminal").caused_by(error))
    }

    /// Goes on with the history in this file.
    ///
    /// # Errors
    /// When the thread has ended.
    pub async fn use_history(&self, file: Option<PathBuf>) -> Result<Known> {
        self.ask(|reply| Ask::History { file, reply }).await
    }

    /// Forgets what was typed ahead of the next line.
    pub fn forget_typed(&self) {
        // A thread that has ended is told when a line is read.
        let _ = self.asks.send(Ask::Forget);
    }

    async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let gone = || Error::failed("the thread that reads the terminal has ended");
        self.asks.send(ask(reply)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }

    /// The method of that name, as far as the schema is known.
    pub fn method(&self, name: &str) -> Option<MethodDescriptor> {
        self.helper.known().method(name)?.ok()
    }
}

/// Nobody waits for an answer any more if the shell has ended.
fn answer(editor: &mut Editor, ask: Ask) {
    match ask {
        Ask::Line {
            label,
            start,
            reply,
        } => {
            let typed = editor.read_with(&label, &start);
            let unprinted = editor.unprinted();
            draw(&String::from_utf8_lossy(&unprinted));
            let _ = reply.send(typed);
        }
        Ask::History { file, reply } => {
            editor.use_history(file);
            let _ = reply.send(Known {
                lines: editor.history(LINES),
                warnings: editor.take_warnings(),
            });
        }
        Ask::Forget => editor.forget_typed(),
    }
}

/// Where the lines that are typed for this server are kept, or the messages of one of its methods.
pub fn history_file(settings: &Settings, method: Option<&str>) -> Option<PathBuf> {
    let (server, _) = server(settings).ok()?;
    let folder = dirs::state_dir().or_else(dirs::data_local_dir)?;
    let folder = folder.join("routeguide").join("history");
    let name = match method {
        Some(method) => format!("{server} {method}"),
        None => server,
    };
    Some(folder.join(completion::file_name(&name)))
}
