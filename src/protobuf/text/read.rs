//! The protobuf text format → message bytes, after its specification
//! (<https://protobuf.dev/reference/protobuf/textformat-spec/>). Where that leaves a choice, the C++ implementation
//! and the conformance suite decide.

mod lexer;
mod literal;
mod names;
mod scalar;
mod skip;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use self::lexer::{Lexer, Token};
use crate::protobuf::Bad;
use crate::protobuf::layout::{Field, Layout, LayoutId, Layouts, Shape, Special, Type};
use crate::protobuf::wire::{self, put_bytes, put_delimited, put_tag, put_varint};

/// Messages nested deeper than this are refused: recursion must not be the writer's to choose.
const DEPTH: usize = 100;

/// Encodes `text`, which is exactly one message. Fields are in the order of the text, packed ones at their message's
/// end.
///
/// # Errors
/// On anything that is not a message of that type, with its place. Required fields may be missing.
pub fn parse(layouts: &mut Layouts, message: LayoutId, text: &str) -> Result<Vec<u8>, Bad> {
    let mut out = Vec::with_capacity(text.len());
    parse_into(layouts, message, text, &mut out)?;
    Ok(out)
}

/// As [`parse`], appending to `out`; after an error that is of no use.
pub fn parse_into(
    layouts: &mut Layouts,
    message: LayoutId,
    text: &str,
    out: &mut Vec<u8>,
) -> Result<(), Bad> {
    let mut parser = Parser {
        layouts,
        lexer: Lexer::new(text),
        token: Token::End,
        start: 0,
        path: String::new(),
        depth: 0,
    };
    parser.run(message, out).map_err(|fault| {
        Bad::at(text.as_bytes(), fault.at, parser.path, fault.why).hinted(fault.hint)
    })
}

/// What is wrong, and how many bytes into the text.
#[derive(Debug)]
struct Fault {
    at: usize,
    why: String,
    hint: Option<String>,
}

impl Fault {
    fn new(at: usize, why: impl Into<String>) -> Self {
        Self {
            at,
            why: why.into(),
            hint: None,
        }
    }

    fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

type Parsed<T = ()> = Result<T, Fault>;

struct Parser<'a> {
    layouts: &'a mut Layouts,
    lexer: Lexer<'a>,
    /// The token that is next, and where it begins.
    token: Token<'a>,
    start: usize,
    /// Where in the message; left as it is by an error, which is told with it.
    path: String,
    depth: usize,
}

/// What has been seen of one message.
struct Seen {
    /// Values by the field's place in the layout.
    counts: Vec<usize>,
    /// The member that each oneof got, by its number.
    oneofs: Vec<(u16, u16)>,
    /// Packed values, by the field's place.
    packed: BTreeMap<u16, Vec<u8>>,
    /// A map's entry has its key and its value even if they are the default.
    is_entry: bool,
}

impl Parser<'_> {
    fn run(&mut self, message: LayoutId, out: &mut Vec<u8>) -> Parsed {
        self.advance()?;
        if self.token == Token::Symbol('{') {
            return Err(self
                .expected("a field name")
                .hinted("the text format has no braces around the message; is this JSON?"));
        }
        self.message(message, None, false, out)
    }

    fn advance(&mut self) -> Parsed {
        (self.start, self.token) = self.lexer.next()?;
        Ok(())
    }

    /// Takes the next token if it is that symbol.
    fn eat(&mut self, symbol: char) -> Parsed<bool> {
        let is_it = self.token == Token::Symbol(symbol);
        if is_it {
            self.advance()?;
        }
        Ok(is_it)
    }

    fn expected(&self, what: &str) -> Fault {
        let found = match self.token {
            Token::Name(_) | Token::Integer { .. } | Token::Float(_) => {
                names::quoted(self.lexer.since(self.start))
            }
            Token::String(_) => "a string".to_owned(),
            Token::Symbol(symbol) => lexer::shown(symbol),
            Token::End => "the end".to_owned(),
        };
        Fault::new(self.start, format!("expected {what}, found {found}"))
    }

    fn layout(&self, id: LayoutId) -> Parsed<Arc<Layout>> {
        self.layouts
            .get(id)
            .ok_or_else(|| Fault::new(self.start, "the schema does not have its type"))
    }

    /// The fields of a message up to its closing bracket, or to the end.
    fn message(
        &mut self,
        id: LayoutId,
        closing: Option<char>,
        is_entry: bool,
        out: &mut Vec<u8>,
    ) -> Parsed {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Fault::new(self.start, "messages are nested too deeply"));
        }
        let layout = self.layout(id)?;
        let mut seen = Seen {
            counts: vec![0; layout.fields.len()],
            oneofs: Vec::new(),
            packed: BTreeMap::new(),
            is_entry,
        };
        loop {
            match (self.token, closing) {
                (Token::End, None) => break,
                (Token::Symbol(symbol), Some(closing)) if symbol == closing => {
                    self.advance()?;
                    break;
                }
                (Token::End | Token::Symbol('}' | '>'), Some(closing)) => {
                    return Err(self.expected(&lexer::shown(closing)));
                }
                _ => {
                    self.field(&layout, &mut seen, out)?;
                    // One of them, and no more than one.
                    if !self.eat(',')? {
                        self.eat(';')?;
                    }
                }
            }
        }
        for (at, values) in seen.packed {
            if let Some(field) = layout.fields.get(usize::from(at)) {
                put_tag(out, field.number, wire::LEN);
                put_bytes(out, &values);
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn field(&mut self, layout: &Layout, seen: &mut Seen, out: &mut Vec<u8>) -> Parsed {
        let start = self.start;
        let (name, is_extension) = match self.token {
            Token::Name(name) => (Cow::Borrowed(name), false),
            Token::Symbol('[') => {
                let name = self.lexer.bracketed()?;
                names::check(&name).map_err(|why| Fault::new(start, why))?;
                (Cow::Owned(name), true)
            }
            _ => return Err(self.no_field_name(layout)),
        };
        self.advance()?;
        if is_extension && layout.special == Special::Any {
            return self.any(layout, &name, start, seen, out);
        }
        let found = if is_extension {
            names::find(layout, &format!("[{name}]"))
        } else {
            names::find(layout, &name)
        };
        let Some((at, field)) = found else {
            if !is_extension && names::is_reserved(self.layouts, layout, &name) {
                return self.skip_value();
            }
            return Err(names::unknown(layout, &name, is_extension, start));
        };

        let parent = self.path.len();
        if parent > 0 {
            self.path.push('.');
        }
        self.path.push_str(&field.text_name);
        let is_message = matches!(field.kind, Type::Message(_) | Type::Group(_));
        if !self.eat(':')? && !is_message {
            return Err(self.expected(&format!("\":\" after {}", names::quoted(&name))));
        }
        let repeats = matches!(field.shape, Shape::Repeated { .. } | Shape::Map);
        if self.token != Token::Symbol('[') {
            self.value(layout, (at, field), start, seen, out)?;
        } else if !repeats {
            return Err(Fault::new(
                self.start,
                "a list, and the field is not repeated",
            ));
        } else {
            self.advance()?;
            if !self.eat(']')? {
                loop {
                    self.value(layout, (at, field), start, seen, out)?;
                    if self.eat(']')? {
                        break;
                    }
                    if !self.eat(',')? {
                        return Err(self.expected("\",\" or \"]\""));
                    }
                }
            }
        }
        self.path.truncate(parent);
        Ok(())
    }

    /// One value of a field. `start` is where the field's name is.
    fn value(
        &mut self,
        layout: &Layout,
        (at, field): (u16, &Field),
        start: usize,
        seen: &mut Seen,
        out: &mut Vec<u8>,
    ) -> Parsed {
        let before = count(layout, at, field, seen).map_err(|why| Fault::new(start, why))?;
        let path = self.path.len();
        if matches!(field.shape, Shape::Repeated { .. } | Shape::Map) {
            // Writing to a string cannot fail.
            let _ = write!(self.path, "[{before}]");
        }
        match field.kind {
            Type::Message(id) if field.in_message_set => {
                // A group of the type's number and the message, where others have a field.
                put_tag(out, 1, wire::START_GROUP);
                put_tag(out, 2, wire::VARINT);
                put_varint(out, u64::from(field.number));
                put_tag(out, 3, wire::LEN);
                self.nested(id, false, out)?;
                put_tag(out, 1, wire::END_GROUP);
            }
            Type::Message(id) => {
                put_tag(out, field.number, wire::LEN);
                self.nested(id, field.shape == Shape::Map, out)?;
            }
            Type::Group(id) => {
                put_tag(out, field.number, wire::START_GROUP);
                let closing = self.open()?;
                self.message(id, Some(closing), false, out)?;
                put_tag(out, field.number, wire::END_GROUP);
            }
            _ => {
                let value = self.scalar(&field.kind)?;
                match field.shape {
                    Shape::Repeated { packed: true } => {
                        value.put(seen.packed.entry(at).or_default());
                    }
                    Shape::Implicit if value.is_default() && !seen.is_entry => {}
                    _ => {
                        put_tag(out, field.number, value.wire_type());
                        value.put(out);
                    }
                }
            }
        }
        self.path.truncate(path);
        Ok(())
    }

    /// The opening bracket of a message → its closing one.
    fn open(&mut self) -> Parsed<char> {
        let closing = match self.token {
            Token::Symbol('{') => '}',
            Token::Symbol('<') => '>',
            _ => return Err(self.expected("\"{\"")),
        };
        self.advance()?;
        Ok(closing)
    }

    /// A message in brackets, encoded with its length before it.
    fn nested(&mut self, id: LayoutId, is_entry: bool, out: &mut Vec<u8>) -> Parsed {
        let closing = self.open()?;
        put_delimited(out, |out| self.message(id, Some(closing), is_entry, out))
    }

    /// `[domain/full.Name] { … }` in a `google.protobuf.Any`.
    fn any(
        &mut self,
        layout: &Layout,
        url: &str,
        start: usize,
        seen: &mut Seen,
        out: &mut Vec<u8>,
    ) -> Parsed {
        let Some((_, name)) = url.rsplit_once('/') else {
            return Err(Fault::new(
                start,
                format!("the type URL {} has no domain", names::quoted(url)),
            )
            .hinted(format!("write [type.googleapis.com/{url}]")));
        };
        let Some(id) = self.layouts.find(name) else {
            return Err(Fault::new(
                start,
                format!("the schema has no message {}", names::quoted(name)),
            ));
        };
        for (at, field) in (0..u16::MAX).zip(&layout.fields) {
            count(layout, at, field, seen).map_err(|why| Fault::new(start, why))?;
        }
        let parent = self.path.len();
        // Writing to a string cannot fail.
        let _ = write!(self.path, "{}[{url}]", if parent > 0 { "." } else { "" });
        put_tag(out, 1, wire::LEN);
        put_bytes(out, url.as_bytes());
        self.eat(':')?;
        put_tag(out, 2, wire::LEN);
        self.nested(id, false, out)?;
        self.path.truncate(parent);
        Ok(())
    }

    fn no_field_name(&self, layout: &Layout) -> Fault {
        let fault = self.expected("a field name");
        match self.token {
            Token::Integer { radix: 10, digits } => {
                let field = digits.parse().ok().and_then(|n| layout.by_number(n));
                match field {
                    Some((_, field)) => fault.hinted(format!(
                        "the text format has names for numbers; field {digits} is {:?}",
                        field.text_name
                    )),
                    None => {
                        fault.hinted("a field that the schema does not know has no text format")
                    }
                }
            }
            Token::String(_) => fault.hinted("field names have no quotes; is this JSON?"),
            _ => fault,
        }
    }
}

/// Counts a value of a field and tells how many came before.
fn count(layout: &Layout, at: u16, field: &Field, seen: &mut Seen) -> Result<usize, String> {
    let Some(count) = seen.counts.get_mut(usize::from(at)) else {
        return Ok(0);
    };
    let before = *count;
    *count += 1;
    if before > 0 && !matches!(field.shape, Shape::Repeated { .. } | Shape::Map) {
        return Err(format!(
            "{} is given twice, and is not repeated",
            field.text_name
        ));
    }
    if let Some(oneof) = field.oneof {
        match seen.oneofs.iter().find(|member| member.0 == oneof) {
            Some((_, other)) => {
                let other = layout.fields.get(usize::from(*other));
                return Err(format!(
                    "{} and {} are members of one oneof: only one can be given",
                    other.map_or("another field", |field| &field.text_name),
                    field.text_name
                ));
            }
            None => seen.oneofs.push((oneof, at)),
        }
    }
    Ok(before)
}

#[cfg(test)]
mod tests;
