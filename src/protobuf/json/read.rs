//! JSON → message bytes, in one pass, without a tree of values or a message object in between. The mapping is read
//! strictly: what it does not allow is an error with its place and its field.

mod cursor;
mod map;
mod number;
mod scalar;
mod special;

use smallvec::SmallVec;

use crate::protobuf::layout::{
    AnyTypes, BAD_SCHEMA, Field, Layout, LayoutId, Layouts, Shape, Special, Type,
};
use crate::protobuf::suggest::suggest_field;
use crate::protobuf::wellknown::read as wellknown;
use crate::protobuf::wire::{self, put_delimited, put_message_set_item, put_tag};
use crate::protobuf::{MAX_DEPTH, ParseError, Position};
use cursor::Cursor;

/// How JSON is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions {
    /// Fields that the message does not have are skipped instead of refused.
    pub allow_unknown_fields: bool,
    /// Errors call fields by their names in the .proto file, unless an unknown one is written like those in JSON.
    pub prefers_proto_names: bool,
}

/// Encodes `json`, which is exactly one value, as a message.
///
/// # Errors
/// When it is not JSON, or not that message's; lines and columns are counted from the start of `json`.
pub fn read(
    layouts: &mut Layouts,
    message: LayoutId,
    json: &[u8],
    options: ReadOptions,
) -> std::result::Result<Vec<u8>, ParseError> {
    let mut out = Vec::with_capacity(json.len());
    read_into(layouts, message, json, options, &mut out)?;
    Ok(out)
}

/// Whether the text is exactly one JSON value.
///
/// # Errors
/// When it is not.
pub fn check(json: &[u8]) -> std::result::Result<(), ParseError> {
    let mut cursor = Cursor::new(utf8(json)?);
    cursor
        .skip()
        .and_then(|()| cursor.end())
        .map_err(|error| *error.0)
}

/// As [`read`], appending to `out`.
///
/// # Errors
/// As [`read`]; what has been appended is of no use then.
pub fn read_into(
    layouts: &mut Layouts,
    message: LayoutId,
    json: &[u8],
    options: ReadOptions,
    out: &mut Vec<u8>,
) -> std::result::Result<(), ParseError> {
    let text = utf8(json)?;
    let start = out.len();
    layouts
        .with_any_types(|layouts, types| {
            out.truncate(start);
            let mut parser = Parser::new(layouts, types, text, options);
            parser.message(message, out)?;
            parser.cursor.end()
        })
        .map_err(|error| *error.0)
}

/// Encodes every message of `json`, which is an array of them or one after the other, each with where it starts.
///
/// # Errors
/// As [`read`].
pub fn read_all(
    layouts: &mut Layouts,
    message: LayoutId,
    json: &[u8],
    options: ReadOptions,
) -> std::result::Result<Vec<(Position, Vec<u8>)>, ParseError> {
    let text = utf8(json)?;
    layouts
        .with_any_types(|layouts, types| {
            Parser::new(layouts, types, text, options).all(message, text)
        })
        .map_err(|error| *error.0)
}

fn utf8(json: &[u8]) -> std::result::Result<&str, ParseError> {
    std::str::from_utf8(json)
        .map_err(|error| ParseError::at(json, error.valid_up_to(), "not valid UTF-8"))
}

/// An error in JSON. Boxed, so that results that are nearly never errors fit into registers.
struct Error(Box<ParseError>);

impl Error {
    fn at(text: &str, offset: usize, message: impl Into<String>) -> Self {
        Self(ParseError::at(text.as_bytes(), offset, message).into())
    }

    fn within(self, field: &str) -> Self {
        Self(self.0.within(field).into())
    }

    fn hinted(self, hint: Option<String>) -> Self {
        Self(self.0.hinted(hint).into())
    }
}

type Result<T = ()> = std::result::Result<T, Error>;

struct Parser<'t, 'l> {
    cursor: Cursor<'t>,
    layouts: &'l Layouts,
    types: &'l mut AnyTypes,
    options: ReadOptions,
    /// How many messages are open.
    depth: usize,
}

/// What became of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    Yes,
    /// It is an unknown value of an enum, and these are skipped.
    Skipped,
}

/// The fields that an object has had: no field may come twice, and only one member of a oneof.
#[derive(Default)]
struct Seen {
    fields: SmallVec<[u64; 4]>,
    /// Each with its member, by the index in the layout.
    oneofs: SmallVec<[(u16, u16); 4]>,
}

impl Seen {
    /// `false` if the field has been seen before.
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

impl<'t, 'l> Parser<'t, 'l> {
    fn new(
        layouts: &'l Layouts,
        types: &'l mut AnyTypes,
        text: &'t str,
        options: ReadOptions,
    ) -> Self {
        Self {
            cursor: Cursor::new(text),
            layouts,
            types,
            options,
            depth: 0,
        }
    }

    /// Every message there is, each with where it starts.
    fn all(&mut self, message: LayoutId, text: &str) -> Result<Vec<(Position, Vec<u8>)>> {
        let mut messages = Vec::new();
        let is_array = self.cursor.take(b'[');
        if is_array && self.cursor.take(b']') {
            self.cursor.end()?;
            return Ok(messages);
        }
        // Of the message before, and its offset.
        let mut last = (Position::START, 0);
        while is_array || self.cursor.peek().is_some() {
            self.cursor.peek();
            let offset = self.cursor.offset();
            let between = text.get(last.1..offset).unwrap_or_default();
            last = (last.0.after(between.as_bytes()), offset);
            let mut bytes = Vec::new();
            self.message(message, &mut bytes)?;
            messages.push((last.0, bytes));
            if is_array && !self.cursor.take(b',') {
                self.cursor.expect(b']')?;
                break;
            }
        }
        self.cursor.end()?;
        Ok(messages)
    }

    fn layout(&self, id: LayoutId) -> Result<&'l Layout> {
        self.layouts
            .get(id)
            .ok_or_else(|| self.cursor.error(BAD_SCHEMA))
    }

    /// A value that stands for a message.
    fn message(&mut self, id: LayoutId, out: &mut Vec<u8>) -> Result {
        let layout = self.layout(id)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.cursor.error("messages are nested too deeply"));
        }
        match layout.special {
            Special::None | Special::MessageSet => self.object(layout, None, out)?,
            Special::Any => self.any(out)?,
            Special::Timestamp => {
                let (seconds, nanos) = self.string_form(layout, wellknown::timestamp)?;
                special::put_seconds_and_nanos(out, seconds, nanos);
            }
            Special::Duration => {
                let (seconds, nanos) = self.string_form(layout, wellknown::duration)?;
                special::put_seconds_and_nanos(out, seconds, nanos);
            }
            Special::FieldMask => {
                for path in self.string_form(layout, wellknown::field_mask)? {
                    put_tag(out, 1, wire::LEN);
                    wire::put_bytes(out, path.as_bytes());
                }
            }
            Special::Wrapper | Special::Struct | Special::ListValue => {
                let Some((_, field)) = layout.by_number(1) else {
                    return Err(self.cursor.error(BAD_SCHEMA));
                };
                match field.shape {
                    Shape::Map => self.map(field, out)?,
                    Shape::Repeated { .. } => self.list(field, out)?,
                    _ => self.singular(field, out)?,
                }
            }
            Special::Value => self.value(layout, out)?,
        }
        self.depth -= 1;
        Ok(())
    }

    /// The fields of a message. `any` is the key of an Any that is not a field.
    fn object(&mut self, layout: &Layout, any: Option<&str>, out: &mut Vec<u8>) -> Result {
        if self.cursor.peek() != Some(b'{') {
            let found = self.cursor.found();
            let why = format!("expected an object for {}, found {found}", layout.full_name);
            let is_array = self.depth == 1 && self.cursor.peek() == Some(b'[');
            let hint = is_array.then(|| {
                "write messages one after the other, without an array around them".to_owned()
            });
            return Err(self.cursor.error(why).hinted(hint));
        }
        self.cursor.expect(b'{')?;
        if self.cursor.take(b'}') {
            return Ok(());
        }
        let mut seen = Seen::default();
        let mut expected = 0;
        loop {
            self.cursor.peek();
            let at = self.cursor.offset();
            let key = self.cursor.string()?;
            self.cursor.expect(b':')?;
            // Fields mostly come in order, and then need no search.
            let guess = layout.fields.get(usize::from(expected));
            let found = match guess {
                Some(field) if *field.json_name == *key => Some((expected, field)),
                _ => layout.by_name(&key),
            };
            match found {
                Some((place, _)) => {
                    expected = place + 1;
                    self.field(layout, place, &mut seen, at, out)
                        // As it is written: it has two names.
                        .map_err(|error| error.within(&key))?;
                }
                None if any.is_some_and(|any| any == key) => self.cursor.skip()?,
                None if self.options.allow_unknown_fields => self.cursor.skip()?,
                None => {
                    let why = format!("{} has no field {key:?}", layout.full_name);
                    let is_proto_name = key.contains('_')
                        || self.options.prefers_proto_names
                            && !key.contains(|c: char| c.is_ascii_uppercase());
                    let names = layout.fields.iter().map(|field| {
                        if is_proto_name {
                            field.name.as_ref()
                        } else {
                            field.json_name.as_ref()
                        }
                    });
                    let hint = suggest_field(&key, names);
                    return Err(self.cursor.error_at(at, why).hinted(hint));
                }
            }
            if !self.cursor.take(b',') {
                return self.cursor.expect(b'}');
            }
        }
    }

    fn field(
        &mut self,
        layout: &Layout,
        place: u16,
        seen: &mut Seen,
        at: usize,
        out: &mut Vec<u8>,
    ) -> Result {
        let Some(field) = layout.fields.get(usize::from(place)) else {
            return Err(self.cursor.error(BAD_SCHEMA));
        };
        if !seen.insert(place) {
            return Err(self.cursor.error_at(at, "duplicate field"));
        }
        if self.cursor.peek() == Some(b'n')
            && !self.takes_null(&field.kind)
            && self.cursor.word("null")
        {
            return Ok(());
        }
        if let Some(oneof) = field.oneof {
            if let Some((_, other)) = seen.oneofs.iter().find(|member| member.0 == oneof) {
                let other = layout.fields.get(usize::from(*other));
                let name = |field: &Field| {
                    if self.options.prefers_proto_names {
                        field.name.to_string()
                    } else {
                        field.json_name.to_string()
                    }
                };
                let why = format!(
                    "{} and {} are members of the same oneof: only one can be set",
                    other.map_or_else(|| "another field".to_owned(), name),
                    name(field)
                );
                return Err(self.cursor.error_at(at, why));
            }
            seen.oneofs.push((oneof, place));
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

    fn singular(&mut self, field: &Field, out: &mut Vec<u8>) -> Result {
        let start = out.len();
        match &field.kind {
            Type::Message(id) if field.in_message_set => {
                put_message_set_item(out, field.number, |out| self.message(*id, out))?;
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
                put_tag(out, field.number, kind.wire_type());
                let value = out.len();
                let written = self.scalar(kind, out)?;
                // Absent and default mean the same; the shorter encoding is the canonical one. Negative zero has a bit set.
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

    fn list(&mut self, field: &Field, out: &mut Vec<u8>) -> Result {
        if self.cursor.peek() != Some(b'[') {
            let found = self.cursor.found();
            return Err(self
                .cursor
                .error(format!("expected an array, found {found}")));
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
                let why = format!("expected a value, found {found}");
                return Err(parser.cursor.error(why));
            }
            parser.singular(field, out)
        })
    }

    fn elements(&mut self, mut element: impl FnMut(&mut Self) -> Result) -> Result {
        let mut index = 0;
        loop {
            element(self).map_err(|error| error.within(&format!("[{index}]")))?;
            index += 1;
            if !self.cursor.take(b',') {
                return self.cursor.expect(b']');
            }
        }
    }
}
