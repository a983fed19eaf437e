//! Message bytes → text or JSON: the only place that knows both formats.

use prost_reflect::{DescriptorPool, MessageDescriptor};
use tonic::Code;

use super::escape::escape_literal;
use super::paint::paint;
use crate::error::{Error, Result};
use crate::protobuf::json::{self, Int64};
use crate::protobuf::{LayoutId, Layouts, Unrepresentable, WriteError, text};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    Text,
    Json,
}

/// How messages are written.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Style {
    pub syntax: Syntax,
    /// Indented over several lines, or else one line per message.
    pub indent: bool,
    pub emit_defaults: bool,
    pub proto_names: bool,
    pub enum_numbers: bool,
    pub int64: Int64,
    pub color: bool,
    /// Metadata that holds secrets is shown as it is.
    pub secrets: bool,
    /// The output is a terminal, so unsafe characters are escaped.
    pub terminal: bool,
}

impl Style {
    /// JSON with the default options.
    pub fn json(indent: bool, terminal: bool, color: bool) -> Self {
        Self {
            syntax: Syntax::Json,
            indent,
            emit_defaults: false,
            proto_names: false,
            enum_numbers: false,
            int64: Int64::Strings,
            color,
            secrets: false,
            terminal,
        }
    }
}

/// Writes messages of one type.
pub struct MessageWriter {
    name: String,
    layouts: Layouts,
    root: LayoutId,
    style: Style,
    /// Whether a message has been written.
    has_written: bool,
    /// The value of `has_written` before the last message.
    had_written: bool,
}

impl MessageWriter {
    pub fn new(message: &MessageDescriptor, style: Style) -> Self {
        let mut layouts = Layouts::new(message.parent_pool().clone());
        Self {
            name: message.full_name().to_owned(),
            root: layouts.compile(message),
            layouts,
            style,
            has_written: false,
            had_written: false,
        }
    }

    /// Appends one message and its newline to `out`.
    ///
    /// # Errors
    /// When the bytes are not a message of the type, or cannot be written in the format. Nothing is appended then.
    pub fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
        self.write_unless(bytes, out, |_| false).map(|_| ())
    }

    /// As [`MessageWriter::write`], unless the message contains an Any of an unknown type that `is_wanted`. Then nothing is
    /// appended, and the names of those types are returned.
    ///
    /// # Errors
    /// As [`MessageWriter::write`].
    pub fn write_unless(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        is_wanted: impl Fn(&String) -> bool,
    ) -> Result<Vec<String>> {
        let start = out.len();
        let separate = self.has_written && self.style.indent && self.style.syntax == Syntax::Text;
        if separate {
            out.push(b'\n');
        }
        let body = out.len();
        if let Err(error) = self.transcode(bytes, out) {
            out.truncate(start);
            return Err(unwritable(&self.name, error));
        }
        if self.layouts.has_unresolved() {
            let mut missing = self.layouts.take_unresolved();
            missing.retain(is_wanted);
            if !missing.is_empty() {
                out.truncate(start);
                return Ok(missing);
            }
        }
        self.had_written = std::mem::replace(&mut self.has_written, true);
        if self.style.terminal || self.style.color {
            self.dress(out, body)?;
        }
        out.push(b'\n');
        Ok(Vec::new())
    }

    /// Takes back the last message, which will not be printed.
    pub fn forget_last(&mut self) {
        self.has_written = self.had_written;
    }

    /// Adds descriptors of unknown types.
    pub fn learn(&mut self, pool: DescriptorPool) {
        self.layouts.learn(pool);
    }

    fn transcode(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> std::result::Result<(), WriteError> {
        let style = self.style;
        match style.syntax {
            Syntax::Json => {
                let options = json::WriteOptions {
                    indent: style.indent,
                    emit_defaults: style.emit_defaults,
                    proto_names: style.proto_names,
                    enum_numbers: style.enum_numbers,
                    int64: style.int64,
                };
                json::write(&mut self.layouts, self.root, bytes, options, out)
            }
            Syntax::Text => {
                let options = text::WriteOptions {
                    indent: style.indent,
                    emit_defaults: style.emit_defaults,
                    enum_numbers: style.enum_numbers,
                    skip_unknown: false,
                };
                text::write(&mut self.layouts, self.root, bytes, options, out)
            }
        }
    }

    /// Escapes and colors what was written from `start` on.
    fn dress(&self, out: &mut Vec<u8>, start: usize) -> Result<()> {
        let plain = String::from_utf8(out.split_off(start)).map_err(|error| {
            Error::failed(format!("cannot print a {}", self.name)).caused_by(error)
        })?;
        let safe = if self.style.terminal {
            escape_literal(&plain, self.style.syntax == Syntax::Json)
        } else {
            plain.as_str().into()
        };
        if self.style.color {
            out.extend_from_slice(paint(&safe).as_bytes());
        } else {
            out.extend_from_slice(safe.as_bytes());
        }
        Ok(())
    }
}

/// The error for a message that cannot be written. For bytes that are not a message of their type, the server is at fault.
pub fn unwritable(name: &str, error: WriteError) -> Error {
    match error {
        WriteError::Malformed(why) => Error::status(
            Code::Internal,
            format!("the server's message is not a valid {name}: {why}"),
        ),
        WriteError::Unrepresentable(Unrepresentable::UnsafeInteger) => {
            Error::failed(format!("cannot print a {name}: {error}"))
                .hinted("--int64-numbers without =safe prints it, and the default prints a string")
        }
        WriteError::Unrepresentable(_) => Error::failed(format!("cannot print a {name}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::Person;
    use crate::proto::person::Address;
    use prost::Message as _;

    fn style(syntax: Syntax) -> Style {
        Style {
            syntax,
            indent: false,
            emit_defaults: false,
            proto_names: false,
            enum_numbers: false,
            int64: Int64::Strings,
            color: false,
            secrets: false,
            terminal: false,
        }
    }

    fn alice() -> Vec<u8> {
        Person {
            name: "Alice \"A\" Ünal\n".to_owned(),
            age: -30,
            gender: 2,
            hobbies: vec!["reading".to_owned(), String::new()],
            address: Some(Address::default()),
        }
        .encode_to_vec()
    }

    fn printed(message: &str, bytes: &[u8], style: Style) -> String {
        let pool = crate::schema::bundled_pool().unwrap();
        let message = pool.get_message_by_name(message).unwrap();
        let mut out = Vec::new();
        MessageWriter::new(&message, style)
            .write(bytes, &mut out)
            .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn json_is_the_canonical_mapping() {
        assert_eq!(
            printed("Person", &alice(), style(Syntax::Json)),
            "{\"name\":\"Alice \\\"A\\\" Ünal\\n\",\"age\":-30,\"gender\":\"FEMALE\",\"hobbies\":[\"reading\",\"\"],\"address\":{}}\n"
        );
    }

    #[test]
    fn text_is_what_protoc_would_print() {
        assert_eq!(
            printed("Person", &alice(), style(Syntax::Text)),
            "name: \"Alice \\\"A\\\" Ünal\\n\" age: -30 gender: FEMALE hobbies: \"reading\" hobbies: \"\" address {}\n"
        );
        let indented = Style {
            indent: true,
            ..style(Syntax::Text)
        };
        assert_eq!(
            printed("Person", b"\x2a\x03\x12\x01x", indented),
            "address {\n  city: \"x\"\n}\n"
        );
    }

    #[test]
    fn defaults_and_enum_numbers_are_printed_on_request() {
        let all = Style {
            emit_defaults: true,
            enum_numbers: true,
            ..style(Syntax::Json)
        };
        assert_eq!(
            printed("Person", b"\x0a\x01A", all),
            "{\"name\":\"A\",\"age\":0,\"gender\":0,\"hobbies\":[]}\n"
        );
        let all = Style {
            syntax: Syntax::Text,
            ..all
        };
        assert_eq!(printed("Person", b"", all), "name: \"\" age: 0 gender: 0\n");
    }

    #[test]
    fn the_rules_of_the_wire_format_are_followed() {
        let json = |bytes| printed("Person", bytes, style(Syntax::Json));
        // Fields out of order, a repeated singular field, an address in two parts, an unknown field, a negative number
        // in ten bytes.
        assert_eq!(
            json(b"\x10\x01\x2a\x03\x0a\x01s\x0a\x01A\x0a\x01B\x2a\x03\x12\x01c\x78\x05\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
            "{\"name\":\"B\",\"age\":-1,\"address\":{\"street\":\"s\",\"city\":\"c\"}}\n"
        );
        // The text format shows unknown fields.
        assert_eq!(
            printed(
                "Name",
                b"\x78\x05\x7a\x02\x08\x01\x82\x01\x01\xff",
                style(Syntax::Text)
            ),
            "15: 5 15 { 1: 1 } 16: \"\\377\"\n"
        );
    }

    #[test]
    fn bytes_that_are_not_a_message_are_an_error_and_print_nothing() {
        let pool = crate::schema::bundled_pool().unwrap();
        let message = pool.get_message_by_name("Person").unwrap();
        for bytes in [
            &b"\x0a\x05A"[..],
            b"\x00\x01",
            b"\x0a\x01\xff",
            b"\x0b",
            b"\x0e",
            b"\x10",
        ] {
            for syntax in [Syntax::Json, Syntax::Text] {
                let mut out = Vec::new();
                let result = MessageWriter::new(&message, style(syntax)).write(bytes, &mut out);
                assert!(result.is_err(), "{bytes:?}");
                assert!(out.is_empty());
            }
        }
    }
}
