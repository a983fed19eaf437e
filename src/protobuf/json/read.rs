//! proto3 JSON → message bytes, in one pass: no tree of values, no message object. The mapping is the ProtoJSON
//! specification's, read strictly: what it does not allow is an error with its place and its field.

mod cursor;
mod number;
mod scalar;
mod special;

use smallvec::SmallVec;

use crate::protobuf::layout::{Field, Layout, LayoutId, Layouts, Shape, Special, Type};
use crate::protobuf::wellknown::read as wellknown;
use crate::protobuf::wire::{self, put_delimited, put_tag};
use crate::protobuf::{Bad, Place};
use cursor::Cursor;

/// Messages nested deeper are refused, as protobuf implementations do.
const DEPTH: usize = 100;

/// What may be chosen about JSON input.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Fields that the message does not have are skipped instead of refused.
    pub allow_unknown_fields: bool,
}

/// Encodes `json`, which is exactly one value, as a message.
///
/// # Errors
/// When it is no JSON, or not that message's; lines and columns are counted from the start of `json`.
pub fn parse(
    layouts: &mut Layouts,
    message: LayoutId,
    json: &[u8],
    options: Options,
) -> Result<Vec<u8>, Bad> {
    let mut out = Vec::with_capacity(json.len());
    parse_into(layouts, message, json, options, &mut out)?;
    Ok(out)
}

/// As [`parse`], appending to `out`.
pub fn parse_into(
    layouts: &mut Layouts,
    message: LayoutId,
    json: &[u8],
    options: Options,
    out: &mut Vec<u8>,
) -> Result<(), Bad> {
    let mut parser = Parser {
        cursor: Cursor::new(json),
        layouts,
        options,
        depth: 0,
    };
    parser.message(message, out)?;
    parser.cursor.end()
}

/// Encodes every message of `json`, which is an array of them or one after the other, each with where it starts.
///
/// # Errors
/// As [`parse`].
pub fn parse_all(
    layouts: &mut Layouts,
    message: LayoutId,
    json: &[u8],
    options: Options,
) -> Result<Vec<(Place, Vec<u8>)>, Bad> {
    let mut parser = Parser {
        cursor: Cursor::new(json),
        layouts,
        options,
        depth: 0,
    };
    let mut messages = Vec::new();
    let mut place = (Place::START, 0);
    let mut next = |parser: &mut Parser<'_, '_>| {
        parser.cursor.peek();
        let start = parser.cursor.pos();
        place = (
            place.0.after(json.get(place.1..start).unwrap_or_default()),
            start,
        );
        let mut message_bytes = Vec::new();
        parser.message(message, &mut message_bytes)?;
        messages.push((place.0, message_bytes));
        Ok(())
    };
    if parser.cursor.take(b'[') {
        let mut more = !parser.cursor.take(b']');
        while more {
            next(&mut parser)?;
            more = parser.cursor.take(b',');
            if !more {
                parser.cursor.expect(b']')?;
            }
        }
        parser.cursor.end()?;
    } else {
        while parser.cursor.peek().is_some() {
            next(&mut parser)?;
        }
    }
    Ok(messages)
}

struct Parser<'t, 'l> {
    cursor: Cursor<'t>,
    layouts: &'l mut Layouts,
    options: Options,
    depth: usize,
}

/// Whether a value was one, or something that is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    Yes,
    /// An unknown name of an enum, where unknown things are skipped.
    Skipped,
}

/// The fields that an object has had: a field twice is a mistake, and so is a second member of a oneof.
#[derive(Default)]
struct Seen {
    fields: SmallVec<[u64; 4]>,
    oneofs: SmallVec<[u16; 4]>,
}

impl Seen {
    /// `false` if it was there before.
    fn insert(&mut self, at: u16) -> bool {
        let (word, bit) = (usize::from(at / 64), 1 << (at % 64));
        if self.fields.len() <= word {
            self.fields.resize(word + 1, 0);
        }
        match self.fields.get_mut(word) {
            Some(word) if *word & bit == 0 => {
                *word |= bit;
                true
            }
            _ => false,
        }
    }
}

impl Parser<'_, '_> {
    /// A value that stands for a message.
    fn message(&mut self, id: LayoutId, out: &mut Vec<u8>) -> Result<(), Bad> {
        let Some(layout) = self.layouts.get(id) else {
            return Err(self.cursor.bad("its type is unknown"));
        };
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.cursor.bad("messages are nested too deeply"));
        }
        match layout.special {
            Special::None | Special::MessageSet => self.object(&layout, None, out)?,
            Special::Any => self.any(out)?,
            Special::Timestamp => {
                let (seconds, nanos) = self.string_form(&layout, wellknown::timestamp)?;
                special::put_seconds_and_nanos(out, seconds, nanos);
            }
            Special::Duration => {
                let (seconds, nanos) = self.string_form(&layout, wellknown::duration)?;
                special::put_seconds_and_nanos(out, seconds, nanos);
            }
            Special::FieldMask => {
                for path in self.string_form(&layout, wellknown::field_mask)? {
                    put_tag(out, 1, wire::LEN);
                    wire::put_bytes(out, path.as_bytes());
                }
            }
            Special::Wrapper | Special::Struct | Special::ListValue => {
                let Some((_, field)) = layout.by_number(1) else {
                    return Err(self.cursor.bad("its type is damaged"));
                };
                match field.shape {
                    Shape::Map => self.map(field, out)?,
                    Shape::Repeated { .. } => self.list(field, out)?,
                    _ => self.singular(field, out)?,
                }
            }
            Special::Value => self.value(&layout, out)?,
        }
        self.depth -= 1;
        Ok(())
    }

    /// The fields of a message. `any` is the name of the Any's key that is no field.
    fn object(&mut self, layout: &Layout, any: Option<&str>, out: &mut Vec<u8>) -> Result<(), Bad> {
        if self.cursor.peek() != Some(b'{') {
            let found = self.cursor.found();
            let why = format!("expected an object for {}, found {found}", layout.full_name);
            let is_array = self.depth == 1 && self.cursor.peek() == Some(b'[');
            let hint = is_array.then(|| {
                "messages stand one after the other, with no array around them".to_owned()
            });
            return Err(self.cursor.bad(why).hinted(hint));
        }
        self.cursor.expect(b'{')?;
        if self.cursor.take(b'}') {
            return Ok(());
        }
        let mut seen = Seen::default();
        let mut expected = 0;
        loop {
            self.cursor.peek();
            let at = self.cursor.pos();
            let key = self.cursor.string()?;
            self.cursor.expect(b':')?;
            // Fields mostly come in their order, and then need no search.
            let guess = layout.fields.get(usize::from(expected));
            let found = match guess {
                Some(field) if *field.json_name == *key => Some((expected, field)),
                _ => layout.by_name(&key),
            };
            match found {
                Some((place, field)) => {
                    expected = place + 1;
                    self.field(field, place, &mut seen, at, out)
                        .map_err(|bad| bad.within(&field.json_name))?;
                }
                None if any.is_some_and(|any| any == key) => self.cursor.skip()?,
                None if self.options.allow_unknown_fields => self.cursor.skip()?,
                None => {
                    let why = format!("{} has no field {key:?}", layout.full_name);
                    return Err(self.cursor.bad_at(at, why).hinted(nearest(layout, &key)));
                }
            }
            if !self.cursor.take(b',') {
                return self.cursor.expect(b'}');
            }
        }
    }

    fn field(
        &mut self,
        field: &Field,
        place: u16,
        seen: &mut Seen,
        at: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Bad> {
        if !seen.insert(place) {
            return Err(self.cursor.bad_at(at, "the field is there twice"));
        }
        if self.cursor.peek() == Some(b'n')
            && !self.takes_null(&field.kind)
            && self.cursor.word("null")
        {
            return Ok(());
        }
        if let Some(oneof) = field.oneof {
            if seen.oneofs.contains(&oneof) {
                let why = "another field of the same oneof is there already";
                return Err(self.cursor.bad_at(at, why));
            }
            seen.oneofs.push(oneof);
        }
        match field.shape {
            Shape::Map => self.map(field, out),
            Shape::Repeated { .. } => self.list(field, out),
            Shape::Implicit | Shape::Explicit | Shape::Required => self.singular(field, out),
        }
    }

    /// Whether null is a value of the type, and not its absence.
    fn takes_null(&self, kind: &Type) -> bool {
        match kind {
            Type::Enum(layout) => layout.is_null,
            Type::Message(id) => self
                .layouts
                .get(*id)
                .is_some_and(|layout| layout.special == Special::Value),
            _ => false,
        }
    }

    fn singular(&mut self, field: &Field, out: &mut Vec<u8>) -> Result<(), Bad> {
        let start = out.len();
        match &field.kind {
            Type::Message(id) if field.in_message_set => {
                put_tag(out, 1, wire::START_GROUP);
                put_tag(out, 2, wire::VARINT);
                wire::put_varint(out, u64::from(field.number));
                put_tag(out, 3, wire::LEN);
                put_delimited(out, |out| self.message(*id, out))?;
                put_tag(out, 1, wire::END_GROUP);
            }
            Type::Message(id) => {
                put_tag(out, field.number, wire::LEN);
                put_delimited(out, |out| self.message(*id, out))?;
            }
            Type::Group(id) => {
                put_tag(out, field.number, wire::START_GROUP);
                self.message(*id, out)?;
                put_tag(out, field.number, wire::END_GROUP);
            }
            kind => {
                put_tag(out, field.number, scalar::wire_type(kind));
                let value = out.len();
                let written = self.scalar(kind, out)?;
                // Absent and default are the same: the shorter encoding is the canonical one. Negative zero has a bit.
                let is_default = field.shape == Shape::Implicit
                    && out
                        .get(value..)
                        .unwrap_or_default()
                        .iter()
                        .all(|byte| *byte == 0);
                if is_default || written == Written::Skipped {
                    out.truncate(start);
                }
            }
        }
        Ok(())
    }

    fn list(&mut self, field: &Field, out: &mut Vec<u8>) -> Result<(), Bad> {
        if self.cursor.peek() != Some(b'[') {
            let found = self.cursor.found();
            return Err(self.cursor.bad(format!("expected an array, found {found}")));
        }
        self.cursor.expect(b'[')?;
        if self.cursor.take(b']') {
            return Ok(());
        }
        if field.shape == (Shape::Repeated { packed: true }) {
            let start = out.len();
            put_tag(out, field.number, wire::LEN);
            let contents = out.len() + 1;
            put_delimited(out, |out| {
                self.elements(|parser| parser.scalar(&field.kind, out).map(drop))
            })?;
            if out.len() == contents {
                out.truncate(start);
            }
            return Ok(());
        }
        self.elements(|parser| {
            if parser.cursor.peek() == Some(b'n') && !parser.takes_null(&field.kind) {
                let found = parser.cursor.found();
                return Err(parser
                    .cursor
                    .bad(format!("expected a value, found {found}")));
            }
            parser.singular(field, out)
        })
    }

    fn elements(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), Bad>,
    ) -> Result<(), Bad> {
        let mut index = 0;
        loop {
            element(self).map_err(|bad| bad.within(&format!("[{index}]")))?;
            index += 1;
            if !self.cursor.take(b',') {
                return self.cursor.expect(b']');
            }
        }
    }

    fn map(&mut self, field: &Field, out: &mut Vec<u8>) -> Result<(), Bad> {
        let entry = match field.kind {
            Type::Message(id) | Type::Group(id) => self.layouts.get(id),
            _ => None,
        };
        let entry = entry.ok_or_else(|| self.cursor.bad("its type is unknown"))?;
        let (Some((_, key)), Some((_, value))) = (entry.by_number(1), entry.by_number(2)) else {
            return Err(self.cursor.bad("its type is damaged"));
        };
        if self.cursor.peek() != Some(b'{') {
            let found = self.cursor.found();
            return Err(self
                .cursor
                .bad(format!("expected an object, found {found}")));
        }
        self.cursor.expect(b'{')?;
        if self.cursor.take(b'}') {
            return Ok(());
        }
        let mut keys = std::collections::HashSet::new();
        loop {
            self.cursor.peek();
            let at = self.cursor.pos();
            let name = self.cursor.string()?;
            self.cursor.expect(b':')?;
            let start = out.len();
            put_tag(out, field.number, wire::LEN);
            let mut key_bytes = Vec::new();
            let mut written = Written::Yes;
            put_delimited(out, |out| {
                scalar::map_key(&key.kind, &name, &mut key_bytes)
                    .map_err(|why| self.cursor.bad_at(at, why))?;
                put_tag(out, 1, scalar::wire_type(&key.kind));
                out.extend_from_slice(&key_bytes);
                if self.cursor.peek() == Some(b'n') && !self.takes_null(&value.kind) {
                    return Err(self.cursor.bad("a map's value cannot be null"));
                }
                match &value.kind {
                    Type::Message(id) => {
                        put_tag(out, 2, wire::LEN);
                        put_delimited(out, |out| self.message(*id, out))
                    }
                    Type::Group(_) => Err(self.cursor.bad("its type is damaged")),
                    kind => {
                        put_tag(out, 2, scalar::wire_type(kind));
                        written = self.scalar(kind, out)?;
                        Ok(())
                    }
                }
            })
            .map_err(|bad: Bad| bad.within(&format!("[{name:?}]")))?;
            if written == Written::Skipped {
                out.truncate(start);
            }
            if !keys.insert(key_bytes) {
                let why = format!("the key {name:?} is there twice");
                return Err(self.cursor.bad_at(at, why));
            }
            if !self.cursor.take(b',') {
                return self.cursor.expect(b'}');
            }
        }
    }
}

/// The field that was probably meant, or the fields there are.
fn nearest(layout: &Layout, name: &str) -> Option<String> {
    let names = layout.fields.iter().map(|field| field.json_name.as_ref());
    crate::schema::nearest(name, names.clone()).map_or_else(
        || {
            let names: Vec<&str> = names.take(20).collect();
            (!names.is_empty()).then(|| format!("its fields are {}", names.join(", ")))
        },
        |nearest| Some(format!("did you mean {nearest:?}?")),
    )
}
