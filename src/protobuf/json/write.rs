//! Message bytes → JSON, straight from the wire, without a tree of values in between: replies come by the million.

mod literal;
mod special;

use crate::protobuf::MAX_DEPTH;
use crate::protobuf::fields::{self, UNKNOWN, Values, last, merged, packed};
use crate::protobuf::layout::{AnyTypes, Field, Layout, LayoutId, Layouts, Shape, Special, Type};
use crate::protobuf::map::{self, Key};
use crate::protobuf::scalar;
use crate::protobuf::wellknown::write as wellknown;
use crate::protobuf::wire::{DecodeError, WireValue};
use crate::protobuf::writer::{self, BAD_SCHEMA, Order, Stop, TOO_DEEP, WriteError};

/// How JSON is written.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct WriteOptions {
    /// Over several lines, with two spaces a level.
    pub indent: bool,
    /// Fields without presence are written even if they have their default.
    pub emit_defaults: bool,
    /// Fields have the names of the .proto file.
    pub proto_names: bool,
    /// Enum values are numbers.
    pub enum_numbers: bool,
}

/// Appends the JSON of one message.
///
/// # Errors
/// When the bytes are not a message of the type, or have no JSON; nothing is appended then.
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
            depth: 0,
            level: 0,
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
    /// How many messages are open.
    depth: usize,
    /// How many objects and arrays are open.
    level: usize,
}

type Result<T = ()> = std::result::Result<T, Stop>;

impl<'a> Writer<'a> {
    fn message(&mut self, id: LayoutId, bytes: &[u8]) -> Result {
        let layout = self.layout(id)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(TOO_DEEP.into());
        }
        match layout.special {
            Special::None | Special::MessageSet => {
                let mut object = Items::open(self, b'{');
                self.fields(layout, bytes, &mut object)?;
                object.close(self, b'}');
            }
            Special::Any => self.any(layout, bytes)?,
            Special::Timestamp => self.string(&wellknown::timestamp(layout, bytes)?),
            Special::Duration => self.string(&wellknown::duration(layout, bytes)?),
            Special::FieldMask => self.string(&wellknown::field_mask(layout, bytes)?),
            Special::Wrapper => self.wrapper(layout, bytes)?,
            Special::Struct | Special::ListValue => self.only_field(layout, bytes)?,
            Special::Value => self.value(layout, bytes)?,
        }
        self.depth -= 1;
        Ok(())
    }

    fn layout(&self, id: LayoutId) -> Result<&'a Layout> {
        Ok(self.layouts.get(id).ok_or(BAD_SCHEMA)?)
    }

    /// The fields of a message, within an object that is open.
    fn fields(&mut self, layout: &Layout, bytes: &[u8], object: &mut Items) -> Result {
        let mut next = 0;
        fields::visit(layout, bytes, self.order, |at, field, values| {
            // JSON has no form for what the schema does not know.
            let Ok(field) = field else { return Ok(()) };
            if self.options.emit_defaults {
                self.absent(layout, next..at, object);
                next = at + 1;
            }
            self.field(field, values, object)
        })?;
        if self.options.emit_defaults {
            self.absent(layout, next..UNKNOWN, object);
        }
        Ok(())
    }

    fn field(&mut self, field: &Field, values: &mut Values<'_, '_>, object: &mut Items) -> Result {
        match field.shape {
            Shape::Map | Shape::Repeated { .. } => {
                let before = (self.out.len(), object.is_empty);
                self.key(field, object);
                let is_empty = if field.shape == Shape::Map {
                    self.map(field, values)?
                } else {
                    self.list(field, values)?
                };
                // Something was on the wire, but no value: packed fields can be empty, and unknown values are left out.
                if is_empty && !self.options.emit_defaults {
                    self.out.truncate(before.0);
                    object.is_empty = before.1;
                }
                Ok(())
            }
            Shape::Implicit | Shape::Explicit | Shape::Required => {
                if let Type::Message(id) | Type::Group(id) = field.kind {
                    let bytes = merged(values)?;
                    self.key(field, object);
                    return self.message(id, &bytes);
                }
                let Some(last) = last(values)? else {
                    return Ok(());
                };
                let is_absent =
                    field.shape == Shape::Implicit && scalar::is_default(&field.kind, last);
                if is_absent && !self.options.emit_defaults {
                    return Ok(());
                }
                self.key(field, object);
                self.element(&field.kind, last)
            }
        }
    }

    /// The absent fields of that range whose absence means the same as their default.
    fn absent(&mut self, layout: &Layout, range: std::ops::Range<u16>, object: &mut Items) {
        let range = usize::from(range.start)..usize::from(range.end).min(layout.fields.len());
        for field in layout.fields.get(range).unwrap_or_default() {
            // An extension that is not set is not part of the message.
            if field.name.starts_with('[') {
                continue;
            }
            match field.shape {
                Shape::Implicit => {
                    self.key(field, object);
                    self.scalar(&field.kind, scalar::default(&field.kind));
                }
                Shape::Repeated { .. } => {
                    self.key(field, object);
                    self.out.extend_from_slice(b"[]");
                }
                Shape::Map => {
                    self.key(field, object);
                    self.out.extend_from_slice(b"{}");
                }
                Shape::Explicit | Shape::Required => {}
            }
        }
    }

    fn element(&mut self, kind: &Type, value: WireValue<'_>) -> Result {
        match (kind, value) {
            (
                Type::Message(id) | Type::Group(id),
                WireValue::Bytes(bytes) | WireValue::Group(bytes),
            ) => self.message(*id, bytes),
            (kind, value) => {
                self.scalar(kind, scalar::decode(kind, value)?);
                Ok(())
            }
        }
    }

    /// Writes a list; `true` if it is empty.
    fn list<'v>(
        &mut self,
        field: &Field,
        values: impl Iterator<Item = std::result::Result<WireValue<'v>, DecodeError>>,
    ) -> Result<bool> {
        let is_packable = field.kind.is_packable();
        let mut list = Items::open(self, b'[');
        for value in values {
            match value? {
                WireValue::Bytes(bytes) if is_packable => {
                    for value in packed(&field.kind, bytes) {
                        let value = value?;
                        if scalar::is_known(&field.kind, value) {
                            list.next(self);
                            self.element(&field.kind, value)?;
                        }
                    }
                }
                value => {
                    list.next(self);
                    self.element(&field.kind, value)?;
                }
            }
        }
        let is_empty = list.is_empty;
        list.close(self, b']');
        Ok(is_empty)
    }

    /// Writes a map; `true` if it is empty.
    fn map<'v>(
        &mut self,
        field: &Field,
        values: impl Iterator<Item = std::result::Result<WireValue<'v>, DecodeError>>,
    ) -> Result<bool> {
        let (Type::Message(id) | Type::Group(id)) = field.kind else {
            return Err(BAD_SCHEMA.into());
        };
        let layout = self.layout(id)?;
        let Some((_, value_field)) = layout.by_number(2) else {
            return Err(BAD_SCHEMA.into());
        };
        let mut object = Items::open(self, b'{');
        for (key, value) in map::entries(layout, values)? {
            object.next(self);
            match key {
                Key::Str(text) => self.string(text),
                Key::Bool(value) => self.quoted(value),
                Key::Int(value) => self.quoted(value),
                Key::Uint(value) => self.quoted(value),
            }
            self.colon();
            match (&value_field.kind, value) {
                (Type::Message(id) | Type::Group(id), map::Value::Message(bytes)) => {
                    self.message(*id, &bytes)?;
                }
                (kind, map::Value::Scalar(value)) => self.element(kind, value)?,
                (kind, _) => self.scalar(kind, scalar::default(kind)),
            }
        }
        let is_empty = object.is_empty;
        object.close(self, b'}');
        Ok(is_empty)
    }

    fn key(&mut self, field: &Field, object: &mut Items) {
        object.next(self);
        self.out.extend_from_slice(if self.options.proto_names {
            &field.proto_key
        } else {
            &field.json_key
        });
        self.colon();
    }

    /// A key that is not a field's.
    fn literal_key(&mut self, key: &str, object: &mut Items) {
        object.next(self);
        self.string(key);
        self.colon();
    }

    fn colon(&mut self) {
        self.out
            .extend_from_slice(if self.options.indent { b": " } else { b":" });
    }

    fn newline(&mut self) {
        if self.options.indent {
            self.out.push(b'\n');
            self.out.extend(std::iter::repeat_n(b' ', 2 * self.level));
        }
    }
}

/// The items of an object or an array: commas and line breaks between them.
struct Items {
    is_empty: bool,
}

impl Items {
    fn open(writer: &mut Writer<'_>, bracket: u8) -> Self {
        writer.out.push(bracket);
        writer.level += 1;
        Self { is_empty: true }
    }

    fn next(&mut self, writer: &mut Writer<'_>) {
        if !self.is_empty {
            writer.out.push(b',');
        }
        self.is_empty = false;
        writer.newline();
    }

    fn close(self, writer: &mut Writer<'_>, bracket: u8) {
        writer.level -= 1;
        if !self.is_empty {
            writer.newline();
        }
        writer.out.push(bracket);
    }
}
