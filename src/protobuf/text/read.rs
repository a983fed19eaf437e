//! The text format → message bytes, as its specification has it
//! (<https://protobuf.dev/reference/protobuf/textformat-spec/>). Where that leaves a choice, the C++ implementation
//! and the conformance suite decide.

mod any;
mod lexer;
mod literal;
mod names;
mod scalar;
mod seen;
mod skip;

use std::borrow::Cow;
use std::fmt::Write as _;

use self::lexer::{Lexer, Token};
use self::seen::Seen;
use crate::protobuf::layout::{
    AnyTypes, BAD_SCHEMA, Field, Layout, LayoutId, Layouts, Shape, Special, Type,
};
use crate::protobuf::wire::{self, put_delimited, put_message_set_item, put_tag};
use crate::protobuf::{MAX_DEPTH, ParseError};

/// Encodes `text`, which is exactly one message. Fields are in the order of the text, packed ones at their message's
/// end.
///
/// # Errors
/// On anything that is not a message of that type, with its place. Required fields may be missing.
pub fn read(
    layouts: &mut Layouts,
    message: LayoutId,
    text: &str,
) -> std::result::Result<Vec<u8>, ParseError> {
    let mut out = Vec::with_capacity(text.len());
    read_into(layouts, message, text, &mut out)?;
    Ok(out)
}

/// As [`read`], appending to `out`.
///
/// # Errors
/// As [`read`]; what has been appended is of no use then.
pub fn read_into(
    layouts: &mut Layouts,
    message: LayoutId,
    text: &str,
    out: &mut Vec<u8>,
) -> std::result::Result<(), ParseError> {
    let start = out.len();
    layouts.with_any_types(|layouts, types| {
        out.truncate(start);
        let mut parser = Parser {
            layouts,
            types,
            lexer: Lexer::new(text),
            token: Token::End,
            start: 0,
            path: String::new(),
            depth: 0,
        };
        parser.run(message, out).map_err(|error| {
            ParseError::at(text.as_bytes(), error.offset, error.message)
                .within(&parser.path)
                .hinted(error.hint)
        })
    })
}

/// What is wrong, and how many bytes into the text. The path within the message is the parser's.
#[derive(Debug)]
struct SyntaxError {
    offset: usize,
    message: String,
    hint: Option<String>,
}

impl SyntaxError {
    fn new(offset: usize, message: impl Into<String>) -> Self {
        Self {
            offset,
            message: message.into(),
            hint: None,
        }
    }

    fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

type Result<T = ()> = std::result::Result<T, SyntaxError>;

struct Parser<'t, 'l> {
    layouts: &'l Layouts,
    types: &'l mut AnyTypes,
    lexer: Lexer<'t>,
    /// The token that is next, and where it begins.
    token: Token<'t>,
    start: usize,
    /// Where in the message the parser is; an error leaves it as it is.
    path: String,
    /// How many messages are open.
    depth: usize,
}

impl<'l> Parser<'_, 'l> {
    fn run(&mut self, message: LayoutId, out: &mut Vec<u8>) -> Result {
        self.advance()?;
        if self.token == Token::Symbol('{') {
            return Err(self
                .expected("a field name")
                .hinted("the text format has no braces around a message; is this JSON?"));
        }
        self.message(message, None, false, out)
    }

    fn advance(&mut self) -> Result {
        (self.start, self.token) = self.lexer.next()?;
        Ok(())
    }

    /// Takes the next token if it is that symbol.
    fn eat(&mut self, symbol: char) -> Result<bool> {
        let is_it = self.token == Token::Symbol(symbol);
        if is_it {
            self.advance()?;
        }
        Ok(is_it)
    }

    fn expected(&self, what: &str) -> SyntaxError {
        let found = match self.token {
            Token::Name(_) | Token::Integer { .. } | Token::Float(_) => {
                names::quoted(self.lexer.since(self.start))
            }
            Token::String(_) => "a string".to_owned(),
            Token::Symbol(symbol) => lexer::shown(symbol),
            Token::End => "the end".to_owned(),
        };
        SyntaxError::new(self.start, format!("expected {what}, found {found}"))
    }

    fn layout(&self, id: LayoutId) -> Result<&'l Layout> {
        self.layouts
            .get(id)
            .ok_or_else(|| SyntaxError::new(self.start, BAD_SCHEMA))
    }

    /// The fields of a message up to its closing bracket, or to the end.
    fn message(
        &mut self,
        id: LayoutId,
        closing: Option<char>,
        is_entry: bool,
        out: &mut Vec<u8>,
    ) -> Result {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SyntaxError::new(
                self.start,
                "messages are nested too deeply",
            ));
        }
        let layout = self.layout(id)?;
        let mut seen = Seen::new(layout, is_entry);
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
                    self.field(layout, &mut seen, out)?;
                    // One of them, not both.
                    if !self.eat(',')? {
                        self.eat(';')?;
                    }
                }
            }
        }
        seen.put_packed(layout, out);
        self.depth -= 1;
        Ok(())
    }

    fn field(&mut self, layout: &Layout, seen: &mut Seen, out: &mut Vec<u8>) -> Result {
        let start = self.start;
        let (name, is_extension) = match self.token {
            Token::Name(name) => (Cow::Borrowed(name), false),
            Token::Symbol('[') => {
                let name = self.lexer.bracketed()?;
                names::check(&name).map_err(|why| SyntaxError::new(start, why))?;
                (Cow::Owned(name), true)
            }
            _ => return Err(self.not_a_field_name(layout)),
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
            return Err(SyntaxError::new(
                self.start,
                "found a list, but the field is not repeated",
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
    ) -> Result {
        let before = seen
            .count(layout, at, field)
            .map_err(|why| SyntaxError::new(start, why))?;
        let path = self.path.len();
        if matches!(field.shape, Shape::Repeated { .. } | Shape::Map) {
            // Writing to a string cannot fail.
            let _ = write!(self.path, "[{before}]");
        }
        let omits_default = field.shape == Shape::Implicit && !seen.is_entry;
        match field.kind {
            Type::Message(id) if field.in_message_set => {
                let closing = self.open()?;
                put_message_set_item(out, field.number, |out| {
                    self.message(id, Some(closing), false, out)
                })?;
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
            Type::String | Type::Bytes => {
                let before = out.len();
                put_tag(out, field.number, wire::LEN);
                let contents = out.len() + 1;
                let is_text = matches!(field.kind, Type::String);
                put_delimited(out, |out| self.string(is_text, out))?;
                if omits_default && out.len() == contents {
                    out.truncate(before);
                }
            }
            _ => {
                let value = self.scalar(&field.kind)?;
                match field.shape {
                    Shape::Repeated { packed: true } => seen.pack(at, value),
                    _ if omits_default && value.is_zero() => {}
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
    fn open(&mut self) -> Result<char> {
        let closing = match self.token {
            Token::Symbol('{') => '}',
            Token::Symbol('<') => '>',
            _ => return Err(self.expected("\"{\"")),
        };
        self.advance()?;
        Ok(closing)
    }

    /// A message in brackets, encoded with its length in front.
    fn nested(&mut self, id: LayoutId, is_entry: bool, out: &mut Vec<u8>) -> Result {
        let closing = self.open()?;
        put_delimited(out, |out| self.message(id, Some(closing), is_entry, out))
    }

    fn not_a_field_name(&self, layout: &Layout) -> SyntaxError {
        let error = self.expected("a field name");
        match self.token {
            Token::Integer { radix: 10, digits } => {
                let field = digits.parse().ok().and_then(|n| layout.by_number(n));
                match field {
                    Some((_, field)) => error.hinted(format!(
                        "the text format has field names, not numbers; field {digits} is {:?}",
                        field.text_name
                    )),
                    None => error
                        .hinted("a field that the schema does not have cannot be written as text"),
                }
            }
            Token::String(_) => error.hinted("field names are not quoted; is this JSON?"),
            _ => error,
        }
    }
}

#[cfg(test)]
mod tests;
