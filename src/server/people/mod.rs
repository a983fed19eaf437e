//! The people a server knows: the tutorial's two, or a file of Person messages in proto3 JSON.

use std::collections::HashMap;
use std::path::Path;

use prost::Message as _;

use crate::error::{Error, Result};
use crate::proto::Person;
use crate::proto::person::{Address, Gender};
use crate::protobuf::json::read::{self as json, Options};
use crate::protobuf::layout::Layouts;
use crate::protobuf::{Bad, Place};

/// The name of the person that stands for nobody, as the tutorial's server answers.
pub const NOT_FOUND: &str = "Not Found";

/// People by name.
#[derive(Debug, Default)]
pub struct People {
    by_name: HashMap<String, Person>,
}

impl People {
    /// The tutorial's Alice and Bob.
    pub fn built_in() -> Self {
        let person =
            |name: &str, age, gender: Gender, hobbies: [&str; 2], street: &str, city: &str| {
                let person = Person {
                    name: name.to_owned(),
                    age,
                    gender: gender.into(),
                    hobbies: hobbies.map(str::to_owned).into(),
                    address: Some(Address {
                        street: street.to_owned(),
                        city: city.to_owned(),
                    }),
                };
                (name.to_owned(), person)
            };
        let by_name = HashMap::from([
            person(
                "Alice",
                30,
                Gender::Female,
                ["reading", "swimming"],
                "123 Main St",
                "New York",
            ),
            person(
                "Bob",
                25,
                Gender::Male,
                ["gaming", "cycling"],
                "456 Elm St",
                "Los Angeles",
            ),
        ]);
        Self { by_name }
    }

    /// Reads a people file.
    ///
    /// # Errors
    /// When it cannot be read or is malformed, with the line, the column and the field.
    pub fn load(path: &Path) -> Result<Self> {
        let shown = path.display();
        let bytes = std::fs::read(path).map_err(|error| {
            Error::failed(format!("cannot read people file {shown}")).caused_by(error)
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let before = error.as_bytes().get(..error.utf8_error().valid_up_to());
            let line = 1 + before.map_or(0, |bytes| memchr::memchr_iter(b'\n', bytes).count());
            Error::failed(format!("people file {shown}, line {line}: not valid UTF-8"))
        })?;
        Self::parse(&text).map_err(|mut bad| {
            let hint = "it holds Person messages as JSON, an array or one per line: {\"name\": \"Alice\", \"age\": 30}";
            bad.hint.get_or_insert_with(|| hint.to_owned());
            Place::START.error(&format!("people file {shown}"), bad)
        })
    }

    /// The person of that name.
    pub fn get(&self, name: &str) -> Option<&Person> {
        self.by_name.get(name)
    }

    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    fn parse(text: &str) -> std::result::Result<Self, Bad> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let bad = |place: Place, why: String| Bad {
            line: place.line,
            column: place.column,
            field: String::new(),
            why,
            hint: None,
        };
        let mut layouts = crate::schema::bundled_pool()
            .map(Layouts::new)
            .map_err(|error| bad(Place::START, error.to_string()))?;
        let person = layouts
            .find("Person")
            .ok_or_else(|| bad(Place::START, "the bundled schema has no Person".to_owned()))?;

        let mut by_name = HashMap::new();
        let mut places: HashMap<String, Place> = HashMap::new();
        for (place, bytes) in
            json::parse_all(&mut layouts, person, text.as_bytes(), Options::default())?
        {
            let person =
                Person::decode(bytes.as_slice()).map_err(|error| bad(place, error.to_string()))?;
            let name = person.name.clone();
            if name.is_empty() {
                return Err(bad(place, "a person without a name".to_owned()));
            }
            if name == NOT_FOUND {
                let why = format!("the name {NOT_FOUND:?} is taken: it stands for nobody");
                return Err(bad(place, why));
            }
            if let Some(first) = places.insert(name.clone(), place) {
                let why = format!(
                    "a second person named {name:?}, the first is on line {}",
                    first.line
                );
                return Err(bad(place, why));
            }
            by_name.insert(name, person);
        }
        Ok(Self { by_name })
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
    fn an_array_and_one_a_line_are_the_same_people() {
        let array = "[\n {\"name\": \"Eve\", \"age\": 7},\n {\"name\": \"Max\"}\n]";
        let lines = "{\"name\": \"Eve\", \"age\": 7}\n{\"name\": \"Max\"}\n";
        for text in [array, lines] {
            let people = People::parse(text).expect("good people");
            assert_eq!(people.by_name.len(), 2);
            assert_eq!(people.get("Eve").map(|person| person.age), Some(7));
        }
    }

    #[test]
    fn an_empty_file_is_nobody() {
        for text in ["", "\n", "[]"] {
            assert!(People::parse(text).expect("good people").by_name.is_empty());
        }
    }

    #[test]
    fn a_wrong_type_is_told_with_line_and_field() {
        let error =
            error("{\"name\": \"Eve\"}\n{\"name\": \"Max\",\n  \"address\": {\"city\": 5}}");
        assert!(error.starts_with("line 3, column 23"), "{error}");
        assert!(
            error.contains("field address.city: expected string, found number 5"),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_field_is_told_with_its_name() {
        let error = error("[{\"name\": \"Eve\", \"agee\": 1}]");
        assert!(error.starts_with("line 1, column"), "{error}");
        assert!(error.contains("agee"), "{error}");
    }

    #[test]
    fn broken_json_is_told_with_its_place() {
        assert!(error("[{\"name\": \"Eve\"},\n").starts_with("line 2"));
        assert!(error("{\"name\": \"Eve\"}\nEve").starts_with("line 2, column 1"));
    }

    #[test]
    fn every_person_has_a_name_of_their_own() {
        assert_eq!(
            error("{\"name\": \"Eve\"}\n\n{\"name\": \"Eve\"}"),
            "line 3, column 1: a second person named \"Eve\", the first is on line 1"
        );
        assert_eq!(
            error(" {\"age\": 3}"),
            "line 1, column 2: a person without a name"
        );
        assert!(error("{\"name\": \"Not Found\"}").contains("stands for nobody"));
    }
}
