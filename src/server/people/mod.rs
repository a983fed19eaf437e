//! The people the server answers about: built in (`memory`) or from a file (`file`), and the directory that holds them
//! while the server runs. Or those of a database:
//!
//! - `place`: where people are, by a file name or a URL;
//! - `store`: what every database can do, and how it fails; `contract`: the tests of that;
//! - `columns`: the columns of a person → an encoded message;
//! - `sqlite`: the one in a file; `postgres`: one of a server.

mod columns;
#[cfg(test)]
mod contract;
mod file;
mod memory;
pub mod place;
mod postgres;
mod sqlite;
pub mod store;

use std::hash::BuildHasher as _;

use arc_swap::ArcSwap;
use hashbrown::{DefaultHashBuilder, HashTable};
use prost::Message as _;

use self::place::Database;
use self::postgres::Postgres;
use self::sqlite::Sqlite;
use self::store::{Store, StoreError};
use crate::framing::Packer;
use crate::proto::Person;

/// The name in the reply about an unknown person. The tutorial's server answers with it, so no person can have it.
pub const NOT_FOUND: &str = "Not Found";

/// Whether a person may have this name.
///
/// # Errors
/// Why not.
pub fn check_name(name: &str) -> Result<(), String> {
    match name {
        "" => Err("the person has no name".to_owned()),
        NOT_FOUND => Err(format!(
            "the name {NOT_FOUND:?} is reserved for unknown people"
        )),
        _ => Ok(()),
    }
}

/// The key of `Person.name` on the wire: field 1, a string. prost writes fields in the order of their numbers, so a person
/// with a name starts with it.
const NAME: u8 = 0x0a;

/// Makes the store of a database. Nothing is opened or connected yet.
pub fn open(database: &Database) -> Result<Box<dyn Store>, StoreError> {
    match database {
        Database::Sqlite(path) => Ok(Box::new(Sqlite::new(path))),
        Database::Postgres(url) => Ok(Box::new(Postgres::open(url)?)),
    }
}

/// People by name, encoded: a reply is copied, and not encoded for each call. All are in one allocation, which also holds
/// their names; the table has the places where they start.
#[derive(Default)]
pub struct People {
    encoded: Vec<u8>,
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
    fn insert(&mut self, person: &Person) -> Result<usize, usize> {
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

    pub fn len(&self) -> usize {
        self.starts.len()
    }
}

/// The people to answer about, replaceable while calls are in flight. Reading takes no lock, and writes to no memory that
/// threads share.
pub struct Directory(ArcSwap<People>);

impl Directory {
    pub fn new(people: People) -> Self {
        Self(ArcSwap::from_pointee(people))
    }

    /// Answers about `people` from now on.
    pub fn replace(&self, people: People) {
        self.0.store(people.into());
    }

    /// Adds the person of that name to the replies, if there is one.
    pub fn find(&self, name: &str, replies: &mut Packer) -> bool {
        let people = self.0.load();
        let person = people.get(name);
        if let Some(person) = person {
            replies.push(person);
        }
        person.is_some()
    }

    pub fn len(&self) -> usize {
        self.0.load().len()
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
        assert_eq!(people.len(), lengths.len());
        for len in lengths {
            let person = people.get(&named(len).name).expect("known");
            assert_eq!(Person::decode(person), Ok(named(len)));
        }
        assert_eq!(people.get("xxx"), None);
        assert_eq!(people.get(""), None);
    }
}
