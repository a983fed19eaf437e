//! Messages in the text format. The format itself does not mark the end of a message: the ASCII record separator
//! separates two, as in grpcurl.

use super::messages::{End, Format};
use crate::protobuf::text;
use crate::protobuf::{LayoutId, Layouts, ParseError};

/// ASCII's record separator. In a string it is written `\036`.
const SEPARATOR: u8 = 0x1e;

/// Messages in the text format. Nothing between two separators is a message without fields; nothing after the last one
/// is not a message, so that a message can be ended before the next one begins.
#[derive(Debug)]
pub struct Text;

impl Format for Text {
    fn blank(&self, _input: &[u8]) -> usize {
        0
    }

    fn end(&mut self, input: &[u8]) -> Option<End> {
        let text = memchr::memchr(SEPARATOR, input)?;
        Some(End {
            text,
            with_separator: text + 1,
        })
    }

    fn parse(
        &self,
        layouts: &mut Layouts,
        message: LayoutId,
        text: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), ParseError> {
        match std::str::from_utf8(text) {
            Ok(text) => text::read_into(layouts, message, text, out),
            Err(error) => Err(ParseError::at(text, error.valid_up_to(), "not valid UTF-8")),
        }
    }

    /// Separators end messages, whatever is in them.
    fn is_well_formed(&self, _text: &[u8]) -> bool {
        true
    }

    fn too_long_hint(&self) -> Option<&'static str> {
        Some("messages in the text format are separated by the character 0x1e, printf's \\036")
    }
}

#[cfg(test)]
mod tests {
    use super::super::messages::testing::read_names;
    use super::*;

    fn read(input: &[u8], chunk: usize) -> (Vec<String>, Option<String>) {
        read_names(Text, 32, input, chunk)
    }

    #[test]
    fn messages_are_what_is_between_separators_however_they_arrive() {
        for chunk in [1, 2, 7, 1000] {
            assert_eq!(
                read(b"name: 'A'\n\x1e\nname: \"B\\036\" \x1ename: 'C'", chunk),
                (vec!["A".into(), "B\x1e".into(), "C".into()], None)
            );
        }
    }

    #[test]
    fn nothing_is_a_message_between_separators_and_not_after_the_last() {
        for (input, messages) in [
            (&b""[..], 0),
            (b" \n", 0),
            (b"\x1e", 1),
            (b"\x1e \x1e\n", 2),
        ] {
            for chunk in [1, 1000] {
                assert_eq!(read(input, chunk), (vec![String::new(); messages], None));
            }
        }
    }

    #[test]
    fn a_mistake_is_reported_with_its_place_in_the_whole_input_after_the_messages_before_it() {
        for chunk in [1, 7, 1000] {
            assert_eq!(
                read(b"name: 'A'\n\x1ename:\n  5\x1ename: 'C'", chunk),
                (
                    vec!["A".into()],
                    Some(
                        "-d, line 3, column 3, field name: expected a string in quotes, found \"5\""
                            .into()
                    )
                )
            );
            assert_eq!(
                read("name: 'é'\x1enaem: 1".as_bytes(), chunk),
                (
                    vec!["é".into()],
                    Some("-d, line 1, column 11: Name has no field \"naem\"".into())
                )
            );
        }
    }

    #[test]
    fn bad_utf8_is_reported_with_its_place() {
        assert_eq!(
            read(b"name: 'A'\x1e\nname: '\xff'", 1000),
            (
                vec!["A".into()],
                Some("-d, line 2, column 8: not valid UTF-8".into())
            )
        );
    }
}
