//! Message bytes → proto3 JSON, straight from the wire: no tree of values in between, which is what makes a million
//! replies cheap. The mapping is the ProtoJSON specification's.

mod literal;
mod special;

use std::sync::Arc;

use crate::protobuf::fields::{
    self, DEPTH, Key, Malformed, Occurrence, Raw, UNKNOWN, entries, merged, packed, scalar, scan,
};
use crate::protobuf::layout::{Field, Layout, LayoutId, Layouts, Shape, Special, Type};
use crate::protobuf::wellknown::write as wellknown;

/// What may be chosen about JSON.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Options {
    pub indent: bool,
    pub emit_defaults: bool,
    pub proto_names: bool,
    pub enum_numbers: bool,
}

/// Writes messages as JSON.
pub struct Writer<'a> {
    layouts: &'a mut Layouts,
    options: Options,
    out: &'a mut Vec<u8>,
    level: usize,
}

type Result = std::result::Result<(), Malformed>;

impl<'a> Writer<'a> {
    pub fn new(layouts: &'a mut Layouts, options: Options, out: &'a mut Vec<u8>) -> Self {
        Self {
            layouts,
            options,
            out,
            level: 0,
        }
    }

    /// Appends one message.
    pub fn message(&mut self, id: LayoutId, bytes: &[u8]) -> Result {
        let layout = self.layout(id)?;
        self.level += 1;
        if self.level > DEPTH {
            return Err(Malformed("messages are nested too deeply"));
        }
        match layout.special {
            Special::None | Special::MessageSet => {
                let mut object = Object::open(self);
                self.fields(&layout, bytes, &mut object)?;
                object.close(self);
            }
            Special::Any => self.any(&layout, bytes)?,
            Special::Timestamp => {
                let text = wellknown::timestamp(&layout, bytes)?;
                self.string(&text);
            }
            Special::Duration => {
                let text = wellknown::duration(&layout, bytes)?;
                self.string(&text);
            }
            Special::FieldMask => {
                let text = wellknown::field_mask(&layout, bytes)?;
                self.string(&text);
            }
            Special::Wrapper => self.wrapper(&layout, bytes)?,
            Special::Struct | Special::ListValue => self.only_field(&layout, bytes)?,
            Special::Value => self.value(&layout, bytes)?,
        }
        self.level -= 1;
        Ok(())
    }

    fn layout(&self, id: LayoutId) -> std::result::Result<Arc<Layout>, Malformed> {
        self.layouts.get(id).ok_or(Malformed("its type is unknown"))
    }

    /// The fields of a message, within an object already open.
    fn fields(&mut self, layout: &Layout, bytes: &[u8], object: &mut Object) -> Result {
        let found = scan(layout, bytes)?;
        let mut next = 0;
        for run in found.chunk_by(|a, b| a.at == b.at) {
            let Some((at, field)) = run
                .first()
                .and_then(|first| Some((first.at, layout.fields.get(usize::from(first.at))?)))
            else {
                continue;
            };
            if self.options.emit_defaults {
                self.absent(layout, next..at, object);
            }
            next = at + 1;
            self.field(field, run, object)?;
        }
        if self.options.emit_defaults {
            self.absent(layout, next..UNKNOWN, object);
        }
        Ok(())
    }

    fn field(&mut self, field: &Field, run: &[Occurrence<'_>], object: &mut Object) -> Result {
        match field.shape {
            Shape::Map | Shape::Repeated { .. } => {
                let before = (self.out.len(), object.0.empty);
                self.key(field, object);
                let is_empty = if field.shape == Shape::Map {
                    self.map(field, run)?
                } else {
                    self.list(field, run)?
                };
                // Something was on the wire, but no value: packed values can be none, and unknown ones are skipped.
                if is_empty && !self.options.emit_defaults {
                    self.out.truncate(before.0);
                    object.0.empty = before.1;
                }
                Ok(())
            }
            Shape::Implicit | Shape::Explicit | Shape::Required => {
                let Some(last) = run.last() else {
                    return Ok(());
                };
                let unset =
                    field.shape == Shape::Implicit && fields::is_default(&field.kind, last.raw);
                if unset && !self.options.emit_defaults {
                    return Ok(());
                }
                self.key(field, object);
                self.singular(field, run)
            }
        }
    }

    /// What `--emit-defaults` adds: fields that cannot be told from their default.
    fn absent(&mut self, layout: &Layout, range: std::ops::Range<u16>, object: &mut Object) {
        let range = usize::from(range.start)..usize::from(range.end).min(layout.fields.len());
        for field in layout.fields.get(range).unwrap_or_default() {
            // An extension that nobody set is not part of the message.
            if field.name.starts_with('[') {
                continue;
            }
            match field.shape {
                Shape::Implicit => {
                    self.key(field, object);
                    self.scalar(&field.kind, fields::default(&field.kind));
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

    /// A singular field's value, of all that was on the wire for it.
    fn singular(&mut self, field: &Field, run: &[Occurrence<'_>]) -> Result {
        match (&field.kind, run.last()) {
            (Type::Message(id) | Type::Group(id), _) => self.message(*id, &merged(run)),
            (kind, Some(last)) => self.element(kind, last.raw),
            (_, None) => Ok(()),
        }
    }

    fn element(&mut self, kind: &Type, raw: Raw<'_>) -> Result {
        match (kind, raw) {
            (Type::Message(id) | Type::Group(id), Raw::Bytes(bytes) | Raw::Group(bytes)) => {
                self.message(*id, bytes)
            }
            (kind, raw) => {
                let value = scalar(kind, raw)?;
                self.scalar(kind, value);
                Ok(())
            }
        }
    }

    /// Writes a list, and tells whether it is empty.
    fn list(
        &mut self,
        field: &Field,
        run: &[Occurrence<'_>],
    ) -> std::result::Result<bool, Malformed> {
        let is_packable = field.kind.is_packable();
        self.level += 1;
        let mut list = Items::open(self, b'[');
        for occurrence in run {
            match occurrence.raw {
                Raw::Bytes(bytes) if is_packable => {
                    for raw in packed(&field.kind, bytes) {
                        let raw = raw?;
                        if fields::is_known(&field.kind, raw) {
                            list.next(self);
                            self.element(&field.kind, raw)?;
                        }
                    }
                }
                raw => {
                    list.next(self);
                    self.element(&field.kind, raw)?;
                }
            }
        }
        let is_empty = list.empty;
        list.close(self, b']');
        self.level -= 1;
        Ok(is_empty)
    }

    /// Writes a map, and tells whether it is empty.
    fn map(
        &mut self,
        field: &Field,
        run: &[Occurrence<'_>],
    ) -> std::result::Result<bool, Malformed> {
        let (Type::Message(id) | Type::Group(id)) = field.kind else {
            return Err(Malformed("a map without entries"));
        };
        let layout = self.layout(id)?;
        let Some((_, value)) = layout.by_number(2) else {
            return Err(Malformed("a map without a value type"));
        };
        self.level += 1;
        let mut object = Object::open(self);
        for (key, values) in entries(&layout, run)? {
            object.next(self);
            match key {
                Key::Str(text) => self.string(text),
                Key::Bool(value) => self.quoted(value),
                Key::Int(value) => self.quoted(value),
                Key::Uint(value) => self.quoted(value),
            }
            self.colon();
            match (&value.kind, values) {
                (_, Some(values)) => self.singular(value, &values)?,
                (Type::Message(id) | Type::Group(id), None) => self.message(*id, &[])?,
                (kind, None) => self.scalar(kind, fields::default(kind)),
            }
        }
        let is_empty = object.0.empty;
        object.close(self);
        self.level -= 1;
        Ok(is_empty)
    }

    fn key(&mut self, field: &Field, object: &mut Object) {
        object.next(self);
        self.out.extend_from_slice(if self.options.proto_names {
            &field.proto_key
        } else {
            &field.json_key
        });
        self.colon();
    }

    fn colon(&mut self) {
        self.out
            .extend_from_slice(if self.options.indent { b": " } else { b":" });
    }

    fn newline(&mut self, level: usize) {
        if self.options.indent {
            self.out.push(b'\n');
            self.out.extend(std::iter::repeat_n(b' ', 2 * level));
        }
    }
}

/// The items of an object or a list: commas and line breaks between them. What is inside is a level deeper than the
/// writer was before.
struct Items {
    empty: bool,
    level: usize,
}

impl Items {
    fn open(writer: &mut Writer<'_>, bracket: u8) -> Self {
        writer.out.push(bracket);
        Self {
            empty: true,
            level: writer.level,
        }
    }

    fn next(&mut self, writer: &mut Writer<'_>) {
        if !self.empty {
            writer.out.push(b',');
        }
        self.empty = false;
        writer.newline(self.level);
    }

    fn close(self, writer: &mut Writer<'_>, bracket: u8) {
        if !self.empty {
            writer.newline(self.level.saturating_sub(1));
        }
        writer.out.push(bracket);
    }
}

struct Object(Items);

impl Object {
    fn open(writer: &mut Writer<'_>) -> Self {
        Self(Items::open(writer, b'{'))
    }

    fn next(&mut self, writer: &mut Writer<'_>) {
        self.0.next(writer);
    }

    fn close(self, writer: &mut Writer<'_>) {
        self.0.close(writer, b'}');
    }
}
