//! Message bytes → the fields to print, by the wire format's rules: the last of a singular field's values counts,
//! the last of a oneof's members, split messages are one, and what the schema does not know is set apart.

use smallvec::SmallVec;
use std::borrow::Cow;

use crate::protobuf::layout::{Field, Layout, Shape, Special, Type};
pub use crate::protobuf::wire::{Malformed, Raw};
use crate::protobuf::wire::{tag, value};

/// Messages nested deeper than this are refused, as protobuf implementations do: recursion must not be the sender's
/// to choose.
pub const DEPTH: usize = 100;

/// A value of a known type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'a> {
    Double(f64),
    Float(f32),
    /// 32 bits.
    Int(i32),
    Uint(u32),
    Long(i64),
    Ulong(u64),
    Bool(bool),
    Str(&'a str),
    Bytes(&'a [u8]),
    Enum(i32),
}

/// One field on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Occurrence<'a> {
    /// The field's place in its layout; [`UNKNOWN`] for what is not in it.
    pub at: u16,
    pub number: u32,
    pub raw: Raw<'a>,
}

pub const UNKNOWN: u16 = u16::MAX;

/// The fields of one message, ordered by number, unknown ones last.
pub type Occurrences<'a> = SmallVec<[Occurrence<'a>; 12]>;

/// Splits a message into its fields.
pub fn scan<'a>(layout: &Layout, mut bytes: &'a [u8]) -> Result<Occurrences<'a>, Malformed> {
    let mut found = Occurrences::new();
    let mut sorted = true;
    let mut oneofs = 0;
    while !bytes.is_empty() {
        let (number, wire_type) = tag(&mut bytes)?;
        let raw = value(&mut bytes, number, wire_type, DEPTH)?;
        let occurrence = if layout.special == Special::MessageSet && number == 1 {
            message_set_item(layout, raw)?
        } else {
            let at = match layout.by_number(number) {
                Some((at, field)) if accepts(field, raw) => {
                    oneofs += usize::from(field.oneof.is_some());
                    at
                }
                _ => UNKNOWN,
            };
            Some(Occurrence { at, number, raw })
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

/// Of each oneof only the member that came last, and what came of it without another in between.
fn keep_last_members(layout: &Layout, found: &mut Occurrences<'_>) {
    // (oneof, its last member, whether another member was seen before that)
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
                Some((_, last, over)) => {
                    *over |= *last != occurrence.at;
                    !*over
                }
            },
        });
    }
    let mut keep = keep.into_iter().rev();
    found.retain(|_| keep.next().unwrap_or(true));
}

/// A MessageSet's item is a group of a type id and the message, in either order.
fn message_set_item<'a>(
    layout: &Layout,
    raw: Raw<'a>,
) -> Result<Option<Occurrence<'a>>, Malformed> {
    let Raw::Group(mut item) = raw else {
        return Ok(None);
    };
    let (mut type_id, mut message) = (None, None);
    while !item.is_empty() {
        let (number, wire_type) = tag(&mut item)?;
        match (number, value(&mut item, number, wire_type, DEPTH)?) {
            (2, Raw::Varint(id)) => type_id = u32::try_from(id).ok(),
            (3, Raw::Bytes(bytes)) => message = Some(bytes),
            _ => {}
        }
    }
    Ok(type_id.zip(message).map(|(number, bytes)| {
        let at = layout.by_number(number).map_or(UNKNOWN, |(at, _)| at);
        let raw = Raw::Bytes(bytes);
        Occurrence { at, number, raw }
    }))
}

/// Whether a field of this type can have been written like this; if not, it is unknown.
fn accepts(field: &Field, raw: Raw<'_>) -> bool {
    let repeated = matches!(field.shape, Shape::Repeated { .. });
    match (&field.kind, raw) {
        (Type::Enum(_), Raw::Varint(_)) => is_known(&field.kind, raw),
        (
            Type::Int32
            | Type::Int64
            | Type::Uint32
            | Type::Uint64
            | Type::Sint32
            | Type::Sint64
            | Type::Bool,
            Raw::Varint(_),
        )
        | (Type::Double | Type::Fixed64 | Type::Sfixed64, Raw::Fixed64(_))
        | (Type::Float | Type::Fixed32 | Type::Sfixed32, Raw::Fixed32(_))
        | (Type::String | Type::Bytes | Type::Message(_), Raw::Bytes(_))
        | (Type::Group(_), Raw::Group(_)) => true,
        // Packed, whatever the schema says it should be.
        (kind, Raw::Bytes(_)) => repeated && kind.is_packable(),
        _ => false,
    }
}

/// Whether a value is one of its type's: to a closed enum a number without a name is an unknown field.
pub fn is_known(kind: &Type, raw: Raw<'_>) -> bool {
    match (kind, raw) {
        (Type::Enum(layout), Raw::Varint(number)) => {
            !layout.closed || layout.name(low_word(number)).is_some()
        }
        _ => true,
    }
}

/// The values of a packed field.
pub fn packed<'a>(
    kind: &Type,
    mut bytes: &'a [u8],
) -> impl Iterator<Item = Result<Raw<'a>, Malformed>> {
    let wire_type = match kind {
        Type::Double | Type::Fixed64 | Type::Sfixed64 => 1,
        Type::Float | Type::Fixed32 | Type::Sfixed32 => 5,
        _ => 0,
    };
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let raw = value(&mut bytes, 0, wire_type, 0);
        if raw.is_err() {
            bytes = &[];
        }
        Some(raw)
    })
}

/// A value by its type. Messages and groups are none.
pub fn scalar<'a>(kind: &Type, raw: Raw<'a>) -> Result<Scalar<'a>, Malformed> {
    Ok(match (kind, raw) {
        (Type::Double, Raw::Fixed64(bits)) => Scalar::Double(f64::from_bits(bits)),
        (Type::Float, Raw::Fixed32(bits)) => Scalar::Float(f32::from_bits(bits)),
        (Type::Int32, Raw::Varint(bits)) => Scalar::Int(low_word(bits)),
        (Type::Int64, Raw::Varint(bits)) | (Type::Sfixed64, Raw::Fixed64(bits)) => {
            Scalar::Long(bits.cast_signed())
        }
        (Type::Uint32, Raw::Varint(bits)) => Scalar::Uint(low_word(bits).cast_unsigned()),
        (Type::Uint64, Raw::Varint(bits)) | (Type::Fixed64, Raw::Fixed64(bits)) => {
            Scalar::Ulong(bits)
        }
        (Type::Sint32, Raw::Varint(bits)) => {
            let bits = low_word(bits).cast_unsigned();
            Scalar::Int((bits >> 1).cast_signed() ^ -((bits & 1).cast_signed()))
        }
        (Type::Sint64, Raw::Varint(bits)) => {
            Scalar::Long((bits >> 1).cast_signed() ^ -((bits & 1).cast_signed()))
        }
        (Type::Fixed32, Raw::Fixed32(bits)) => Scalar::Uint(bits),
        (Type::Sfixed32, Raw::Fixed32(bits)) => Scalar::Int(bits.cast_signed()),
        (Type::Bool, Raw::Varint(bits)) => Scalar::Bool(bits != 0),
        (Type::Enum(_), Raw::Varint(bits)) => Scalar::Enum(low_word(bits)),
        (Type::String, Raw::Bytes(bytes)) => {
            Scalar::Str(std::str::from_utf8(bytes).map_err(|_| Malformed("a string is not UTF-8"))?)
        }
        (Type::Bytes, Raw::Bytes(bytes)) => Scalar::Bytes(bytes),
        _ => return Err(Malformed("a value is of the wrong wire type")),
    })
}

/// The value of a field that is not there.
pub fn default(kind: &Type) -> Scalar<'static> {
    match kind {
        Type::Double => Scalar::Double(0.0),
        Type::Float => Scalar::Float(0.0),
        Type::Int32 | Type::Sint32 | Type::Sfixed32 => Scalar::Int(0),
        Type::Uint32 | Type::Fixed32 => Scalar::Uint(0),
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => Scalar::Long(0),
        Type::Uint64 | Type::Fixed64 => Scalar::Ulong(0),
        Type::Bool => Scalar::Bool(false),
        Type::String | Type::Message(_) | Type::Group(_) => Scalar::Str(""),
        Type::Bytes => Scalar::Bytes(&[]),
        Type::Enum(layout) => Scalar::Enum(layout.default),
    }
}

/// Whether a value on the wire says nothing more than its absence would. Negative zero is not zero.
pub fn is_default(kind: &Type, raw: Raw<'_>) -> bool {
    match raw {
        // More bits than the type has do not count.
        Raw::Varint(bits) => match kind {
            Type::Int32 | Type::Uint32 | Type::Sint32 | Type::Enum(_) => low_word(bits) == 0,
            _ => bits == 0,
        },
        Raw::Fixed64(bits) => bits == 0,
        Raw::Fixed32(bits) => bits == 0,
        Raw::Bytes(bytes) => bytes.is_empty(),
        Raw::Group(_) => false,
    }
}

/// The contents of a singular message field, which may have come in parts: the encoding is made so that parts one
/// after the other are their merge.
pub fn merged<'a>(parts: &[Occurrence<'a>]) -> Cow<'a, [u8]> {
    let contents = |part: &Occurrence<'a>| match part.raw {
        Raw::Bytes(bytes) | Raw::Group(bytes) => bytes,
        _ => &[],
    };
    match parts {
        [only] => Cow::Borrowed(contents(only)),
        parts => Cow::Owned(parts.iter().flat_map(contents).copied().collect()),
    }
}

/// A map's key, in the order its entries are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key<'a> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Str(&'a str),
}

/// A map's entries: each key once, with its last value, in the order of the keys. A wire has no order to keep.
pub fn entries<'a>(
    layout: &Layout,
    parts: &[Occurrence<'a>],
) -> Result<Vec<(Key<'a>, Option<Occurrences<'a>>)>, Malformed> {
    let mut entries = Vec::with_capacity(parts.len());
    let key_type = layout.by_number(1).map(|(_, field)| &field.kind);
    for part in parts {
        let Raw::Bytes(bytes) = part.raw else {
            continue;
        };
        let found = scan(layout, bytes)?;
        let key = found
            .iter()
            .rfind(|field| field.at != UNKNOWN && field.number == 1);
        let key = match (key_type, key) {
            (Some(kind), Some(key)) => scalar(kind, key.raw)?,
            (Some(kind), None) => default(kind),
            (None, _) => return Err(Malformed("a map without a key type")),
        };
        let key = match key {
            Scalar::Bool(value) => Key::Bool(value),
            Scalar::Int(value) => Key::Int(i64::from(value)),
            Scalar::Long(value) => Key::Int(value),
            Scalar::Uint(value) => Key::Uint(u64::from(value)),
            Scalar::Ulong(value) => Key::Uint(value),
            Scalar::Str(value) => Key::Str(value),
            _ => return Err(Malformed("a map key of an impossible type")),
        };
        // An entry whose value is an unknown number of a closed enum is unknown as a whole.
        let unknown_value = found
            .iter()
            .any(|field| field.at == UNKNOWN && field.number == 2);
        let mut values: Occurrences<'a> = found
            .into_iter()
            .filter(|field| field.at != UNKNOWN && field.number == 2)
            .collect();
        if values.is_empty() && unknown_value {
            continue;
        }
        values.shrink_to_fit();
        entries.push((key, (!values.is_empty()).then_some(values)));
    }
    entries.sort_by_key(|(key, _)| *key);
    // The sort is stable: of equal keys the last one is the last on the wire.
    let mut unique: Vec<(Key<'a>, Option<Occurrences<'a>>)> = Vec::with_capacity(entries.len());
    for entry in entries {
        match unique.last_mut() {
            Some(last) if last.0 == entry.0 => *last = entry,
            _ => unique.push(entry),
        }
    }
    Ok(unique)
}

/// An Any's type URL (field 1) and value (field 2).
pub fn any<'a>(found: &[Occurrence<'a>]) -> Result<(&'a str, &'a [u8]), Malformed> {
    let (mut url, mut value): (&str, &[u8]) = ("", &[]);
    for field in found.iter().filter(|field| field.at != UNKNOWN) {
        match (field.number, field.raw) {
            (1, raw) => {
                if let Scalar::Str(text) = scalar(&Type::String, raw)? {
                    url = text;
                }
            }
            (2, Raw::Bytes(bytes)) => value = bytes,
            _ => {}
        }
    }
    Ok((url, value))
}

/// The low half of a varint: 32-bit types are written with 64 bits when negative.
#[expect(clippy::cast_possible_truncation, reason = "the half that counts")]
fn low_word(bits: u64) -> i32 {
    (bits as u32).cast_signed()
}
