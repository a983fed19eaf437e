//! Looking people up, and encoding their rows.

use std::fmt;
use std::ops::Range;
use std::rc::Rc;

use rusqlite::Row;
use rusqlite::types::{Value, ValueRef};
use rusqlite::vtab::array::Array;
use serde::Deserializer as _;
use serde::de::{DeserializeSeed, SeqAccess, Visitor};

use super::super::columns::{Encoder, shared};
use super::super::store::{Failure, Looked, MOST_BYTES, Name, StoreError};
use super::connection::Connection;
use super::schema;

/// All names of a batch at once, and the place of each in it. A statement for each name takes longer, and the JSON of
/// `json_each` has to be written and read.
const FIND: &str = "SELECT age, gender, hobbies, has_address, street, city, names.rowid
FROM rarray(?1) AS names CROSS JOIN people ON people.name = names.value";

/// As [`FIND`], with the name at the end.
pub const ALL: &str =
    "SELECT age, gender, hobbies, has_address, street, city, name FROM people ORDER BY name";

/// Where the name is in a row of [`ALL`], and the place of the name in one of [`FIND`].
const NAME: usize = 6;
const PLACE: usize = 6;

/// How many bytes a person mostly has.
pub const USUAL: usize = 96;

/// The people of the first of these names: as many as [`MOST_BYTES`] have room for.
pub fn find(connection: &Connection, names: &[Name]) -> rusqlite::Result<Vec<Looked>> {
    let mut bytes = Vec::with_capacity(USUAL * names.len());
    let mut places: Vec<Result<Option<Range<usize>>, Box<StoreError>>> = Vec::new();
    places.resize_with(names.len(), || Ok(None));
    let values = names.iter().map(|name| Value::Text((**name).to_owned()));
    let values: Array = Rc::new(values.collect());
    let mut statement = connection.prepare_cached(FIND)?;
    // In the order of the names: the array is the outer of two loops.
    let mut rows = statement.query([values])?;
    while let Some(row) = rows.next()? {
        // They are counted from 1.
        let index = usize::from(row.get::<_, u16>(PLACE)?).wrapping_sub(1);
        let (Some(name), Some(place)) = (names.get(index), places.get_mut(index)) else {
            continue;
        };
        if bytes.len() >= MOST_BYTES {
            places.truncate(index);
            break;
        }
        let start = bytes.len();
        *place = match encode(name, row, &mut bytes) {
            Ok(()) => Ok(Some(start..bytes.len())),
            Err(why) => {
                bytes.truncate(start);
                let error = StoreError::person(index, why.about(name, connection));
                Err(Box::new(error))
            }
        };
    }
    // One allocation for all: each is a part of it.
    let bytes = shared(bytes);
    let slice = |place: Range<usize>| bytes.slice(place);
    let places = places.into_iter();
    Ok(places
        .map(|place| place.map(|place| place.map(slice)))
        .collect())
}

/// Whether the tables are those of this version.
pub fn check(connection: &Connection) -> rusqlite::Result<Result<(), StoreError>> {
    let found = schema::version(connection)?;
    if found != schema::VERSION {
        return Ok(Err(StoreError::schema(
            connection.file(),
            found,
            schema::VERSION,
        )));
    }
    look(connection).map(Ok)
}

/// Whether there is the table, with these columns, and can be read.
pub fn look(connection: &Connection) -> rusqlite::Result<()> {
    connection.prepare(FIND)?;
    let sql = "SELECT EXISTS (SELECT 1 FROM people)";
    connection.query_row(sql, [], |_| Ok(()))
}

pub fn count(connection: &Connection) -> rusqlite::Result<u64> {
    let count: i64 = connection.query_row("SELECT count(*) FROM people", [], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

/// Appends the person of a row of [`ALL`].
pub fn encode_row(
    connection: &Connection,
    row: &Row<'_>,
    out: &mut Vec<u8>,
) -> rusqlite::Result<Result<(), StoreError>> {
    let name = text(row.get_ref(NAME)?);
    let encoded = name.and_then(|name| encode(name, row, out));
    Ok(encoded.map_err(|why| {
        let name = row.get_ref(NAME).ok().and_then(|name| name.as_bytes().ok());
        let name = String::from_utf8_lossy(name.unwrap_or_default());
        StoreError::new(Failure::Corrupt, why.about(&name, connection))
    }))
}

/// Why a row is not a person: SQL can store what the checks of the table do not see.
#[derive(Clone, Copy)]
enum Unsound {
    Column,
    Number,
    Text,
    Hobbies,
}

impl Unsound {
    fn about(self, name: &str, connection: &Connection) -> String {
        let why = match self {
            Self::Column => "a column of another type",
            Self::Number => "a number that is too large",
            Self::Text => "text that is not valid UTF-8",
            Self::Hobbies => "hobbies that are not a JSON array of strings",
        };
        format!("the person {name:?} in {} has {why}", connection.file())
    }
}

fn encode(name: &str, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), Unsound> {
    let column = |index| row.get_ref(index).map_err(|_| Unsound::Column);
    let mut encoder = Encoder::start(name, number(column(0)?)?, number(column(1)?)?, out);
    let hobbies = text(column(2)?)?;
    if hobbies != "[]" {
        let mut json = serde_json::Deserializer::from_str(hobbies);
        let read = json.deserialize_seq(Hobbies(&mut encoder));
        read.and_then(|()| json.end())
            .map_err(|_| Unsound::Hobbies)?;
    }
    let address = match number(column(3)?)? {
        0 => None,
        _ => Some((text(column(4)?)?, text(column(5)?)?)),
    };
    encoder.end(address);
    Ok(())
}

fn number(value: ValueRef<'_>) -> Result<i32, Unsound> {
    let number = value.as_i64().map_err(|_| Unsound::Column)?;
    i32::try_from(number).map_err(|_| Unsound::Number)
}

fn text(value: ValueRef<'_>) -> Result<&str, Unsound> {
    match value {
        ValueRef::Text(text) => std::str::from_utf8(text).map_err(|_| Unsound::Text),
        _ => Err(Unsound::Column),
    }
}

/// Encodes each string of an array, most without a copy of it.
struct Hobbies<'e, 'o>(&'e mut Encoder<'o>);

impl<'de> Visitor<'de> for Hobbies<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        while array.next_element_seed(Hobby(self.0))?.is_some() {}
        Ok(())
    }
}

struct Hobby<'e, 'o>(&'e mut Encoder<'o>);

impl<'de> DeserializeSeed<'de> for Hobby<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Hobby<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, hobby: &str) -> Result<(), E> {
        self.0.hobby(hobby);
        Ok(())
    }
}
