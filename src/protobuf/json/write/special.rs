//! Messages whose JSON is not an object of their fields: Any, the wrappers, Struct, ListValue and Value.

use super::{Result, Writer};
use crate::protobuf::fields::{self, Collected, Fields as _, UNKNOWN, scan};
use crate::protobuf::layout::{Layout, Resolved, Shape, Special, Type};
use crate::protobuf::scalar::{self, Scalar};
use crate::protobuf::wire::WireValue;
use crate::protobuf::writer::{BAD_SCHEMA, Stop, Unrepresentable, WriteError};

impl Writer<'_> {
    pub(super) fn any(&mut self, layout: &Layout, bytes: &[u8]) -> Result {
        let found = scan(layout, bytes)?;
        let (url, value) = fields::any(&found)?;
        let object = self.open();
        if url.is_empty() {
            if !value.is_empty() {
                return Err(WriteError::Unrepresentable(Unrepresentable::AnyWithoutType).into());
            }
            self.close(object, b'{', b'}');
            return Ok(());
        }
        self.literal_key("@type");
        self.string(url);
        let name = url.rsplit('/').next().unwrap_or(url);
        match self.types.resolve(self.layouts, name) {
            Resolved::Layout(id) => {
                let inner = self.layout(id)?;
                let written = if matches!(inner.special, Special::None | Special::MessageSet) {
                    self.fields(inner, value)
                } else {
                    self.literal_key("value");
                    self.message(id, value)
                };
                written.map_err(within_any)?;
            }
            // Its bytes are all there is to show.
            Resolved::Unknown | Resolved::NotYet => {
                self.literal_key("value");
                self.scalar(&Type::Bytes, Scalar::Bytes(value))?;
            }
        }
        self.close(object, b'{', b'}');
        Ok(())
    }

    pub(super) fn wrapper(&mut self, layout: &Layout, bytes: &[u8]) -> Result {
        let (_, field) = layout.by_number(1).ok_or(BAD_SCHEMA)?;
        let found = scan(layout, bytes)?;
        match found.iter().rfind(|field| field.at != UNKNOWN) {
            Some(last) => {
                let mut value = last.value;
                self.element(&field.kind, field.number, &mut value)
            }
            None => self.scalar(&field.kind, scalar::default(&field.kind)),
        }
    }

    /// Struct and ListValue are what their one field is.
    pub(super) fn only_field(&mut self, layout: &Layout, bytes: &[u8]) -> Result {
        let mut fields = Collected::new(layout, bytes, false)?;
        match fields.next_field()?.and_then(|found| found.field) {
            Some(field) if field.shape == Shape::Map => drop(self.map(field, &mut fields)?),
            Some(field) => drop(self.list(field, &mut fields)?),
            None if layout.special == Special::Struct => self.out.extend_from_slice(b"{}"),
            None => self.out.extend_from_slice(b"[]"),
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
                let bytes = fields::merged(parts.map(|part| part.value));
                self.message(*id, &bytes)
            }
            (Type::Double, WireValue::Fixed64(bits)) if !f64::from_bits(bits).is_finite() => {
                Err(WriteError::Unrepresentable(Unrepresentable::Number).into())
            }
            (kind, mut value) => self.element(kind, field.number, &mut value),
        }
    }
}

/// An Any is a message of its type whatever bytes it has.
fn within_any(stop: Stop) -> Stop {
    match stop {
        Stop::Error(WriteError::Malformed(_)) => {
            WriteError::Unrepresentable(Unrepresentable::AnyValue).into()
        }
        stop => stop,
    }
}
