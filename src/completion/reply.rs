//! What a shell is told: the candidates in the form that its script reads, quoted as the shell does.

use std::fmt::Write as _;

use super::candidate::{Candidate, Candidates};
use super::request::Request;
use crate::cli::Shell;
use crate::output::escape::{escape, is_unsafe};

/// The answer to a request. Names of servers and files are only in it if they do nothing to a terminal.
pub fn write(request: &Request, mut candidates: Candidates) -> String {
    let typed = request.word.text.as_str();
    candidates
        .list
        .retain(|it| it.text.starts_with(typed) && !it.text.contains(is_unsafe));
    match request.shell {
        Shell::Bash => bash(request, &candidates.list),
        Shell::Zsh => zsh(request, &candidates),
        Shell::Fish | Shell::PowerShell => described(&candidates.list),
        Shell::Elvish | Shell::Nushell => {
            let texts = candidates.list.iter().map(|it| it.text.as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
    }
}

/// The first line says whether a space goes after the candidate, if it is the only one. Then what follows the part of the
/// word that bash keeps, a candidate a line.
fn bash(request: &Request, candidates: &[Candidate]) -> String {
    let word = &request.word;
    let kept = word.text_for(request.kept_by_bash);
    let quote = word.open_quote.map(|(mark, _)| mark);
    let is_open = matches!(candidates, [only] if only.is_open);
    let mut reply = if is_open { "nospace\n" } else { "space\n" }.to_owned();
    for candidate in candidates {
        let rest = candidate.text.get(kept..).unwrap_or_default();
        let is_start = request.kept_by_bash == 0;
        for (at, c) in rest.char_indices() {
            let is_special = match (quote, c) {
                (Some('\''), c) => c == '\'',
                (Some(_), c) => "\"$`\\".contains(c),
                (None, '[' | ']') => candidate.is_path,
                // `~/` is a home folder, and a path that starts with it was typed so.
                (None, '~' | '#') => is_start && at == 0 && !candidate.is_path,
                (None, c) => " '\"\\$`&;|<>()*?!{}".contains(c),
            };
            match (is_special, quote) {
                (true, Some('\'')) => reply.push_str("'\\'"),
                (true, _) => reply.push('\\'),
                _ => {}
            }
            reply.push(c);
        }
        reply.push('\n');
    }
    reply
}

/// The first line is the number of characters of the word that stay as they are typed. Then a candidate a line: `+` if
/// more follows it in the same word, what zsh inserts and quotes, and what it shows.
fn zsh(request: &Request, candidates: &Candidates) -> String {
    // One that continues the word, but not behind what is kept, is shown in full.
    let kept = candidates.kept;
    let typed = request.word.typed_for(kept);
    // zsh does not count the quotation mark in front of the word.
    let quote = request.word.open_quote.filter(|(_, start)| *start == 1);
    let typed = typed.saturating_sub(usize::from(quote.is_some() && typed > 0));
    let mut reply = format!("{typed}\n");
    let values = || {
        let list = candidates.list.iter();
        list.map(|it| (it, it.text.get(kept..).unwrap_or_default()))
    };
    let width = values().map(|(_, value)| value.chars().count()).max();
    let width = width.unwrap_or_default();
    for (candidate, value) in values() {
        let more = if candidate.is_open { "+" } else { "-" };
        let _ = match help(candidate) {
            Some(help) => writeln!(reply, "{more}\t{value}\t{value:width$}  -- {help}"),
            None => writeln!(reply, "{more}\t{value}\t{value}"),
        };
    }
    reply
}

/// A candidate a line, with its description after a tab. fish leaves the space out after `=`, `.`, `:` and `/`, but not after
/// the `[` of a map, so a map is offered as one JSON value.
fn described(candidates: &[Candidate]) -> String {
    let mut reply = String::new();
    for candidate in candidates {
        let text = match candidate.text.strip_suffix('[') {
            Some(map) if candidate.is_open => format!("{map}:="),
            _ => candidate.text.clone(),
        };
        let _ = match help(candidate) {
            Some(help) => writeln!(reply, "{text}\t{help}"),
            None => writeln!(reply, "{text}"),
        };
    }
    reply
}

/// The first line of the description.
fn help(candidate: &Candidate) -> Option<String> {
    let line = candidate.help.as_deref()?.lines().next()?.trim();
    (!line.is_empty()).then(|| escape(line).into_owned())
}
