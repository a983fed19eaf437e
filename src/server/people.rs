//! The people a server knows: the tutorial's two, or a file of Person messages in proto3 JSON.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use prost_reflect::{DeserializeOptions, DynamicMessage, MessageDescriptor};
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::proto::Person;
use crate::proto::person::{Address, Gender};

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
        Self::parse(&text).map_err(|bad| {
            Error::failed(format!("people file {shown}, {bad}"))
                .hinted("it holds Person messages as JSON, an array or one per line: {\"name\": \"Alice\", \"age\": 30}")
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
        let whole = Place { line: 1, column: 1 };
        let is_array = text.trim_start().starts_with('[');
        let items: Vec<&RawValue> = if is_array {
            serde_json::from_str(text)
        } else {
            serde_json::Deserializer::from_str(text)
                .into_iter()
                .collect()
        }
        .map_err(|error| Bad::json(whole, "", &error))?;

        let person = crate::schema::bundled_pool()
            .ok()
            .and_then(|pool| pool.get_message_by_name("Person"))
            .ok_or_else(|| Bad::at(whole, "the bundled schema has no Person"))?;
        let mut by_name = HashMap::with_capacity(items.len());
        let mut places: HashMap<String, Place> = HashMap::with_capacity(items.len());
        for item in items {
            // Both are slices of one string.
            let offset = (item.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
            let place = whole.after(text.get(..offset).unwrap_or_default());
            let person = parse_person(item.get(), place, &person)?;
            if person.name.is_empty() {
                return Err(Bad::at(place, "a person without a name"));
            }
            if person.name == NOT_FOUND {
                let why = format!("the name {NOT_FOUND:?} is taken: it stands for nobody");
                return Err(Bad::at(place, why));
            }
            match places.entry(person.name.clone()) {
                Entry::Occupied(first) => {
                    let line = first.get().line;
                    let why = format!(
                        "a second person named {:?}, the first is on line {line}",
                        person.name
                    );
                    return Err(Bad::at(place, why));
                }
                Entry::Vacant(slot) => {
                    slot.insert(place);
                }
            }
            by_name.insert(person.name.clone(), person);
        }
        Ok(Self { by_name })
    }
}

fn parse_person(
    json: &str,
    place: Place,
    descriptor: &MessageDescriptor,
) -> std::result::Result<Person, Bad> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut deserializer, &mut track);
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    let message = DynamicMessage::deserialize_with_options(descriptor.clone(), tracked, &options);
    let message = message.map_err(|error: serde_json::Error| {
        let path = match track.path().to_string() {
            path if path == "." => String::new(),
            path => path,
        };
        Bad::json(place, &path, &error)
    })?;
    message
        .transcode_to()
        .map_err(|error| Bad::at(place, error.to_string()))
}

/// A position in the file, both from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
}

impl Place {
    /// The position behind `text` that starts here.
    fn after(self, text: &str) -> Self {
        match text.rsplit_once('\n') {
            Some((before, last)) => Self {
                line: self.line + 1 + memchr::memchr_iter(b'\n', before.as_bytes()).count(),
                column: 1 + last.chars().count(),
            },
            None => Self {
                line: self.line,
                column: self.column + text.chars().count(),
            },
        }
    }
}

/// What is wrong with a people file, and where.
#[derive(Debug)]
struct Bad {
    place: Place,
    field: String,
    why: String,
}

impl Bad {
    fn at(place: Place, why: impl Into<String>) -> Self {
        Self {
            place,
            field: String::new(),
            why: why.into(),
        }
    }

    /// An error within a JSON text that starts at `start`. serde_json counts lines and columns from one, and says so
    /// at the end of its message.
    fn json(start: Place, field: &str, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let end = text.rfind(" at line ").unwrap_or(text.len());
        let place = match error.line() {
            0 => start,
            1 => Place {
                line: start.line,
                column: start.column + error.column().saturating_sub(1),
            },
            line => Place {
                line: start.line + line - 1,
                column: error.column(),
            },
        };
        Self {
            place,
            field: field.to_owned(),
            why: text.get(..end).unwrap_or(&text).to_owned(),
        }
    }
}

impl std::fmt::Display for Bad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}", self.place.line, self.place.column)?;
        if !self.field.is_empty() {
            write!(f, ", field {}", self.field)?;
        }
        write!(f, ": {}", self.why)
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
        assert!(error.starts_with("line 3, column 2"), "{error}");
        assert!(
            error.contains("field address.city: invalid type: integer `5`"),
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
