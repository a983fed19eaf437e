//! Message bytes → the text format, straight from the wire. Everything that is on the wire is written; what the schema
//! does not have goes by its number.

use crate::protobuf::MAX_DEPTH;
use crate::protobuf::fields::{self, Occurrence, UNKNOWN, Values, last, merged, packed, scan};
use crate::protobuf::layout::{
    AnyTypes, Field, Layout, LayoutId, Layouts, Resolved, Shape, Special, Type,
};
use crate::protobuf::map::{self, Key};
use crate::protobuf::scalar::{self, Scalar};
use crate::protobuf::wire::{WireValue, tag, value};
use crate::protobuf::writer::{self, BAD_SCHEMA, Order, Stop, TOO_DEEP, WriteError};

/// How text is written.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct WriteOptions {
    /// Over several lines, with two spaces a level.
    pub indent: bool,
    /// Fields without presence are written even if they have their default.
    pub emit_defaults: bool,
    /// Enum values are numbers.
    pub enum_numbers: bool,
    /// Fields that the schema does not have are left out.
    pub skip_unknown: bool,
}

/// Appends one message in the text format.
///
/// # Errors
/// When the bytes are not a message of the type, or have no text; nothing is appended then.
pub fn write(
    layouts: &mut Layouts,
    message: LayoutId,
    bytes: &[u8],
    options: WriteOptions,
    out: &mut Vec<u8>,
) -> std::result::Result<(), WriteError> {
    writer::run(layouts, out, |layouts, types, order, out| {
        let mut writer = Writer {
            layouts,
            types,
            options,
            order,
            out,
            level: 0,
            first: true,
        };
        writer.message(message, bytes)
    })
}

struct Writer<'a> {
    layouts: &'a Layouts,
    types: &'a mut AnyTypes,
    options: WriteOptions,
    order: Order,
    out: &'a mut Vec<u8>,
    /// How many messages are open around this one.
    level: usize,
    /// Nothing has been written on this level.
    first: bool,
}

type Result<T = ()> = std::result::Result<T, Stop>;

impl<'a> Writer<'a> {
    /// The fields of a message.
    fn message(&mut self, id: LayoutId, bytes: &[u8]) -> Result {
        if self.level >= MAX_DEPTH {
            return Err(TOO_DEEP.into());
        }
        let layout = self.layout(id)?;
        if layout.special == Special::Any && self.expanded_any(&scan(layout, bytes)?)? {
            return Ok(());
        }
        let mut next = 0;
        fields::visit(layout, bytes, self.order, |at, field, values| {
            if self.options.emit_defaults {
                self.absent(layout, next..at);
                next = at.saturating_add(1);
            }
            match field {
                Ok(field) => self.field(field, values),
                Err(number) => self.unknown_values(number, values),
            }
        })?;
        if self.options.emit_defaults {
            self.absent(layout, next..UNKNOWN);
        }
        Ok(())
    }

    fn layout(&self, id: LayoutId) -> Result<&'a Layout> {
        Ok(self.layouts.get(id).ok_or(BAD_SCHEMA)?)
    }

    /// The absent fields of that range whose absence means the same as their default.
    fn absent(&mut self, layout: &Layout, range: std::ops::Range<u16>) {
        let range = usize::from(range.start)..usize::from(range.end).min(layout.fields.len());
        for field in layout.fields.get(range).unwrap_or_default() {
            if field.shape == Shape::Implicit {
                self.name(&field.text_name);
                self.scalar(&field.kind, scalar::default(&field.kind));
            }
        }
    }

    fn field(&mut self, field: &Field, values: &mut Values<'_, '_>) -> Result {
        match field.shape {
            Shape::Map => self.map(field, values),
            Shape::Repeated { .. } => {
                let is_packable = field.kind.is_packable();
                for value in values {
                    match value? {
                        WireValue::Bytes(bytes) if is_packable => {
                            for value in packed(&field.kind, bytes) {
                                let value = value?;
                                if scalar::is_known(&field.kind, value) {
                                    self.element(field, value)?;
                                } else if !self.options.skip_unknown {
                                    self.unknown(field.number, value, MAX_DEPTH - self.level);
                                }
                            }
                        }
                        value => self.element(field, value)?,
                    }
                }
                Ok(())
            }
            Shape::Implicit | Shape::Explicit | Shape::Required => {
                if let Type::Message(id) | Type::Group(id) = field.kind {
                    let bytes = merged(values)?;
                    return self.nested(&field.text_name, |writer| writer.message(id, &bytes));
                }
                let Some(last) = last(values)? else {
                    return Ok(());
                };
                let is_absent =
                    field.shape == Shape::Implicit && scalar::is_default(&field.kind, last);
                if is_absent && !self.options.emit_defaults {
                    return Ok(());
                }
                self.element(field, last)
            }
        }
    }

    fn element(&mut self, field: &Field, value: WireValue<'_>) -> Result {
        match (&field.kind, value) {
            (
                Type::Message(id) | Type::Group(id),
                WireValue::Bytes(bytes) | WireValue::Group(bytes),
            ) => self.nested(&field.text_name, |writer| writer.message(*id, bytes)),
            (kind, value) => {
                let value = scalar::decode(kind, value)?;
                self.name(&field.text_name);
                self.scalar(kind, value);
                Ok(())
            }
        }
    }

    fn map(&mut self, field: &Field, values: &mut Values<'_, '_>) -> Result {
        let (Type::Message(id) | Type::Group(id)) = field.kind else {
            return Err(BAD_SCHEMA.into());
        };
        let layout = self.layout(id)?;
        let (_, value_field) = layout.by_number(2).ok_or(BAD_SCHEMA)?;
        for (key, value) in map::entries(layout, values)? {
            self.nested(&field.text_name, |writer| {
                writer.name("key");
                match key {
                    Key::Str(text) => writer.string(text.as_bytes(), true),
                    Key::Bool(value) => writer.display(value),
                    Key::Int(value) => writer.display(value),
                    Key::Uint(value) => writer.display(value),
                }
                match (&value_field.kind, value) {
                    (Type::Message(id) | Type::Group(id), map::Value::Message(bytes)) => {
                        writer.nested("value", |writer| writer.message(*id, &bytes))
                    }
                    (_, map::Value::Scalar(value)) => writer.element(value_field, value),
                    (kind, _) => {
                        writer.name("value");
                        writer.scalar(kind, scalar::default(kind));
                        Ok(())
                    }
                }
            })?;
        }
        Ok(())
    }

    /// `[type.googleapis.com/full.Name] { … }`, if the type is known and the value is a message of it; `false` if not.
    fn expanded_any(&mut self, found: &[Occurrence<'_>]) -> Result<bool> {
        let has_unknown = found.iter().any(|field| field.at == UNKNOWN);
        if has_unknown && !self.options.skip_unknown {
            return Ok(false);
        }
        let (url, value) = fields::any(found)?;
        // What a text parser accepts between the brackets, with a domain.
        let is_plain = url
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c))
            && !url.starts_with('/');
        let Some((_, name)) = url.rsplit_once('/').filter(|_| is_plain) else {
            return Ok(false);
        };
        let Resolved::Layout(id) = self.types.resolve(self.layouts, name) else {
            return Ok(false);
        };
        let before = (self.out.len(), self.first, self.level);
        match self.nested(&format!("[{url}]"), |writer| writer.message(id, value)) {
            Ok(()) => Ok(true),
            // The fields may only be in another order.
            Err(stop) if self.order == Order::Ascending => Err(stop),
            // What is not a message is written as the bytes that it is.
            Err(_) => {
                self.out.truncate(before.0);
                (self.first, self.level) = (before.1, before.2);
                Ok(false)
            }
        }
    }

    fn unknown_values(&mut self, number: u32, values: &mut Values<'_, '_>) -> Result {
        for value in values {
            let value = value?;
            if !self.options.skip_unknown {
                self.unknown(number, value, MAX_DEPTH - self.level);
            }
        }
        Ok(())
    }

    /// A field that the schema does not have: what its wire type tells. Bytes that can be a message are written as one.
    fn unknown(&mut self, number: u32, value: WireValue<'_>, depth: usize) {
        let name = itoa::Buffer::new().format(number).to_owned();
        match value {
            WireValue::Varint(value) => {
                self.name(&name);
                self.display(value);
            }
            WireValue::Fixed32(bits) => {
                self.name(&name);
                self.display(format_args!("0x{bits:08x}"));
            }
            WireValue::Fixed64(bits) => {
                self.name(&name);
                self.display(format_args!("0x{bits:016x}"));
            }
            WireValue::Group(bytes) => {
                let inner = unknown_fields(bytes).unwrap_or_default();
                self.unknown_message(&name, &inner, depth);
            }
            WireValue::Bytes(bytes) => match unknown_fields(bytes) {
                Some(inner) if !inner.is_empty() && depth > 1 => {
                    self.unknown_message(&name, &inner, depth);
                }
                _ => {
                    self.name(&name);
                    self.string(bytes, false);
                }
            },
        }
    }

    fn unknown_message(&mut self, name: &str, inner: &[(u32, WireValue<'_>)], depth: usize) {
        // Only the closure could return an error.
        let _ = self.nested(name, |writer| {
            for (number, value) in inner {
                writer.unknown(*number, *value, depth.saturating_sub(1));
            }
            Ok(())
        });
    }

    /// `name { … }`
    fn nested(&mut self, name: &str, inside: impl FnOnce(&mut Self) -> Result) -> Result {
        self.separate();
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b" {");
        self.level += 1;
        let length = self.out.len();
        self.first = true;
        if self.options.indent {
            self.line();
        } else {
            self.out.push(b' ');
        }
        inside(self)?;
        self.level -= 1;
        if self.first {
            // Nothing is inside.
            self.out.truncate(length);
        } else if self.options.indent {
            self.line();
        } else {
            self.out.push(b' ');
        }
        self.first = false;
        self.out.push(b'}');
        Ok(())
    }

    fn name(&mut self, name: &str) {
        self.separate();
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b": ");
    }

    fn separate(&mut self) {
        if self.first {
            self.first = false;
        } else if self.options.indent {
            self.line();
        } else {
            self.out.push(b' ');
        }
    }

    fn line(&mut self) {
        self.out.push(b'\n');
        self.out.extend(std::iter::repeat_n(b' ', 2 * self.level));
    }

    fn scalar(&mut self, kind: &Type, value: Scalar<'_>) {
        match value {
            Scalar::Double(value) => {
                self.float(value, value.is_finite(), value.is_nan(), value > 0.0);
            }
            Scalar::Float(value) => {
                self.float(value, value.is_finite(), value.is_nan(), value > 0.0);
            }
            Scalar::Int32(value) => self.display(value),
            Scalar::Uint32(value) => self.display(value),
            Scalar::Int64(value) => self.display(value),
            Scalar::Uint64(value) => self.display(value),
            Scalar::Bool(value) => self.display(value),
            Scalar::Str(text) => self.string(text.as_bytes(), true),
            Scalar::Bytes(bytes) => self.string(bytes, false),
            Scalar::Enum(number) => {
                let name = match kind {
                    Type::Enum(layout) if !self.options.enum_numbers => layout.name(number),
                    _ => None,
                };
                match name {
                    Some(name) => self.out.extend_from_slice(name.as_bytes()),
                    None => self.display(number),
                }
            }
        }
    }

    fn float(&mut self, value: impl zmij::Float, finite: bool, nan: bool, positive: bool) {
        if finite {
            let mut buffer = zmij::Buffer::new();
            let text = scalar::shortest(value, &mut buffer);
            self.out.extend_from_slice(text.as_bytes());
        } else {
            self.out.extend_from_slice(match (nan, positive) {
                (true, _) => b"nan",
                (false, true) => b"inf",
                (false, false) => b"-inf",
            });
        }
    }

    fn display(&mut self, value: impl std::fmt::Display) {
        use std::io::Write as _;
        // Writing to a vector cannot fail.
        let _ = write!(self.out, "{value}");
    }

    /// A string literal. Text is written as it is; of other bytes those that are not ASCII are octal.
    fn string(&mut self, bytes: &[u8], is_text: bool) {
        self.out.push(b'"');
        for &byte in bytes {
            match byte {
                b'"' => self.out.extend_from_slice(b"\\\""),
                b'\\' => self.out.extend_from_slice(b"\\\\"),
                b'\n' => self.out.extend_from_slice(b"\\n"),
                b'\r' => self.out.extend_from_slice(b"\\r"),
                b'\t' => self.out.extend_from_slice(b"\\t"),
                0x20..=0x7e => self.out.push(byte),
                0x80.. if is_text => self.out.push(byte),
                byte => self.display(format_args!("\\{byte:03o}")),
            }
        }
        self.out.push(b'"');
    }
}

/// The fields of bytes that may be a message; `None` if they are not one.
fn unknown_fields(mut bytes: &[u8]) -> Option<Vec<(u32, WireValue<'_>)>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (number, wire_type) = tag(&mut bytes).ok()?;
        found.push((number, value(&mut bytes, number, wire_type).ok()?));
    }
    Some(found)
}
