//! What a shell asks: the command line up to the cursor, and the word to complete. Each shell has its own form, which its
//! script in `commands::completions` sends.

use std::ffi::OsString;

use clap::ValueEnum as _;
use prost_reflect::DescriptorPool;

use super::words::{Dialect, Word, split};
use crate::cli::Shell;

/// Whose script asks. The value is the name of the shell.
const ASKED: &str = "COMPLETE";

/// A command line with the cursor in it.
pub struct Request {
    pub shell: Shell,
    /// The schema, if it is known already.
    pub pool: Option<DescriptorPool>,
    /// The words before the one to complete, the program's name left out.
    pub before: Vec<String>,
    /// The word to complete, up to the cursor.
    pub word: Word,
    /// The words after it.
    pub after: Vec<String>,
    /// bash: how much of what is typed of the word stays. Readline completes what is behind a `=` or `:`.
    pub kept_by_bash: usize,
}

/// The request of a shell, or `None` if this is an ordinary run.
pub fn from_shell() -> Option<Request> {
    let shell = Shell::from_str(std::env::var_os(ASKED)?.to_str()?, false).ok()?;
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != "--" {
        return None;
    }
    let arguments = arguments.map(|it: OsString| it.to_string_lossy().into_owned());
    parse(shell, &arguments.collect::<Vec<_>>())
}

fn parse(shell: Shell, arguments: &[String]) -> Option<Request> {
    match shell {
        Shell::Bash => bash(arguments),
        Shell::Zsh => zsh(arguments),
        Shell::Fish => fish(arguments),
        Shell::PowerShell | Shell::Elvish => {
            let (current, words) = arguments.split_last()?;
            let word = Word::plain(current.clone());
            Some(request(shell, words.iter().skip(1).cloned(), word))
        }
        Shell::Nushell => None,
    }
}

fn request(shell: Shell, before: impl Iterator<Item = String>, word: Word) -> Request {
    Request {
        shell,
        pool: None,
        before: before.collect(),
        word,
        after: Vec::new(),
        kept_by_bash: 0,
    }
}

/// What our own shell asks, whose schema is known.
pub fn of_our_shell(pool: Option<DescriptorPool>, before: Vec<String>, word: &str) -> Request {
    Request {
        pool,
        ..request(
            Shell::Bash,
            before.into_iter(),
            Word::plain(word.to_owned()),
        )
    }
}

/// The line up to the cursor, the line after it, and what Readline takes for the word. bash also has the words, but splits
/// them at `=` and `:`, and what was between them is lost.
fn bash(arguments: &[String]) -> Option<Request> {
    let [left, right, end] = arguments else {
        return None;
    };
    let mut words = split(left, Dialect::Posix, variable);
    let word = words.pop()?;
    let typed = left.get(word.start..).unwrap_or_default();
    let kept = match typed.strip_suffix(end.as_str()) {
        Some(kept) => kept.len(),
        None => word.open_quote.map_or(0, |(_, start)| start),
    };
    // The rest of the word itself is not a word.
    let rest = right.trim_start_matches(|c: char| !c.is_ascii_whitespace());
    let mut request = request(Shell::Bash, words.into_iter().skip(1).map(meaning), word);
    request.after = split(rest, Dialect::Posix, variable)
        .into_iter()
        .map(meaning)
        .filter(|word| !word.is_empty())
        .collect();
    request.kept_by_bash = kept;
    Some(request)
}

/// The command up to the cursor, as it is typed, perhaps with variables in front of it.
fn fish(arguments: &[String]) -> Option<Request> {
    let mut words = split(arguments.first()?, Dialect::Fish, variable);
    let word = words.pop()?;
    let words = words.into_iter().map(meaning);
    let words = words.skip_while(|word| word.contains('=')).skip(1);
    Some(request(Shell::Fish, words, word))
}

/// The number of the word, counted from one, the quotation mark that is open, the word after that up to the cursor, and
/// all words as they are typed.
fn zsh(arguments: &[String]) -> Option<Request> {
    let [number, quote, prefix, words @ ..] = arguments else {
        return None;
    };
    let at = number.parse::<usize>().ok()?.checked_sub(1)?;
    let typed = |word: &String| {
        let word = split(word, Dialect::Posix, variable).into_iter().next();
        word.map(meaning)
    };
    let word = split(&format!("{quote}{prefix}"), Dialect::Posix, variable).pop()?;
    let before = words.iter().take(at).skip(1).filter_map(typed);
    let mut request = request(Shell::Zsh, before, word);
    request.after = words.iter().skip(at + 1).filter_map(typed).collect();
    Some(request)
}

/// A word before the cursor, with the home folder in the place of `~`.
fn meaning(word: Word) -> String {
    let is_quoted = word.typed_for(1) != 1;
    match word.text.strip_prefix("~/") {
        Some(rest) if !is_quoted => match dirs::home_dir() {
            Some(home) => home.join(rest).to_string_lossy().into_owned(),
            None => word.text,
        },
        _ => word.text,
    }
}

/// An exported variable.
fn variable(name: &str) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(shell: Shell, arguments: &[&str]) -> Request {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        parse(shell, &arguments).unwrap()
    }

    #[test]
    fn bash_passes_the_line_with_a_word_that_it_has_split() {
        let request = asked(
            Shell::Bash,
            &["routeguide call -a :1 M name=@my\\ f", "x -q", "@my\\ f"],
        );
        assert_eq!(request.before, ["call", "-a", ":1", "M"]);
        assert_eq!(request.word.text, "name=@my f");
        assert_eq!(request.kept_by_bash, "name=".len());
        assert_eq!(request.after, ["-q"]);
    }

    #[test]
    fn zsh_passes_the_quotation_mark_that_is_open() {
        let request = asked(
            Shell::Zsh,
            &["3", "\"", "pay", "routeguide", "call", "\"pay", "-q"],
        );
        assert_eq!(request.before, ["call"]);
        assert_eq!(request.word.text, "pay");
        assert_eq!(request.word.typed_for(0), 0);
        assert_eq!(request.after, ["-q"]);
    }

    #[test]
    fn fish_passes_the_word_as_it_is_typed() {
        let request = asked(Shell::Fish, &["A=b routeguide call 'my f"]);
        assert_eq!(request.before, ["call"]);
        assert_eq!(request.word.text, "my f");
    }
}
