//! Lines that are not typed: of `-c`, of a file, of standard input. They run in order, without prompt, echo or history.

use std::future::poll_fn;

use super::engine::read;
use super::redact::redacted;
use super::state::Shell;
use super::words;
use crate::error::{Error, Kind, Result};
use crate::input::Chunks;

/// The lines of an input, as soon as each is there.
struct Lines {
    chunks: Chunks,
    unread: Vec<u8>,
    is_over: bool,
    /// The number of the line that is next, from one.
    number: usize,
}

impl Lines {
    /// The next line, with its newline; `None` at the end.
    async fn next(&mut self) -> Result<Option<String>> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.unread) {
                let rest = self.unread.split_off(end + 1);
                let line = std::mem::replace(&mut self.unread, rest);
                return self.text(line).map(Some);
            }
            if self.is_over {
                let line = std::mem::take(&mut self.unread);
                return if line.is_empty() {
                    Ok(None)
                } else {
                    self.text(line).map(Some)
                };
            }
            let chunk = poll_fn(|cx| self.chunks.poll_next(cx)).await?;
            self.is_over = chunk.is_empty();
            self.unread.extend_from_slice(&chunk);
        }
    }

    fn text(&mut self, line: Vec<u8>) -> Result<String> {
        let number = self.number;
        self.number += 1;
        let line = match line.strip_prefix("\u{feff}".as_bytes()) {
            Some(rest) if number == 1 => rest.to_vec(),
            _ => line,
        };
        let line = String::from_utf8(line).map(|line| line.replace("\r\n", "\n"));
        line.map_err(|_| {
            Error::failed(format!(
                "{}: line {number} is not valid UTF-8",
                self.chunks.name()
            ))
        })
    }

    /// The next lines that are complete together, and the number of the first.
    async fn statement(&mut self) -> Result<Option<(String, usize)>> {
        let first = self.number;
        let Some(mut text) = self.next().await? else {
            return Ok(None);
        };
        let mut open = words::read(&text).err();
        while let Some(found) = &open {
            let Some(line) = self.next().await? else {
                break;
            };
            text.push_str(&line);
            // Read again only where that may help: a here-document has many lines.
            let closes = match found.missing.strip_prefix("the line ") {
                Some(marker) => line.trim_end() == marker,
                None => found.missing.len() > 1 || line.contains(&found.missing),
            };
            if closes {
                open = words::read(&text).err();
            }
        }
        Ok(Some((text, first)))
    }
}

/// Runs a script. With `keep_going`, a line that fails does not end it.
///
/// # Errors
/// That of the first line that fails. It is reported when this returns.
pub async fn run(shell: &mut Shell<'_>, chunks: Chunks, keep_going: bool) -> Result<()> {
    let name = chunks.name().to_owned();
    let mut lines = Lines {
        chunks,
        unread: Vec::new(),
        is_over: false,
        number: 1,
    };
    let mut first_failure: Option<Error> = None;
    while !shell.has_left {
        let next = lines.statement();
        let next = shell.context.interrupt.clone().or(next).await;
        let (text, first) = match next {
            Ok(Some(next)) => next,
            Ok(None) => break,
            Err(error) => {
                let error = shell.reported(error);
                return Err(first_failure.unwrap_or(error));
            }
        };
        let statements = match read(&text) {
            Ok(statements) => statements,
            Err(error) => {
                let error = shell.reported(error.about(format!("{name}, line {first}")));
                return Err(first_failure.unwrap_or(error));
            }
        };
        for statement in statements {
            let result = shell.run(&statement).await;
            let Err(error) = result else {
                if shell.has_left {
                    break;
                }
                continue;
            };
            // Nobody reads what follows.
            if error.kind() == Kind::OutputClosed {
                return Err(error);
            }
            let number = first + statement.line;
            shell.console().notice(&format!(
                "{name}, line {number}: {}",
                redacted(&statement.text)
            ));
            if error.kind() == Kind::Interrupted {
                return Err(error);
            }
            if !keep_going {
                return Err(error);
            }
            first_failure.get_or_insert(error);
        }
    }
    first_failure.map_or(Ok(()), Err)
}
