//! Fields on the command line, as HTTPie's users write them → the JSON of one message. JSON because its parser then
//! does the checking: one place knows what a field takes.

mod path;
mod tree;

use std::fs::File;
use std::io::Read as _;

use super::{LARGER, check_size};
use crate::base64;
use crate::error::{Error, Result};
use crate::protobuf::json::{self, ReadOptions};
use crate::protobuf::layout::{LayoutId, Layouts};

use path::{Leaf, Step, follow, steps};
use tree::{Node, gap, insert};

/// Encodes one message of `FIELD` arguments.
///
/// # Errors
/// When an argument is none, does not fit the message, or names a file that cannot be read.
pub fn parse(
    layouts: &mut Layouts,
    message: LayoutId,
    arguments: &[String],
    options: ReadOptions,
    max_size: usize,
) -> Result<Vec<u8>> {
    let mut root = Node::Object(Vec::new());
    for text in arguments {
        let mut argument = Argument::parse(text)?;
        let value = argument.value(layouts, message, max_size)?;
        insert(&mut root, &argument.path, value).map_err(|why| bad(text, why))?;
    }
    if let Some(missing) = gap(&root) {
        return Err(Error::failed(format!("request: there is no {missing}"))
            .hinted("indexes count from 0, and none can be left out"));
    }
    let mut text = String::new();
    root.write(&mut text);
    let bytes = json::read(layouts, message, text.as_bytes(), options).map_err(|mistake| {
        let field = match mistake.field.as_str() {
            "" => String::new(),
            field => format!(", field {field}"),
        };
        let error = Error::failed(format!("request{field}: {}", mistake.message));
        match mistake.hint {
            Some(hint) => error.hinted(hint),
            None => error,
        }
    })?;
    check_size("request", bytes.len(), max_size)?;
    Ok(bytes)
}

/// What is in front of the `=` of an argument, with the colon of `:=`, and what is behind it. A `=` in brackets belongs to a
/// map's key.
pub fn assignment(argument: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    let at = argument.find(|c| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == '=' && depth == 0
    })?;
    Some((argument.get(..at)?, argument.get(at + 1..)?))
}

fn bad(argument: &str, why: impl std::fmt::Display) -> Error {
    Error::failed(format!("argument {argument:?}: {why}"))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    /// `=`: the value is text.
    Text,
    /// `:=`: the value is JSON.
    Json,
    /// `=@`: the value is in a file.
    TextFile,
    /// `:=@`: the value is JSON in a file.
    JsonFile,
}

#[derive(Debug)]
struct Argument<'a> {
    text: &'a str,
    path: Vec<Step>,
    operator: Operator,
    value: &'a str,
}

impl<'a> Argument<'a> {
    fn parse(text: &'a str) -> Result<Self> {
        let form = || {
            let error = bad(text, "it is not a field");
            if text.starts_with('{') {
                error.hinted(format!("a message in JSON goes with -d: -d '{text}'"))
            } else {
                error.hinted("write name=text, name:=json, name=@file or name:=@file")
            }
        };
        let (name, value) = assignment(text).ok_or_else(form)?;
        let (name, is_json) = match name.strip_suffix(':') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let (operator, value) = match (is_json, value.strip_prefix('@')) {
            // As in HTTPie: text that starts with @.
            (false, None) if value.starts_with("\\@") => {
                (Operator::Text, value.get(1..).unwrap_or_default())
            }
            (false, None) => (Operator::Text, value),
            (true, None) => (Operator::Json, value),
            (false, Some(file)) => (Operator::TextFile, file),
            (true, Some(file)) => (Operator::JsonFile, file),
        };
        let path = steps(name).ok_or_else(|| {
            bad(text, "the name is not a path")
                .hinted("write name, outer.inner, list[] or map[key]")
        })?;
        Ok(Self {
            text,
            path,
            operator,
            value,
        })
    }

    /// The value as JSON, by what the field takes.
    fn value(&mut self, layouts: &mut Layouts, message: LayoutId, max_size: usize) -> Result<Node> {
        let leaf = follow(layouts, message, &mut self.path).map_err(|why| bad(self.text, why))?;
        let read = || self.read(max_size);
        let text = |bytes: Vec<u8>| {
            String::from_utf8(bytes).map_err(|_| bad(self.text, "the file is not valid UTF-8"))
        };
        match self.operator {
            Operator::Json => self.json(self.value.to_owned()),
            Operator::JsonFile => self.json(text(read()?)?),
            Operator::Text => Ok(match (leaf, self.value) {
                (Leaf::Bool, "true" | "false") => Node::Json(self.value.to_owned()),
                (Leaf::Enum, value) if value.parse::<i32>().is_ok() => {
                    let name = self.text.split_once('=').map_or("", |(name, _)| name);
                    return Err(bad(self.text, "`=` takes the name of an enum value")
                        .hinted(format!("write {name}:={value} for its number")));
                }
                (_, value) => Node::string(value),
            }),
            // Bytes are the file as it is; text is taken without a trailing newline's surprise: as it is, too.
            Operator::TextFile => match leaf {
                Leaf::Bytes => Ok(Node::string(&base64::encode(&read()?))),
                _ => Ok(Node::string(&text(read()?)?)),
            },
        }
    }

    /// The file that the value names. It may be a device or a pipe without an end.
    fn read(&self, max_size: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(self.value)
            .and_then(|file| file.take(max_size as u64 + 1).read_to_end(&mut bytes))
            .map_err(|error| bad(self.text, "cannot read the file").caused_by(error))?;
        if bytes.len() > max_size {
            let why = format!("the file is larger than {max_size} bytes, the limit of a message");
            return Err(bad(self.text, why).hinted(LARGER));
        }
        Ok(bytes)
    }

    fn json(&self, json: String) -> Result<Node> {
        match json::check(json.as_bytes()) {
            Ok(()) => Ok(Node::Json(json)),
            Err(mistake) => Err(bad(
                self.text,
                format!("the value is not valid JSON: {}", mistake.message),
            )
            .hinted("`=` takes text, `:=` takes JSON")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::Person;
    use prost::Message as _;

    fn person(arguments: &[&str]) -> Result<Person> {
        let mut layouts = Layouts::new(crate::schema::bundled_pool()?);
        let message = layouts.find("Person").unwrap();
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let bytes = parse(
            &mut layouts,
            message,
            &arguments,
            ReadOptions::default(),
            MAX_SIZE,
        )?;
        Ok(Person::decode(bytes.as_slice()).unwrap())
    }

    const MAX_SIZE: usize = 100;

    fn error(arguments: &[&str]) -> String {
        person(arguments).unwrap_err().to_string()
    }

    #[test]
    fn text_and_json_fill_fields_paths_and_lists() {
        let person = person(&[
            "name=Alice = me",
            "age:=30",
            "gender=FEMALE",
            "hobbies[]=chess",
            "hobbies[]=go",
            "address.city=Seoul",
            "address.street:=\"1 Main\"",
        ])
        .unwrap();
        assert_eq!(
            (person.name.as_str(), person.age, person.gender),
            ("Alice = me", 30, 2)
        );
        assert_eq!(person.hobbies, ["chess", "go"]);
        let address = person.address.unwrap();
        assert_eq!(
            (address.city.as_str(), address.street.as_str()),
            ("Seoul", "1 Main")
        );
    }

    #[test]
    fn elements_of_a_list_have_indexes_and_none_is_left_out() {
        let hobbies = |arguments| person(arguments).unwrap().hobbies;
        assert_eq!(
            hobbies(&["hobbies[1]=go", "hobbies[0]=chess"]),
            ["chess", "go"]
        );
        assert_eq!(
            hobbies(&["hobbies[0]=chess", "hobbies[]=go"]),
            ["chess", "go"]
        );
        assert_eq!(
            error(&["hobbies[0]=chess", "hobbies[2]=go"]),
            "request: there is no hobbies[1]"
        );
        assert_eq!(
            error(&["hobbies[99999999999]=go"]),
            "request: there is no hobbies[0]"
        );
        assert!(error(&["hobbies[a]=go"]).contains("not the index of an element"));
        assert!(error(&["hobbies[0]=go", "hobbies[0]=chess"]).contains("duplicate field"));
    }

    #[test]
    fn paths_lead_through_lists_maps_and_oneofs_at_every_depth() {
        let files = protox::compile(["rich.proto"], ["tests/schemas"]).unwrap();
        let mut layouts =
            Layouts::new(prost_reflect::DescriptorPool::from_file_descriptor_set(files).unwrap());
        let message = layouts.find("rich.Everything").unwrap();
        let arguments = [
            "many[0].aString=a",
            "many[0].colors[]=RED",
            "many[0].things[7].many[0].aString=b",
            "many[1].aString=c",
            "things[7].many[0].many[0].aString=d",
            "things[7].many[0].many[1].aString=e",
        ]
        .map(str::to_owned);
        let options = ReadOptions::default();
        let bytes = parse(&mut layouts, message, &arguments, options, 1000).unwrap();
        let mut out = Vec::new();
        let options = json::WriteOptions::default();
        json::write(&mut layouts, message, &bytes, options, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            concat!(
                r#"{"many":[{"aString":"a","colors":["RED"],"#,
                r#""things":{"7":{"many":[{"aString":"b"}]}}},{"aString":"c"}],"#,
                r#""things":{"7":{"many":[{"many":[{"aString":"d"},{"aString":"e"}]}]}}}"#
            )
        );
    }

    #[test]
    fn a_backslash_escapes_the_sign_of_a_file() {
        assert_eq!(person(&["name=\\@me"]).unwrap().name, "@me");
    }

    #[test]
    fn the_number_of_an_enum_value_is_json() {
        assert_eq!(person(&["gender:=2"]).unwrap().gender, 2);
        let error = person(&["gender=2"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "argument \"gender=2\": `=` takes the name of an enum value"
        );
        assert_eq!(error.hint(), Some("write gender:=2 for its number"));
    }

    #[test]
    fn numbers_may_be_text() {
        assert_eq!(person(&["age=-3"]).unwrap().age, -3);
    }

    #[test]
    fn a_file_is_a_value() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("name");
        std::fs::write(&path, "Eve").unwrap();
        let argument = format!("name=@{}", path.display());
        assert_eq!(person(&[&argument]).unwrap().name, "Eve");
        assert!(error(&["name=@/nonexistent/file"]).contains("cannot read"));
    }

    #[test]
    fn a_mistake_names_the_field_and_its_type() {
        assert_eq!(
            error(&["address.city:=5"]),
            "request, field address.city: expected string, found number 5"
        );
        assert_eq!(error(&["agee=5"]), "request: Person has no field \"agee\"");
        let hint = person(&["agee=5"]).unwrap_err();
        assert_eq!(hint.hint(), Some("did you mean \"age\"?"));
        assert_eq!(
            error(&["age=old"]),
            "request, field age: expected int32, found string \"old\""
        );
    }

    #[test]
    fn what_is_not_a_field_is_refused() {
        for argument in ["name", "=x", "a..b=x", "a[=x", "a]b[=x", "age:=thirty"] {
            assert!(error(&[argument]).starts_with("argument"), "{argument}");
        }
        assert!(error(&["name=A", "name=B"]).contains("duplicate field"));
        assert!(error(&["name=A", "name.first=B"]).contains("different form"));
    }

    #[test]
    fn a_value_or_a_request_beyond_the_limit_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("name");
        std::fs::write(&path, "x".repeat(MAX_SIZE + 1)).unwrap();
        let argument = format!("name=@{}", path.display());
        assert_eq!(
            error(&[&argument]),
            format!(
                "argument {argument:?}: the file is larger than 100 bytes, the limit of a message"
            )
        );
        assert_eq!(
            error(&[&format!("name={}", "x".repeat(MAX_SIZE - 1))]),
            "request: the message has 101 bytes, and the limit is 100"
        );
    }
}
