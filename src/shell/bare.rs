//! The words of a line → those of a command.

use super::words::{Statement, Word};
use crate::cli::{Command, Line, Typed};

/// The flag of a call that opens an editor, which only a shell has.
pub const EDIT: &str = "--edit";

/// A method's name alone is a call.
pub fn with_command(words: Vec<String>) -> Vec<String> {
    let is_command = words
        .first()
        .is_none_or(|word| word.starts_with('-') || Typed::is_command(word) || !is_method(word));
    if is_command {
        return words;
    }
    std::iter::once("call".to_owned()).chain(words).collect()
}

/// Whether a word may name a method. In lowercase, it is rather a command that is misspelled.
pub fn is_method(word: &str) -> bool {
    word.contains(['/', '.']) || word.starts_with(char::is_uppercase)
}

/// The command that a statement without variables is.
pub fn command(statement: &Statement) -> Option<Command> {
    let words = statement.words.iter().map(Word::literal);
    let words: Vec<String> = words
        .map(|it| it.map(str::to_owned))
        .collect::<Option<_>>()?;
    match Typed::read(&with_command(words), false) {
        Ok(Line::Command(command)) => Some(command),
        _ => None,
    }
}
