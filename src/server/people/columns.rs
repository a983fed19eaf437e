//! A person's columns → the bytes of a Person message, as prost writes them, without a `Person` and its strings in between.

use bytes::Bytes;

use crate::protobuf::wire::{LEN, VARINT, put_bytes, put_delimited, put_tag, put_varint};

/// People one after the other, each of which can be a part of the same memory. That is not much more than they take.
pub fn shared(mut people: Vec<u8>) -> Bytes {
    if people.capacity() > 2 * people.len() {
        people.shrink_to_fit();
    }
    people.into()
}

/// Writes one person: first [`start`](Encoder::start), then every hobby, then [`end`](Encoder::end). Fields are in the order
/// of their numbers, and those with their default are left out, as prost does it.
pub struct Encoder<'o> {
    out: &'o mut Vec<u8>,
}

impl<'o> Encoder<'o> {
    /// Appends to `out`.
    pub fn start(name: &str, age: i32, gender: i32, out: &'o mut Vec<u8>) -> Self {
        put_text(1, name, out);
        put_number(2, age, out);
        put_number(3, gender, out);
        Self { out }
    }

    /// Appends a hobby, which may be empty.
    pub fn hobby(&mut self, hobby: &str) {
        put_tag(self.out, 4, LEN);
        put_bytes(self.out, hobby.as_bytes());
    }

    /// Appends the street and the city of an address, if there is one.
    pub fn end(self, address: Option<(&str, &str)>) {
        let Some((street, city)) = address else {
            return;
        };
        put_tag(self.out, 5, LEN);
        let Ok(()) = put_delimited(self.out, |out| {
            put_text(1, street, out);
            put_text(2, city, out);
            Ok::<(), std::convert::Infallible>(())
        });
    }
}

fn put_text(number: u32, text: &str, out: &mut Vec<u8>) {
    if !text.is_empty() {
        put_tag(out, number, LEN);
        put_bytes(out, text.as_bytes());
    }
}

fn put_number(number: u32, value: i32, out: &mut Vec<u8>) {
    if value != 0 {
        put_tag(out, number, VARINT);
        // A negative one has the ten bytes of an int64.
        put_varint(out, i64::from(value).cast_unsigned());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message as _;

    use super::super::contract::any_person;
    use super::*;

    proptest! {
        #[test]
        fn a_person_is_encoded_as_prost_does_it(person in any_person()) {
            let mut out = b"before".to_vec();
            let mut encoder = Encoder::start(&person.name, person.age, person.gender, &mut out);
            for hobby in &person.hobbies {
                encoder.hobby(hobby);
            }
            let address = person.address.as_ref();
            encoder.end(address.map(|it| (it.street.as_str(), it.city.as_str())));
            prop_assert_eq!(&out[..6], b"before");
            prop_assert_eq!(&out[6..], person.encode_to_vec());
        }
    }
}
