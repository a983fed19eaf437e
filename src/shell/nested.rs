//! The commands of a shell that run another command: `let`, `watch`, `expect` and `repeat`.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::sleep;
use tonic::Code;

use super::state::{Shell, no_call};
use super::variables::Variable;
use super::words::{Word, path_len};
use super::{compare, pipe};
use crate::error::{Error, Kind, Result, code_name, codes};
use crate::output::Stdout;

impl Shell<'_> {
    /// `repeat N`: makes the last call again.
    pub(super) async fn repeat(&mut self, times: u64) -> Result<()> {
        let (words, here) = self.last_call.clone().ok_or_else(no_call)?;
        for _ in 0..times {
            Box::pin(self.filled(words.clone(), here.as_deref())).await?;
        }
        Ok(())
    }

    /// `let NAME = COMMAND`: keeps the last reply of the command, and prints none.
    ///
    /// # Errors
    /// Those of the command, and when it has no reply.
    pub(super) async fn assign(&mut self, words: &[Word], here: Option<&str>) -> Result<()> {
        let [_, name, equals, command @ ..] = words else {
            return Err(usage_of_let());
        };
        let name = name.literal().unwrap_or_default().to_owned();
        if equals.literal() != Some("=") || command.is_empty() {
            return Err(usage_of_let());
        }
        if path_len(&name) != name.len() || name.contains(['.', '[']) || name.is_empty() {
            return Err(
                Error::usage(format!("{name:?} is not a valid name of a variable"))
                    .hinted("a name has letters, digits and _, and does not start with a digit"),
            );
        }
        let before = self.context.recorder.last_started();
        self.printing_to(Stdout::to(io::sink(), false), command, here)
            .await?;
        let last = self.context.recorder.since(before);
        let reply = last.and_then(|last| Some((last.method.output(), last.reply?)));
        let (message, reply) =
            reply.ok_or_else(|| Error::failed("the command had no reply to keep"))?;
        let kept = Variable::new(message, &reply)?;
        self.variables.set(&name, kept);
        Ok(())
    }

    /// `watch INTERVAL COMMAND`: repeats the command, also after a failure, and marks the lines of its output that changed. What is
    /// behind a pipe runs each time.
    ///
    /// # Errors
    /// The last failure of the command, and on Ctrl-C.
    pub(super) async fn watch(
        &mut self,
        words: &[Word],
        here: Option<&str>,
        piped: Option<&str>,
    ) -> Result<()> {
        let usage = || {
            Error::usage("watch takes an interval and a command").hinted(
                "as in watch 2s GetPerson name=Alice, or watch 2s -n 5 GetPerson name=Alice",
            )
        };
        let [_, interval, command @ ..] = words else {
            return Err(usage());
        };
        let interval = interval.literal().ok_or_else(usage)?;
        let interval = crate::cli::interval(interval).map_err(|why| {
            Error::usage(format!("{interval:?} is not a valid interval: {why}"))
                .hinted("as in watch 2s GetPerson name=Alice")
        })?;
        let (mut command, mut times) = (command, None);
        if let [flag, number, after @ ..] = command
            && matches!(flag.literal(), Some("-n" | "--times"))
        {
            let number = number
                .literal()
                .and_then(|number| number.parse::<u64>().ok());
            times = Some(number.filter(|number| *number > 0).ok_or_else(usage)?);
            command = after;
        }
        if command.is_empty() {
            return Err(usage());
        }
        let mut last: Option<String> = None;
        let mut runs = 0;
        loop {
            let captured = Captured::default();
            let output = Stdout::to(captured.clone(), false);
            let mut result = self.printing_to(output, command, here).await;
            let mut text = captured.text();
            if let Some(piped) = piped {
                let filtered = pipe::filter(piped, text).await;
                let (output, ended) = filtered?;
                text = output;
                result = result.and(ended);
            }
            if self.context.interrupt.is_struck() {
                result = Err(Error::interrupted());
            }
            let shown = compare::marked(last.as_ref().unwrap_or(&text), &text);
            self.context.print(&shown).await?;
            last = Some(text);
            runs += 1;
            let result = match result {
                Err(error) if matches!(error.kind(), Kind::Interrupted | Kind::Usage) => {
                    return Err(error);
                }
                Err(error) => Err(self.reported(error)),
                Ok(()) => Ok(()),
            };
            if times == Some(runs) {
                return result;
            }
            let pause = async {
                sleep(interval).await;
                Ok(())
            };
            self.context.interrupt.or(pause).await?;
        }
    }

    /// `expect STATUS COMMAND`: the command has to end with that status, and its error is not reported then.
    ///
    /// # Errors
    /// When it ends otherwise.
    pub(super) async fn expect(&mut self, words: &[Word], here: Option<&str>) -> Result<()> {
        let [_, status, command @ ..] = words else {
            return Err(usage_of_expect());
        };
        let status = self.variables.fill(status)?;
        let code = code_named(&status)?;
        if command.is_empty() {
            return Err(usage_of_expect());
        }
        let before = self.context.recorder.last_started();
        // The error is shown only if it is not the expected one.
        let held = Arc::new(Mutex::new(String::new()));
        let texts = Arc::clone(&held);
        self.context
            .terminal
            .print_above(Some(Arc::new(move |text| {
                lock(&texts).push_str(text);
            })));
        let result = Box::pin(self.words(command, here)).await;
        let result = result.map_err(|error| self.reported(error));
        self.context.terminal.print_above(None);
        let has_called = || self.context.recorder.last_started() != before;
        let actual = match &result {
            Ok(()) => Some(Code::Ok),
            Err(error) => match error.kind() {
                Kind::Status(code) => Some(code),
                // What gRPC calls it (statuscodes.md), though there was no call.
                Kind::Unreachable => Some(Code::Unavailable),
                Kind::Interrupted | Kind::OutputClosed => return result,
                _ => None,
            },
        };
        if actual == Some(code) {
            return Ok(());
        }
        let found = match actual {
            Some(actual) => code_name(actual).to_owned(),
            None if has_called() => "another failure".to_owned(),
            None => "no call".to_owned(),
        };
        self.console().usage(&lock(&held));
        Err(Error::new(
            Kind::Unmet,
            format!("expected {}, found {found}", code_name(code)),
        ))
    }
}

fn usage_of_let() -> Error {
    Error::usage("let takes a name, = and a command")
        .hinted("as in let alice = GetPerson name=Alice")
}

fn lock(held: &Mutex<String>) -> MutexGuard<'_, String> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

fn usage_of_expect() -> Error {
    Error::usage("expect takes a status and a command")
        .hinted("as in expect NOT_FOUND GetPerson name=Zoe")
}

fn code_named(name: &str) -> Result<Code> {
    let wanted = name.to_uppercase().replace('-', "_");
    codes()
        .find(|code| code_name(*code) == wanted)
        .ok_or_else(|| {
            let names: Vec<&str> = codes().map(code_name).collect();
            Error::usage(format!("{name:?} is not the name of a status"))
                .hinted(format!("the names are {}", names.join(", ")))
        })
}

/// Output that is kept in memory.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
