//! What a message has had: no singular field comes twice, only one member of a oneof comes, and packed values are put
//! together.

use std::collections::BTreeMap;

use crate::protobuf::layout::{Field, Layout, Shape};
use crate::protobuf::wire::{self, WireValue, put_bytes, put_tag};

pub struct Seen {
    /// How many values each field has had, by its index in the layout.
    counts: Vec<usize>,
    /// The oneofs that have a member, and the index of that.
    oneofs: Vec<(u16, u16)>,
    /// Packed values, by the index of the field.
    packed: BTreeMap<u16, Vec<u8>>,
    /// The message is a map's entry: it has its key and its value even if they are the default.
    pub is_entry: bool,
}

impl Seen {
    pub fn new(layout: &Layout, is_entry: bool) -> Self {
        Self {
            counts: vec![0; layout.fields.len()],
            oneofs: Vec::new(),
            packed: BTreeMap::new(),
            is_entry,
        }
    }

    /// Counts a value of a field, and returns how many came before.
    ///
    /// # Errors
    /// When the field cannot have another value.
    pub fn count(&mut self, layout: &Layout, at: u16, field: &Field) -> Result<usize, String> {
        let Some(count) = self.counts.get_mut(usize::from(at)) else {
            return Ok(0);
        };
        let before = *count;
        *count += 1;
        if before > 0 && !matches!(field.shape, Shape::Repeated { .. } | Shape::Map) {
            return Err(format!(
                "{} is not repeated, but set twice",
                field.text_name
            ));
        }
        if let Some(oneof) = field.oneof {
            match self.oneofs.iter().find(|member| member.0 == oneof) {
                Some((_, other)) => {
                    let other = layout.fields.get(usize::from(*other));
                    return Err(format!(
                        "{} and {} are members of the same oneof: only one can be set",
                        other.map_or("another field", |field| &field.text_name),
                        field.text_name
                    ));
                }
                None => self.oneofs.push((oneof, at)),
            }
        }
        Ok(before)
    }

    /// Adds a value to a packed field.
    pub fn pack(&mut self, at: u16, value: WireValue<'_>) {
        value.put(self.packed.entry(at).or_default());
    }

    /// Appends the packed fields.
    pub fn put_packed(&self, layout: &Layout, out: &mut Vec<u8>) {
        for (at, values) in &self.packed {
            if let Some(field) = layout.fields.get(usize::from(*at)) {
                put_tag(out, field.number, wire::LEN);
                put_bytes(out, values);
            }
        }
    }
}
