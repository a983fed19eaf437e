//! A row of the table → the bytes of a Person message.

use std::error::Error;

use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};

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

/// Appends the Person message of a row.
pub fn encode(row: &Row, out: &mut Vec<u8>) -> Result<(), tokio_postgres::Error> {
    let mut person = Encoder::start(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, out);
    let Hobbies(hobbies) = row.try_get(3)?;
    for hobby in hobbies {
        person.hobby(hobby);
    }
    let address = (row.try_get(4)?, row.try_get(5)?);
    let has_address: bool = row.try_get(6)?;
    person.end(has_address.then_some(address));
    Ok(())
}

/// The elements of a text[], checked. Several dimensions count as one, and NULL, which the table does not take, is left
/// out.
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
            if let Some(text) = check.take_one()? {
                std::str::from_utf8(text)?;
            }
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
    fn take_one(&mut self) -> Result<Option<&'r [u8]>, BoxError> {
        self.left = self.left.checked_sub(1).ok_or("no further element")?;
        let len = take_i32(&mut self.bytes)?;
        if len < 0 {
            return Ok(None);
        }
        let (element, rest) = self
            .bytes
            .split_at_checked(usize::try_from(len)?)
            .ok_or("an array that is cut off")?;
        self.bytes = rest;
        Ok(Some(element))
    }
}

impl<'r> Iterator for Elements<'r> {
    type Item = &'r str;

    fn next(&mut self) -> Option<&'r str> {
        while self.left > 0 {
            if let Some(text) = self.take_one().ok()? {
                return std::str::from_utf8(text).ok();
            }
        }
        None
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
    fn several_dimensions_are_one_and_null_is_left_out() {
        let elements = [Some("a"), None, Some("c"), Some("d")];
        assert_eq!(read(&array(&[2, 2], &elements)), Some(vec!["a", "c", "d"]));
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
