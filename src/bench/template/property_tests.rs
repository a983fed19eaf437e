//! Any message, with placeholders anywhere.

use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;
use prost_reflect::prost::Message as _;
use prost_reflect::{DynamicMessage, Kind, MapKey, MessageDescriptor, Value};

use super::tests::{POOL, everything};
use super::*;
use crate::bench::rows::Rows;

/// A value of a field, with a sentinel in one message where the other has the value.
type Pair = (Value, Value);

/// What messages are made from: decisions, and the placeholders as sentinels with the values they stand for.
struct Maker<'a> {
    entropy: std::slice::Iter<'a, u8>,
    holes: Vec<(u32, i32)>,
    random: fastrand::Rng,
}

impl Maker<'_> {
    fn byte(&mut self) -> u8 {
        self.entropy.next().copied().unwrap_or(0)
    }

    /// A number; with a placeholder, it is used up.
    fn number(&mut self) -> (u32, i32) {
        if !self.byte().is_multiple_of(3)
            && let Some(hole) = self.holes.pop()
        {
            return hole;
        }
        let number = 1 + i32::from(self.byte());
        (number.cast_unsigned(), number)
    }

    fn message(
        &mut self,
        descriptor: &MessageDescriptor,
        depth: usize,
    ) -> (DynamicMessage, DynamicMessage) {
        let (mut with, mut without) = (
            DynamicMessage::new(descriptor.clone()),
            DynamicMessage::new(descriptor.clone()),
        );
        let is_time = ["Timestamp", "Duration", "FieldMask", "Any"].contains(&descriptor.name());
        let count = if depth == 0 { 1 } else { self.byte() % 6 };
        for _ in 0..count {
            let all: Vec<_> = descriptor.fields().collect();
            let Some(field) = all.get(usize::from(self.byte()) % all.len().max(1)) else {
                continue;
            };
            let is_message = matches!(field.kind(), Kind::Message(_));
            if is_time || (depth == 0 && is_message) {
                continue;
            }
            let pair = if field.is_map() {
                let Kind::Message(entry) = field.kind() else {
                    continue;
                };
                let (key, other_key) = self.key(&entry.map_entry_key_field().kind());
                let (value, other) = self.value(
                    &entry.map_entry_value_field().kind(),
                    depth.saturating_sub(1),
                );
                (
                    Value::Map([(key, value)].into()),
                    Value::Map([(other_key, other)].into()),
                )
            } else if field.is_list() {
                let pairs: Vec<Pair> = (0..=self.byte() % 3)
                    .map(|_| self.value(&field.kind(), depth.saturating_sub(1)))
                    .collect();
                let (list, other) = pairs.into_iter().unzip();
                (Value::List(list), Value::List(other))
            } else {
                self.value(&field.kind(), depth.saturating_sub(1))
            };
            with.set_field(field, pair.0);
            without.set_field(field, pair.1);
        }
        (with, without)
    }

    fn key(&mut self, kind: &Kind) -> (MapKey, MapKey) {
        let key = |value: Value| match value {
            Value::Bool(value) => MapKey::Bool(value),
            Value::I32(value) => MapKey::I32(value),
            Value::I64(value) => MapKey::I64(value),
            Value::String(value) => MapKey::String(value),
            other => panic!("{other:?}"),
        };
        let (with, without) = self.value(kind, 0);
        (key(with), key(without))
    }

    fn value(&mut self, kind: &Kind, depth: usize) -> Pair {
        if let Kind::Message(message) = kind {
            let (with, without) = self.message(message, depth);
            return (Value::Message(with), Value::Message(without));
        }
        match kind {
            Kind::Bool => return (Value::Bool(true), Value::Bool(true)),
            Kind::Bytes => {
                return (
                    Value::Bytes("123456789".into()),
                    Value::Bytes("123456789".into()),
                );
            }
            // Closed ones, whose numbers are checked.
            Kind::Enum(color) if color.name() == "Color" => {
                return (Value::EnumNumber(2), Value::EnumNumber(2));
            }
            Kind::String => {
                let (mut with, mut without) = (String::new(), String::new());
                for _ in 0..=self.byte() % 3 {
                    let (sentinel, number) = self.number();
                    let around = "é".repeat(usize::from(self.byte()) % 70);
                    let _ = write!(with, "{around}{sentinel} ");
                    let _ = write!(without, "{around}{number} ");
                }
                return (Value::String(with), Value::String(without));
            }
            _ => {}
        }
        let (sentinel, number) = self.number();
        let value = |number: i64| match kind {
            Kind::Double => Value::F64(i32::try_from(number).unwrap().into()),
            Kind::Float => Value::F32(rounded(number)),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(number),
            Kind::Uint32 | Kind::Fixed32 => Value::U32(number.try_into().unwrap()),
            Kind::Uint64 | Kind::Fixed64 => Value::U64(number.try_into().unwrap()),
            Kind::Enum(_) => Value::EnumNumber(number.try_into().unwrap()),
            _ => Value::I32(number.try_into().unwrap()),
        };
        (value(sentinel.into()), value(number.into()))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a float has no more")]
fn rounded(number: i64) -> f32 {
    number as f32
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rendered_message_is_the_encoding_of_the_message_with_its_values(
        entropy in proptest::collection::vec(any::<u8>(), 0..300),
        call in 1..i32::MAX,
        worker in 1..200_000_000,
        random in 1..i32::MAX,
    ) {
        let placeholders = format!("{{{{call}}}} {{{{worker}}}} {{{{random {random} {random}}}}} {{{{csv n}}}} ").repeat(20);
        let rows = Arc::new(Rows::from_text(&format!("n\n{worker}\n")));
        let mut scanned = scan(&[placeholders.trim_end()], Some(&rows)).unwrap();
        let numbers = scanned.texts[0].split(' ').map(|number| number.parse().unwrap());
        let expected = [call, worker, random, worker];
        let mut holes: Vec<(u32, i32)> = numbers.zip(expected.into_iter().cycle()).collect();
        let mut shuffle = fastrand::Rng::with_seed(random.unsigned_abs().into());
        shuffle.shuffle(&mut holes);
        let mut maker = Maker { entropy: entropy.iter(), holes, random: shuffle };
        let descriptor = POOL.get_message_by_name("rich.Everything").unwrap();
        let (with, without) = maker.message(&descriptor, 3);

        let (mut layouts, id) = everything();
        let template = Template::compile(&with.encode_to_vec(), &mut layouts, id, &mut scanned.holes).unwrap();
        let mut out = Vec::new();
        let mut values = Values {
            call: call.unsigned_abs().into(),
            worker: worker.unsigned_abs().into(),
            random: maker.random,
        };
        template.render(&mut values, &mut out);
        prop_assert_eq!(out, without.encode_to_vec());
    }
}
