//! Runs statements: the commands of the command line, and those of the shell, in one context.

use super::bare::with_command;
use super::state::Shell;
use super::variables::{LAST, Variable};
use super::words::{self, Statement, Then, Word};
use super::{assertion, builtins, copy, pipe};
use crate::cli::{Command, Line, Misread, Typed};
use crate::commands;
use crate::error::{Error, Kind, Result};
use crate::input::Stdin;
use crate::output::Stdout;

impl Shell<'_> {
    /// Runs a statement. Its error is reported when this returns.
    ///
    /// # Errors
    /// Those of the statement.
    pub async fn run(&mut self, statement: &Statement) -> Result<()> {
        let result = self.redirected(statement).await;
        result.map_err(|error| self.reported(error))
    }

    pub fn reported(&self, error: Error) -> Error {
        self.console().report(&error);
        error.reported()
    }

    /// Runs a statement with its output where that is to go.
    async fn redirected(&mut self, statement: &Statement) -> Result<()> {
        self.context.interrupt.arm()?;
        let here = statement.here.as_deref();
        if let Then::Pipe(command) = &statement.then
            && statement.words.first().and_then(Word::literal) == Some("watch")
        {
            return self.watch(&statement.words, here, Some(command)).await;
        }
        match &statement.then {
            Then::Print => self.words(&statement.words, here).await,
            Then::Pipe(command) => {
                let (child, stdin) = pipe::start(command)?;
                let result = self.printing_to(Stdout::to(stdin, false), &statement.words, here);
                let result = match result.await {
                    // It had enough.
                    Err(error) if error.kind() == Kind::OutputClosed => Ok(()),
                    result => result,
                };
                let ended = pipe::wait(child, command).await;
                // It has ended the command behind the pipe, too.
                if self.context.interrupt.is_struck() {
                    return Err(Error::interrupted());
                }
                result.and(ended)
            }
            Then::File { path, append } => {
                let path = self.variables.fill(path)?;
                let file = pipe::open(&path, *append)?;
                self.printing_to(Stdout::to(file, false), &statement.words, here)
                    .await
            }
        }
    }

    /// Runs words with their output somewhere else than on the terminal.
    pub async fn printing_to(
        &mut self,
        stdout: Stdout,
        words: &[Word],
        here: Option<&str>,
    ) -> Result<()> {
        let stdout = std::mem::replace(&mut self.context.stdout, stdout);
        let terminal = self.context.terminal.redirected();
        let terminal = std::mem::replace(&mut self.context.terminal, terminal);
        let result = Box::pin(self.words(words, here)).await;
        self.context.terminal = terminal;
        self.context.stdout = stdout;
        result
    }

    /// Runs the words of a statement.
    pub async fn words(&mut self, words: &[Word], here: Option<&str>) -> Result<()> {
        let asks_for_help = words.get(1).and_then(Word::literal).is_some_and(is_help);
        if words.is_empty() {
            return Err(Error::usage("there is no command"));
        }
        match words.first().and_then(Word::literal) {
            _ if asks_for_help => self.filled(self.fill(words)?, here).await,
            Some("let") => self.assign(words, here).await,
            Some("watch") => self.watch(words, here, None).await,
            Some("expect") => self.expect(words, here).await,
            Some("assert") => assertion::assert(self, words),
            _ => self.filled(self.fill(words)?, here).await,
        }
    }

    fn fill(&self, words: &[Word]) -> Result<Vec<String>> {
        words.iter().map(|word| self.variables.fill(word)).collect()
    }

    /// Runs words whose variables are filled in.
    pub async fn filled(&mut self, words: Vec<String>, here: Option<&str>) -> Result<()> {
        let words = with_command(words);
        let terminal = &self.context.terminal;
        let has_color = terminal.colors_stderr(None) && terminal.colors_stdout(None);
        let line = match Typed::read(&words, has_color) {
            Ok(line) => line,
            Err(Misread {
                text,
                is_help: true,
            }) => return self.context.print_bytes(text.as_bytes()).await,
            Err(Misread { text, .. }) => {
                self.console().usage(&text);
                return Err(Error::usage("the line is not valid").reported());
            }
        };
        if here.is_some()
            && let Line::Command(Command::Call(args)) = &line
            && args.request.data.is_none()
        {
            // A here-document is data.
            let data = ["-d", "@-"].map(str::to_owned);
            return Box::pin(self.filled([words, data.to_vec()].concat(), here)).await;
        }
        match line {
            Line::Command(command) => {
                let has_input = here.is_some() || self.reads_stdin;
                if !has_input && reads_stdin(&command) {
                    return Err(Error::usage("there is no input here")
                        .hinted("give it in the line, or behind it: get-people <<END"));
                }
                let is_terminal = self.context.terminal.stdin_is_terminal;
                self.context.terminal.stdin_is_terminal =
                    is_terminal && self.reads_stdin && here.is_none();
                match here {
                    Some(here) => self.context.stdin = Stdin::of(here.to_owned()),
                    None if self.reads_stdin => {}
                    None => self.context.stdin = Stdin::of(""),
                }
                let result = self.command(&command, words, here).await;
                self.context.terminal.stdin_is_terminal = is_terminal;
                result
            }
            Line::Repeat { times } => self.repeat(times).await,
            line => builtins::run(self, line).await,
        }
    }

    async fn command(
        &mut self,
        command: &Command,
        words: Vec<String>,
        here: Option<&str>,
    ) -> Result<()> {
        if let Command::Shell(_) = command {
            return Err(Error::usage("this is a shell already"));
        }
        let before = self.context.recorder.last_started();
        let console = commands::console(command, self.context);
        let result = commands::run(command, self.context).await;
        if let Some(last) = self.context.recorder.since(before) {
            // What was read from stdin cannot be read again.
            let read = match (here, command) {
                (None, Command::Call(_)) if reads_stdin(command) => copy::data(&last).ok(),
                (here, _) => here.map(str::to_owned),
            };
            self.last_call = Some((words, read));
            if let Some(reply) = &last.reply {
                let kept = Variable::new(last.method.output(), reply);
                // What the command came to matters more.
                if let Ok(reply) = kept {
                    self.variables.set(LAST, reply);
                }
            }
        }
        result.map_err(|error| {
            console.report(&error);
            error.reported()
        })
    }
}

/// Whether a command takes its requests from stdin.
fn reads_stdin(command: &Command) -> bool {
    match command {
        Command::GetPeople(args) => args.names.is_empty() || args.names == ["-"],
        Command::Call(args) => matches!(args.request.data.as_deref(), Some("@-" | "@" | "-")),
        _ => false,
    }
}

fn is_help(word: &str) -> bool {
    matches!(word, "-h" | "--help")
}

/// The statements of what is typed, which has to be complete.
///
/// # Errors
/// When something is open.
pub fn read(text: &str) -> Result<Vec<Statement>> {
    words::read(text).map_err(|open| {
        let line = text.get(open.at..).unwrap_or_default();
        let line = line.lines().next().unwrap_or_default();
        Error::usage(format!("{} is missing after {line:?}", open.missing))
    })
}
