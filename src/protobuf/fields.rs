//! Message bytes → the fields of the message, by the wire format's rules: the last one of a singular field's values
//! counts, and the last one of a oneof's members; the parts of a message are merged; what the schema does not know is
//! set apart.
//!
//! Nearly every message has its fields in the order of their numbers, and they are read as they come: [`Ascending`].
//! Those of all others are collected first: [`Collected`].

use std::borrow::Cow;

use smallvec::SmallVec;

use super::layout::{Field, Layout, Shape, Special, Type};
use super::scalar;
use super::wire::{DecodeError, LEN, START_GROUP, Values, WireValue, tag, value};
use super::writer::Stop;

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
    if value.wire_type() == field.wire_type {
        scalar::is_known(&field.kind, value)
    } else {
        accepts_packed(field, value.wire_type())
    }
}

/// Whether the field can be packed, whatever the schema says.
fn accepts_packed(field: &Field, wire_type: u32) -> bool {
    wire_type == LEN && matches!(field.shape, Shape::Repeated { .. }) && field.kind.is_packable()
}

/// A field that a message has.
#[derive(Clone, Copy, Debug)]
pub struct Found<'l> {
    /// The field's index in its layout, or [`UNKNOWN`].
    pub at: u16,
    /// `None` if the layout does not have it.
    pub field: Option<&'l Field>,
}

/// The fields of one message, in the order of their numbers. Those that the layout does not have come last, if they are
/// wanted, each value by itself.
///
/// Each value that is found has to be read.
pub trait Fields<'l, 'a>: Values<'a> {
    /// Finds the next field, whose first value is read next.
    fn next_field(&mut self) -> Result<Option<Found<'l>>, Stop>;

    /// Finds the next value of the same field, which is read next; `false` if there is none.
    fn next_value(&mut self, field: &Field) -> Result<bool, DecodeError>;

    /// Whether the value to be read is a packed field: any number of values in a length-delimited one.
    fn is_packed(&self, field: &Field) -> bool;

    /// Reads the contents of a singular message field, which may be in parts.
    fn message(&mut self, field: &Field) -> Result<Cow<'a, [u8]>, DecodeError>;

    /// Reads a field that the layout does not have: its number and its value.
    fn unknown(&mut self) -> Result<(u32, WireValue<'a>), DecodeError>;
}

/// Fields that are on the wire in their order, each once. Anything else is [`Stop::Disorder`].
pub struct Ascending<'l, 'a> {
    layout: &'l Layout,
    rest: &'a [u8],
    /// From the tag of the last field on.
    start: &'a [u8],
    number: u32,
    wire_type: u32,
    /// The least index that the next field may have.
    least: u16,
    /// A bit for each oneof that has a member.
    oneofs: u64,
    /// Whether unknown fields are wanted.
    unknown: bool,
}

impl<'l, 'a> Ascending<'l, 'a> {
    #[inline]
    pub fn new(layout: &'l Layout, bytes: &'a [u8], unknown: bool) -> Result<Self, Stop> {
        if layout.special == Special::MessageSet {
            return Err(Stop::Disorder);
        }
        Ok(Self {
            layout,
            rest: bytes,
            start: &[],
            number: 0,
            wire_type: 0,
            least: 0,
            oneofs: 0,
            unknown,
        })
    }

    /// Whether the next value can be one of the field.
    #[inline]
    fn accepts(&self, field: &Field, wire_type: u32) -> bool {
        if wire_type != field.wire_type {
            return accepts_packed(field, wire_type);
        }
        !field.is_closed || {
            let mut ahead = self.rest;
            value(&mut ahead, field.number, wire_type)
                .is_ok_and(|value| scalar::is_known(&field.kind, value))
        }
    }
}

#[expect(
    clippy::inline_always,
    reason = "with `scalar::decode` and the writers' own, makes writing a message twice as fast"
)]
impl<'l, 'a> Fields<'l, 'a> for Ascending<'l, 'a> {
    #[inline(always)]
    fn next_field(&mut self) -> Result<Option<Found<'l>>, Stop> {
        while !self.rest.is_empty() {
            let start = self.rest;
            let (number, wire_type) = tag(&mut self.rest)?;
            match self.layout.by_number(number) {
                Some((at, field)) if self.accepts(field, wire_type) => {
                    if at < self.least {
                        return Err(Stop::Disorder);
                    }
                    self.least = at + 1;
                    if let Some(oneof) = field.oneof {
                        // Two oneofs with the same bit are taken for one, which costs time and no more.
                        let bit = 1 << (oneof % 64);
                        if self.oneofs & bit != 0 {
                            return Err(Stop::Disorder);
                        }
                        self.oneofs |= bit;
                    }
                    (self.start, self.wire_type) = (start, wire_type);
                    let field = Some(field);
                    return Ok(Some(Found { at, field }));
                }
                _ if self.unknown => {
                    self.least = UNKNOWN;
                    (self.number, self.wire_type) = (number, wire_type);
                    return Ok(Some(Found {
                        at: UNKNOWN,
                        field: None,
                    }));
                }
                _ => drop(value(&mut self.rest, number, wire_type)?),
            }
        }
        Ok(None)
    }

    #[inline]
    fn next_value(&mut self, field: &Field) -> Result<bool, DecodeError> {
        // Nothing else has to be compared if this differs.
        if self.rest.first() != self.start.first() {
            return Ok(false);
        }
        let start = self.rest;
        let same = tag(&mut self.rest)? == (field.number, self.wire_type)
            && self.accepts(field, self.wire_type);
        if !same {
            self.rest = start;
        }
        Ok(same)
    }

    #[inline]
    fn is_packed(&self, field: &Field) -> bool {
        self.wire_type != field.wire_type
    }

    #[inline]
    fn message(&mut self, field: &Field) -> Result<Cow<'a, [u8]>, DecodeError> {
        // Further parts are found by `next_field`, as disorder.
        match field.wire_type {
            START_GROUP => self.rest.group(field.number),
            _ => self.rest.bytes(),
        }
        .map(Cow::Borrowed)
    }

    fn unknown(&mut self) -> Result<(u32, WireValue<'a>), DecodeError> {
        let value = value(&mut self.rest, self.number, self.wire_type)?;
        Ok((self.number, value))
    }
}

impl<'a> Values<'a> for Ascending<'_, 'a> {
    #[inline]
    fn varint(&mut self) -> Result<u64, DecodeError> {
        self.rest.varint()
    }

    #[inline]
    fn fixed64(&mut self) -> Result<u64, DecodeError> {
        self.rest.fixed64()
    }

    #[inline]
    fn fixed32(&mut self) -> Result<u32, DecodeError> {
        self.rest.fixed32()
    }

    #[inline]
    fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        self.rest.bytes()
    }

    #[inline]
    fn group(&mut self, number: u32) -> Result<&'a [u8], DecodeError> {
        self.rest.group(number)
    }
}

/// Fields that have been collected, because they may come in any order and any number of times.
pub struct Collected<'l, 'a> {
    layout: &'l Layout,
    /// Those that come after the one at hand.
    rest: std::vec::IntoIter<Occurrence<'a>>,
    at_hand: Option<Occurrence<'a>>,
    /// Whether unknown fields are wanted.
    unknown: bool,
}

impl<'l, 'a> Collected<'l, 'a> {
    pub fn new(layout: &'l Layout, bytes: &'a [u8], unknown: bool) -> Result<Self, Stop> {
        Ok(Self {
            layout,
            rest: scan(layout, bytes)?.into_vec().into_iter(),
            at_hand: None,
            unknown,
        })
    }

    /// Goes on to the next occurrence, if it is of the field at hand.
    fn advance(&mut self) -> bool {
        let next = self.rest.as_slice().first();
        let is_same = next.map(|next| next.at) == self.at_hand.map(|at_hand| at_hand.at);
        if is_same {
            self.at_hand = self.rest.next();
        }
        is_same
    }

    fn value(&self) -> WireValue<'a> {
        self.at_hand
            .map_or(WireValue::Bytes(&[]), |at_hand| at_hand.value)
    }
}

impl<'l, 'a> Fields<'l, 'a> for Collected<'l, 'a> {
    fn next_field(&mut self) -> Result<Option<Found<'l>>, Stop> {
        self.at_hand = self.rest.next();
        let Some(at_hand) = self.at_hand else {
            return Ok(None);
        };
        let at = at_hand.at;
        let field = self.layout.fields.get(usize::from(at));
        if let Some(field) = field {
            // Of a singular field the last value counts; messages are merged when they are read.
            let is_message = matches!(field.kind, Type::Message(_) | Type::Group(_));
            while field.is_singular() && !is_message && self.advance() {}
        }
        Ok((field.is_some() || self.unknown).then_some(Found { at, field }))
    }

    fn next_value(&mut self, _field: &Field) -> Result<bool, DecodeError> {
        Ok(self.advance())
    }

    fn is_packed(&self, field: &Field) -> bool {
        self.value().wire_type() != field.wire_type
    }

    fn message(&mut self, _field: &Field) -> Result<Cow<'a, [u8]>, DecodeError> {
        let mut merged = Cow::Borrowed(contents(self.value()));
        while self.advance() {
            merged.to_mut().extend_from_slice(contents(self.value()));
        }
        Ok(merged)
    }

    fn unknown(&mut self) -> Result<(u32, WireValue<'a>), DecodeError> {
        let number = self.at_hand.map_or(0, |at_hand| at_hand.number);
        Ok((number, self.value()))
    }
}

impl<'a> Values<'a> for Collected<'_, 'a> {
    fn varint(&mut self) -> Result<u64, DecodeError> {
        self.value().varint()
    }

    fn fixed64(&mut self) -> Result<u64, DecodeError> {
        self.value().fixed64()
    }

    fn fixed32(&mut self) -> Result<u32, DecodeError> {
        self.value().fixed32()
    }

    fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        self.value().bytes()
    }

    fn group(&mut self, number: u32) -> Result<&'a [u8], DecodeError> {
        self.value().group(number)
    }
}

/// The contents of a message that has come in these parts.
pub fn merged<'a>(mut parts: impl Iterator<Item = WireValue<'a>>) -> Cow<'a, [u8]> {
    let mut merged = Cow::Borrowed(parts.next().map(contents).unwrap_or_default());
    for part in parts {
        merged.to_mut().extend_from_slice(contents(part));
    }
    merged
}

/// The bytes of a message.
fn contents(value: WireValue<'_>) -> &[u8] {
    match value {
        WireValue::Bytes(bytes) | WireValue::Group(bytes) => bytes,
        _ => &[],
    }
}

/// An Any's type URL (field 1) and value (field 2).
///
/// # Errors
/// When the URL is not a string.
pub fn any<'a>(found: &[Occurrence<'a>]) -> Result<(&'a str, &'a [u8]), DecodeError> {
    let (mut url, mut value): (&str, &[u8]) = ("", &[]);
    for field in found.iter().filter(|field| field.at != UNKNOWN) {
        match (field.number, field.value) {
            (1, WireValue::Bytes(text)) => url = scalar::text(text)?,
            (2, WireValue::Bytes(bytes)) => value = bytes,
            _ => {}
        }
    }
    Ok((url, value))
}
