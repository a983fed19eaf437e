//! Fields on the command line, as HTTPie's users write them → the JSON of one message. JSON because its parser then
//! does the checking: one place knows what a field takes.

use std::fs::File;
use std::io::Read as _;

use super::{LARGER, check_size};
use crate::base64;
use crate::error::{Error, Result};
use crate::protobuf::json::{self, ReadOptions};
use crate::protobuf::layout::{Layout, LayoutId, Layouts, Shape, Special, Type};

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
        let argument = Argument::parse(text)?;
        let value = argument.value(layouts, message, max_size)?;
        insert(&mut root, &argument.path, value).map_err(|why| bad(text, why))?;
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

fn bad(argument: &str, why: impl std::fmt::Display) -> Error {
    Error::failed(format!("argument {argument:?}: {why}"))
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// A field, or a map's key.
    Name(String),
    /// One more element of a list.
    Append,
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
        let mut depth = 0_usize;
        let at = text.find(|c| {
            match c {
                '[' => depth += 1,
                ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            c == '=' && depth == 0
        });
        let (name, value) = at
            .and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?)))
            .ok_or_else(form)?;
        let (name, is_json) = match name.strip_suffix(':') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let (operator, value) = match (is_json, value.strip_prefix('@')) {
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
    fn value(&self, layouts: &mut Layouts, message: LayoutId, max_size: usize) -> Result<Node> {
        let read = || self.read(max_size);
        let text = |bytes: Vec<u8>| {
            String::from_utf8(bytes).map_err(|_| bad(self.text, "the file is not valid UTF-8"))
        };
        let leaf = leaf(layouts, message, &self.path);
        match self.operator {
            Operator::Json => self.json(self.value.to_owned()),
            Operator::JsonFile => self.json(text(read()?)?),
            Operator::Text => Ok(match (leaf, self.value) {
                (Leaf::Bool, "true" | "false") => Node::Json(self.value.to_owned()),
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
        match serde_json::from_str::<serde::de::IgnoredAny>(&json) {
            Ok(_) => Ok(Node::Json(json)),
            Err(error) => Err(
                bad(self.text, format!("the value is not valid JSON: {error}"))
                    .hinted("`=` takes text, `:=` takes JSON"),
            ),
        }
    }
}

/// `a.b[].c[key]` → steps.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    loop {
        // `[pkg.extension]` at a start is a field's name, brackets and all.
        let end = if rest.starts_with('[') {
            rest.find(']')? + 1
        } else {
            rest.find(['.', '[']).unwrap_or(rest.len())
        };
        let (name, mut tail) = rest.split_at(end);
        if name.is_empty() {
            return None;
        }
        steps.push(Step::Name(name.to_owned()));
        while let Some(inner) = tail.strip_prefix('[') {
            let (key, after) = inner.split_once(']')?;
            steps.push(match key {
                "" => Step::Append,
                key => Step::Name(key.to_owned()),
            });
            tail = after;
        }
        if tail.is_empty() {
            return Some(steps);
        }
        rest = tail.strip_prefix('.')?;
    }
}

/// What the field at the end of a path takes, as far as text needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaf {
    Bool,
    Bytes,
    /// What JSON has as a string, or takes in quotes.
    Other,
}

/// Follows a path through the schema. A path that leaves it is the parser's to report.
fn leaf(layouts: &mut Layouts, message: LayoutId, path: &[Step]) -> Leaf {
    let mut at = layouts.get(message);
    let mut found = Leaf::Other;
    let mut steps = path.iter();
    while let Some(step) = steps.next() {
        let (Step::Name(name), Some(layout)) = (step, at) else {
            return found;
        };
        let Some((_, field)) = layout.by_name(name) else {
            return Leaf::Other;
        };
        let mut kind = field.kind.clone();
        if field.shape == Shape::Map
            && let Type::Message(entry) = kind
        {
            // The next step is the key.
            steps.next();
            let value = layouts
                .get(entry)
                .and_then(|entry| Some(entry.by_number(2)?.1.kind.clone()));
            let Some(value) = value else {
                return Leaf::Other;
            };
            kind = value;
        } else if matches!(field.shape, Shape::Repeated { .. }) {
            steps.next();
        }
        at = None;
        found = match kind {
            Type::Bool => Leaf::Bool,
            Type::Bytes => Leaf::Bytes,
            Type::Message(id) | Type::Group(id) => {
                at = layouts.get(id);
                at.map_or(Leaf::Other, wrapped)
            }
            _ => Leaf::Other,
        };
    }
    found
}

/// A wrapper takes what its value takes.
fn wrapped(layout: &Layout) -> Leaf {
    match layout.by_number(1) {
        Some((_, field)) if layout.special == Special::Wrapper => match field.kind {
            Type::Bool => Leaf::Bool,
            Type::Bytes => Leaf::Bytes,
            _ => Leaf::Other,
        },
        _ => Leaf::Other,
    }
}

/// JSON that grows argument by argument.
#[derive(Debug)]
enum Node {
    Object(Vec<(String, Node)>),
    List(Vec<Node>),
    /// A value that is complete.
    Json(String),
}

impl Node {
    fn string(text: &str) -> Self {
        Self::Json(serde_json::Value::from(text).to_string())
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Json(json) => out.push_str(json),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    out.push_str(&serde_json::Value::from(name.as_str()).to_string());
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// Puts a value where its path leads.
fn insert(node: &mut Node, path: &[Step], value: Node) -> std::result::Result<(), String> {
    let Some((step, rest)) = path.split_first() else {
        return Err("the field is there twice".to_owned());
    };
    match (step, node) {
        (Step::Name(name), Node::Object(members)) => {
            if let Some((_, member)) = members.iter_mut().find(|(other, _)| other == name) {
                return insert(member, rest, value);
            }
            members.push((name.clone(), branch(rest, value)?));
            Ok(())
        }
        (Step::Append, Node::List(items)) => {
            items.push(branch(rest, value)?);
            Ok(())
        }
        (Step::Name(name), _) => Err(format!(
            "another argument made what {name:?} would be in something else"
        )),
        (Step::Append, _) => Err("another argument made the list something else".to_owned()),
    }
}

/// A node that holds nothing but the value at the end of the path.
fn branch(path: &[Step], value: Node) -> std::result::Result<Node, String> {
    let mut node = match path.first() {
        None => return Ok(value),
        Some(Step::Name(_)) => Node::Object(Vec::new()),
        Some(Step::Append) => Node::List(Vec::new()),
    };
    insert(&mut node, path, value)?;
    Ok(node)
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
    fn what_is_no_field_is_refused() {
        for argument in ["name", "=x", "a..b=x", "a[=x", "a]b[=x", "age:=thirty"] {
            assert!(error(&[argument]).starts_with("argument"), "{argument}");
        }
        assert!(error(&["name=A", "name=B"]).contains("twice"));
        assert!(error(&["name=A", "name.first=B"]).contains("something else"));
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
