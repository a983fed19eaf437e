//! Fields that the schema does not have, by their numbers and wire types.

use super::Writer;
use crate::protobuf::MAX_DEPTH;
use crate::protobuf::wire::{WireValue, tag, value};

impl Writer<'_> {
    /// What a field's wire type tells. Bytes that can be a message are written as one.
    pub(super) fn unknown(&mut self, number: u32, value: WireValue<'_>) {
        self.unknown_within(number, value, MAX_DEPTH - self.level);
    }

    fn unknown_within(&mut self, number: u32, value: WireValue<'_>, depth: usize) {
        let name = itoa::Buffer::new().format(number).to_owned();
        match value {
            WireValue::Varint(value) => {
                self.name(&name);
                self.integer(value);
            }
            WireValue::Fixed32(bits) => {
                self.name(&name);
                self.out
                    .extend_from_slice(format!("0x{bits:08x}").as_bytes());
            }
            WireValue::Fixed64(bits) => {
                self.name(&name);
                self.out
                    .extend_from_slice(format!("0x{bits:016x}").as_bytes());
            }
            WireValue::Group(bytes) => {
                let inner = unknown_fields(bytes).unwrap_or_default();
                self.unknown_message(&name, &inner, depth);
            }
            WireValue::Bytes(bytes) => match unknown_fields(bytes) {
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

    fn unknown_message(&mut self, name: &str, inner: &[(u32, WireValue<'_>)], depth: usize) {
        // Only the closure could return an error.
        let _ = self.nested(name, |writer| {
            for (number, value) in inner {
                writer.unknown_within(*number, *value, depth.saturating_sub(1));
            }
            Ok(())
        });
    }
}

/// The fields of bytes that may be a message; `None` if they are not one.
fn unknown_fields(mut bytes: &[u8]) -> Option<Vec<(u32, WireValue<'_>)>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (number, wire_type) = tag(&mut bytes).ok()?;
        found.push((number, value(&mut bytes, number, wire_type).ok()?));
    }
    Some(found)
}
