//! People from a file: Person messages as ProtoJSON, in an array or one after the other.

use std::path::Path;

use prost::Message as _;

use super::check_name;
use super::table::People;
use crate::error::{Error, Result};
use crate::proto::Person;
use crate::protobuf::json::{self, ReadOptions};
use crate::protobuf::{Layouts, ParseError, Position};
use crate::secret::without_password;

/// Shown with every error about the content of a file.
const HINT: &str = r#"a people file holds Person messages as JSON, one per line or in an array: {"name": "Alice", "age": 30}"#;

impl People {
    /// Reads a people file.
    ///
    /// # Errors
    /// When it cannot be read or is malformed, with the line, the column and the field.
    pub fn load(path: &Path) -> Result<Self> {
        let shown = without_password(&path.to_string_lossy());
        let bytes = std::fs::read(path).map_err(|error| {
            Error::failed(format!("cannot read people file {shown}")).caused_by(error)
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = error.as_bytes().get(..error.utf8_error().valid_up_to());
            let line = 1 + valid.map_or(0, |bytes| memchr::memchr_iter(b'\n', bytes).count());
            Error::failed(format!("people file {shown}, line {line}: invalid UTF-8"))
        })?;
        Self::parse(&text).map_err(|mut error| {
            error.hint.get_or_insert_with(|| HINT.to_owned());
            error.in_input(&format!("people file {shown}"), Position::START)
        })
    }

    fn parse(text: &str) -> std::result::Result<Self, ParseError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut layouts = crate::schema::bundled_pool()
            .map(Layouts::new)
            .map_err(|error| ParseError::new(Position::START, error.to_string()))?;
        let person = layouts
            .find("Person")
            .ok_or_else(|| ParseError::new(Position::START, "the bundled schema has no Person"))?;

        let mut people = Self::default();
        let mut places: Vec<(usize, Position)> = Vec::new();
        for (place, bytes) in json::read_all(
            &mut layouts,
            person,
            text.as_bytes(),
            ReadOptions::default(),
        )? {
            let person = Person::decode(bytes.as_slice())
                .map_err(|error| ParseError::new(place, error.to_string()))?;
            check_name(&person.name).map_err(|why| ParseError::new(place, why))?;
            match people.insert(&person) {
                Ok(start) => places.push((start, place)),
                Err(start) => {
                    let first = places.binary_search_by_key(&start, |(start, _)| *start);
                    let first = first.ok().and_then(|index| places.get(index));
                    let line = first.map_or(0, |(_, place)| place.line);
                    let name = &person.name;
                    let why = format!("duplicate name {name:?}; the first is on line {line}");
                    return Err(ParseError::new(place, why));
                }
            }
        }
        people.encoded.shrink_to_fit();
        Ok(people)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        People::parse(text)
            .map(|_| ())
            .expect_err("bad people")
            .to_string()
    }

    #[test]
    fn an_array_and_one_per_line_are_the_same_people() {
        let array = "[\n {\"name\": \"Eve\", \"age\": 7},\n {\"name\": \"Max\"}\n]";
        let lines = "{\"name\": \"Eve\", \"age\": 7}\n{\"name\": \"Max\"}\n";
        for text in [array, lines] {
            let people = People::parse(text).expect("good people");
            assert_eq!(people.count(), 2);
            let eve = people
                .get("Eve")
                .map(|bytes| Person::decode(bytes).map(|eve| eve.age));
            assert_eq!(eve, Some(Ok(7)));
        }
    }

    #[test]
    fn an_empty_file_has_no_people() {
        for text in ["", "\n", "[]", "\u{feff}"] {
            assert_eq!(People::parse(text).expect("good people").count(), 0);
        }
    }

    #[test]
    fn a_wrong_type_is_reported_with_line_and_field() {
        let error =
            error("{\"name\": \"Eve\"}\n{\"name\": \"Max\",\n  \"address\": {\"city\": 5}}");
        assert!(error.starts_with("line 3, column 23"), "{error}");
        assert!(
            error.contains("field address.city: expected string, found number 5"),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_field_is_reported_with_its_name() {
        let error = error("[{\"name\": \"Eve\", \"agee\": 1}]");
        assert!(error.starts_with("line 1, column"), "{error}");
        assert!(error.contains("agee"), "{error}");
    }

    #[test]
    fn malformed_json_is_reported_with_its_place() {
        assert!(error("[{\"name\": \"Eve\"},\n").starts_with("line 2"));
        assert!(error("{\"name\": \"Eve\"}\nEve").starts_with("line 2, column 1"));
    }

    #[test]
    fn every_person_needs_a_unique_name() {
        assert_eq!(
            error("{\"name\": \"Eve\"}\n\n{\"name\": \"Eve\"}"),
            "line 3, column 1: duplicate name \"Eve\"; the first is on line 1"
        );
        assert_eq!(
            error(" {\"age\": 3}"),
            "line 1, column 2: the person has no name"
        );
        assert_eq!(
            error("{\"name\": \"Not Found\"}"),
            "line 1, column 1: the name \"Not Found\" is reserved for unknown people"
        );
    }
}
