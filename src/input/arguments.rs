//! Fields on the command line, as HTTPie's users write them → the JSON of one message. JSON because its parser then
//! does the checking: one place knows what a field takes.

mod file;
mod path;
mod text;
mod tree;

use super::check_size;
use crate::base64;
use crate::error::{Error, Result};
use crate::protobuf::json::{self, ReadOptions};
use crate::protobuf::layout::{LayoutId, Layouts};

pub use file::{Files, reads_stdin};
use path::{Leaf, Step, follow, steps};
use tree::{Node, gap, insert};

/// Encodes one message of `FIELD` arguments.
///
/// # Errors
/// When an argument is none, does not fit the message, or names a file that cannot be read.
pub async fn parse<'a>(
    layouts: &mut Layouts,
    message: LayoutId,
    arguments: &'a [String],
    options: ReadOptions,
    mut files: Files<'a>,
) -> Result<Vec<u8>> {
    let mut root = Node::Object(Vec::new());
    for text in arguments {
        let mut argument = Argument::parse(text)?;
        let value = argument.value(layouts, message, &mut files).await?;
        insert(&mut root, &argument.path, value).map_err(|why| bad(text, why))?;
    }
    if let Some(missing) = gap(&root) {
        return Err(Error::failed(format!("request: there is no {missing}"))
            .hinted("indexes count from 0, and none can be left out"));
    }
    let mut text = String::new();
    root.write(&mut text);
    // As completion offers them.
    let options = ReadOptions {
        prefers_proto_names: true,
        ..options
    };
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
    check_size("request", bytes.len(), files.max_size())?;
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

fn is_bool(text: &str) -> bool {
    matches!(text, "true" | "false")
}

/// What to type for a word with brackets, which zsh takes for a pattern of file names.
fn shell_word(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
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
            if text.is_empty() {
                error.hinted("is a variable not set?")
            } else if text.starts_with('{') {
                let message = shell_word(text);
                error.hinted(format!("a message in JSON goes with -d: -d {message}"))
            } else if let Some((name, value)) = text.split_once(':') {
                error.hinted(format!(
                    "write {name}={value} for a field; -H takes a header, and -a the server"
                ))
            } else {
                error.hinted("write name=text, name:=json, name=@file or name:=@file")
            }
        };
        // No name starts so, but a message in JSON may have a `=` in it.
        let assigned = assignment(text).filter(|_| !text.starts_with('{'));
        let (name, value) = assigned.ok_or_else(form)?;
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
                .hinted("write name, outer.inner, 'list[]' or 'map[key]'")
        })?;
        Ok(Self {
            text,
            path,
            operator,
            value,
        })
    }

    /// The value as JSON, by what the field takes.
    async fn value(
        &mut self,
        layouts: &mut Layouts,
        message: LayoutId,
        files: &mut Files<'a>,
    ) -> Result<Node> {
        let leaf = follow(layouts, message, &mut self.path).map_err(|why| bad(self.text, why))?;
        if matches!(self.operator, Operator::Text | Operator::TextFile) {
            self.check_text(&leaf)?;
        } else if self.operator == Operator::Json {
            self.check_json(&leaf)?;
        }
        match self.operator {
            Operator::Json => self.json(self.value.to_owned()),
            Operator::JsonFile => self.json(files.read_text(self.text, self.value).await?),
            Operator::Text => Ok(match (leaf, self.value) {
                (Leaf::Bool, value) if is_bool(value) => Node::Json(value.to_owned()),
                (_, value) => Node::string(value),
            }),
            // Bytes are the file as it is; text is taken without a trailing newline's surprise: as it is, too.
            Operator::TextFile => match leaf {
                Leaf::Bytes => Ok(Node::string(&base64::encode(
                    &files.read(self.text, self.value).await?,
                ))),
                _ => Ok(Node::string(&files.read_text(self.text, self.value).await?)),
            },
        }
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
    use crate::input::Stdin;
    use crate::proto::Person;
    use prost::Message as _;

    /// As [`super::parse`], to its end.
    fn parse(
        layouts: &mut Layouts,
        message: LayoutId,
        arguments: &[String],
        max_size: usize,
    ) -> Result<Vec<u8>> {
        let options = ReadOptions::default();
        let stdin = Stdin::new();
        let files = Files::new(&stdin, max_size);
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(super::parse(layouts, message, arguments, options, files))
    }

    fn person(arguments: &[&str]) -> Result<Person> {
        let mut layouts = Layouts::new(crate::schema::bundled_pool()?);
        let message = layouts.find("Person").unwrap();
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let bytes = parse(&mut layouts, message, &arguments, MAX_SIZE)?;
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
        let bytes = parse(&mut layouts, message, &arguments, 1000).unwrap();
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
    fn a_path_that_leaves_the_schema_is_not_called_a_list_or_a_message() {
        for (argument, why) in [
            (
                "hobbies.x=1",
                "hobbies is a list: its elements have indexes, as in hobbies[0]",
            ),
            ("address[city]=Seoul", ""),
            ("gender.x=1", "gender is not a message"),
            ("name[0]=x", "name is not a list or a map"),
            ("{\"name\":\"a=b\"}", "it is not a field"),
        ] {
            let error = person(&[argument]).err().map(|error| error.to_string());
            assert!(error.unwrap_or_default().contains(why), "{argument}");
        }
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
            error(&["address.city:=[5]"]),
            "request, field address.city: expected string, found an array"
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
        assert!(error(&["address:={}", "address.city=B"]).contains("different form"));
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
