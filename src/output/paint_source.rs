//! Colors .proto source, token by token. It is our own output, so the grammar need not be checked.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::paint::string_len;

const KEYWORD: Style = AnsiColor::Blue.on_default().bold();
const TYPE: Style = AnsiColor::Cyan.on_default();
const NAME: Style = Style::new().bold();
const STRING: Style = AnsiColor::Green.on_default();
const NUMBER: Style = AnsiColor::Magenta.on_default();
const COMMENT: Style = AnsiColor::BrightBlack.on_default();

/// Keywords after which a name is declared.
const DECLARING: [&str; 6] = ["message", "enum", "service", "rpc", "oneof", "package"];

const KEYWORDS: [&str; 21] = [
    "edition",
    "export",
    "extend",
    "extensions",
    "false",
    "group",
    "import",
    "local",
    "map",
    "max",
    "option",
    "optional",
    "public",
    "repeated",
    "required",
    "reserved",
    "returns",
    "stream",
    "syntax",
    "to",
    "true",
];

const SCALARS: [&str; 15] = [
    "bool", "bytes", "double", "fixed32", "fixed64", "float", "int32", "int64", "sfixed32",
    "sfixed64", "sint32", "sint64", "string", "uint32", "uint64",
];

/// Adds color to .proto source.
pub fn paint_source(source: &str) -> String {
    let mut painted = String::with_capacity(source.len() * 2);
    let mut rest = source;
    let mut declares = false;
    // Only the first word of a statement declares something: fields may have the names of keywords.
    let mut is_first = true;
    while let Some(first) = rest.chars().next() {
        let is_comment = rest.starts_with("//");
        let len = match first {
            _ if is_comment => rest.find('\n').unwrap_or(rest.len()),
            '"' => string_len(rest),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => {
                if matches!(c, ';' | '{' | '}' | '(' | '<' | '[' | ',') {
                    is_first = true;
                    declares = false;
                }
                painted.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
                continue;
            }
        };
        let (token, tail) = rest.split_at(len);
        rest = tail;
        // The type of a field comes after these.
        let is_modifier =
            is_first && matches!(token, "optional" | "repeated" | "required" | "stream");
        let style = match first {
            _ if is_comment => COMMENT,
            '"' => STRING,
            '-' | '0'..='9' => NUMBER,
            _ if std::mem::take(&mut declares) => NAME,
            _ if DECLARING.contains(&token) && is_first => {
                declares = true;
                KEYWORD
            }
            _ if SCALARS.contains(&token) => TYPE,
            _ if KEYWORDS.contains(&token) => KEYWORD,
            _ if is_first => TYPE,
            _ => Style::new(),
        };
        is_first &= is_comment || is_modifier;
        let _ = write!(painted, "{style}{token}{style:#}");
    }
    painted
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || "_.-".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every token with its style: `k`eyword, `t`ype, `n`ame, `s`tring, number `#`, comment `/`, or none.
    fn styles(source: &str) -> Vec<(char, String)> {
        let painted = paint_source(source);
        let styles = [
            (KEYWORD, 'k'),
            (TYPE, 't'),
            (NAME, 'n'),
            (STRING, 's'),
            (NUMBER, '#'),
            (COMMENT, '/'),
        ];
        let mut found = Vec::new();
        for part in painted.split("\u{1b}[0m") {
            for (style, mark) in styles {
                if let Some((_, token)) = part.split_once(&style.to_string())
                    && !token.contains('\u{1b}')
                {
                    found.push((mark, token.to_owned()));
                }
            }
        }
        found
    }

    fn pairs(expected: &[(char, &str)]) -> Vec<(char, String)> {
        let pairs = expected.iter();
        pairs
            .map(|(mark, token)| (*mark, (*token).to_owned()))
            .collect()
    }

    #[test]
    fn tokens_are_told_apart() {
        assert_eq!(
            styles(
                "// \"A\" message\nmessage A {\n  repeated b.C list = 1 [json_name = \"x;\"];\n"
            ),
            pairs(&[
                ('/', "// \"A\" message"),
                ('k', "message"),
                ('n', "A"),
                ('k', "repeated"),
                ('t', "b.C"),
                ('#', "1"),
                ('t', "json_name"),
                ('s', "\"x;\""),
            ])
        );
        assert_eq!(
            styles("rpc Get(stream A) returns (B) {}"),
            pairs(&[
                ('k', "rpc"),
                ('n', "Get"),
                ('k', "stream"),
                ('t', "A"),
                ('k', "returns"),
                ('t', "B"),
            ])
        );
    }

    #[test]
    fn without_the_colors_the_source_is_the_same() {
        let source = "syntax = \"proto3\";\n\nenum Größe {\n  option x = -1.5;\n  /* a */ A = 0; // \\\"\n}\n";
        let mut plain = paint_source(source);
        for style in [KEYWORD, TYPE, NAME, STRING, NUMBER, COMMENT] {
            plain = plain.replace(&style.to_string(), "");
        }
        assert_eq!(plain.replace("\u{1b}[0m", ""), source);
    }
}
