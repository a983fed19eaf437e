//! A row of the table → the bytes of a Person message.

use std::error::Error;

use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type, WasNull, WrongType};

use super::super::columns::Encoder;

/// The columns of a person, in the order in which [`encode`] reads them. The macro makes statements of it at compile time.
macro_rules! columns {
    () => {
        "name, age, gender, hobbies, street, city, has_address"
    };
}
pub(super) use columns;

type BoxError = Box<dyn Error + Sync + Send>;

/// The name of a row.
pub fn name(row: &Row) -> Result<&str, tokio_postgres::Error> {
    row.try_get(0)
}

/// Why a row is not a person.
#[derive(Debug)]
pub enum Unsound {
    /// A column has another type: the table is not the one that routeguide made.
    Table(tokio_postgres::Error),
    /// SQL has written what the checks of the table do not let through, once they are dropped.
    Person(Why),
}

/// What is wrong with a person.
#[derive(Debug)]
pub struct Why {
    column: String,
    /// What is in it.
    value: String,
}

impl Why {
    pub fn about(&self, name: &str, place: &str) -> String {
        let Self { column, value } = self;
        format!("the person {name:?} in {place} has {value} in the column {column}")
    }
}

/// Appends the Person message of a row; on an error, perhaps a part of it.
pub fn encode(row: &Row, out: &mut Vec<u8>) -> Result<(), Unsound> {
    let mut person = Encoder::start(get(row, 0)?, get(row, 1)?, get(row, 2)?, out);
    let Hobbies(hobbies) = get(row, 3)?;
    for hobby in hobbies {
        person.hobby(hobby);
    }
    let address = (get(row, 4)?, get(row, 5)?);
    let has_address: bool = get(row, 6)?;
    person.end(has_address.then_some(address));
    Ok(())
}

/// Whether the columns have the types that [`encode`] reads, whatever is in them.
pub fn check_types(row: &Row) -> Result<(), tokio_postgres::Error> {
    check::<&str>(row, 0)?;
    check::<i32>(row, 1)?;
    check::<i32>(row, 2)?;
    check::<Hobbies<'_>>(row, 3)?;
    check::<&str>(row, 4)?;
    check::<&str>(row, 5)?;
    check::<bool>(row, 6)
}

fn check<'r, T: FromSql<'r>>(row: &'r Row, index: usize) -> Result<(), tokio_postgres::Error> {
    match get::<Option<T>>(row, index) {
        Err(Unsound::Table(error)) => Err(error),
        // What is wrong with one person is no reason to refuse the others.
        Ok(_) | Err(Unsound::Person(_)) => Ok(()),
    }
}

fn get<'r, T: FromSql<'r>>(row: &'r Row, index: usize) -> Result<T, Unsound> {
    row.try_get(index).map_err(|error| {
        let (Some(source), Some(column)) = (error.source(), row.columns().get(index)) else {
            return Unsound::Table(error);
        };
        if source.is::<WrongType>() {
            return Unsound::Table(error);
        }
        let is_null = source.is::<WasNull>();
        Unsound::Person(Why {
            column: column.name().to_owned(),
            value: if is_null {
                "NULL".to_owned()
            } else {
                source.to_string()
            },
        })
    })
}

/// The elements of a text[], checked. Several dimensions count as one. NULL, which the table does not take, is an error.
struct Hobbies<'r>(Elements<'r>);

#[derive(Clone)]
struct Elements<'r> {
    left: usize,
    bytes: &'r [u8],
}

impl<'r> FromSql<'r> for Hobbies<'r> {
    /// The binary form of arrays is that of `array_send` in PostgreSQL's arrayfuncs.c: the number of dimensions, whether there
    /// is a NULL, the type of the elements, for each dimension its length and its first index, and the elements, each
    /// after its length, which is -1 for NULL.
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Self, BoxError> {
        let mut rest = raw;
        let dimensions = take_i32(&mut rest)?;
        let (_flags, _type) = (take_i32(&mut rest)?, take_i32(&mut rest)?);
        let mut left = usize::from(dimensions > 0);
        for _ in 0..dimensions {
            let (len, _first) = (take_i32(&mut rest)?, take_i32(&mut rest)?);
            left = left
                .checked_mul(usize::try_from(len)?)
                .ok_or("an array that is too large")?;
        }
        let elements = Elements { left, bytes: rest };
        let mut check = elements.clone();
        while check.left > 0 {
            std::str::from_utf8(check.take_one()?)?;
        }
        if !check.bytes.is_empty() {
            return Err("an array that is longer than it says".into());
        }
        Ok(Self(elements))
    }

    fn accepts(of: &Type) -> bool {
        matches!(*of, Type::TEXT_ARRAY | Type::VARCHAR_ARRAY)
    }
}

impl<'r> Elements<'r> {
    fn take_one(&mut self) -> Result<&'r [u8], BoxError> {
        self.left = self.left.checked_sub(1).ok_or("no further element")?;
        let len = take_i32(&mut self.bytes)?;
        if len < 0 {
            return Err("an array with NULL".into());
        }
        let (element, rest) = self
            .bytes
            .split_at_checked(usize::try_from(len)?)
            .ok_or("an array that is cut off")?;
        self.bytes = rest;
        Ok(element)
    }
}

impl<'r> Iterator for Elements<'r> {
    type Item = &'r str;

    fn next(&mut self) -> Option<&'r str> {
        std::str::from_utf8(self.take_one().ok()?).ok()
    }
}

fn take_i32(bytes: &mut &[u8]) -> Result<i32, BoxError> {
    let (first, rest) = bytes
        .split_first_chunk()
        .ok_or("an array that is cut off")?;
    *bytes = rest;
    Ok(i32::from_be_bytes(*first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(dimensions: &[i32], elements: &[Option<&str>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut put = |number: i32| bytes.extend(number.to_be_bytes());
        put(i32::try_from(dimensions.len()).unwrap());
        put(0);
        put(25);
        for len in dimensions {
            put(*len);
            put(1);
        }
        for element in elements {
            let len = element.map_or(-1, |text| i32::try_from(text.len()).unwrap());
            bytes.extend(len.to_be_bytes());
            bytes.extend(element.unwrap_or_default().as_bytes());
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Vec<&str>> {
        let hobbies = Hobbies::from_sql(&Type::TEXT_ARRAY, bytes).ok()?;
        Some(hobbies.0.collect())
    }

    #[test]
    fn arrays_are_read_in_order() {
        assert_eq!(read(&array(&[], &[])), Some(vec![]));
        assert_eq!(
            read(&array(&[3], &[Some("b"), Some(""), Some("a")])),
            Some(vec!["b", "", "a"])
        );
    }

    #[test]
    fn several_dimensions_are_one() {
        let elements = ["a", "b", "c", "d"];
        let bytes = array(&[2, 2], &elements.map(Some));
        assert_eq!(read(&bytes), Some(elements.to_vec()));
    }

    #[test]
    fn null_is_an_error() {
        assert_eq!(read(&array(&[2], &[Some("a"), None])), None);
    }

    #[test]
    fn a_malformed_array_is_an_error() {
        let good = array(&[2], &[Some("ab"), Some("c")]);
        for len in 0..good.len() {
            assert_eq!(read(&good[..len]), None, "{len}");
        }
        assert_eq!(read(&[good.as_slice(), &[0]].concat()), None);
        assert_eq!(read(&array(&[-1], &[])), None);
        assert_eq!(read(&array(&[i32::MAX, i32::MAX, i32::MAX], &[])), None);
        let mut bad = array(&[1], &[Some("a")]);
        *bad.last_mut().unwrap() = 0xff;
        assert_eq!(read(&bad), None);
    }
}
