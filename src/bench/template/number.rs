//! Values of numeric fields.

use super::values::{Placeholder, Range, Values};
use crate::bench::rows::Rows;
use crate::error::{Error, Result};
use crate::protobuf::layout::Type;
use crate::protobuf::scalar::encode_integer;
use crate::protobuf::wire::{FIXED32, FIXED64, WireValue, put_varint};

/// A value of a numeric field.
#[derive(Clone, Debug)]
pub struct Number {
    kind: Type,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    /// Of the call's number, the bits that a number of the type has without its sign: it starts again when they are used
    /// up, in an int32 after 2^31 calls.
    Call(u64),
    Worker(u64),
    Random(Range),
    /// Those of a column, as bits of their encoding.
    Cells(Vec<u64>),
}

impl Number {
    /// # Errors
    /// When a value does not fit the type. `field` is what has it.
    pub fn new(
        (placeholder, written): (Placeholder, &str),
        kind: Type,
        field: &str,
        rows: Option<&Rows>,
    ) -> Result<Self> {
        let refuse = |why: String| Error::usage(format!("{written} does not fit {field}: {why}"));
        let source = match placeholder {
            Placeholder::Call => Source::Call(mask(&kind)),
            Placeholder::Worker => Source::Worker(mask(&kind)),
            Placeholder::Uuid => {
                return Err(refuse(format!(
                    "a UUID is text, and its type is {}",
                    kind.name()
                )));
            }
            Placeholder::Random(range) => {
                let wrong = [range.low(), range.high()]
                    .into_iter()
                    .find(|end| integer(&kind, *end).is_none());
                if let Some(wrong) = wrong {
                    return Err(refuse(format!(
                        "its type is {}, and {wrong} is out of range",
                        kind.name()
                    )));
                }
                Source::Random(range)
            }
            Placeholder::Csv(column) => {
                let mut cells = Vec::new();
                let texts = rows.into_iter().flat_map(|rows| rows.column(column));
                for (row, text) in texts.enumerate() {
                    let bits = parse(&kind, text).ok_or_else(|| {
                        let place = rows.map_or_else(String::new, |rows| rows.place(row, column));
                        refuse(format!(
                            "its type is {}, and {text:?} is not ({place})",
                            kind.name()
                        ))
                    })?;
                    cells.push(bits);
                }
                Source::Cells(cells)
            }
        };
        Ok(Self { kind, source })
    }

    /// The least and the greatest length in bytes.
    pub fn bounds(&self) -> (usize, usize) {
        match self.kind.wire_type() {
            FIXED32 => (4, 4),
            FIXED64 => (8, 8),
            _ => (1, 10),
        }
    }

    #[inline]
    pub fn put(&self, values: &mut Values, rows: Option<&Rows>, out: &mut Vec<u8>) {
        let bits = match &self.source {
            Source::Call(mask) => integer(&self.kind, (values.call & mask).into()),
            Source::Worker(mask) => integer(&self.kind, (values.worker & mask).into()),
            Source::Random(range) => integer(&self.kind, range.pick(&mut values.random)),
            Source::Cells(cells) => {
                let row = rows.map_or(0, |rows| rows.of_call(values.call));
                cells.get(row).copied()
            }
        };
        let bits = bits.unwrap_or(0);
        match self.kind.wire_type() {
            #[expect(clippy::cast_possible_truncation, reason = "of 32 bits")]
            FIXED32 => out.extend_from_slice(&(bits as u32).to_le_bytes()),
            FIXED64 => out.extend_from_slice(&bits.to_le_bytes()),
            _ => put_varint(out, bits),
        }
    }
}

/// The bits that numbers of the type have, but for the sign.
fn mask(kind: &Type) -> u64 {
    match kind {
        Type::Int32 | Type::Sint32 | Type::Sfixed32 | Type::Enum(_) => {
            i32::MAX.cast_unsigned().into()
        }
        Type::Uint32 | Type::Fixed32 => u32::MAX.into(),
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => i64::MAX.cast_unsigned(),
        _ => u64::MAX,
    }
}

/// An integer as bits of its encoding; `None` if it is out of the type's range. Floats round it.
#[expect(clippy::cast_precision_loss, reason = "a float has no more")]
fn integer(kind: &Type, value: i128) -> Option<u64> {
    match kind {
        Type::Double => Some((value as f64).to_bits()),
        Type::Float => Some((value as f32).to_bits().into()),
        kind => bits(encode_integer(kind, value)?),
    }
}

/// A text as bits of its encoding.
fn parse(kind: &Type, text: &str) -> Option<u64> {
    let text = text.trim();
    match kind {
        Type::Double => {
            let value: f64 = text.parse().ok()?;
            fits(value, text).then_some(value.to_bits())
        }
        Type::Float => {
            let value: f32 = text.parse().ok()?;
            fits(value.into(), text).then(|| value.to_bits().into())
        }
        kind => integer(kind, text.parse().ok()?),
    }
}

/// Whether a number that was read from a text is infinite only if the text says so, and not because it is too large.
fn fits(value: f64, text: &str) -> bool {
    value.is_finite() || !text.contains(|c: char| c.is_ascii_digit())
}

fn bits(value: WireValue<'_>) -> Option<u64> {
    match value {
        WireValue::Varint(bits) | WireValue::Fixed64(bits) => Some(bits),
        WireValue::Fixed32(bits) => Some(bits.into()),
        WireValue::Bytes(_) | WireValue::Group(_) => None,
    }
}
