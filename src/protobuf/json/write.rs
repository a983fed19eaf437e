//! Message bytes → JSON, straight from the wire, without a tree of values in between: replies come by the million.

mod literal;
mod special;

use crate::protobuf::MAX_DEPTH;
use crate::protobuf::fields::{Ascending, Collected, Fields, UNKNOWN};
use crate::protobuf::layout::{AnyTypes, Field, Layout, LayoutId, Layouts, Shape, Special, Type};
use crate::protobuf::map::{self, Key};
use crate::protobuf::scalar::{self, Scalar};
use crate::protobuf::wellknown::write as wellknown;
use crate::protobuf::wire::Values;
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
    pub int64: Int64,
}

/// How integers of 64 bits are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Int64 {
    /// As strings, which is the canonical mapping: JavaScript's numbers have 53 bits.
    #[default]
    Strings,
    Numbers,
    /// As numbers. One that JavaScript would round is an error.
    SafeNumbers,
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
                let object = self.open();
                self.fields(layout, bytes)?;
                self.close(object, b'{', b'}');
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
    fn fields(&mut self, layout: &Layout, bytes: &[u8]) -> Result {
        // JSON has no form for what the schema does not have.
        let unknown = false;
        match self.order {
            Order::Ascending => self.all_of(layout, Ascending::new(layout, bytes, unknown)?),
            Order::Any => self.collected_fields(layout, Collected::new(layout, bytes, unknown)?),
        }
    }

    /// Not inlined, because it is rare, and would slow down the others.
    #[inline(never)]
    fn collected_fields(&mut self, layout: &Layout, fields: Collected<'_, '_>) -> Result {
        self.all_of(layout, fields)
    }

    fn all_of<'l, 'v, F: Fields<'l, 'v>>(&mut self, layout: &Layout, mut fields: F) -> Result {
        let mut next = 0;
        while let Some(found) = fields.next_field()? {
            let Some(field) = found.field else { continue };
            if self.options.emit_defaults {
                self.absent(layout, next..found.at);
                next = found.at + 1;
            }
            if field.is_singular() {
                self.singular(field, &mut fields)?;
            } else {
                fields = self.repeated(field, fields)?;
            }
        }
        if self.options.emit_defaults {
            self.absent(layout, next..UNKNOWN);
        }
        Ok(())
    }

    #[expect(clippy::inline_always, reason = "see `Ascending`")]
    #[inline(always)]
    fn singular<'l, 'v>(&mut self, field: &Field, fields: &mut impl Fields<'l, 'v>) -> Result {
        if let Type::Message(id) | Type::Group(id) = field.kind {
            let bytes = fields.message(field)?;
            self.key(field);
            return self.message(id, &bytes);
        }
        let value = scalar::decode(&field.kind, fields)?;
        if field.shape == Shape::Implicit && value.is_default() && !self.options.emit_defaults {
            return Ok(());
        }
        self.scalar_field(field, value)
    }

    fn scalar_field(&mut self, field: &Field, value: Scalar<'_>) -> Result {
        self.key(field);
        self.scalar(&field.kind, value)
    }

    /// Takes the fields and returns them, instead of changing them in place, so that they can stay in registers.
    #[inline(never)]
    fn repeated<'l, 'v, F: Fields<'l, 'v>>(&mut self, field: &Field, mut fields: F) -> Result<F> {
        let before = self.out.len();
        self.key(field);
        let is_empty = match field.shape {
            Shape::Map => self.map(field, &mut fields)?,
            _ => self.list(field, &mut fields)?,
        };
        // Something is on the wire, but no value: packed fields can be empty, and unknown values are left out.
        if is_empty && !self.options.emit_defaults {
            self.out.truncate(before);
        }
        Ok(fields)
    }

    /// The absent fields of that range whose absence means the same as their default.
    fn absent(&mut self, layout: &Layout, range: std::ops::Range<u16>) {
        let range = usize::from(range.start)..usize::from(range.end).min(layout.fields.len());
        for field in layout.fields.get(range).unwrap_or_default() {
            // An extension that is not set is not part of the message.
            if field.name.starts_with('[') {
                continue;
            }
            match field.shape {
                Shape::Implicit => {
                    // Defaults are valid.
                    let _ = self.scalar_field(field, scalar::default(&field.kind));
                }
                Shape::Repeated { .. } => {
                    self.key(field);
                    self.out.extend_from_slice(b"[]");
                }
                Shape::Map => {
                    self.key(field);
                    self.out.extend_from_slice(b"{}");
                }
                Shape::Explicit | Shape::Required => {}
            }
        }
    }

    /// One value, wherever it is from.
    fn element<'v>(&mut self, kind: &Type, number: u32, values: &mut impl Values<'v>) -> Result {
        match kind {
            Type::Message(id) => self.message(*id, values.bytes()?),
            Type::Group(id) => self.message(*id, values.group(number)?),
            kind => {
                let value = scalar::decode(kind, values)?;
                self.scalar(kind, value)
            }
        }
    }

    /// Writes a list; `true` if it is empty.
    fn list<'l, 'v>(&mut self, field: &Field, fields: &mut impl Fields<'l, 'v>) -> Result<bool> {
        let list = self.open();
        loop {
            if fields.is_packed(field) {
                let mut packed = fields.bytes()?;
                while !packed.is_empty() {
                    let value = scalar::decode(&field.kind, &mut packed)?;
                    if value.is_known(&field.kind) {
                        self.next_item();
                        self.scalar(&field.kind, value)?;
                    }
                }
            } else {
                self.next_item();
                self.element(&field.kind, field.number, fields)?;
            }
            if !fields.next_value(field)? {
                break;
            }
        }
        Ok(self.close(list, b'[', b']'))
    }

    /// Writes a map; `true` if it is empty.
    fn map<'l, 'v>(&mut self, field: &Field, fields: &mut impl Fields<'l, 'v>) -> Result<bool> {
        let (Type::Message(id) | Type::Group(id)) = field.kind else {
            return Err(BAD_SCHEMA.into());
        };
        let layout = self.layout(id)?;
        let Some((_, value_field)) = layout.by_number(2) else {
            return Err(BAD_SCHEMA.into());
        };
        let object = self.open();
        for (key, value) in map::entries(layout, field, fields)? {
            self.next_item();
            match key {
                Key::Str(text) => self.string(text),
                Key::Bool(value) => self.string(if value { "true" } else { "false" }),
                Key::Int(value) => self.quoted_integer(value),
                Key::Uint(value) => self.quoted_integer(value),
            }
            self.colon();
            match (&value_field.kind, value) {
                (Type::Message(id) | Type::Group(id), map::Value::Message(bytes)) => {
                    self.message(*id, &bytes)?;
                }
                (kind, map::Value::Scalar(mut value)) => self.element(kind, 2, &mut value)?,
                (kind, _) => self.scalar(kind, scalar::default(kind))?,
            }
        }
        Ok(self.close(object, b'{', b'}'))
    }

    fn key(&mut self, field: &Field) {
        let key = if self.options.proto_names {
            &field.proto_key
        } else {
            &field.json_key
        };
        if self.options.indent {
            self.next_item();
            self.out.extend_from_slice(key.get(1..).unwrap_or_default());
            self.out.push(b' ');
        } else {
            self.out.extend_from_slice(key);
        }
    }

    /// A key that is not a field's.
    fn literal_key(&mut self, key: &str) {
        self.next_item();
        self.string(key);
        self.colon();
    }

    fn colon(&mut self) {
        self.out
            .extend_from_slice(if self.options.indent { b": " } else { b":" });
    }

    /// Opens an object or an array. Its bracket is written when it is closed: every item has a comma in front, and the
    /// bracket replaces that of the first one.
    fn open(&mut self) -> Open {
        self.level += 1;
        Open(self.out.len())
    }

    /// What is between two items.
    fn next_item(&mut self) {
        self.out.push(b',');
        self.newline();
    }

    /// Closes what has been opened last; `true` if it is empty.
    fn close(&mut self, open: Open, bracket: u8, closing: u8) -> bool {
        self.level -= 1;
        let is_empty = self.out.len() == open.0;
        if let Some(comma) = self.out.get_mut(open.0) {
            *comma = bracket;
            self.newline();
        } else {
            self.out.push(bracket);
        }
        self.out.push(closing);
        is_empty
    }

    fn newline(&mut self) {
        if self.options.indent {
            self.out.push(b'\n');
            self.out.extend(std::iter::repeat_n(b' ', 2 * self.level));
        }
    }
}

/// An object or an array that is open: where its bracket goes.
#[derive(Clone, Copy)]
struct Open(usize);
