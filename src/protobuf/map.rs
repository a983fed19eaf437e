//! Map fields: entries on the wire → each key once, with its value.

use std::borrow::Cow;

use super::fields::{UNKNOWN, merged, scan};
use super::layout::{Layout, Type};
use super::scalar::{self, Scalar};
use super::wire::{DecodeError, WireValue};

/// A map's key. Entries are in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key<'a> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Str(&'a str),
}

impl<'a> Key<'a> {
    fn new(key: Scalar<'a>) -> Result<Self, DecodeError> {
        Ok(match key {
            Scalar::Bool(value) => Self::Bool(value),
            Scalar::Int32(value) => Self::Int(value.into()),
            Scalar::Int64(value) => Self::Int(value),
            Scalar::Uint32(value) => Self::Uint(value.into()),
            Scalar::Uint64(value) => Self::Uint(value),
            Scalar::Str(value) => Self::Str(value),
            _ => return Err(DecodeError("a map's keys are of an impossible type")),
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
/// nothing.
///
/// # Errors
/// When an entry is not one.
pub fn entries<'a>(
    layout: &Layout,
    values: impl Iterator<Item = Result<WireValue<'a>, DecodeError>>,
) -> Result<Vec<(Key<'a>, Value<'a>)>, DecodeError> {
    let key_type = layout.by_number(1).map(|(_, field)| &field.kind);
    let key_type = key_type.ok_or(DecodeError("a map has no key type"))?;
    let has_messages = layout
        .by_number(2)
        .is_some_and(|(_, field)| matches!(field.kind, Type::Message(_) | Type::Group(_)));
    let mut entries = Vec::new();
    for value in values {
        let WireValue::Bytes(bytes) = value? else {
            continue;
        };
        let found = scan(layout, bytes)?;
        let known = |number| {
            found
                .iter()
                .filter(move |field| field.at != UNKNOWN && field.number == number)
                .map(|field| field.value)
        };
        let key = match known(1).next_back() {
            Some(key) => scalar::decode(key_type, key)?,
            None => scalar::default(key_type),
        };
        let value = match known(2).next_back() {
            // An unknown number of a closed enum makes the whole entry an unknown field.
            None if found.iter().any(|field| field.number == 2) => continue,
            _ if has_messages => Value::Message(merged(known(2).map(Ok))?),
            Some(value) => Value::Scalar(value),
            None => Value::Default,
        };
        entries.push((Key::new(key)?, value));
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
