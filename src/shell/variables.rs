//! Variables: replies that are kept, and the values at paths in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Value, json};

use super::words::{Form, Piece, Word};
use crate::base64;
use crate::error::{Error, Result};
use crate::output::{MessageWriter, Style};
use crate::schema::{did_you_mean, nearest};

/// The name of the last reply.
pub const LAST: &str = "_";

/// A reply. Clones share it.
#[derive(Clone, Debug)]
pub struct Variable {
    pub message: MessageDescriptor,
    json: Arc<Value>,
}

impl Variable {
    /// # Errors
    /// When the bytes are not such a message.
    pub fn new(message: MessageDescriptor, bytes: &[u8]) -> Result<Self> {
        let style = Style::json(false, false, false);
        let mut text = Vec::new();
        MessageWriter::new(&message, style).write(bytes, &mut text)?;
        let json = serde_json::from_slice(&text)
            .map_err(|error| Error::failed("cannot keep the reply").caused_by(error))?;
        Ok(Self {
            message,
            json: Arc::new(json),
        })
    }
}

impl Variable {
    /// The texts in it, by the names of their fields.
    pub fn texts(&self, found: &mut Vec<(String, String)>) {
        texts(&self.json, "", found);
    }
}

fn texts(value: &Value, name: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) if !name.is_empty() && text.len() < 100 => {
            found.push((name.to_owned(), text.clone()));
        }
        Value::Array(list) => list.iter().for_each(|value| texts(value, name, found)),
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| texts(value, name, found)),
        _ => {}
    }
}

/// The variables of a shell.
#[derive(Clone, Debug, Default)]
pub struct Variables(BTreeMap<String, Variable>);

impl Variables {
    pub fn set(&mut self, name: &str, variable: Variable) {
        self.0.insert(name.to_owned(), variable);
    }

    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.0.get(name)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Variable)> {
        self.0
            .iter()
            .map(|(name, variable)| (name.as_str(), variable))
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The value at a path: `alice.address.city`, `_.hobbies[0]`. A field that is not set has its default.
    ///
    /// # Errors
    /// When there is no such variable, or its type does not have the path: where that ends.
    pub fn value(&self, path: &str) -> Result<Value> {
        let len = path.find(['.', '[']).unwrap_or(path.len());
        let (name, rest) = path.split_at(len);
        let variable = self.get(name).ok_or_else(|| self.unknown(name))?;
        let mut at = Place {
            is: Is::Message(variable.message.clone()),
            value: Some(&variable.json),
        };
        let mut seen = name.len();
        for step in steps(rest) {
            at = at
                .step(step)
                .map_err(|error| error.about(format!("${}", path.get(..seen).unwrap_or(path))))?;
            seen += step.len();
        }
        Ok(at.value.cloned().unwrap_or_else(|| at.is.default()))
    }

    fn unknown(&self, name: &str) -> Error {
        if name == LAST {
            return Error::failed("$_ is the last reply, and there is none");
        }
        let error = Error::failed(format!("there is no variable ${name}"));
        let near = nearest(name, self.names());
        match did_you_mean(near.iter().map(|name| format!("${name}"))) {
            Some(question) => error.hinted(question),
            None => error.hinted("let NAME = COMMAND keeps a reply; $$ is a dollar sign"),
        }
    }

    /// The text of a word, with the values of its variables.
    ///
    /// # Errors
    /// As [`Variables::value`].
    pub fn fill(&self, word: &Word) -> Result<String> {
        let mut text = String::new();
        for piece in &word.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Variable { path, form } => {
                    text.push_str(&written(&self.value(path)?, *form));
                }
            }
        }
        Ok(text)
    }
}

/// A value in the place of a variable.
fn written(value: &Value, form: Form) -> String {
    match (form, value) {
        (Form::Text | Form::JsonString, Value::Null) => String::new(),
        (Form::Text, Value::String(text)) => text.clone(),
        (Form::JsonString, value) => {
            let text = written(value, Form::Text);
            let quoted = Value::String(text).to_string();
            let inner = quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
            inner.unwrap_or(&quoted).to_owned()
        }
        (Form::Text | Form::Json, value) => value.to_string(),
    }
}

/// `.name` and `[index]`, one after another.
fn steps(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = path;
    std::iter::from_fn(move || {
        let after = rest.get(1..)?;
        let end = if rest.starts_with('[') {
            after.find(']').map(|at| at + 2)
        } else {
            after.find(['.', '[']).map(|at| at + 1)
        };
        let (step, more) = rest.split_at(end.unwrap_or(rest.len()));
        rest = more;
        Some(step)
    })
}

/// A place in a message: what is there by the descriptor, and by the reply, if it is set.
struct Place<'v> {
    is: Is,
    value: Option<&'v Value>,
}

enum Is {
    Message(MessageDescriptor),
    List(FieldDescriptor),
    Map(FieldDescriptor),
    /// The field, unless it is in a list or map.
    Scalar(Kind, Option<FieldDescriptor>),
}

impl Is {
    fn of(field: &FieldDescriptor) -> Self {
        if field.is_map() {
            Self::Map(field.clone())
        } else if field.is_list() {
            Self::List(field.clone())
        } else {
            match field.kind() {
                Kind::Message(message) => Self::Message(message),
                other => Self::Scalar(other, Some(field.clone())),
            }
        }
    }

    fn single(kind: Kind) -> Self {
        match kind {
            Kind::Message(message) => Self::Message(message),
            other => Self::Scalar(other, None),
        }
    }

    /// What a field has that is not set, in JSON.
    fn default(&self) -> Value {
        match self {
            Self::Message(_) => Value::Null,
            Self::List(_) => json!([]),
            Self::Map(_) => json!({}),
            Self::Scalar(kind, field) => {
                let value = match field {
                    Some(field) => field.default_value(),
                    None => prost_reflect::Value::default_value(kind),
                };
                scalar(&value, kind)
            }
        }
    }
}

/// The default of a scalar in JSON. proto2 lets a field have one of its own.
fn scalar(value: &prost_reflect::Value, kind: &Kind) -> Value {
    use prost_reflect::Value as Default;
    match (value, kind) {
        (Default::Bool(value), _) => json!(value),
        (Default::I32(value), _) => json!(value),
        (Default::U32(value), _) => json!(value),
        (Default::I64(value), _) => json!(value.to_string()),
        (Default::U64(value), _) => json!(value.to_string()),
        (Default::F32(value), _) => json!(value),
        (Default::F64(value), _) => json!(value),
        (Default::String(value), _) => json!(value),
        (Default::Bytes(value), _) => json!(base64::encode(value)),
        (Default::EnumNumber(number), Kind::Enum(of)) => match of.get_value(*number) {
            Some(value) => json!(value.name()),
            None => json!(number),
        },
        _ => Value::Null,
    }
}

impl Place<'_> {
    fn step(self, step: &str) -> Result<Self> {
        let index = step.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        let name = index.or_else(|| step.strip_prefix('.')).unwrap_or(step);
        match (&self.is, index) {
            (Is::Message(message), None) => {
                let field = message
                    .get_field_by_json_name(name)
                    .or_else(|| message.get_field_by_name(name));
                let field = field.ok_or_else(|| no_field(message, name))?;
                // Most of the well-known types have a form of their own in JSON.
                if let Some(text) = self.value.filter(|it| !it.is_null())
                    && message.package_name() == "google.protobuf"
                {
                    let message = message.full_name();
                    return Err(Error::failed(format!(
                        "a {message} is {text} in JSON, without fields"
                    )));
                }
                let value = self.value.and_then(|value| value.get(field.json_name()));
                Ok(Self {
                    is: Is::of(&field),
                    value,
                })
            }
            (Is::List(field), Some(index)) => {
                let list = self.value.and_then(Value::as_array);
                let len = list.map_or(0, Vec::len);
                let at: usize = index.parse().map_err(|_| {
                    Error::failed(format!(
                        "{index:?} is not an index: a list has {len} elements"
                    ))
                })?;
                let value = list.and_then(|list| list.get(at)).ok_or_else(|| {
                    let has = crate::output::count(len as u64, "element", "elements");
                    Error::failed(format!("there is no [{at}]: the list has {has}"))
                })?;
                Ok(Self {
                    is: Is::single(field.kind()),
                    value: Some(value),
                })
            }
            (Is::Map(field), _) => {
                let value = self.value.and_then(|value| value.get(name));
                let value = value
                    .ok_or_else(|| Error::failed(format!("the map does not have {name:?}")))?;
                let Kind::Message(entry) = field.kind() else {
                    return Err(Error::failed("this is not a map"));
                };
                Ok(Self {
                    is: Is::single(entry.map_entry_value_field().kind()),
                    value: Some(value),
                })
            }
            (Is::List(_), None) => {
                Err(Error::failed(format!("a list has no field {name:?}")).hinted("use [0]"))
            }
            (_, Some(_)) => Err(Error::failed("this is not a list")),
            (Is::Scalar(..), None) => Err(Error::failed(format!(
                "this is not a message, and has no field {name:?}"
            ))),
        }
    }
}

fn no_field(message: &MessageDescriptor, name: &str) -> Error {
    let error = Error::failed(format!("{} has no field {name:?}", message.full_name()));
    let fields: Vec<String> = message
        .fields()
        .map(|field| field.json_name().to_owned())
        .collect();
    let near = nearest(name, fields.iter().map(String::as_str));
    match did_you_mean(near.iter().map(|name| format!("{name:?}"))) {
        Some(question) => error.hinted(question),
        None if fields.is_empty() => error,
        None => error.hinted(format!("its fields are {}", fields.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::proto::Person;
    use crate::proto::person::Address;
    use crate::schema::bundled_method;

    fn variables() -> Variables {
        let alice = Person {
            name: "Alice \"A\"".to_owned(),
            age: 30,
            hobbies: vec!["chess".to_owned(), "go".to_owned()],
            address: Some(Address {
                city: "Seoul".to_owned(),
                ..Address::default()
            }),
            ..Person::default()
        };
        let message = bundled_method("GetPerson").unwrap().output();
        let mut variables = Variables::default();
        variables.set(
            "alice",
            Variable::new(message.clone(), &alice.encode_to_vec()).unwrap(),
        );
        variables.set("none", Variable::new(message, &[]).unwrap());
        variables
    }

    fn filled(line: &str) -> Result<String> {
        let statement = super::super::words::read(line).unwrap().remove(0);
        variables().fill(&statement.words[0])
    }

    #[test]
    fn a_value_is_filled_in_as_its_place_needs_it() {
        for (line, expected) in [
            ("name=$alice.name", "name=Alice \"A\""),
            ("$alice.age", "30"),
            (
                r#"{"a":$alice.name,"b":$alice.age,"c":"x$alice.name"}"#,
                r#"{"a":"Alice \"A\"","b":30,"c":"xAlice \"A\""}"#,
            ),
            ("$alice.hobbies[1]", "go"),
            ("a:=$alice.hobbies", r#"a:=["chess","go"]"#),
            ("$alice.address.city", "Seoul"),
        ] {
            assert_eq!(filled(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        for (line, expected) in [
            ("$none.name", ""),
            ("$none.age", "0"),
            ("$none.hobbies", "[]"),
            ("$none.address.city", ""),
            ("a:=$none.name", "a:=\"\""),
            ("a:=$none.address", "a:=null"),
        ] {
            assert_eq!(filled(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn a_path_that_the_type_does_not_have_is_told_up_to_its_end() {
        for (line, expected) in [
            ("$alcie.name", "there is no variable $alcie"),
            ("$alice.nmae", "$alice: Person has no field \"nmae\""),
            (
                "$alice.age.x",
                "$alice.age: this is not a message, and has no field \"x\"",
            ),
            (
                "$alice.hobbies[2]",
                "$alice.hobbies: there is no [2]: the list has 2 elements",
            ),
            (
                "$alice.address.town",
                "$alice.address: Person.Address has no field \"town\"",
            ),
            ("$_", "$_ is the last reply, and there is none"),
        ] {
            assert_eq!(filled(line).unwrap_err().to_string(), expected, "{line}");
        }
    }
}
