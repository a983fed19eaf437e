//! The context of every command: the standard streams, the connections and schemas that outlive a command, and the
//! interrupt. `main`, the shell and the tests each make one.

use super::interrupt::Interrupt;
use super::record::Recorder;
use super::schemas::Schemas;
use super::servers::Servers;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::input::Stdin;
use crate::output::{Console, Stdout, Terminal, Verbosity};
use crate::transport::Connections;

/// The context of every command.
pub struct Context {
    pub terminal: Terminal,
    pub stdin: Stdin,
    pub stdout: Stdout,
    pub connections: Connections,
    pub schemas: Schemas,
    /// Servers in this process, for `--in-process`.
    pub servers: Servers,
    pub settings: Settings,
    pub interrupt: Interrupt,
    /// Where a shell looks for a short name of a method first.
    pub service: Option<String>,
    /// What a shell keeps of calls.
    pub recorder: Recorder,
}

impl Context {
    /// A context for this process's standard streams. Must be called within a runtime.
    pub fn new(settings: Settings) -> Self {
        let terminal = Terminal::new();
        Self {
            stdin: Stdin::new(),
            stdout: Stdout::new(terminal.stdout_is_terminal),
            terminal,
            connections: Connections::default(),
            schemas: Schemas::default(),
            servers: Servers::default(),
            settings,
            interrupt: Interrupt::default(),
            service: None,
            recorder: Recorder::default(),
        }
    }

    /// The console of one command.
    pub fn console(&self, verbosity: Verbosity, color: Option<bool>) -> Console {
        self.terminal.console(verbosity, color)
    }

    /// Writes a document to stdout: descriptors, lists, generated files.
    ///
    /// # Errors
    /// When it cannot be written, and on Ctrl-C.
    pub async fn print(&mut self, document: &str) -> Result<()> {
        self.stdout.document(document);
        self.finish_output().await
    }

    /// As [`Context::print`], also after Ctrl-C: the document is what there is of an interrupted command.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn print_last(&mut self, document: &str) -> Result<()> {
        self.stdout.document(document);
        self.stdout.finish().await
    }

    /// Writes bytes to stdout as they are.
    ///
    /// # Errors
    /// As [`Context::print`].
    pub async fn print_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.stdout.buffer().extend_from_slice(bytes);
        self.finish_output().await
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// When it cannot be written, and on Ctrl-C.
    pub async fn finish_output(&mut self) -> Result<()> {
        tokio::select! {
            biased;
            () = self.interrupt.wait() => {
                self.stdout.discard();
                Err(Error::interrupted())
            }
            result = self.stdout.finish() => result,
        }
    }

    /// Closes the connections and stops listening for signals.
    pub async fn close(&mut self) {
        self.schemas.clear();
        self.connections.close().await;
        self.interrupt.stop_listening();
    }
}
