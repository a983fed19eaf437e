//! People → the columns of one statement.

use hashbrown::HashMap;
use tokio_postgres::types::{ToSql, Type};

use super::super::store::{OnConflict, StoreError};
use crate::proto::Person;

/// How long a name may be: PostgreSQL's index takes tuples of 2704 bytes ("index row size exceeds btree maximum", BTMaxItemSize
/// in nbtree.h), of which 12 are not the name.
const LONGEST_NAME: usize = 2692;

/// A column for each parameter. Names are unique and sorted, so that two imports of the same people do not wait for each other.
#[derive(Default)]
pub struct Batch<'p> {
    pub names: Vec<&'p str>,
    ages: Vec<i32>,
    genders: Vec<i32>,
    hobbies: Vec<String>,
    streets: Vec<&'p str>,
    cities: Vec<&'p str>,
    has_address: Vec<bool>,
    /// Where each of them is among the people.
    indices: Vec<usize>,
    /// How many people there are, with those whose name comes twice.
    pub people: usize,
}

/// # Errors
/// When one of them cannot be in the table, or, unless that is settled, has the name of another.
pub fn columns_of(people: &[Person], on_conflict: OnConflict) -> Result<Batch<'_>, StoreError> {
    let mut by_name: HashMap<&str, usize> = HashMap::with_capacity(people.len());
    for (index, person) in people.iter().enumerate() {
        check(index, person)?;
        let name = person.name.as_str();
        match on_conflict {
            OnConflict::Error => {
                if by_name.insert(name, index).is_some() {
                    return Err(StoreError::duplicate(index, name));
                }
            }
            OnConflict::Skip => {
                by_name.entry(name).or_insert(index);
            }
            OnConflict::Update => {
                by_name.insert(name, index);
            }
        }
    }
    let mut unique: Vec<(&str, usize)> = by_name.into_iter().collect();
    unique.sort_unstable();
    let mut batch = Batch {
        people: people.len(),
        ..Batch::default()
    };
    for (name, index) in unique {
        let Some(person) = people.get(index) else {
            continue;
        };
        let address = person.address.as_ref();
        batch.names.push(name);
        batch.ages.push(person.age);
        batch.genders.push(person.gender);
        batch.hobbies.push(array(&person.hobbies));
        batch
            .streets
            .push(address.map_or("", |it| it.street.as_str()));
        batch.cities.push(address.map_or("", |it| it.city.as_str()));
        batch.has_address.push(address.is_some());
        batch.indices.push(index);
    }
    Ok(batch)
}

impl Batch<'_> {
    pub fn parameters(&self) -> [(&(dyn ToSql + Sync), Type); 7] {
        [
            (&self.names, Type::TEXT_ARRAY),
            (&self.ages, Type::INT4_ARRAY),
            (&self.genders, Type::INT4_ARRAY),
            (&self.hobbies, Type::TEXT_ARRAY),
            (&self.streets, Type::TEXT_ARRAY),
            (&self.cities, Type::TEXT_ARRAY),
            (&self.has_address, Type::BOOL_ARRAY),
        ]
    }

    /// The first of the people whose name is not there.
    pub fn first_missing(&self, is_there: impl Fn(&str) -> bool) -> Option<usize> {
        let missing = self
            .names
            .iter()
            .zip(&self.indices)
            .filter(|(name, _)| !is_there(name));
        missing.map(|(_, index)| *index).min()
    }
}

fn check(index: usize, person: &Person) -> Result<(), StoreError> {
    let address = person.address.as_ref();
    let texts = [("name", &person.name)]
        .into_iter()
        .chain(person.hobbies.iter().map(|hobby| ("hobbies", hobby)))
        .chain(
            address
                .iter()
                .flat_map(|it| [("address.street", &it.street), ("address.city", &it.city)]),
        );
    for (field, text) in texts {
        if text.contains('\0') {
            let why =
                format!("{field} has a NUL character, which PostgreSQL does not have in text");
            return Err(StoreError::person(index, why));
        }
    }
    let len = person.name.len();
    if len > LONGEST_NAME {
        let why = format!(
            "the name has {len} bytes, and PostgreSQL's index takes at most {LONGEST_NAME}"
        );
        return Err(StoreError::person(index, why));
    }
    Ok(())
}

/// The text of an array (PostgreSQL's manual, section 8.15.6).
fn array(elements: &[String]) -> String {
    let mut text = String::from("{");
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push('"');
        for c in element.chars() {
            if matches!(c, '"' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
        text.push('"');
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, age: i32) -> Person {
        Person {
            name: name.to_owned(),
            age,
            ..Person::default()
        }
    }

    #[test]
    fn of_two_with_one_name_the_first_is_skipped_to_and_the_last_updates() {
        let people = [named("b", 1), named("a", 2), named("b", 3)];
        let batch = columns_of(&people, OnConflict::Skip).unwrap();
        assert_eq!((batch.names, batch.ages), (vec!["a", "b"], vec![2, 1]));
        let batch = columns_of(&people, OnConflict::Update).unwrap();
        assert_eq!((batch.names, batch.ages), (vec!["a", "b"], vec![2, 3]));
        let error = columns_of(&people, OnConflict::Error).err().unwrap();
        assert_eq!(error.to_string(), "a person named \"b\" already exists");
    }

    #[test]
    fn the_first_of_the_people_that_exist_is_named() {
        let people = [named("c", 0), named("b", 0), named("a", 0)];
        let batch = columns_of(&people, OnConflict::Error).unwrap();
        assert_eq!(batch.first_missing(|name| name == "c"), Some(1));
        assert_eq!(batch.first_missing(|_| true), None);
    }

    #[test]
    fn elements_of_arrays_are_quoted() {
        let elements = ["", "a,b", "NULL", "\"\\{}"].map(ToOwned::to_owned);
        assert_eq!(array(&elements), r#"{"","a,b","NULL","\"\\{}"}"#);
        assert_eq!(array(&[]), "{}");
    }
}
