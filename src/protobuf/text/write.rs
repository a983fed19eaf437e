//! Message bytes → the text format, straight from the wire. Everything that is on the wire is written; what the schema
//! does not have goes by its number.

mod literal;
mod unknown;

use crate::protobuf::MAX_DEPTH;
use crate::protobuf::fields::{self, Ascending, Collected, Fields, Occurrence, UNKNOWN, scan};
use crate::protobuf::layout::{
    AnyTypes, Field, Layout, LayoutId, Layouts, Resolved, Shape, Special, Type,
};
use crate::protobuf::map::{self, Key};
use crate::protobuf::scalar::{self, Scalar};
use crate::protobuf::wire::{Values, WireValue};
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
        let start = out.len();
        let mut writer = Writer {
            layouts,
            types,
            options,
            order,
            out,
            level: 0,
            start,
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
    /// Where the text starts in `out`.
    start: usize,
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
        let unknown = !self.options.skip_unknown;
        match self.order {
            Order::Ascending => self.fields(layout, Ascending::new(layout, bytes, unknown)?),
            Order::Any => self.collected_fields(layout, Collected::new(layout, bytes, unknown)?),
        }
    }

    /// Not inlined, because it is rare, and would slow down the others.
    #[inline(never)]
    fn collected_fields(&mut self, layout: &Layout, fields: Collected<'_, '_>) -> Result {
        self.fields(layout, fields)
    }

    fn fields<'l, 'v, F: Fields<'l, 'v>>(&mut self, layout: &Layout, mut fields: F) -> Result {
        let mut next = 0;
        while let Some(found) = fields.next_field()? {
            if self.options.emit_defaults {
                self.absent(layout, next..found.at);
                next = found.at.saturating_add(1);
            }
            match found.field {
                Some(field) if field.is_singular() => self.singular(field, &mut fields)?,
                Some(field) => fields = self.repeated(field, fields)?,
                None => {
                    let (number, value) = fields.unknown()?;
                    self.unknown(number, value);
                }
            }
        }
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
                // Defaults are valid.
                let _ = self.scalar_field(field, scalar::default(&field.kind));
            }
        }
    }

    #[expect(clippy::inline_always, reason = "see `Ascending`")]
    #[inline(always)]
    fn singular<'l, 'v>(&mut self, field: &Field, fields: &mut impl Fields<'l, 'v>) -> Result {
        if let Type::Message(id) | Type::Group(id) = field.kind {
            let bytes = fields.message(field)?;
            return self.nested(&field.text_name, |writer| writer.message(id, &bytes));
        }
        let value = scalar::decode(&field.kind, fields)?;
        if field.shape == Shape::Implicit && value.is_default() && !self.options.emit_defaults {
            return Ok(());
        }
        self.scalar_field(field, value)
    }

    /// Takes the fields and returns them, instead of changing them in place, so that they can stay in registers.
    #[inline(never)]
    fn repeated<'l, 'v, F: Fields<'l, 'v>>(&mut self, field: &Field, mut fields: F) -> Result<F> {
        if field.shape == Shape::Map {
            self.map(field, &mut fields)?;
            return Ok(fields);
        }
        loop {
            if fields.is_packed(field) {
                let mut packed = fields.bytes()?;
                while !packed.is_empty() {
                    let value = scalar::decode(&field.kind, &mut packed)?;
                    match value {
                        Scalar::Enum(number) if !value.is_known(&field.kind) => {
                            if !self.options.skip_unknown {
                                let bits = i64::from(number).cast_unsigned();
                                let value = WireValue::Varint(bits);
                                self.unknown(field.number, value);
                            }
                        }
                        value => self.scalar_field(field, value)?,
                    }
                }
            } else {
                self.element(field, &mut fields)?;
            }
            if !fields.next_value(field)? {
                return Ok(fields);
            }
        }
    }

    fn element<'v>(&mut self, field: &Field, values: &mut impl Values<'v>) -> Result {
        let (id, bytes) = match field.kind {
            Type::Message(id) => (id, values.bytes()?),
            Type::Group(id) => (id, values.group(field.number)?),
            _ => {
                let value = scalar::decode(&field.kind, values)?;
                return self.scalar_field(field, value);
            }
        };
        self.nested(&field.text_name, |writer| writer.message(id, bytes))
    }

    fn scalar_field(&mut self, field: &Field, value: Scalar<'_>) -> Result {
        self.key(field);
        self.scalar(&field.kind, value)
    }

    fn map<'l, 'v>(&mut self, field: &Field, fields: &mut impl Fields<'l, 'v>) -> Result {
        let (Type::Message(id) | Type::Group(id)) = field.kind else {
            return Err(BAD_SCHEMA.into());
        };
        let layout = self.layout(id)?;
        let (_, value_field) = layout.by_number(2).ok_or(BAD_SCHEMA)?;
        for (key, value) in map::entries(layout, field, fields)? {
            self.nested(&field.text_name, |writer| {
                writer.name("key");
                match key {
                    Key::Str(text) => writer.string(text.as_bytes(), true),
                    Key::Bool(value) => writer.bool(value),
                    Key::Int(value) => writer.integer(value),
                    Key::Uint(value) => writer.integer(value),
                }
                match (&value_field.kind, value) {
                    (Type::Message(id) | Type::Group(id), map::Value::Message(bytes)) => {
                        writer.nested("value", |writer| writer.message(*id, &bytes))
                    }
                    (_, map::Value::Scalar(mut value)) => writer.element(value_field, &mut value),
                    (kind, _) => writer.scalar_field(value_field, scalar::default(kind)),
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
        let before = (self.out.len(), self.level);
        match self.nested(&format!("[{url}]"), |writer| writer.message(id, value)) {
            Ok(()) => Ok(true),
            // The fields may only be in another order.
            Err(stop) if self.order == Order::Ascending => Err(stop),
            // What is not a message is written as the bytes that it is.
            Err(_) => {
                self.out.truncate(before.0);
                self.level = before.1;
                Ok(false)
            }
        }
    }

    /// `name { … }`
    fn nested(&mut self, name: &str, inside: impl FnOnce(&mut Self) -> Result) -> Result {
        self.separate();
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b" {");
        let start = self.out.len();
        self.level += 1;
        inside(self)?;
        self.level -= 1;
        if self.out.len() > start {
            self.separate();
        }
        self.out.push(b'}');
        Ok(())
    }

    /// `name: `, for what is not a field of a layout.
    fn name(&mut self, name: &str) {
        self.separate();
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b": ");
    }

    fn key(&mut self, field: &Field) {
        if self.options.indent || self.out.len() == self.start {
            self.separate();
            // Without its space.
            let key = field.text_key.get(1..).unwrap_or_default();
            self.out.extend_from_slice(key);
        } else {
            self.out.extend_from_slice(&field.text_key);
        }
    }

    /// What is in front of everything but the start of the text.
    fn separate(&mut self) {
        if self.out.len() == self.start {
            return;
        }
        if self.options.indent {
            self.out.push(b'\n');
            self.out.extend(std::iter::repeat_n(b' ', 2 * self.level));
        } else {
            self.out.push(b' ');
        }
    }
}
