//! Lines without their secrets, for the history and for what is said about a script.

use crate::secret::{MASK, is_secret, without_password};

/// A line without the values of headers that are secrets, and without the passwords of URLs. What is masked may be more than the
/// secret, never less: an unquoted value ends with the statement.
pub fn redacted(line: &str) -> String {
    without_passwords(&without_headers(line))
}

fn without_headers(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut quote: Option<char> = None;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (_, ':') if is_secret(&name_before(&text)) => {
                let end = match quote {
                    Some(open) => after.find(open),
                    None => after.find([';', '|', '\n']),
                };
                let (value, tail) = after.split_at(end.unwrap_or(after.len()));
                if is_variable(value) {
                    text.push(':');
                    text.push_str(value);
                } else {
                    text.push_str(": ");
                    text.push_str(MASK);
                    // What follows stays apart from it.
                    let blank = value.len() - value.trim_end().len();
                    text.push_str(value.get(value.len() - blank..).unwrap_or_default());
                }
                rest = tail;
                continue;
            }
            _ => {}
        }
        text.push(c);
        rest = after;
    }
    text
}

/// The name of the header in front of a colon.
fn name_before(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let start = text.rfind(|c| !is_part(c)).map_or(0, |at| at + 1);
    text.get(start..).unwrap_or_default().to_lowercase()
}

/// Whether a value is a variable of the environment, perhaps behind a scheme: not the secret itself.
fn is_variable(value: &str) -> bool {
    let value = value.trim();
    let value = value.rsplit(' ').next().unwrap_or(value);
    value.starts_with("${") && value.find('}') == Some(value.len() - 1)
}

/// Masks the password of `scheme://user:password@host`.
fn without_passwords(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (head, url) = rest.split_at(at + "://".len());
        text.push_str(head);
        let end = url.find([' ', '\'', '"', '\n']).unwrap_or(url.len());
        let (url, tail) = url.split_at(end);
        text.push_str(&without_password(url));
        rest = tail;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_wherever_they_are() {
        for (line, kept) in [
            (
                "header 'authorization: Bearer abc'",
                "header 'authorization: ***'",
            ),
            (
                "header authorization: Bearer abc",
                "header authorization: ***",
            ),
            (
                "list -H 'x-a: b' -H \"x-api-key: c\"",
                "list -H 'x-a: b' -H \"x-api-key: ***\"",
            ),
            (
                "list -vH'authorization: x' -q",
                "list -vH'authorization: ***' -q",
            ),
            (
                "list | curl -H 'cookie: x' y",
                "list | curl -H 'cookie: ***' y",
            ),
            (
                "header authorization: x; list",
                "header authorization: ***; list",
            ),
            (
                "set proxy http://me:a=b:c@p:1",
                "set proxy http://me:***@p:1",
            ),
            (
                "list --proxy=http://me:abc@p:1 -v",
                "list --proxy=http://me:***@p:1 -v",
            ),
        ] {
            assert_eq!(redacted(line), kept);
        }
    }

    #[test]
    fn what_is_not_a_secret_stays() {
        for line in [
            "header 'authorization: Bearer ${TOKEN}'",
            "GetPerson name=http://a@b",
            "call -a http://host:1 M -d {\"a\": 1}",
            "list -H 'x-request-id: 7'",
        ] {
            assert_eq!(redacted(line), line);
        }
    }
}
