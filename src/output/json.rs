//! Message bytes → proto3 JSON, straight from the wire: no tree of values in between, which is what makes a million
//! replies cheap. The mapping is the ProtoJSON specification's.

use std::sync::Arc;

use base64::Engine as _;

use super::fields::{
    self, DEPTH, Key, Malformed, Occurrence, Raw, Scalar, UNKNOWN, entries, merged, packed, scalar,
    scan,
};
use super::wellknown;
use crate::schema::layout::{Field, Layout, LayoutId, Layouts, Shape, Special, Type};

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
        let is_packable = !matches!(
            field.kind,
            Type::String | Type::Bytes | Type::Message(_) | Type::Group(_)
        );
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

    fn any(&mut self, layout: &Layout, bytes: &[u8]) -> Result {
        let (mut url, mut value): (&str, &[u8]) = ("", &[]);
        let found = scan(layout, bytes)?;
        for field in &found {
            match (field.at, field.number, field.raw) {
                (UNKNOWN, ..) => {}
                (_, 1, raw) => {
                    if let Scalar::Str(text) = scalar(&Type::String, raw)? {
                        url = text;
                    }
                }
                (_, 2, Raw::Bytes(bytes)) => value = bytes,
                _ => {}
            }
        }
        let mut object = Object::open(self);
        if url.is_empty() {
            if !value.is_empty() {
                return Err(Malformed("an Any has a value but no type"));
            }
            object.close(self);
            return Ok(());
        }
        object.next(self);
        self.out.extend_from_slice(b"\"@type\"");
        self.colon();
        self.string(url);
        let name = url.rsplit('/').next().unwrap_or(url);
        if let Some(id) = self.layouts.find(name) {
            let inner = self.layout(id)?;
            if inner.special == Special::None || inner.special == Special::MessageSet {
                self.fields(&inner, value, &mut object)?;
            } else {
                object.next(self);
                self.out.extend_from_slice(b"\"value\"");
                self.colon();
                self.message(id, value)?;
            }
        } else {
            // Of a type that the schema does not have: its bytes are all there is to show.
            object.next(self);
            self.out.extend_from_slice(b"\"value\"");
            self.colon();
            self.scalar(&Type::Bytes, Scalar::Bytes(value));
        }
        object.close(self);
        Ok(())
    }

    fn wrapper(&mut self, layout: &Layout, bytes: &[u8]) -> Result {
        let Some((_, field)) = layout.by_number(1) else {
            return Err(Malformed("a wrapper without a value"));
        };
        let found = scan(layout, bytes)?;
        if let Some(value) = found.iter().rfind(|field| field.at != UNKNOWN) {
            return self.element(&field.kind, value.raw);
        }
        self.scalar(&field.kind, fields::default(&field.kind));
        Ok(())
    }

    /// Struct and ListValue are their one field.
    fn only_field(&mut self, layout: &Layout, bytes: &[u8]) -> Result {
        let Some((at, field)) = layout.by_number(1) else {
            return Err(Malformed("a Struct without fields"));
        };
        let found = scan(layout, bytes)?;
        let end = found.partition_point(|occurrence| occurrence.at <= at);
        let run = found.get(..end).unwrap_or_default();
        self.level -= 1;
        if field.shape == Shape::Map {
            self.map(field, run)?;
        } else {
            self.list(field, run)?;
        }
        self.level += 1;
        Ok(())
    }

    fn value(&mut self, layout: &Layout, bytes: &[u8]) -> Result {
        let found = scan(layout, bytes)?;
        let known = found
            .iter()
            .take_while(|occurrence| occurrence.at != UNKNOWN)
            .count();
        let run = found.get(..known).unwrap_or_default();
        let field = run
            .last()
            .and_then(|last| layout.fields.get(usize::from(last.at)));
        // A Value without a kind is invalid, and null is what it is taken for.
        let Some(field) = field else {
            self.out.extend_from_slice(b"null");
            return Ok(());
        };
        if let (Type::Double, Some(Raw::Fixed64(bits))) =
            (&field.kind, run.last().map(|last| last.raw))
            && !f64::from_bits(bits).is_finite()
        {
            return Err(Malformed("a Value is a number that JSON does not have"));
        }
        self.level -= 1;
        self.singular(field, run)?;
        self.level += 1;
        Ok(())
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

    fn scalar(&mut self, kind: &Type, value: Scalar<'_>) {
        match value {
            Scalar::Double(value) => {
                self.float(value, value.is_finite(), value.is_nan(), value > 0.0);
            }
            Scalar::Float(value) => {
                self.float(value, value.is_finite(), value.is_nan(), value > 0.0);
            }
            Scalar::Int(value) => self.integer(value),
            Scalar::Uint(value) => self.integer(value),
            Scalar::Long(value) => self.quoted(value),
            Scalar::Ulong(value) => self.quoted(value),
            Scalar::Bool(value) => {
                self.out
                    .extend_from_slice(if value { b"true" } else { b"false" });
            }
            Scalar::Str(text) => self.string(text),
            Scalar::Bytes(bytes) => {
                let text = base64::engine::general_purpose::STANDARD.encode(bytes);
                self.string(&text);
            }
            Scalar::Enum(number) => {
                let Type::Enum(layout) = kind else { return };
                match layout.name(number) {
                    _ if layout.is_null => self.out.extend_from_slice(b"null"),
                    Some(name) if !self.options.enum_numbers => self.string(name),
                    _ => self.integer(number),
                }
            }
        }
    }

    fn float(&mut self, value: impl zmij::Float, finite: bool, nan: bool, positive: bool) {
        if finite {
            let mut buffer = zmij::Buffer::new();
            let text = buffer.format_finite(value);
            // Not for negative zero: parsers that take `-0` for an integer lose the sign.
            let text = match text.strip_suffix(".0") {
                Some(whole) if whole != "-0" => whole,
                _ => text,
            };
            self.out.extend_from_slice(text.as_bytes());
        } else {
            self.string(match (nan, positive) {
                (true, _) => "NaN",
                (false, true) => "Infinity",
                (false, false) => "-Infinity",
            });
        }
    }

    fn integer(&mut self, value: impl itoa::Integer) {
        let mut buffer = itoa::Buffer::new();
        self.out.extend_from_slice(buffer.format(value).as_bytes());
    }

    fn quoted(&mut self, value: impl std::fmt::Display) {
        use std::io::Write as _;
        // Writing to a vector cannot fail.
        let _ = write!(self.out, "\"{value}\"");
    }

    /// A string literal. Only what JSON demands is escaped; what a terminal must not see is escaped elsewhere.
    fn string(&mut self, text: &str) {
        self.out.push(b'"');
        let mut rest = text.as_bytes();
        while let Some(at) = rest
            .iter()
            .position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\'))
        {
            let (plain, tail) = rest.split_at(at);
            self.out.extend_from_slice(plain);
            let Some((&byte, after)) = tail.split_first() else {
                break;
            };
            match byte {
                b'"' => self.out.extend_from_slice(b"\\\""),
                b'\\' => self.out.extend_from_slice(b"\\\\"),
                b'\n' => self.out.extend_from_slice(b"\\n"),
                b'\r' => self.out.extend_from_slice(b"\\r"),
                b'\t' => self.out.extend_from_slice(b"\\t"),
                byte => self
                    .out
                    .extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            }
            rest = after;
        }
        self.out.extend_from_slice(rest);
        self.out.push(b'"');
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
