//! One message's bytes → one message's text. Decoding and both formats are prost-reflect's.

use prost_reflect::text_format::FormatOptions;
use prost_reflect::{DynamicMessage, MessageDescriptor, SerializeOptions};
use serde::ser::Error as _;

use super::escape::escape_literal;
use super::paint::paint;
use crate::error::{Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    Text,
    Json,
}

/// How messages look.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Clone, Debug)]
pub struct Style {
    pub syntax: Syntax,
    /// Indented over several lines, else one line a message.
    pub indent: bool,
    pub emit_defaults: bool,
    pub proto_names: bool,
    pub enum_numbers: bool,
    pub color: bool,
    /// The output is a terminal: strings must not act on it.
    pub terminal: bool,
}

/// Prints messages of one type.
pub struct Printer {
    message: MessageDescriptor,
    style: Style,
    printed: bool,
}

impl Printer {
    pub fn new(message: MessageDescriptor, style: Style) -> Self {
        Self {
            message,
            style,
            printed: false,
        }
    }

    /// Appends one message and its newline to `out`.
    ///
    /// # Errors
    /// When the bytes are no message of the type, or have no such representation.
    pub fn print(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let message = DynamicMessage::decode(self.message.clone(), bytes)
            .map_err(|error| self.unprintable(error))?;
        let separate = self.printed && self.style.indent && self.style.syntax == Syntax::Text;
        if separate {
            out.push(b'\n');
        }
        self.printed = true;
        if self.style.syntax == Syntax::Json && !self.style.terminal && !self.style.color {
            self.json(&message, &mut *out)?;
        } else {
            let text = match self.style.syntax {
                Syntax::Text => self.text(&message),
                Syntax::Json => {
                    let mut json = Vec::new();
                    self.json(&message, &mut json)?;
                    String::from_utf8(json).map_err(|error| self.unprintable(error))?
                }
            };
            let safe = if self.style.terminal {
                escape_literal(&text, self.style.syntax == Syntax::Json)
            } else {
                text.as_str().into()
            };
            if self.style.color {
                out.extend_from_slice(paint(&safe).as_bytes());
            } else {
                out.extend_from_slice(safe.as_bytes());
            }
        }
        out.push(b'\n');
        Ok(())
    }

    fn unprintable(&self, error: impl Into<crate::error::Source>) -> Error {
        Error::failed(format!(
            "cannot print a reply as {}",
            self.message.full_name()
        ))
        .caused_by(error)
    }

    fn text(&self, message: &DynamicMessage) -> String {
        let options = FormatOptions::new()
            .pretty(self.style.indent)
            .skip_unknown_fields(false)
            .skip_default_fields(!self.style.emit_defaults);
        message.to_text_format_with_options(&options)
    }

    fn json(&self, message: &DynamicMessage, out: &mut Vec<u8>) -> Result<()> {
        let options = SerializeOptions::new()
            .skip_default_fields(!self.style.emit_defaults)
            .use_proto_field_name(self.style.proto_names)
            .use_enum_numbers(self.style.enum_numbers);
        let result = if self.style.indent {
            let mut serializer = serde_json::Serializer::pretty(&mut *out);
            message.serialize_with_options(&mut serializer, &options)
        } else {
            let mut serializer = serde_json::Serializer::new(&mut *out);
            message.serialize_with_options(&mut serializer, &options)
        };
        result.map_err(|error| self.unprintable(serde_json::Error::custom(error)))
    }
}
