//! stderr: errors, warnings, notices, `-v` and the progress line. Never data. Failures to write are ignored: there is
//! nowhere else to report them.

use std::fmt::{self, Write as _};
use std::io::{IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tracing::Level;

use super::error;
use super::escape::{escape, escape_literal};
use super::record::{LogFormat, Record, level_name};
use crate::error::{Error, Kind};
use crate::schema::Excerpt;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Returns to the first column and erases the line (ECMA-48, EL 2).
const ERASE: &str = "\r\x1b[2K";

/// Shorter streams have no progress line: it could not be read.
const PROGRESS_AFTER: Duration = Duration::from_secs(2);
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// How much to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// `-q`: only errors.
    Quiet,
    Normal,
    /// `-v`: also the connection, the metadata and the status.
    Verbose,
    /// `-vv`: secrets in the metadata, too.
    Revealing,
}

/// The kinds of the process's standard streams, and access to stderr.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are facts, not states")]
pub struct Terminal {
    pub stdin_is_terminal: bool,
    pub stdout_is_terminal: bool,
    pub stderr_is_terminal: bool,
    /// It moves no cursor and has no colors (`TERM=dumb`).
    pub is_dumb: bool,
    stdout_has_color: bool,
    stderr_has_color: bool,
    screen: Arc<Mutex<Screen>>,
}

/// The state of the terminal's last lines.
#[derive(Default)]
struct Screen {
    has_progress: bool,
    /// Takes lines while a prompt is shown, which it keeps below them.
    above: Option<Above>,
}

/// Prints above a prompt.
pub type Above = Arc<dyn Fn(&str) + Send + Sync>;

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screen")
            .field("has_progress", &self.has_progress)
            .field("above", &self.above.is_some())
            .finish()
    }
}

impl Terminal {
    /// Inspects the process's standard streams and the conventions for color (`NO_COLOR`, `CLICOLOR_FORCE`, `TERM=dumb`).
    pub fn new() -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        // anstream colors in every terminal of a CI job, which may be one that shows escape sequences as they are.
        let can_color = !is_dumb || std::env::var_os("CLICOLOR_FORCE").is_some_and(|it| it != "0");
        let has_color = |choice| can_color && choice != anstream::ColorChoice::Never;
        Self {
            stdin_is_terminal: std::io::stdin().is_terminal(),
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
            is_dumb,
            stdout_has_color: has_color(anstream::AutoStream::choice(&std::io::stdout())),
            stderr_has_color: has_color(anstream::AutoStream::choice(&std::io::stderr())),
            screen: Arc::default(),
        }
    }

    /// The same, with stdout in a pipe or a file.
    #[must_use]
    pub fn redirected(&self) -> Self {
        Self {
            stdout_is_terminal: false,
            stdout_has_color: false,
            ..self.clone()
        }
    }

    /// Sends what goes to stderr to a prompt, until it is called with `None`.
    pub fn print_above(&self, prompt: Option<Above>) {
        let mut screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        screen.above = prompt;
    }

    /// Whether to color stdout. `None` leaves it to the terminal.
    pub fn colors_stdout(&self, color: Option<bool>) -> bool {
        color.unwrap_or(self.stdout_has_color)
    }

    /// How many columns it has.
    pub fn width(&self) -> usize {
        if !self.stdout_is_terminal {
            return 80;
        }
        terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0))
    }

    /// Whether to color stderr. `None` leaves it to the terminal.
    pub fn colors_stderr(&self, color: Option<bool>) -> bool {
        color.unwrap_or(self.stderr_has_color)
    }

    /// The console of one command; `color` as above.
    pub fn console(&self, verbosity: Verbosity, color: Option<bool>) -> Console {
        Console {
            verbosity,
            level: match verbosity {
                Verbosity::Quiet => Level::ERROR,
                _ => Level::INFO,
            },
            color: color.unwrap_or(self.stderr_has_color),
            form: Form::Text,
            screen: Arc::clone(&self.screen),
        }
    }
}

impl Default for Terminal {
    fn default() -> Self {
        Self::new()
    }
}

/// stderr with the verbosity and colors of one command.
#[derive(Clone, Debug)]
pub struct Console {
    verbosity: Verbosity,
    level: Level,
    color: bool,
    form: Form,
    screen: Arc<Mutex<Screen>>,
}

/// What its lines look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    /// Text, but for errors.
    JsonErrors,
    /// Every line is a [`Record`].
    Json,
}

impl Console {
    /// Prints errors as JSON.
    #[must_use]
    pub fn with_json_errors(mut self) -> Self {
        self.form = Form::JsonErrors;
        self
    }

    /// Prints a server's log: lines of `level` and above.
    #[must_use]
    pub fn logging(mut self, format: LogFormat, level: Level) -> Self {
        self.form = match format {
            LogFormat::Text => Form::Text,
            LogFormat::Json => Form::Json,
        };
        self.level = level;
        self
    }

    /// The lowest level that it prints.
    pub fn level(&self) -> Level {
        self.level
    }

    pub fn is_verbose(&self) -> bool {
        self.verbosity >= Verbosity::Verbose
    }

    /// Whether secrets are shown as they are.
    pub fn shows_secrets(&self) -> bool {
        self.verbosity == Verbosity::Revealing
    }

    /// Prints a notice, unless quiet.
    pub fn notice(&self, text: &str) {
        self.say(Level::INFO, None, text);
    }

    /// Prints a warning, unless quiet.
    pub fn warning(&self, text: &str) {
        self.say(Level::WARN, None, text);
    }

    /// Prints a line under `-v`. `mark` is `*` for the connection, `>` for what is sent, `<` for what arrives.
    pub fn detail(&self, mark: &str, text: impl FnOnce() -> String) {
        if self.is_verbose() {
            self.say(Level::INFO, Some(mark), &text());
        }
    }

    fn say(&self, level: Level, mark: Option<&str>, message: &str) {
        self.record(&Record {
            level,
            mark,
            target: None,
            message,
            fields: &[],
        });
    }

    /// Prints a line of a log, unless its level is too low.
    pub fn record(&self, record: &Record<'_>) {
        if record.level > self.level {
            return;
        }
        if self.form == Form::Json {
            return self.write(&record.json());
        }
        let text = record.text();
        let mut line = String::new();
        match record.level {
            Level::ERROR => self.line(&mut line, ERROR, "error", &text),
            Level::WARN => self.line(&mut line, WARNING, "warning", &text),
            Level::INFO => {
                let _ = writeln!(line, "{}", escape(&text));
            }
            level => self.line(&mut line, Style::new(), level_name(level), &text),
        }
        self.write(&line);
    }

    /// Prints a text that is laid out already: clap's errors.
    pub fn usage(&self, text: &str) {
        self.write(text);
    }

    /// Prints an error. The only place where errors become text; [`crate::exit`] has their exit codes.
    pub fn report(&self, error: &Error) {
        let silent = matches!(error.kind(), Kind::OutputClosed | Kind::Interrupted);
        if silent || error.is_reported() {
            return;
        }
        match self.form {
            Form::Text => {}
            Form::JsonErrors => return self.write(&escape_literal(&error::json(error), true)),
            Form::Json => {
                return self.record(&Record {
                    level: Level::ERROR,
                    mark: None,
                    target: None,
                    message: &error.to_string(),
                    fields: &error::fields(error),
                });
            }
        }
        let mut text = String::new();
        self.line(&mut text, ERROR, "error", &error.to_string());
        let excerpt =
            std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<Excerpt>());
        if let Some(excerpt) = excerpt {
            for line in excerpt.lines() {
                let _ = writeln!(text, "{}", escape(&line));
            }
        }
        for cause in error
            .causes()
            .into_iter()
            .skip(usize::from(excerpt.is_some()))
        {
            let _ = writeln!(text, "  caused by: {}", escape(&cause));
        }
        for (number, detail) in error.details().iter().enumerate() {
            let _ = writeln!(text, "  detail {}: {}", number + 1, escape(detail));
        }
        if let Some(hint) = error.hint() {
            self.line(&mut text, HINT, "hint", hint);
        }
        self.write(&text);
    }

    fn line(&self, out: &mut String, style: Style, label: &str, text: &str) {
        let text = escape(text);
        let _ = if self.color {
            writeln!(out, "{style}{label}:{style:#} {text}")
        } else {
            writeln!(out, "{label}: {text}")
        };
    }

    /// Writes with one call, so that lines of several processes on one terminal do not mix. Erases the progress line, which
    /// is drawn again later.
    fn write(&self, text: &str) {
        let mut screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(above) = &screen.above {
            above(text);
        } else if std::mem::take(&mut screen.has_progress) {
            write(&format!("{ERASE}{text}"));
        } else {
            write(text);
        }
    }
}

/// Writes text and escape sequences as they are, for the shell's prompt.
pub fn draw(text: &str) {
    write(text);
}

/// Runs this while whatever is written to stdout goes nowhere. Other threads wait with what they have to print; a copy of
/// the descriptor that is made meanwhile is useless.
#[cfg(unix)]
pub fn silence_stdout<T>(run: impl FnOnce() -> T) -> std::io::Result<T> {
    use rustix::stdio::dup2_stdout;

    let stdout = std::io::stdout().lock();
    let saved = rustix::io::fcntl_dupfd_cloexec(&stdout, 3)?;
    let nowhere = std::fs::File::options().write(true).open("/dev/null")?;
    dup2_stdout(&nowhere)?;
    let result = run();
    dup2_stdout(&saved)?;
    Ok(result)
}

#[cfg(not(unix))]
pub fn silence_stdout<T>(_run: impl FnOnce() -> T) -> std::io::Result<T> {
    Err(std::io::ErrorKind::Unsupported.into())
}

fn write(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// The progress line of a long stream whose output goes elsewhere: requests, replies and rate. Not a bar, since the length
/// is unknown. Drawn without a library, because a line padded to the terminal's width stays behind when the terminal echoes
/// `^C` after it.
pub struct Progress {
    ticks: Option<Interval>,
    started: Instant,
    console: Console,
}

impl Progress {
    /// A line that appears after two seconds if `show` is set, and disappears at the end.
    pub fn new(console: &Console, show: bool) -> Self {
        let started = Instant::now();
        let ticks = show.then(|| {
            let mut ticks = interval_at(started + PROGRESS_AFTER, PROGRESS_INTERVAL);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        Self {
            ticks,
            started,
            console: console.clone(),
        }
    }

    /// Completes when it is time to draw the line; never if it is not shown.
    pub async fn due(&mut self) {
        match &mut self.ticks {
            Some(ticks) => {
                ticks.tick().await;
            }
            None => std::future::pending().await,
        }
    }

    /// Draws the line.
    pub fn draw(&mut self, requests: u64, replies: u64) {
        let done = format!(
            "{}, {}",
            count(requests, "request", "requests"),
            count(replies, "reply", "replies")
        );
        self.show_rate(&done, replies);
    }

    /// Shows what is done, how much of it a second, and for how long.
    pub fn show_rate(&self, done: &str, number: u64) {
        let seconds = self.started.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate for reading")]
        let rate = number as f64 / seconds;
        self.show(&format!("{done}, {rate:.0}/s, {seconds:.0}s"));
    }

    /// Shows this instead of what the line had.
    pub fn show(&self, line: &str) {
        // A line that wraps cannot be erased.
        let width = terminal_size::terminal_size_of(std::io::stderr())
            .map_or(80, |(width, _)| usize::from(width.0));
        let end = line.char_indices().nth(width.saturating_sub(3));
        let line = end.and_then(|(end, _)| line.get(..end)).unwrap_or(line);
        let mut screen = self
            .console
            .screen
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        write(&format!("{ERASE}{line}"));
        screen.has_progress = true;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.ticks.is_some() {
            self.console.write("");
        }
    }
}

/// "1 request", "2 requests".
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
