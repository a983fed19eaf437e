//! Colors formatted messages. One tokenizer is enough for JSON and the text format, which have the same tokens: strings,
//! words and punctuation.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

const KEY: Style = AnsiColor::Blue.on_default().bold();
const STRING: Style = AnsiColor::Green.on_default();
const WORD: Style = AnsiColor::Cyan.on_default();

/// Adds color to one formatted message.
pub fn paint(message: &str) -> String {
    let mut painted = String::with_capacity(message.len() * 2);
    let mut rest = message;
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '"' => string_len(rest),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => {
                painted.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
                continue;
            }
        };
        let (token, tail) = rest.split_at(len);
        let after = tail.trim_start_matches(' ');
        let style = if after.starts_with(':') || (first != '"' && after.starts_with('{')) {
            KEY
        } else if first == '"' {
            STRING
        } else {
            WORD
        };
        let _ = write!(painted, "{style}{token}{style:#}");
        rest = tail;
    }
    painted
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || "_.+-/".contains(c)
}

/// The length of the string literal that `text` starts with, quotes included.
pub(super) fn string_len(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn painting_adds_color_and_changes_nothing_else() {
        for message in [
            r#"{"name":"a \" b: {","age":-1.5e3,"ok":true,"list":[1,"x"]}"#,
            "name: \"Alice\"\naddress {\n  street: \"1\"\n}",
            "\"unterminated",
            "",
        ] {
            let painted = paint(message);
            assert_eq!(anstream::adapter::strip_str(&painted).to_string(), message);
        }
    }

    #[test]
    fn keys_and_values_differ() {
        assert_eq!(
            paint(r#"{"a":"b"}"#),
            format!("{{{KEY}\"a\"{KEY:#}:{STRING}\"b\"{STRING:#}}}")
        );
    }
}
