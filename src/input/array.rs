//! JSON values in an array or one after another, one a message, read as they arrive.

use super::json::Json;
use super::messages::Messages;
use super::requests::Decode;
use crate::error::Result;
use crate::protobuf::Position;

/// Decodes such values.
pub struct JsonArray {
    messages: Messages<Json>,
    state: State,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The first bracket or value.
    Start,
    /// Values without an array around them.
    Bare,
    /// The first value of an array, or its end.
    First,
    /// A value.
    Next,
    /// What follows a value of an array.
    Separator,
    /// Nothing.
    End,
}

impl JsonArray {
    pub fn new(messages: Messages<Json>) -> Self {
        Self {
            messages,
            state: State::Start,
        }
    }

    /// Where the last message starts.
    pub fn last_position(&self) -> Position {
        self.messages.last_position()
    }

    /// Where the last message ends.
    pub fn position(&self) -> Position {
        self.messages.position()
    }
}

impl Decode for JsonArray {
    fn next(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<bool> {
        while let Some(byte) = self.messages.peek(input) {
            self.state = match (self.state, byte) {
                (State::Start, b'[') => State::First,
                (State::Start, _) => {
                    self.state = State::Bare;
                    break;
                }
                (State::First | State::Separator, b']') => State::End,
                (State::Separator, b',') => State::Next,
                (State::Separator, _) => {
                    return Err(self.messages.error("expected ',' or ']' behind the value"));
                }
                (State::End, _) => {
                    return Err(self.messages.error("unexpected text behind the array"));
                }
                (State::Bare | State::First | State::Next, _) => break,
            };
            self.messages.skip(1, input);
        }
        let is_complete = self.messages.next(input, out)?;
        if is_complete && self.state != State::Bare {
            self.state = State::Separator;
        }
        Ok(is_complete)
    }

    fn last(&mut self, out: &mut Vec<u8>) -> Result<bool> {
        if self.messages.last(out)? {
            if self.state == State::Bare {
                return Ok(true);
            }
        } else if matches!(self.state, State::Start | State::Bare | State::End) {
            return Ok(false);
        }
        Err(self.messages.error("the array has no end"))
    }

    fn can_continue(&self) -> bool {
        self.messages.can_continue()
    }

    fn take_incomplete(&mut self) -> Vec<u8> {
        self.messages.take_incomplete()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::decode;
    use super::*;
    use crate::protobuf::Layouts;
    use crate::protobuf::json::ReadOptions;

    /// The names in an input that arrives in chunks of every size, and the error it ends with.
    #[track_caller]
    fn read(input: &str) -> (Vec<String>, Option<String>) {
        let read = |chunk| {
            let mut layouts = Layouts::new(crate::schema::bundled_pool().unwrap());
            let name = layouts.find("Name").unwrap();
            let json = Json::new(ReadOptions::default());
            let messages = Messages::new(json, "-d", layouts, name, usize::MAX);
            decode(JsonArray::new(messages), input.as_bytes(), chunk)
        };
        let whole = read(input.len().max(1));
        for chunk in 1..input.len() {
            assert_eq!(read(chunk), whole, "in chunks of {chunk}");
        }
        whole
    }

    #[test]
    fn an_array_and_values_one_after_another_are_the_same() {
        for input in [
            "[{\"name\":\"A\"},{\"name\":\"B\"}]",
            "\u{feff} [ {\"name\":\"A\"}\n,\n {\"name\":\"B\"} ] \n",
            "{\"name\":\"A\"}{\"name\":\"B\"}",
            "{\"name\":\"A\"}\n{\"name\":\"B\"}\n",
        ] {
            assert_eq!(read(input), (vec!["A".to_owned(), "B".to_owned()], None));
        }
        for input in ["", "\n", "[]", " [ ] ", "\u{feff}"] {
            assert_eq!(read(input), (Vec::new(), None), "{input:?}");
        }
    }

    #[test]
    fn an_array_is_read_strictly() {
        for (input, count, error) in [
            ("[{}", 1, "line 1, column 4: the array has no end"),
            ("[", 0, "line 1, column 2: the array has no end"),
            ("[{},", 1, "line 1, column 5: the array has no end"),
            (
                "[{}\n{}]",
                1,
                "line 2, column 1: expected ',' or ']' behind the value",
            ),
            (
                "[{}]\n{}",
                1,
                "line 2, column 1: unexpected text behind the array",
            ),
            (
                "[{}],",
                1,
                "line 1, column 5: unexpected text behind the array",
            ),
            ("{}, {}", 1, "line 1, column 3"),
            ("[{},]", 1, "line 1, column 5"),
            ("[,{}]", 0, "line 1, column 2"),
            ("[[{}]]", 0, "line 1, column 2"),
            ("[5]", 0, "line 1, column 2"),
        ] {
            let (names, found) = read(input);
            let found = found.expect(input);
            assert!(
                found.starts_with(&format!("-d, {error}")),
                "{input}: {found}"
            );
            assert_eq!(names.len(), count, "{input}");
        }
    }

    #[test]
    fn a_value_is_where_it_starts_and_ends() {
        let mut layouts = Layouts::new(crate::schema::bundled_pool().unwrap());
        let name = layouts.find("Name").unwrap();
        let json = Json::new(ReadOptions::default());
        let mut array = JsonArray::new(Messages::new(json, "-d", layouts, name, usize::MAX));
        let mut input: &[u8] = b"[\n  {},\n  {\n  }\n]";
        let mut places = Vec::new();
        while array.next(&mut input, &mut Vec::new()).unwrap() {
            places.push((array.last_position().line, array.position().line));
        }
        assert_eq!(places, [(2, 2), (3, 4)]);
    }
}
