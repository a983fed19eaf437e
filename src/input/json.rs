//! Finding where one JSON value of a stream ends and the next one begins. Values are concatenated or on lines of their
//! own (<https://en.wikipedia.org/wiki/JSON_streaming>, "concatenated JSON").

use super::messages::{End, Format};
use crate::protobuf::json::{self, ReadOptions};
use crate::protobuf::quote::plain_len;
use crate::protobuf::{LayoutId, Layouts, ParseError};

/// JSON values, one a message.
#[derive(Debug)]
pub struct Json {
    options: ReadOptions,
    splitter: Splitter,
}

impl Json {
    pub fn new(options: ReadOptions) -> Self {
        Self {
            options,
            splitter: Splitter::default(),
        }
    }
}

impl Format for Json {
    fn blank(&self, input: &[u8]) -> usize {
        input.iter().take_while(|byte| is_blank(**byte)).count()
    }

    fn end(&mut self, input: &[u8]) -> Option<End> {
        let text = self.splitter.end(input)?;
        self.splitter = Splitter::default();
        Some(End {
            text,
            with_separator: text,
        })
    }

    fn parse(
        &self,
        layouts: &mut Layouts,
        message: LayoutId,
        text: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), ParseError> {
        json::read_into(layouts, message, text, self.options, out)
    }

    fn is_well_formed(&self, text: &[u8]) -> bool {
        json::check(text).is_ok()
    }

    fn too_long_hint(&self) -> Option<&'static str> {
        None
    }
}

/// How much of a string comes before its end or an escape.
fn string_len(text: &[u8]) -> usize {
    // Most strings are short and plain, which is seen faster than a search is set up.
    let plain = plain_len(text);
    match text.get(plain) {
        None | Some(b'"' | b'\\') => plain,
        Some(_) => memchr::memchr2(b'"', b'\\', text).unwrap_or(text.len()),
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// Finds where a value ends without understanding it, and continues where it stopped when more input comes.
#[derive(Debug, Default)]
struct Splitter {
    depth: usize,
    /// In a value without quotes or brackets, which ends where something else begins.
    in_word: bool,
    in_string: bool,
    is_escaped: bool,
}

impl Splitter {
    /// The end of the value that `input` continues.
    fn end(&mut self, input: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(&byte) = input.get(at) {
            if self.in_string {
                at += 1;
                if self.is_escaped {
                    self.is_escaped = false;
                } else if byte == b'\\' {
                    self.is_escaped = true;
                } else if byte == b'"' {
                    self.in_string = false;
                    if self.depth == 0 {
                        return Some(at);
                    }
                } else {
                    at += string_len(input.get(at..).unwrap_or_default());
                }
                continue;
            }
            if self.in_word && (is_blank(byte) || matches!(byte, b'{' | b'[' | b'"')) {
                return Some(at);
            }
            at += 1;
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at);
                    }
                }
                _ if is_blank(byte) => {}
                // No JSON has it here, and what follows cannot change that.
                0..0x20 => return Some(at),
                _ => self.in_word = self.depth == 0,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::messages::testing::read_names;
    use super::*;

    fn read(input: &[u8], chunk: usize) -> (Vec<String>, Option<String>) {
        read_names(Json::new(ReadOptions::default()), 1 << 20, input, chunk)
    }

    #[test]
    fn values_are_concatenated_or_on_lines_however_they_arrive() {
        let input = br#"{"name":"A}\"{"}{"name": "B"}
            {
              "name": "C"
            }   {} "#;
        for chunk in 1..input.len() {
            let (names, error) = read(input, chunk);
            assert_eq!(names, ["A}\"{", "B", "C", ""]);
            assert_eq!(error, None);
        }
    }

    #[test]
    fn a_mistake_is_reported_with_its_place_after_the_messages_before_it() {
        let input = b"{\"name\":\"A\"}\n{\"name\":\n  5}\n{\"name\":\"C\"}";
        for chunk in [1, 7, 1000] {
            let (names, error) = read(input, chunk);
            assert_eq!(names, ["A"]);
            assert_eq!(
                error.as_deref(),
                Some("-d, line 3, column 3, field name: expected string, found number 5")
            );
        }
    }

    #[test]
    fn input_that_ends_within_a_value_is_a_mistake() {
        let (names, error) = read(b"{} {\"name\": \"B\"", 1000);
        assert_eq!(names, [""]);
        let error = error.unwrap();
        assert!(
            error.contains("line 1, column 16: unexpected end of JSON"),
            "{error}"
        );
    }

    #[test]
    fn garbage_is_a_mistake_and_not_the_start_of_something() {
        for input in [&b"} {}"[..], b"nonsense", b"5", b"\"A\"", b"[1]"] {
            let (names, error) = read(input, 1000);
            assert!(names.is_empty());
            assert!(error.is_some_and(|error| error.starts_with("-d, line 1, column 1")));
        }
    }

    #[test]
    fn a_control_character_ends_the_value_it_is_in() {
        let mut splitter = Splitter::default();
        assert_eq!(splitter.end(b"{\0\0\0"), Some(2));
    }

    #[test]
    fn blanks_between_values_are_not_part_of_them() {
        let input = [&b"{}"[..], &[b'\n'; 100], b"{}"].concat();
        let (names, error) = read_names(Json::new(ReadOptions::default()), 16, &input, 10);
        assert_eq!((names.len(), error), (2, None));
    }
}
