//! Bytes with sentinels → the parts of a message.

use std::sync::Arc;

use super::holes::{DIGITS, Holes};
use super::nodes::{Node, Nodes};
use super::number::Number;
use crate::bench::rows::Rows;
use crate::error::{Error, Result};
use crate::protobuf::layout::{Shape, Special, Type};
use crate::protobuf::scalar::{self, Scalar};
use crate::protobuf::wire::{self, DecodeError, LEN, WireValue};
use crate::protobuf::{LayoutId, Layouts};

/// A walk through the bytes of a message. They come from our own readers, which limit how deeply messages nest.
///
/// What a descriptor does not know stays as it is, as do MessageSets of proto1 and numbers of closed enums, whose values the
/// readers check.
pub struct Compiler<'a> {
    layouts: &'a mut Layouts,
    holes: &'a mut Holes,
    rows: Option<Arc<Rows>>,
}

impl<'a> Compiler<'a> {
    pub fn new(layouts: &'a mut Layouts, holes: &'a mut Holes) -> Self {
        let rows = holes.rows().cloned();
        Self {
            layouts,
            holes,
            rows,
        }
    }

    pub fn message(&mut self, bytes: &[u8], id: LayoutId) -> Result<Nodes> {
        let embedded = self.embedded(bytes, id)?;
        let mut nodes = Nodes::default();
        let mut rest = bytes;
        while !rest.is_empty() {
            let start = rest;
            let (number, wire_type) = wire::tag(&mut rest).map_err(malformed)?;
            let tag = up_to(start, rest);
            let before = rest;
            let value = wire::value(&mut rest, number, wire_type).map_err(malformed)?;
            let field = self.field(id, number);
            let field = field.map(|field| match embedded {
                Some(inner) if number == ANY_VALUE => Field {
                    kind: Type::Message(inner),
                    ..field
                },
                _ => field,
            });
            let found = match field {
                Some(field) => self.value(&field, value)?,
                None => None,
            };
            nodes.fixed(tag);
            match found {
                None => nodes.fixed(up_to(before, rest)),
                Some(found) => {
                    nodes.append(found);
                    if matches!(value, WireValue::Group(_)) {
                        let mut end = Vec::new();
                        wire::put_tag(&mut end, number, wire::END_GROUP);
                        nodes.fixed(&end);
                    }
                }
            }
        }
        Ok(nodes)
    }

    /// The message that an Any has, if its type is known.
    fn embedded(&mut self, bytes: &[u8], id: LayoutId) -> Result<Option<LayoutId>> {
        let layout = self.layouts.get(id);
        if layout.is_none_or(|layout| layout.special != Special::Any) {
            return Ok(None);
        }
        let (mut rest, mut url) = (bytes, "");
        while !rest.is_empty() {
            let (number, wire_type) = wire::tag(&mut rest).map_err(malformed)?;
            let value = wire::value(&mut rest, number, wire_type).map_err(malformed)?;
            if let (ANY_URL, WireValue::Bytes(text)) = (number, value) {
                url = scalar::text(text).map_err(malformed)?;
            }
        }
        let name = url.rsplit('/').next().unwrap_or_default();
        Ok(self.layouts.find(name))
    }

    fn field(&self, id: LayoutId, number: u32) -> Option<Field> {
        let layout = self.layouts.get(id)?;
        let (_, field) = layout.by_number(number)?;
        (!field.is_closed).then(|| Field {
            name: format!("{}.{}", layout.full_name, field.name),
            kind: field.kind.clone(),
            is_repeated: matches!(field.shape, Shape::Repeated { .. }),
        })
    }

    /// What is in a value after its tag; `None` if there is no placeholder in it.
    fn value(&mut self, field: &Field, value: WireValue<'_>) -> Result<Option<Nodes>> {
        let nodes = match (&field.kind, value) {
            (Type::String, WireValue::Bytes(bytes)) => delimited(self.text(bytes)?),
            (Type::Message(id), WireValue::Bytes(bytes)) => delimited(self.message(bytes, *id)?),
            (Type::Group(id), WireValue::Group(bytes)) => self.message(bytes, *id)?,
            (kind, WireValue::Bytes(bytes)) if field.is_repeated && kind.is_packable() => {
                delimited(self.packed(field, bytes)?)
            }
            (kind, mut value)
                if kind.wire_type() == value.wire_type() && value.wire_type() != LEN =>
            {
                let scalar = scalar::decode(kind, &mut value).map_err(malformed)?;
                match self.number(field, scalar)? {
                    Some(number) => {
                        let mut nodes = Nodes::default();
                        nodes.push(Node::Number(number));
                        nodes
                    }
                    None => return Ok(None),
                }
            }
            _ => return Ok(None),
        };
        Ok((!nodes.is_fixed()).then_some(nodes))
    }

    fn text(&mut self, bytes: &[u8]) -> Result<Nodes> {
        let text = scalar::text(bytes).map_err(malformed)?;
        let mut nodes = Nodes::default();
        let mut end = 0;
        for (at, hole) in self.holes.in_text(text) {
            nodes.fixed(bytes.get(end..at).unwrap_or_default());
            if let Some((placeholder, _)) = self.holes.take(hole) {
                nodes.push(Node::Text(placeholder));
            }
            end = at + DIGITS;
        }
        nodes.fixed(bytes.get(end..).unwrap_or_default());
        Ok(nodes)
    }

    fn packed(&mut self, field: &Field, bytes: &[u8]) -> Result<Nodes> {
        let mut nodes = Nodes::default();
        let mut rest = bytes;
        while !rest.is_empty() {
            let start = rest;
            let scalar = scalar::decode(&field.kind, &mut rest).map_err(malformed)?;
            match self.number(field, scalar)? {
                Some(number) => nodes.push(Node::Number(number)),
                None => nodes.fixed(up_to(start, rest)),
            }
        }
        Ok(nodes)
    }

    fn number(&mut self, field: &Field, scalar: Scalar<'_>) -> Result<Option<Number>> {
        let hole = match scalar {
            Scalar::Double(value) => self.holes.double(value),
            Scalar::Float(value) => self.holes.float(value),
            Scalar::Int32(value) | Scalar::Enum(value) => self.holes.integer(value.into()),
            Scalar::Uint32(value) => self.holes.integer(value.into()),
            Scalar::Int64(value) => self.holes.integer(value),
            Scalar::Uint64(value) => i64::try_from(value)
                .ok()
                .and_then(|value| self.holes.integer(value)),
            Scalar::Bool(_) | Scalar::Text(_) | Scalar::Bytes(_) => None,
        };
        let placeholder = hole.and_then(|hole| self.holes.take(hole));
        let number = placeholder.map(|placeholder| {
            Number::new(
                placeholder,
                field.kind.clone(),
                &field.name,
                self.rows.as_deref(),
            )
        });
        number.transpose()
    }
}

/// The fields of `google.protobuf.Any`.
const ANY_URL: u32 = 1;
const ANY_VALUE: u32 = 2;

/// What has to be known of a field.
struct Field {
    /// `package.Message.field`.
    name: String,
    kind: Type,
    is_repeated: bool,
}

/// The parts with their length, which is fixed if they are; then it does not matter.
fn delimited(nodes: Nodes) -> Nodes {
    if nodes.is_fixed() {
        return nodes;
    }
    let mut delimited = Nodes::default();
    delimited.push(Node::Delimited(nodes));
    delimited
}

/// What was read.
fn up_to<'b>(start: &'b [u8], rest: &[u8]) -> &'b [u8] {
    start.get(..start.len() - rest.len()).unwrap_or_default()
}

fn malformed(error: DecodeError) -> Error {
    Error::failed("a request with placeholders cannot be read").caused_by(error)
}
