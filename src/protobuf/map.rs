//! Map fields: entries on the wire → each key once, with its value.

use std::borrow::Cow;

use super::fields::{Fields, UNKNOWN, merged, scan};
use super::layout::{Field, Layout, Type};
use super::scalar::{self, Scalar};
use super::wire::WireValue;
use super::writer::{BAD_SCHEMA, WriteError};

/// A map's key. Entries are in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key<'a> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Str(&'a str),
}

impl<'a> Key<'a> {
    fn new(key: Scalar<'a>) -> Result<Self, WriteError> {
        Ok(match key {
            Scalar::Bool(value) => Self::Bool(value),
            Scalar::Int32(value) => Self::Int(value.into()),
            Scalar::Int64(value) => Self::Int(value),
            Scalar::Uint32(value) => Self::Uint(value.into()),
            Scalar::Uint64(value) => Self::Uint(value),
            Scalar::Text(bytes) => Self::Str(scalar::text(bytes)?),
            _ => return Err(BAD_SCHEMA),
        })
    }
}

/// A map's value.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    Message(Cow<'a, [u8]>),
    Scalar(WireValue<'a>),
    /// The default of a scalar type.
    Default,
}

/// A map's entries: each key once with its last value, in the order of the keys, since their order on the wire means
/// nothing. `layout` is that of an entry, and `fields` has found the first one.
///
/// # Errors
/// When an entry is not one.
pub fn entries<'l, 'a>(
    layout: &Layout,
    field: &Field,
    fields: &mut impl Fields<'l, 'a>,
) -> Result<Vec<(Key<'a>, Value<'a>)>, WriteError> {
    let key_type = layout.by_number(1).map(|(_, field)| &field.kind);
    let key_type = key_type.ok_or(BAD_SCHEMA)?;
    let has_messages = layout
        .by_number(2)
        .is_some_and(|(_, field)| matches!(field.kind, Type::Message(_) | Type::Group(_)));
    let mut entries = Vec::new();
    loop {
        let bytes = fields.bytes()?;
        let found = scan(layout, bytes)?;
        let known = |number| {
            found
                .iter()
                .filter(move |field| field.at != UNKNOWN && field.number == number)
                .map(|field| field.value)
        };
        let key = match known(1).next_back() {
            Some(mut key) => scalar::decode(key_type, &mut key)?,
            None => scalar::default(key_type),
        };
        let value = match known(2).next_back() {
            // An unknown number of a closed enum makes the whole entry an unknown field.
            None if found.iter().any(|field| field.number == 2) => None,
            _ if has_messages => Some(Value::Message(merged(known(2)))),
            Some(value) => Some(Value::Scalar(value)),
            None => Some(Value::Default),
        };
        if let Some(value) = value {
            entries.push((Key::new(key)?, value));
        }
        if !fields.next_value(field)? {
            break;
        }
    }
    // The sort is stable: of equal keys the last one is the last on the wire.
    entries.sort_by_key(|(key, _)| *key);
    let mut unique: Vec<(Key<'a>, Value<'a>)> = Vec::with_capacity(entries.len());
    for entry in entries {
        match unique.last_mut() {
            Some(last) if last.0 == entry.0 => *last = entry,
            _ => unique.push(entry),
        }
    }
    Ok(unique)
}
