//! JSON after `-d`, while it is typed: names of fields, values of enums, `true` and `false`.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::candidate::{Candidate, Candidates};

/// What the JSON of a message may go on with. `typed` is the JSON up to the cursor.
pub fn data(message: &MessageDescriptor, typed: &str) -> Candidates {
    let Some(cursor) = Cursor::find(typed) else {
        return Candidates::none();
    };
    let Some(place) = follow(message, &cursor.path) else {
        return Candidates::none();
    };
    let head = typed.get(..cursor.start).unwrap_or_default();
    let list = match (cursor.is_key, place) {
        (true, Place::Message(message)) => {
            let left = message.fields();
            left.filter(|field| !cursor.given.iter().any(|name| is_named(field, name)))
                .map(|field| {
                    let text = format!("\"{}\": {}", field.json_name(), opening(&field));
                    Candidate {
                        field: Some(field.full_name().to_owned()),
                        ..Candidate::open(text).described(Some(type_of(&field)))
                    }
                })
                .collect()
        }
        (false, Place::Value(Kind::Bool)) => ["true", "false"].map(Candidate::open).into(),
        (false, Place::Value(Kind::Enum(of))) => of
            .values()
            .map(|value| Candidate::open(format!("\"{}\"", value.name())))
            .collect(),
        (false, Place::Message(_)) => vec![Candidate::open("{")],
        _ => Vec::new(),
    };
    Candidates::words(list).behind(head)
}

/// What the value of a field starts with.
fn opening(field: &FieldDescriptor) -> &'static str {
    if field.is_list() {
        return "[";
    }
    match field.kind() {
        Kind::Message(message) if !has_a_form_of_its_own(&message) => "{",
        Kind::String | Kind::Bytes => "\"",
        _ => "",
    }
}

/// Whether its JSON is not an object.
fn has_a_form_of_its_own(message: &MessageDescriptor) -> bool {
    message.package_name() == "google.protobuf"
        && !matches!(message.name(), "Any" | "Empty" | "Struct")
}

/// Adds what they are to candidates that name a field of this message, or of one in it.
pub fn describe(message: &MessageDescriptor, list: &mut [Candidate]) {
    for candidate in list {
        let path = candidate.text.trim_end_matches(['=', ':', '.']);
        let mut field: Option<FieldDescriptor> = None;
        let mut inside = Some(message.clone());
        for name in path.split('.') {
            let name = name.split('[').next().unwrap_or(name);
            let Some(message) = inside.take() else {
                return;
            };
            field = message.fields().find(|field| is_named(field, name));
            inside = match field.as_ref().map(FieldDescriptor::kind) {
                Some(Kind::Message(message)) => Some(message),
                _ => None,
            };
        }
        if let Some(field) = field
            && candidate.help.is_none()
            && !candidate.text.trim_end_matches('=').contains('=')
        {
            candidate.help = Some(type_of(&field));
            candidate.field = Some(field.full_name().to_owned());
        }
    }
}

/// The type of a field, as a .proto file has it.
pub fn type_of(field: &FieldDescriptor) -> String {
    if field.is_map()
        && let Kind::Message(entry) = field.kind()
    {
        let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
        return format!("map<{}, {}>", name_of(&key.kind()), name_of(&value.kind()));
    }
    let name = name_of(&field.kind());
    if field.is_list() {
        format!("repeated {name}")
    } else {
        name
    }
}

fn name_of(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => message.name().to_owned(),
        Kind::Enum(of) => of.name().to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn is_named(field: &FieldDescriptor, name: &str) -> bool {
    field.json_name() == name || field.name() == name
}

/// What a path leads to.
enum Place {
    Message(MessageDescriptor),
    Value(Kind),
}

fn follow(message: &MessageDescriptor, path: &[String]) -> Option<Place> {
    let mut place = Place::Message(message.clone());
    let mut steps = path.iter();
    while let Some(name) = steps.next() {
        let Place::Message(message) = place else {
            return None;
        };
        let field = message.fields().find(|field| is_named(field, name))?;
        let kind = if field.is_map() {
            let Kind::Message(entry) = field.kind() else {
                return None;
            };
            // The key of the map.
            steps.next()?;
            entry.map_entry_value_field().kind()
        } else {
            field.kind()
        };
        place = match kind {
            Kind::Message(message) => Place::Message(message),
            other => Place::Value(other),
        };
    }
    Some(place)
}

/// Where the cursor is in JSON.
#[derive(Debug, PartialEq, Eq)]
struct Cursor {
    /// The names of the members around it.
    path: Vec<String>,
    /// It is in the name of a member, not in a value.
    is_key: bool,
    /// Where the token starts that it is in.
    start: usize,
    /// The names that the object has already.
    given: Vec<String>,
}

/// An object or array that is not closed.
#[derive(Default)]
struct Level {
    is_object: bool,
    /// The name of the member that is being read.
    name: Option<String>,
    given: Vec<String>,
}

impl Cursor {
    fn find(text: &str) -> Option<Self> {
        let mut levels: Vec<Level> = Vec::new();
        let mut token = 0;
        let mut string: Option<usize> = None;
        let mut last = String::new();
        let mut chars = text.char_indices();
        while let Some((at, c)) = chars.next() {
            if let Some(start) = string {
                match c {
                    '\\' => {
                        chars.next();
                    }
                    '"' => {
                        text.get(start + 1..at)
                            .unwrap_or_default()
                            .clone_into(&mut last);
                        string = None;
                    }
                    _ => {}
                }
                continue;
            }
            match c {
                '"' => (string, token) = (Some(at), at),
                '{' | '[' => {
                    levels.push(Level {
                        is_object: c == '{',
                        ..Level::default()
                    });
                    token = at + 1;
                }
                '}' | ']' => {
                    levels.pop();
                    token = at + 1;
                }
                ':' => {
                    let level = levels.last_mut()?;
                    level.given.push(last.clone());
                    level.name = Some(last.clone());
                    token = at + 1;
                }
                ',' => {
                    let level = levels.last_mut()?;
                    if level.is_object {
                        level.name = None;
                    }
                    token = at + 1;
                }
                c if c.is_whitespace() => token = at + c.len_utf8(),
                _ => {}
            }
        }
        let current = levels.last()?;
        Some(Self {
            is_key: current.is_object && current.name.is_none(),
            given: current.given.clone(),
            path: levels
                .iter()
                .filter_map(|level| level.name.clone())
                .collect(),
            start: token,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::bundled_method;

    fn offered(typed: &str) -> Vec<String> {
        let person = bundled_method("GetPerson").unwrap().output();
        let list = data(&person, typed).list.into_iter();
        list.map(|it| it.text)
            .filter(|text| text.starts_with(typed))
            .collect()
    }

    #[test]
    fn names_of_fields_are_offered_up_to_their_value() {
        assert_eq!(offered("{\"na"), ["{\"name\": \""]);
        assert_eq!(offered("{\"hob"), ["{\"hobbies\": ["]);
        assert_eq!(offered("{\"name\": \"x\", \"na"), [""; 0]);
        assert_eq!(
            offered("{\"address\": {\"ci"),
            ["{\"address\": {\"city\": \""]
        );
        assert_eq!(
            offered("{\"address\": {}, \"ag"),
            ["{\"address\": {}, \"age\": "]
        );
    }

    #[test]
    fn values_of_enums_are_offered() {
        let all = offered("{\"gender\": ");
        assert!(
            all.contains(&"{\"gender\": \"FEMALE\"".to_owned()),
            "{all:?}"
        );
        assert_eq!(offered("{\"gender\": \"FE"), ["{\"gender\": \"FEMALE\""]);
    }

    #[test]
    fn nothing_is_offered_within_text() {
        assert_eq!(offered("{\"name\": \"A"), [""; 0]);
        assert_eq!(offered("{\"nope\": {\"x"), [""; 0]);
    }
}
