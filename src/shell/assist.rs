//! What the prompt shows while a line is typed: completion, hints, colors and the first mistake, from clap's definitions, the
//! schema and the replies that are kept.

mod candidates;
mod mistakes;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use clap::CommandFactory as _;
use futures_util::FutureExt as _;
use prost_reflect::{DescriptorPool, MessageDescriptor, MethodDescriptor};

use super::prompt::{Assist, Part, Suggested};
use super::redact::redacted;
use super::variables::Variables;
use super::words::{self, Piece, Statement, Word, path_len};
use crate::cli::Typed;
use crate::completion;
use crate::error::Result;
use crate::schema::source::loaded::LoadedSource;
use crate::schema::{Schema, resolve_method};

/// What is known between two lines.
#[derive(Default)]
pub struct Known {
    pub schema: Option<Schema>,
    /// The comments of fields, by their full names.
    pub comments: HashMap<String, String>,
    /// Where short names of methods are looked for first.
    pub service: Option<String>,
    pub variables: Variables,
    /// How often each method was called, by the name that was typed.
    pub calls: HashMap<String, u64>,
    /// Texts that replies had, by the name of their field.
    pub values: HashMap<String, Vec<String>>,
    /// What is typed instead of commands.
    pub stream: Option<Requests>,
}

impl Known {
    pub fn pool(&self) -> Option<&DescriptorPool> {
        self.schema.as_ref().map(|schema| &schema.pool)
    }

    /// The method of that name, as a call finds it. `None` while there is no schema.
    pub fn method(&self, name: &str) -> Option<Result<MethodDescriptor>> {
        let mut source = LoadedSource::new(self.schema.clone()?, "in the schema");
        let found = resolve_method(&mut source, self.service.as_deref(), name);
        // What is in memory is there at once.
        let found = found.now_or_never()?;
        Some(found.map(|(method, _)| method))
    }
}

/// Requests of a call that goes on.
pub enum Requests {
    Names,
    Of(MessageDescriptor),
}

/// Answers the prompt.
pub struct Helper {
    root: clap::Command,
    known: Mutex<Known>,
}

impl Default for Helper {
    fn default() -> Self {
        let mut root = Typed::command();
        root.build();
        Self {
            root,
            known: Mutex::default(),
        }
    }
}

impl Helper {
    /// What is known, to be changed.
    pub fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_command(&self, word: &str) -> bool {
        self.root.find_subcommand(word).is_some()
    }

    /// The words in front of the last one as the command line has them: `let x =` is left out, and a method is a call.
    fn command_line(&self, words: &[Word], known: &Known) -> Vec<String> {
        let mut texts: Vec<String> = words.iter().map(plain).collect();
        loop {
            let skipped = match texts.first().map(String::as_str) {
                Some("let") if texts.get(2).is_some_and(|it| it == "=") => 3,
                Some("watch") if texts.get(2).is_some_and(|it| it == "-n") => 4,
                Some("watch" | "expect") if texts.len() > 2 => 2,
                _ => break,
            };
            texts.drain(..skipped.min(texts.len()));
        }
        if let Some(first) = texts.first()
            && !self.is_command(first)
        {
            texts.insert(0, "call".to_owned());
        }
        if let [command, method, ..] = texts.as_mut_slice()
            && ["call", "bench"].contains(&command.as_str())
            && let Some(Ok(found)) = known.method(method)
        {
            *method = format!("{}/{}", found.parent_service().full_name(), found.name());
        }
        texts
    }

    /// Whether a command comes next: there is nothing in front, or only `let`, `watch` or `expect`.
    fn starts_command(words: &[Word]) -> bool {
        let texts: Vec<String> = words.iter().map(plain).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        matches!(
            texts.as_slice(),
            [] | ["let", _, "="] | ["watch" | "expect", _]
        )
    }
}

/// The text of a word; a variable is as it is typed.
fn plain(word: &Word) -> String {
    let pieces = word.pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Variable { path, .. } => format!("${path}"),
    });
    pieces.collect()
}

/// The statements of a line. What is open is closed behind its end, if it can be.
fn statements(line: &str) -> Option<Vec<Statement>> {
    let mut closed = line.to_owned();
    // Each turn closes one thing; nothing is nested deeper than this in practice.
    for _ in 0..64 {
        match words::read(&closed) {
            Ok(found) => return Some(found),
            Err(open) if open.missing.len() > 1 => break,
            Err(open) => closed.push_str(&open.missing),
        }
    }
    None
}

/// The statement that the end of a line is in. `None` in a here-document.
fn last_statement(line: &str) -> Option<Statement> {
    let last = statements(line)?.into_iter().last().unwrap_or_default();
    let end = last.words.last().map(|word| word.span.end);
    let has_ended = line.trim_end_matches([' ', '\t']).ends_with([';', '\n']);
    Some(if has_ended && end.is_none_or(|end| end < line.len()) {
        Statement::default()
    } else {
        last
    })
}

impl Assist for Helper {
    fn complete(&self, line: &str, cursor: usize) -> Vec<Suggested> {
        let line = line.get(..cursor).unwrap_or(line);
        let known = self.known();
        if let Some(Requests::Names) = known.stream {
            // A name is a whole line.
            let list = self.candidates(&[], line, &known);
            return suggested(&known, list, 0..line.len(), "");
        }
        let Some(statement) = last_statement(line) else {
            return Vec::new();
        };
        // A variable may be anywhere in a word.
        if let Some(dollar) = line.rfind('$')
            && let Some(path) = line.get(dollar + 1..)
            && (path.is_empty()
                || path_len(path.trim_end_matches('.')) == path.trim_end_matches('.').len())
        {
            let list = Self::variables(&known, path);
            return suggested(&known, list, dollar..line.len(), "");
        }
        let at_word = statement
            .words
            .last()
            .filter(|word| word.span.end >= line.len());
        let (before, start) = match at_word {
            Some(word) => (statement.words.len().saturating_sub(1), word.span.start),
            None => (statement.words.len(), line.len()),
        };
        let typed = line.get(start..).unwrap_or_default();
        // What is quoted is completed without its quotation mark, which stays.
        let quote = typed.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let text = typed.trim_start_matches(['\'', '"']);
        let words = statement.words.get(..before).unwrap_or_default();
        let list = self.candidates(words, text, &known);
        let quote = quote.map_or_else(String::new, |quote| quote.to_string());
        // Of JSON, only what is new is shown.
        let kept = if text.starts_with('{') {
            text.rfind(['{', ',', '[', ' ']).map_or(0, |at| at + 1)
        } else {
            0
        };
        let head = text.get(..kept).unwrap_or_default();
        let list = list.into_iter().filter_map(|it| {
            let text = it.text.strip_prefix(head)?.to_owned();
            Some(completion::Candidate { text, ..it })
        });
        let start = line.len() - text.len() + kept;
        if kept > 0 {
            return suggested(&known, list.collect(), start..line.len(), "");
        }
        suggested(
            &known,
            list.collect(),
            start - quote.len()..line.len(),
            &quote,
        )
    }

    fn hint(&self, line: &str) -> String {
        if line.is_empty() || line.ends_with([' ', '\n']) {
            return String::new();
        }
        let list = self.complete(line, line.len());
        let rest = list.iter().find_map(|best| {
            let typed = line.get(best.span.clone())?;
            best.text.strip_prefix(typed).map(str::to_owned)
        });
        rest.unwrap_or_default()
    }

    fn check(&self, line: &str) -> Option<(Range<usize>, String)> {
        self.first_mistake(line, &self.known())
    }

    fn is_complete(&self, line: &str) -> bool {
        words::read(line).is_ok()
    }

    fn paint(&self, line: &str) -> Vec<(Range<usize>, Part)> {
        let known = self.known();
        if known.stream.is_some() {
            return Vec::new();
        }
        let statements = statements(line).unwrap_or_default();
        let mut parts = Vec::new();
        for statement in &statements {
            for (number, word) in statement.words.iter().enumerate() {
                let span = word.span.start..word.span.end.min(line.len());
                let typed = line.get(span.clone()).unwrap_or_default();
                let part = match typed.chars().next() {
                    _ if number == 0 => Part::Command,
                    Some('-') => Part::Flag,
                    Some('\'' | '"') => Part::Text,
                    Some('$') => Part::Variable,
                    Some('{' | '[') => Part::Json,
                    _ => continue,
                };
                parts.push((span, part));
            }
        }
        parts
    }

    fn for_history(&self, line: &str) -> Option<String> {
        if line.trim().is_empty() {
            return None;
        }
        Some(redacted(line))
    }
}

fn suggested(
    known: &Known,
    mut list: Vec<completion::Candidate>,
    span: Range<usize>,
    quote: &str,
) -> Vec<Suggested> {
    // A value that was seen in a reply may be one of the schema's, too.
    let mut seen = HashSet::new();
    list.retain(|candidate| seen.insert(candidate.text.clone()));
    let list = list.into_iter().map(|candidate| {
        let comment = candidate
            .field
            .as_ref()
            .and_then(|name| known.comments.get(name));
        let help = match (candidate.help, comment) {
            (Some(help), Some(comment)) => Some(format!("{help}  {comment}")),
            (help, _) => help,
        };
        Suggested {
            text: format!("{quote}{}", candidate.text),
            help,
            span: span.clone(),
            is_open: candidate.is_open || !quote.is_empty(),
        }
    });
    list.collect()
}

#[cfg(test)]
mod tests;
