//! JSON on one line → the same over several lines, with two spaces a level, token by token: numbers stay as they are
//! written, and members in their order.

use super::paint::string_len;

/// Indents one JSON value.
pub fn indent(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut level = 0_usize;
    let mut rest = json.trim();
    while let Some(token) = rest.chars().next() {
        let len = match token {
            '"' => string_len(rest),
            _ => token.len_utf8(),
        };
        let (head, tail) = rest.split_at(len);
        rest = tail.trim_start();
        match token {
            '{' | '[' => {
                out.push(token);
                // An empty one stays on its line.
                let closing = if token == '{' { '}' } else { ']' };
                if let Some(after) = rest.strip_prefix(closing) {
                    out.push(closing);
                    rest = after.trim_start();
                } else {
                    level += 1;
                    new_line(&mut out, level);
                }
            }
            '}' | ']' => {
                level = level.saturating_sub(1);
                new_line(&mut out, level);
                out.push(token);
            }
            ',' => {
                out.push(',');
                new_line(&mut out, level);
            }
            ':' => out.push_str(": "),
            _ => out.push_str(head),
        }
    }
    out
}

fn new_line(out: &mut String, level: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", level));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indented_json_is_what_serde_json_makes_of_it() {
        for json in [
            r#"{"a":[1,{"b":"x,y:{}\"["},[],{}],"ü":null,"c":-1.5e3}"#,
            "[]",
            "{}",
            r#""\\""#,
            "[[[1]]]",
        ] {
            let value: serde_json::Value = serde_json::from_str(json).unwrap();
            let expected = serde_json::to_string_pretty(&value).unwrap();
            // serde_json sorts members, and writes numbers its own way.
            if json.contains("e3") {
                assert!(indent(json).contains("\n  \"c\": -1.5e3\n"));
                let again: serde_json::Value = serde_json::from_str(&indent(json)).unwrap();
                assert_eq!(again, value);
            } else {
                assert_eq!(indent(json), expected);
            }
        }
    }
}
