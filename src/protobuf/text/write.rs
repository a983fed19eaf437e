//! Message bytes → the protobuf text format, straight from the wire. Everything that was on the wire is shown, what
//! the schema does not know too, by its number.

use std::sync::Arc;

use crate::protobuf::fields::{
    self, DEPTH, Key, Malformed, Occurrence, Raw, Scalar, UNKNOWN, entries, merged, packed, scalar,
    scan,
};
use crate::protobuf::layout::{Field, Layout, LayoutId, Layouts, Shape, Special, Type};
use crate::protobuf::wire::{tag, value};

/// What may be chosen about text.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Options {
    pub indent: bool,
    pub emit_defaults: bool,
    pub enum_numbers: bool,
    pub skip_unknown: bool,
}

/// Writes messages as text.
pub struct Writer<'a> {
    layouts: &'a mut Layouts,
    options: Options,
    out: &'a mut Vec<u8>,
    level: usize,
    /// Nothing has been written on this level yet.
    first: bool,
}

type Result = std::result::Result<(), Malformed>;

impl<'a> Writer<'a> {
    pub fn new(layouts: &'a mut Layouts, options: Options, out: &'a mut Vec<u8>) -> Self {
        Self {
            layouts,
            options,
            out,
            level: 0,
            first: true,
        }
    }

    /// Appends a message's fields.
    pub fn message(&mut self, id: LayoutId, bytes: &[u8]) -> Result {
        if self.level >= DEPTH {
            return Err(Malformed("messages are nested too deeply"));
        }
        let layout = self.layout(id)?;
        let found = scan(&layout, bytes)?;
        if layout.special == Special::Any && self.expanded_any(&found)? {
            return Ok(());
        }
        let mut next = 0;
        for run in found.chunk_by(|a, b| a.at == b.at) {
            let Some(first) = run.first() else { continue };
            match layout.fields.get(usize::from(first.at)) {
                Some(field) => {
                    if self.options.emit_defaults {
                        self.absent(&layout, next..first.at);
                    }
                    next = first.at + 1;
                    self.field(field, run)?;
                }
                None if self.options.skip_unknown => {}
                None => {
                    if self.options.emit_defaults {
                        self.absent(&layout, next..UNKNOWN);
                        next = UNKNOWN;
                    }
                    for unknown in run {
                        self.unknown(unknown.number, unknown.raw, DEPTH - self.level);
                    }
                }
            }
        }
        if self.options.emit_defaults {
            self.absent(&layout, next..UNKNOWN);
        }
        Ok(())
    }

    fn layout(&self, id: LayoutId) -> std::result::Result<Arc<Layout>, Malformed> {
        self.layouts.get(id).ok_or(Malformed("its type is unknown"))
    }

    fn absent(&mut self, layout: &Layout, range: std::ops::Range<u16>) {
        let range = usize::from(range.start)..usize::from(range.end).min(layout.fields.len());
        for field in layout.fields.get(range).unwrap_or_default() {
            if field.shape == Shape::Implicit {
                self.name(&field.text_name);
                self.scalar(&field.kind, fields::default(&field.kind));
            }
        }
    }

    fn field(&mut self, field: &Field, run: &[Occurrence<'_>]) -> Result {
        match field.shape {
            Shape::Map => self.map(field, run),
            Shape::Repeated { .. } => {
                let is_packable = field.kind.is_packable();
                for occurrence in run {
                    match occurrence.raw {
                        Raw::Bytes(bytes) if is_packable => {
                            for raw in packed(&field.kind, bytes) {
                                let raw = raw?;
                                if fields::is_known(&field.kind, raw) {
                                    self.element(field, raw)?;
                                } else if !self.options.skip_unknown {
                                    self.unknown(field.number, raw, DEPTH - self.level);
                                }
                            }
                        }
                        raw => self.element(field, raw)?,
                    }
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
                self.singular(field, run)
            }
        }
    }

    fn singular(&mut self, field: &Field, run: &[Occurrence<'_>]) -> Result {
        match (&field.kind, run.last()) {
            (Type::Message(id) | Type::Group(id), _) => {
                let bytes = merged(run);
                self.nested(&field.text_name, |writer| writer.message(*id, &bytes))
            }
            (_, Some(last)) => self.element(field, last.raw),
            (_, None) => Ok(()),
        }
    }

    fn element(&mut self, field: &Field, raw: Raw<'_>) -> Result {
        match (&field.kind, raw) {
            (Type::Message(id) | Type::Group(id), Raw::Bytes(bytes) | Raw::Group(bytes)) => {
                self.nested(&field.text_name, |writer| writer.message(*id, bytes))
            }
            (kind, raw) => {
                let value = scalar(kind, raw)?;
                self.name(&field.text_name);
                self.scalar(kind, value);
                Ok(())
            }
        }
    }

    fn map(&mut self, field: &Field, run: &[Occurrence<'_>]) -> Result {
        let (Type::Message(id) | Type::Group(id)) = field.kind else {
            return Err(Malformed("a map without entries"));
        };
        let layout = self.layout(id)?;
        let Some((_, value)) = layout.by_number(2) else {
            return Err(Malformed("a map without a value type"));
        };
        for (key, values) in entries(&layout, run)? {
            self.nested(&field.text_name, |writer| {
                writer.name("key");
                match key {
                    Key::Str(text) => writer.string(text.as_bytes(), true),
                    Key::Bool(value) => writer.display(value),
                    Key::Int(value) => writer.display(value),
                    Key::Uint(value) => writer.display(value),
                }
                match (&value.kind, values) {
                    (_, Some(values)) => writer.singular(value, &values),
                    (Type::Message(_) | Type::Group(_), None) => writer.nested("value", |_| Ok(())),
                    (kind, None) => {
                        writer.name("value");
                        writer.scalar(kind, fields::default(kind));
                        Ok(())
                    }
                }
            })?;
        }
        Ok(())
    }

    /// `[type.googleapis.com/full.Name] { … }`, if the type is known and the value is a message of it.
    fn expanded_any(&mut self, found: &[Occurrence<'_>]) -> std::result::Result<bool, Malformed> {
        let has_unknown = found.iter().any(|field| field.at == UNKNOWN);
        if has_unknown && !self.options.skip_unknown {
            return Ok(false);
        }
        let (url, value) = fields::any(found)?;
        // A text parser reads no more than this between the brackets, and wants a domain.
        let plain = url
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c))
            && !url.starts_with('/');
        let Some((_, name)) = url.rsplit_once('/').filter(|_| plain) else {
            return Ok(false);
        };
        let Some(id) = self.layouts.find(name) else {
            return Ok(false);
        };
        let (length, first) = (self.out.len(), self.first);
        let level = self.level;
        let nested = self.nested(&format!("[{url}]"), |writer| writer.message(id, value));
        if nested.is_err() {
            // What does not parse is shown as the bytes it is.
            self.out.truncate(length);
            (self.first, self.level) = (first, level);
        }
        Ok(nested.is_ok())
    }

    /// A field the schema does not know: what can be said of it by its wire type. Bytes that parse as a message are
    /// shown as one.
    fn unknown(&mut self, number: u32, raw: Raw<'_>, depth: usize) {
        let name = itoa::Buffer::new().format(number).to_owned();
        match raw {
            Raw::Varint(value) => {
                self.name(&name);
                self.display(value);
            }
            Raw::Fixed32(bits) => {
                self.name(&name);
                self.display(format_args!("0x{bits:08x}"));
            }
            Raw::Fixed64(bits) => {
                self.name(&name);
                self.display(format_args!("0x{bits:016x}"));
            }
            Raw::Group(bytes) => {
                let inner = unknown_fields(bytes).unwrap_or_default();
                self.unknown_message(&name, &inner, depth);
            }
            Raw::Bytes(bytes) => match unknown_fields(bytes) {
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

    fn unknown_message(&mut self, name: &str, inner: &[(u32, Raw<'_>)], depth: usize) {
        // The only error there is would come from the closure.
        let _ = self.nested(name, |writer| {
            for (number, raw) in inner {
                writer.unknown(*number, *raw, depth.saturating_sub(1));
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
            // Nothing was inside.
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
            Scalar::Int(value) => self.display(value),
            Scalar::Uint(value) => self.display(value),
            Scalar::Long(value) => self.display(value),
            Scalar::Ulong(value) => self.display(value),
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
            let text = buffer.format_finite(value);
            self.out
                .extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
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

    /// A string literal. Text stays readable, bytes are octal where they are not ASCII.
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

/// The fields of bytes that may be a message; `None` if they are not.
fn unknown_fields(mut bytes: &[u8]) -> Option<Vec<(u32, Raw<'_>)>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (number, wire_type) = tag(&mut bytes).ok()?;
        found.push((number, value(&mut bytes, number, wire_type, DEPTH).ok()?));
    }
    Some(found)
}
