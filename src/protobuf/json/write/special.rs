//! Messages whose JSON is not an object of their fields: Any, the wrappers, Struct, ListValue and Value.

use super::{Object, Result, Writer};
use crate::protobuf::fields::{self, Malformed, Raw, Scalar, UNKNOWN, scan};
use crate::protobuf::layout::{Layout, Shape, Special, Type};

impl Writer<'_> {
    pub(super) fn any(&mut self, layout: &Layout, bytes: &[u8]) -> Result {
        let found = scan(layout, bytes)?;
        let (url, value) = fields::any(&found)?;
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

    pub(super) fn wrapper(&mut self, layout: &Layout, bytes: &[u8]) -> Result {
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
    pub(super) fn only_field(&mut self, layout: &Layout, bytes: &[u8]) -> Result {
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

    pub(super) fn value(&mut self, layout: &Layout, bytes: &[u8]) -> Result {
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
}
