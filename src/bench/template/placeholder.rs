//! Placeholders as they are written.

use super::values::{Placeholder, Range};
use crate::bench::rows::Rows;
use crate::error::{Error, Result};
use crate::schema::{did_you_mean, nearest};

const START: &str = "{{";
const END: &str = "}}";

const ALL: [&str; 5] = [
    "{{call}}",
    "{{worker}}",
    "{{uuid}}",
    "{{random LOW HIGH}}",
    "{{csv COLUMN}}",
];

/// A part of a text.
#[derive(Debug)]
pub enum Piece<'t> {
    Text(&'t str),
    /// A placeholder, and how it is written.
    Placeholder(&'t str, Placeholder),
}

/// A text → what is in it. `{{` always starts a placeholder; in strings of JSON and of the text format, one brace may be
/// written as an escape.
///
/// # Errors
/// When a placeholder does not exist, or `rows` have no such column.
pub fn pieces<'t>(text: &'t str, rows: Option<&Rows>) -> Result<Vec<Piece<'t>>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(START) {
        let Some((inner, tail)) = after.split_once(END) else {
            let line = after.lines().next().unwrap_or_default();
            return Err(
                Error::usage(format!("the placeholder {START}{line} has no end"))
                    .hinted(format!("it ends with {END}")),
            );
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        let len = START.len() + inner.len() + END.len();
        let written = rest
            .get(before.len()..before.len() + len)
            .unwrap_or_default();
        pieces.push(Piece::Placeholder(written, parse(written, inner, rows)?));
        rest = tail;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

fn parse(written: &str, inner: &str, rows: Option<&Rows>) -> Result<Placeholder> {
    let inner = inner.trim();
    let (name, argument) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
    let argument = argument.trim();
    match (name, argument) {
        ("call", "") => Ok(Placeholder::Call),
        ("worker", "") => Ok(Placeholder::Worker),
        ("uuid", "") => Ok(Placeholder::Uuid),
        ("call" | "worker" | "uuid", _) => {
            Err(Error::usage(format!("{written}: {name} takes no argument")))
        }
        ("random", _) => random(written, argument),
        ("csv", _) => csv(written, argument, rows),
        _ => Err(unknown(written, name)),
    }
}

fn unknown(written: &str, name: &str) -> Error {
    let names = ["call", "worker", "uuid", "random", "csv"];
    let question =
        did_you_mean(nearest(name, names)).map_or_else(String::new, |question| question + " ");
    Error::usage(format!("unknown placeholder {written}"))
        .hinted(format!("{question}there are {}", ALL.join(", ")))
}

fn random(written: &str, argument: &str) -> Result<Placeholder> {
    let mut numbers = argument.split_whitespace().map(str::parse::<i128>);
    let (Some(Ok(low)), Some(Ok(high)), None) = (numbers.next(), numbers.next(), numbers.next())
    else {
        return Err(Error::usage(format!(
            "{written}: expected two integers, as in {{{{random 1 6}}}}"
        )));
    };
    if low > high {
        return Err(Error::usage(format!(
            "{written}: {low} is more than {high}"
        )));
    }
    let range = Range::new(low, high);
    let range = range
        .ok_or_else(|| Error::usage(format!("{written}: the integers do not have 64 bits")))?;
    Ok(Placeholder::Random(range))
}

fn csv(written: &str, column: &str, rows: Option<&Rows>) -> Result<Placeholder> {
    if column.is_empty() {
        return Err(Error::usage(format!(
            "{written}: expected a column, as in {{{{csv name}}}}"
        )));
    }
    let Some(rows) = rows else {
        return Err(Error::usage(format!("{written}: there is no file of rows"))
            .hinted("name it with --csv"));
    };
    let at = rows.columns().iter().position(|known| known == column);
    let at = at.ok_or_else(|| {
        Error::usage(format!("{written}: there is no column {column:?}"))
            .hinted(format!("the columns are {}", rows.columns().join(", ")))
    })?;
    Ok(Placeholder::Csv(at))
}
