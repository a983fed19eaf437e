//! Messages whose JSON is not an object of their fields: Any, the wrappers, Struct, ListValue and Value.

use super::{Items, Result, Writer};
use crate::protobuf::fields::{self, UNKNOWN, scan};
use crate::protobuf::layout::{Layout, Resolved, Shape, Special, Type};
use crate::protobuf::scalar::{self, Scalar};
use crate::protobuf::wire::WireValue;
use crate::protobuf::writer::{BAD_SCHEMA, Stop, WriteError};

impl Writer<'_> {
    pub(super) fn any(&mut self, layout: &Layout, bytes: &[u8]) -> Result {
        let found = scan(layout, bytes)?;
        let (url, value) = fields::any(&found)?;
        let mut object = Items::open(self, b'{');
        if url.is_empty() {
            if !value.is_empty() {
                return Err(WriteError::Unrepresentable("an Any has a value but no type").into());
            }
            object.close(self, b'}');
            return Ok(());
        }
        self.literal_key("@type", &mut object);
        self.string(url);
        let name = url.rsplit('/').next().unwrap_or(url);
        match self.types.resolve(self.layouts, name) {
            Resolved::Layout(id) => {
                let inner = self.layout(id)?;
                let written = if matches!(inner.special, Special::None | Special::MessageSet) {
                    self.fields(inner, value, &mut object)
                } else {
                    self.literal_key("value", &mut object);
                    self.message(id, value)
                };
                written.map_err(within_any)?;
            }
            // Its bytes are all there is to show.
            Resolved::Unknown | Resolved::NotYet => {
                self.literal_key("value", &mut object);
                self.scalar(&Type::Bytes, Scalar::Bytes(value));
            }
        }
        object.close(self, b'}');
        Ok(())
    }

    pub(super) fn wrapper(&mut self, layout: &Layout, bytes: &[u8]) -> Result {
        let (_, field) = layout.by_number(1).ok_or(BAD_SCHEMA)?;
        let found = scan(layout, bytes)?;
        if let Some(value) = found.iter().rfind(|field| field.at != UNKNOWN) {
            return self.element(&field.kind, value.value);
        }
        self.scalar(&field.kind, scalar::default(&field.kind));
        Ok(())
    }

    /// Struct and ListValue are what their one field is.
    pub(super) fn only_field(&mut self, layout: &Layout, bytes: &[u8]) -> Result {
        let (only, field) = layout.by_number(1).ok_or(BAD_SCHEMA)?;
        let mut found = scan(layout, bytes)?;
        found.retain(|occurrence| occurrence.at == only);
        let values = found.iter().map(|occurrence| Ok(occurrence.value));
        if field.shape == Shape::Map {
            self.map(field, values)?;
        } else {
            self.list(field, values)?;
        }
        Ok(())
    }

    pub(super) fn value(&mut self, layout: &Layout, bytes: &[u8]) -> Result {
        let found = scan(layout, bytes)?;
        let known = found.iter().take_while(|field| field.at != UNKNOWN);
        let last = known.clone().last();
        let Some((last, field)) =
            last.and_then(|last| Some((last.value, layout.fields.get(usize::from(last.at))?)))
        else {
            // A Value without a kind is invalid; other implementations take it for null.
            self.out.extend_from_slice(b"null");
            return Ok(());
        };
        match (&field.kind, last) {
            (Type::Message(id) | Type::Group(id), _) => {
                let parts = known.filter(|part| part.number == field.number);
                let bytes = fields::merged(parts.map(|part| Ok(part.value)))?;
                self.message(*id, &bytes)
            }
            (Type::Double, WireValue::Fixed64(bits)) if !f64::from_bits(bits).is_finite() => {
                let why = "a Value is a number that JSON does not have";
                Err(WriteError::Unrepresentable(why).into())
            }
            (kind, value) => self.element(kind, value),
        }
    }
}

/// An Any is a message of its type whatever bytes it has.
fn within_any(stop: Stop) -> Stop {
    match stop {
        Stop::Error(WriteError::Malformed(_)) => {
            WriteError::Unrepresentable("the value of an Any is not a message of its type").into()
        }
        stop => stop,
    }
}
