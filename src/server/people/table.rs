//! People in memory.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};
use prost::Message as _;

use crate::proto::Person;

/// The key of `Person.name` on the wire: field 1, a string. prost writes fields in the order of their numbers, so a person
/// with a name starts with it.
const NAME: u8 = 0x0a;

/// People by name, encoded: a reply is copied, and not encoded for each call. All are in one allocation, which also holds
/// their names; the table has the places where they start.
#[derive(Default)]
pub struct People {
    pub(super) encoded: Vec<u8>,
    starts: HashTable<usize>,
    hasher: DefaultHashBuilder,
}

/// The bytes of a person, after their length in front.
fn person_at(encoded: &[u8], start: usize) -> &[u8] {
    let (len, rest) = varint(encoded.get(start..).unwrap_or_default());
    rest.get(..len).unwrap_or_default()
}

fn name_of(person: &[u8]) -> &[u8] {
    let (len, rest) = match person.split_first() {
        Some((&NAME, rest)) => varint(rest),
        _ => (0, person),
    };
    rest.get(..len).unwrap_or_default()
}

/// A length of at most four bytes, and what follows it.
fn varint(mut bytes: &[u8]) -> (usize, &[u8]) {
    let mut value = 0;
    for shift in [0, 7, 14, 21, 28] {
        let Some((&byte, rest)) = bytes.split_first() else {
            break;
        };
        bytes = rest;
        value |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    (value, bytes)
}

impl People {
    /// The Person message of that name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let start = self.find(name.as_bytes())?;
        Some(person_at(&self.encoded, start))
    }

    fn find(&self, name: &[u8]) -> Option<usize> {
        let hash = self.hasher.hash_one(name);
        let is_it = |start: &usize| name_of(person_at(&self.encoded, *start)) == name;
        self.starts.find(hash, is_it).copied()
    }

    /// Adds a person with a name. Returns the place where it starts, which is behind those of all before it.
    ///
    /// # Errors
    /// When there is one with that name, with the place where it starts.
    pub fn insert(&mut self, person: &Person) -> Result<usize, usize> {
        let name = person.name.as_bytes();
        if let Some(start) = self.find(name) {
            return Err(start);
        }
        let start = self.encoded.len();
        // Writing to a vector does not fail.
        let _ = person.encode_length_delimited(&mut self.encoded);
        let (encoded, hasher) = (&self.encoded, &self.hasher);
        let hash = |start: &usize| hasher.hash_one(name_of(person_at(encoded, *start)));
        self.starts.insert_unique(hash(&start), start, hash);
        Ok(start)
    }

    pub fn count(&self) -> usize {
        self.starts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_person_is_found_whatever_the_length_of_the_name() {
        let mut people = People::default();
        let named = |len: usize| Person {
            name: "x".repeat(len),
            age: i32::try_from(len).unwrap(),
            ..Person::default()
        };
        let lengths = [1, 2, 127, 128, 129, 16_383, 16_384, 70_000];
        for len in lengths {
            assert!(people.insert(&named(len)).is_ok());
        }
        assert_eq!(people.count(), lengths.len());
        for len in lengths {
            let person = people.get(&named(len).name).expect("known");
            assert_eq!(Person::decode(person), Ok(named(len)));
        }
        assert_eq!(people.get("xxx"), None);
        assert_eq!(people.get(""), None);
    }
}
