//! Message bytes → the fields of the message, by the wire format's rules: the last one of a singular field's values
//! counts, and the last one of a oneof's members; the parts of a message are merged; what the schema does not know is
//! set apart.
//!
//! Nearly every message has its fields in the order of their numbers, and is visited as they come. Of all others the
//! fields are collected first.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::layout::{Field, Layout, Shape, Special, Type};
use super::scalar::{self, Scalar};
use super::wire::{DecodeError, WireValue, tag, value};
use super::writer::{Order, Stop};

/// The index of fields that are not in the layout.
pub const UNKNOWN: u16 = u16::MAX;

/// One field on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Occurrence<'a> {
    /// The field's index in its layout, or [`UNKNOWN`].
    pub at: u16,
    pub number: u32,
    pub value: WireValue<'a>,
}

/// The fields of one message, ordered by number, unknown ones last.
pub type Occurrences<'a> = SmallVec<[Occurrence<'a>; 12]>;

/// Collects a message's fields.
///
/// # Errors
/// When the bytes are not a message.
pub fn scan<'a>(layout: &Layout, mut bytes: &'a [u8]) -> Result<Occurrences<'a>, DecodeError> {
    let mut found = Occurrences::new();
    let mut sorted = true;
    let mut oneofs = 0;
    while !bytes.is_empty() {
        let (number, wire_type) = tag(&mut bytes)?;
        let value = value(&mut bytes, number, wire_type)?;
        let occurrence = if layout.special == Special::MessageSet && number == 1 {
            message_set_item(layout, value)?
        } else {
            let at = match layout.by_number(number) {
                Some((at, field)) if accepts(field, value) => {
                    oneofs += usize::from(field.oneof.is_some());
                    at
                }
                _ => UNKNOWN,
            };
            Some(Occurrence { at, number, value })
        };
        if let Some(occurrence) = occurrence {
            sorted &= found.last().is_none_or(|last| last.at <= occurrence.at);
            found.push(occurrence);
        }
    }
    if oneofs > 1 {
        keep_last_members(layout, &mut found);
    }
    if !sorted {
        found.sort_by_key(|occurrence| occurrence.at);
    }
    Ok(found)
}

/// Keeps of each oneof the member that came last, and of its occurrences those that no other member came after.
fn keep_last_members(layout: &Layout, found: &mut Occurrences<'_>) {
    // (oneof, its last member, whether another member came before that)
    let mut members: SmallVec<[(u16, u16, bool); 4]> = SmallVec::new();
    let mut keep: SmallVec<[bool; 16]> = SmallVec::new();
    for occurrence in found.iter().rev() {
        let oneof = layout
            .fields
            .get(usize::from(occurrence.at))
            .and_then(|field| field.oneof);
        keep.push(match oneof {
            None => true,
            Some(oneof) => match members.iter_mut().find(|member| member.0 == oneof) {
                None => {
                    members.push((oneof, occurrence.at, false));
                    true
                }
                Some((_, last, is_over)) => {
                    *is_over |= *last != occurrence.at;
                    !*is_over
                }
            },
        });
    }
    let mut keep = keep.into_iter().rev();
    found.retain(|_| keep.next().unwrap_or(true));
}

/// An item of a MessageSet is a group of a type id and the message, in either order.
fn message_set_item<'a>(
    layout: &Layout,
    group: WireValue<'a>,
) -> Result<Option<Occurrence<'a>>, DecodeError> {
    let WireValue::Group(mut item) = group else {
        return Ok(None);
    };
    let (mut type_id, mut message) = (None, None);
    while !item.is_empty() {
        let (number, wire_type) = tag(&mut item)?;
        match (number, value(&mut item, number, wire_type)?) {
            (2, WireValue::Varint(id)) => type_id = u32::try_from(id).ok(),
            (3, value @ WireValue::Bytes(_)) => message = Some(value),
            _ => {}
        }
    }
    Ok(type_id.zip(message).map(|(number, value)| {
        let at = layout.by_number(number).map_or(UNKNOWN, |(at, _)| at);
        Occurrence { at, number, value }
    }))
}

/// Whether a field of this type can have been written like this; if not, the field is unknown.
fn accepts(field: &Field, value: WireValue<'_>) -> bool {
    match value {
        // Packed, whatever the schema says.
        WireValue::Bytes(_) if field.kind.is_packable() => {
            matches!(field.shape, Shape::Repeated { .. })
        }
        value => {
            value.wire_type() == scalar::wire_type(&field.kind)
                && scalar::is_known(&field.kind, value)
        }
    }
}

/// The values of one field, at least one of them.
pub struct Values<'s, 'a>(Source<'s, 'a>);

enum Source<'s, 'a> {
    Ordered {
        first: Option<WireValue<'a>>,
        field: &'s Field,
        /// The bytes of the field's tag.
        tag: &'a [u8],
        rest: &'s mut &'a [u8],
        ordered: &'s mut bool,
    },
    Collected(std::slice::Iter<'s, Occurrence<'a>>),
}

impl<'a> Iterator for Values<'_, 'a> {
    type Item = Result<WireValue<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Source::Collected(occurrences) => {
                occurrences.next().map(|occurrence| Ok(occurrence.value))
            }
            Source::Ordered { first, .. } if first.is_some() => first.take().map(Ok),
            Source::Ordered {
                field,
                tag,
                rest,
                ordered,
                ..
            } => {
                let mut after = rest.strip_prefix(*tag)?;
                let wire_type = u32::from(*tag.first()? & 7);
                let value = match value(&mut after, field.number, wire_type) {
                    Ok(value) => value,
                    Err(error) => return Some(Err(error)),
                };
                if !accepts(field, value) {
                    **ordered = false;
                    return None;
                }
                **rest = after;
                Some(Ok(value))
            }
        }
    }
}

/// The last of several values, which is the one that counts.
///
/// # Errors
/// Those of the values.
pub fn last<'a>(
    values: impl Iterator<Item = Result<WireValue<'a>, DecodeError>>,
) -> Result<Option<WireValue<'a>>, DecodeError> {
    let mut last = None;
    for value in values {
        last = Some(value?);
    }
    Ok(last)
}

/// Calls `visit` with each field that the message has, its index and its values, in the order of their numbers. Fields
/// that the layout does not have come last, each by itself, with its number instead of a field.
///
/// # Errors
/// When the bytes are not a message, when their fields are not in the order that is expected, and those of `visit`.
pub fn visit<'a>(
    layout: &Layout,
    bytes: &'a [u8],
    order: Order,
    visit: impl FnMut(u16, Result<&Field, u32>, &mut Values<'_, 'a>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    match order {
        Order::Ascending => visit_ascending(layout, bytes, visit),
        Order::Any => visit_collected(layout, bytes, visit),
    }
}

fn visit_collected<'a>(
    layout: &Layout,
    bytes: &'a [u8],
    mut visit: impl FnMut(u16, Result<&Field, u32>, &mut Values<'_, 'a>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let found = scan(layout, bytes)?;
    for run in found.chunk_by(|a, b| a.at == b.at && a.at != UNKNOWN) {
        let Some(first) = run.first() else { continue };
        let field = layout.fields.get(usize::from(first.at));
        let mut values = Values(Source::Collected(run.iter()));
        visit(first.at, field.ok_or(first.number), &mut values)?;
    }
    Ok(())
}

/// In one pass. `visit` has been called with some of the fields when another turns out not to be in order.
fn visit_ascending<'a>(
    layout: &Layout,
    bytes: &'a [u8],
    mut visit: impl FnMut(u16, Result<&Field, u32>, &mut Values<'_, 'a>) -> Result<(), Stop>,
) -> Result<(), Stop> {
    if layout.special == Special::MessageSet {
        return Err(Stop::Disorder);
    }
    let mut rest = bytes;
    let mut ordered = true;
    let mut least = 0;
    let mut oneofs = 0_u64;
    while !rest.is_empty() {
        let start = rest;
        let (number, wire_type) = tag(&mut rest)?;
        let tag = start.get(..start.len() - rest.len()).unwrap_or_default();
        let value = value(&mut rest, number, wire_type)?;
        let known = layout
            .by_number(number)
            .filter(|(_, field)| accepts(field, value));
        let Some((at, field)) = known else {
            least = UNKNOWN;
            let only = Occurrence {
                at: UNKNOWN,
                number,
                value,
            };
            let mut values = Values(Source::Collected(std::slice::from_ref(&only).iter()));
            visit(UNKNOWN, Err(number), &mut values)?;
            continue;
        };
        if at < least {
            return Err(Stop::Disorder);
        }
        least = at + 1;
        if let Some(oneof) = field.oneof {
            // Of two oneofs with the same bit one is taken for the other, which costs time and no more.
            let bit = 1 << (oneof % 64);
            ordered &= oneofs & bit == 0;
            oneofs |= bit;
        }
        let mut values = Values(Source::Ordered {
            first: Some(value),
            field,
            tag,
            rest: &mut rest,
            ordered: &mut ordered,
        });
        visit(at, Ok(field), &mut values)?;
        if !ordered {
            return Err(Stop::Disorder);
        }
    }
    Ok(())
}

/// The values of a packed field.
pub fn packed<'a>(
    kind: &Type,
    mut bytes: &'a [u8],
) -> impl Iterator<Item = Result<WireValue<'a>, DecodeError>> {
    let wire_type = scalar::wire_type(kind);
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let value = value(&mut bytes, 0, wire_type);
        if value.is_err() {
            bytes = &[];
        }
        Some(value)
    })
}

/// The contents of a singular message field. It may have come in parts, whose concatenation is the encoding of what
/// they are merged.
///
/// # Errors
/// Those of the values.
pub fn merged<'a>(
    mut parts: impl Iterator<Item = Result<WireValue<'a>, DecodeError>>,
) -> Result<Cow<'a, [u8]>, DecodeError> {
    let mut contents: Cow<'a, [u8]> = match parts.next().transpose()? {
        Some(WireValue::Bytes(bytes) | WireValue::Group(bytes)) => bytes.into(),
        _ => Cow::default(),
    };
    for part in parts {
        if let WireValue::Bytes(bytes) | WireValue::Group(bytes) = part? {
            contents.to_mut().extend_from_slice(bytes);
        }
    }
    Ok(contents)
}

/// An Any's type URL (field 1) and value (field 2).
///
/// # Errors
/// When the URL is not a string.
pub fn any<'a>(found: &[Occurrence<'a>]) -> Result<(&'a str, &'a [u8]), DecodeError> {
    let (mut url, mut value): (&str, &[u8]) = ("", &[]);
    for field in found.iter().filter(|field| field.at != UNKNOWN) {
        match (field.number, field.value) {
            (1, bytes) => {
                if let Scalar::Str(text) = scalar::decode(&Type::String, bytes)? {
                    url = text;
                }
            }
            (2, WireValue::Bytes(bytes)) => value = bytes,
            _ => {}
        }
    }
    Ok((url, value))
}
