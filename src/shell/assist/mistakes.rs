//! The first mistake of a line while it is typed: a variable, a method, a flag or a field that is not there. What is said is
//! what Enter would say. The word at the end of the line is only wrong if nothing can be typed behind it that makes it right.

use std::collections::BTreeSet;
use std::ops::Range;

use prost_reflect::MessageDescriptor;

use super::{Helper, Known, Requests, plain, statements};
use crate::cli::Typed;
use crate::completion;
use crate::schema::{did_you_mean, nearest};
use crate::shell::bare::{EDIT, is_method};
use crate::shell::variables::LAST;
use crate::shell::words::{Piece, Statement, Word};

/// Where it is, and why.
type Mistake = (Range<usize>, String);

impl Helper {
    pub(super) fn first_mistake(&self, line: &str, known: &Known) -> Option<Mistake> {
        let message = match &known.stream {
            Some(Requests::Names) => return None,
            Some(Requests::Of(message)) => Some(message),
            None => None,
        };
        // Variables that have other values when the statement runs.
        let mut set: BTreeSet<String> = BTreeSet::new();
        for statement in statements(line)? {
            let check = Check {
                line,
                known,
                set: &set,
            };
            let found = match message {
                Some(message) => check.message(message, &statement.words),
                None => self.in_statement(&check, &statement),
            };
            if found.is_some() {
                return found;
            }
            if message.is_none() {
                set.insert(LAST.to_owned());
                set.extend(named_by_let(&statement));
            }
        }
        None
    }

    fn in_statement(&self, check: &Check<'_>, statement: &Statement) -> Option<Mistake> {
        let words = statement.words.as_slice();
        let texts = self.command_line(words, check.known);
        let command = texts.first().map(String::as_str);
        // Where the arguments of the command start.
        let at = words.len() + 1 - texts.len().min(words.len() + 1);
        let arguments = words.get(at..).unwrap_or_default();
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        let is_alone = before.and_then(Word::literal) != Some("call");
        let method = match command {
            Some("call") => self.in_call(check, arguments, texts.get(1), is_alone),
            _ => None,
        };
        let found = [
            check.variables(words),
            self.in_flags(check, arguments, &texts),
            method,
        ];
        let found = found.into_iter().flatten();
        found.min_by_key(|(span, _)| span.start)
    }

    /// As clap reads them.
    fn in_flags(&self, check: &Check<'_>, arguments: &[Word], texts: &[String]) -> Option<Mistake> {
        let command = self.root.find_subcommand(texts.first()?)?;
        let mut complete = texts.to_vec();
        // A flag that can still become one is not wrong, and neither is a value.
        if arguments.last().is_some_and(|word| check.is_typed(word)) {
            let text = complete.pop()?;
            let is_flag = |flag: &clap::Arg| {
                let mut names = flag.get_long_and_visible_aliases().into_iter().flatten();
                names.any(|name| format!("--{name}").starts_with(&text))
            };
            if text.len() > 2
                && text.starts_with("--")
                && !text.contains('=')
                && !EDIT.starts_with(&text)
                && !command.get_arguments().any(is_flag)
            {
                complete.push(text);
            }
        }
        complete.retain(|text| text != EDIT);
        let (wrong, why) = Typed::mistake(command, &complete)?;
        // A variable has no value here.
        if wrong.contains('$') {
            return None;
        }
        let is_it = |word: &&Word| {
            let text = plain(word);
            let assigned = text.split_once('=').map(|(_, value)| value);
            // As in -ojson.
            let attached = text.starts_with('-') && text.ends_with(&wrong);
            text == wrong
                || text.starts_with(&format!("{wrong}="))
                || assigned == Some(wrong.as_str())
                || attached
                // An argument is told with its value: --timeout <DURATION>.
                || wrong.split(' ').next() == Some(text.as_str())
        };
        let word = arguments.iter().find(is_it).or(arguments.last())?;
        Some((check.span(word), why))
    }

    fn in_call(
        &self,
        check: &Check<'_>,
        arguments: &[Word],
        method: Option<&String>,
        is_alone: bool,
    ) -> Option<Mistake> {
        let (word, rest) = arguments.split_first()?;
        let method = method?;
        if method.starts_with(['-', '$']) || check.is_typed(word) {
            return None;
        }
        if is_alone && !is_method(method) {
            let commands = self.root.get_subcommands().map(clap::Command::get_name);
            let near = nearest(method, commands);
            let hint = did_you_mean(near).map_or(String::new(), |hint| format!("; {hint}"));
            let why = format!("no command is named {method:?}{hint}");
            return Some((check.span(word), why));
        }
        let found = match check.known.method(method)? {
            Ok(found) => found,
            Err(error) => {
                let hint = error
                    .hint()
                    .map_or(String::new(), |hint| format!("; {hint}"));
                return Some((check.span(word), format!("{error}{hint}")));
            }
        };
        let request = found.input();
        let call = self.root.find_subcommand("call");
        let takes_value = |text: &str| {
            let mut all = call.into_iter().flat_map(clap::Command::get_arguments);
            all.any(|flag| {
                let is_long = flag
                    .get_long()
                    .is_some_and(|name| text == format!("--{name}"));
                let is_short = flag
                    .get_short()
                    .is_some_and(|name| text == format!("-{name}"));
                (is_long || is_short) && flag.get_action().takes_values()
            })
        };
        let mut flag: Option<String> = None;
        rest.iter().find_map(|word| {
            let text = plain(word);
            if let Some(flag) = flag.take() {
                let is_data = matches!(flag.as_str(), "-d" | "--data");
                return check.json(&request, word).filter(|_| is_data);
            }
            if text.starts_with('-') && !word.is_quoted {
                flag = takes_value(&text).then_some(text);
                return None;
            }
            check.field(&request, word)
        })
    }
}

/// The variable that a statement sets.
fn named_by_let(statement: &Statement) -> Option<String> {
    match statement.words.as_slice() {
        [word, name, ..] if word.literal() == Some("let") => name.literal().map(str::to_owned),
        _ => None,
    }
}

struct Check<'a> {
    line: &'a str,
    known: &'a Known,
    set: &'a BTreeSet<String>,
}

impl Check<'_> {
    fn is_typed(&self, word: &Word) -> bool {
        word.span.end >= self.line.len()
    }

    /// The word as far as it is typed.
    fn span(&self, word: &Word) -> Range<usize> {
        word.span.start..word.span.end.min(self.line.len())
    }

    /// The first variable that is not there, or whose type does not have the path.
    fn variables(&self, words: &[Word]) -> Option<Mistake> {
        words.iter().find_map(|word| {
            let span = self.span(word);
            let mut from = span.start;
            word.pieces.iter().find_map(|piece| {
                let Piece::Variable { path, .. } = piece else {
                    return None;
                };
                let written = format!("${path}");
                let rest = self.line.get(from..span.end).unwrap_or_default();
                let start = from + rest.find(&written).unwrap_or_default();
                from = (start + written.len()).min(span.end);
                let name = path.split(['.', '[']).next().unwrap_or(path);
                let may_go_on =
                    from == self.line.len() && !Helper::variables(self.known, path).is_empty();
                if self.set.contains(name) || may_go_on {
                    return None;
                }
                let error = self.known.variables.value(path).err()?;
                Some((start..from, error.to_string()))
            })
        })
    }

    /// The word with the values of its variables; `None` without them.
    fn filled(&self, word: &Word) -> Option<String> {
        let is_known = word.pieces.iter().all(|piece| match piece {
            Piece::Text(_) => true,
            Piece::Variable { path, .. } => {
                let name = path.split(['.', '[']).next().unwrap_or(path);
                !self.set.contains(name)
            }
        });
        self.known.variables.fill(word).ok().filter(|_| is_known)
    }

    fn field(&self, request: &MessageDescriptor, word: &Word) -> Option<Mistake> {
        let text = self.filled(word)?;
        let why = if self.is_typed(word) {
            completion::bad_name(request, &text)
        } else {
            completion::bad_field(request, &text)
        };
        Some((self.span(word), why?))
    }

    fn json(&self, request: &MessageDescriptor, word: &Word) -> Option<Mistake> {
        let text = self.filled(word)?;
        if !text.starts_with('{') {
            return None;
        }
        let span = self.span(word);
        let typed = self.line.get(span.clone()).unwrap_or_default();
        if text.starts_with(typed) {
            let (at, why) = completion::bad_json(request, &text, typed.len())?;
            return Some((span.start + at.start..span.start + at.end, why));
        }
        // With quotation marks or variables in it, its places are others.
        let is_whole = word.span.end <= self.line.len();
        let mistake = completion::bad_json(request, &text, text.len());
        mistake.filter(|_| is_whole).map(|(_, why)| (span, why))
    }

    /// A message of a stream.
    fn message(&self, message: &MessageDescriptor, words: &[Word]) -> Option<Mistake> {
        if let Some(found) = self.variables(words) {
            return Some(found);
        }
        match words {
            [word] if plain(word).starts_with('{') => self.json(message, word),
            words => words.iter().find_map(|word| self.field(message, word)),
        }
    }
}
