//! `FIELD` arguments of `call`: names of the request's fields, and values where the schema or the file system has them.

use super::candidate::{Candidate, Candidates};
use super::files::file_after_at;
use super::line::Line;
use super::names::find_method;
use super::request::Request;
use super::schema::pool;
use crate::input::arguments;
use crate::protobuf::layout::{Field, Layout, LayoutId, Layouts, Shape, Special, Type};

/// The key of an Any's type, and what its value starts with.
const ANY_TYPE: &str = "@type=";
const TYPE_URL: &str = "type.googleapis.com/";

/// What a field argument may become.
pub fn fields(line: &Line, request: &Request, typed: &str) -> Candidates {
    let assigned = assignment(typed);
    // A file needs no schema.
    if let Some((name, value)) = assigned
        && value.starts_with('@')
        && !name.ends_with('@')
    {
        let head = typed.len() - value.len();
        return file_after_at(value).behind(typed.get(..head).unwrap_or_default());
    }
    let Some((method, given)) = line.values.split_first() else {
        return Candidates::none();
    };
    let Some(pool) = pool(request) else {
        return Candidates::none();
    };
    let Some(method) = find_method(&pool, method) else {
        return Candidates::none();
    };
    let message_names: Vec<String> = pool
        .all_messages()
        .filter(|message| !message.is_map_entry())
        .map(|message| message.full_name().to_owned())
        .collect();
    let mut layouts = Layouts::new(pool);
    let root = layouts.compile(&method.input());
    let names = Names {
        layouts: &layouts,
        given: &given
            .iter()
            .chain(&request.after)
            .map(String::as_str)
            .collect::<Vec<_>>(),
    };
    match assigned {
        Some((path, value)) => {
            let head = typed.get(..typed.len() - value.len()).unwrap_or_default();
            let list = if path.ends_with(ANY_TYPE.trim_end_matches('=')) {
                let url = |name: &String| Candidate::new(format!("{TYPE_URL}{name}"));
                message_names.iter().map(url).collect()
            } else {
                names.values(root, path, head.ends_with(":="))
            };
            Candidates::words(list).behind(head)
        }
        None => Candidates::words(names.of_fields(root, typed)),
    }
}

/// The path and the value of `path=value` or `path:=value`.
fn assignment(typed: &str) -> Option<(&str, &str)> {
    let (path, value) = arguments::assignment(typed)?;
    Some((path.strip_suffix(':').unwrap_or(path), value))
}

struct Names<'a> {
    layouts: &'a Layouts,
    /// The other field arguments.
    given: &'a [&'a str],
}

impl<'a> Names<'a> {
    /// The fields that continue a path.
    fn of_fields(&self, root: LayoutId, typed: &str) -> Vec<Candidate> {
        // An extension's name has dots between its brackets.
        let mut depth = 0_usize;
        let mut dot = 0;
        let mut bracket = None;
        for (at, c) in typed.char_indices() {
            match c {
                '[' => {
                    depth += 1;
                    bracket = Some(at);
                }
                ']' => {
                    depth = depth.saturating_sub(1);
                    bracket = None;
                }
                '.' if depth == 0 => dot = at + 1,
                _ => {}
            }
        }
        // A list that has its bracket already.
        if let Some(at) = bracket.filter(|at| *at > dot) {
            let path = typed.get(..at).unwrap_or_default();
            let end = self.follow(root, path);
            return end.map_or_else(Vec::new, |end| self.elements(path, end.field));
        }
        let head = typed.get(..dot).unwrap_or_default();
        let layout = match head.strip_suffix('.') {
            None => self.layouts.get(root),
            Some(path) => self.follow(root, path).and_then(|end| {
                let is_one = end.is_element || end.field.is_singular();
                is_one.then(|| self.message(end.kind)).flatten()
            }),
        };
        let Some(layout) = layout else {
            return Vec::new();
        };
        if layout.special == Special::Any {
            return vec![Candidate::open(format!("{head}{ANY_TYPE}"))];
        }
        let fields = layout.fields.iter();
        fields
            .flat_map(|field| self.spellings(head, field, typed))
            .collect()
    }

    /// The ways to start an argument with this field.
    fn spellings(&self, head: &str, field: &'a Field, typed: &str) -> Vec<Candidate> {
        let mut name = field.name.as_ref();
        // Both names are accepted; the one in the .proto file is offered unless the other is typed.
        if !format!("{head}{name}").starts_with(typed) {
            name = field.json_name.as_ref();
        }
        let path = format!("{head}{name}");
        if field.shape == Shape::Map {
            return vec![Candidate::open(format!("{path}["))];
        }
        if !field.is_singular() {
            return match self.ending(&field.kind) {
                // The elements of a list of messages are told apart by their index.
                "." => self.elements(&path, field),
                end => vec![Candidate::open(format!("{path}[]{end}"))],
            };
        }
        let end = self.ending(&field.kind);
        let is_given = end != "."
            && self
                .given
                .iter()
                .any(|argument| assignment(argument).is_some_and(|(given, _)| given == path));
        if is_given {
            return Vec::new();
        }
        vec![Candidate::open(format!("{path}{end}"))]
    }

    /// The elements of a list: those that other arguments name, and the next one.
    fn elements(&self, path: &str, field: &Field) -> Vec<Candidate> {
        if field.is_singular() || field.shape == Shape::Map {
            return Vec::new();
        }
        let end = self.ending(&field.kind);
        if end != "." {
            return vec![Candidate::open(format!("{path}[]{end}"))];
        }
        let index = |argument: &&str| -> Option<usize> {
            let rest = argument.strip_prefix(path)?.strip_prefix('[')?;
            rest.split_once(']')?.0.parse().ok()
        };
        let last = self.given.iter().filter_map(index).max();
        // Nobody types this many.
        let count = last.map_or(0, |last| last.saturating_add(1)).min(99);
        (0..=count)
            .map(|index| Candidate::open(format!("{path}[{index}].")))
            .collect()
    }

    /// What comes after the name of a field of that type.
    fn ending(&self, kind: &Type) -> &'static str {
        match kind {
            Type::Message(_) | Type::Group(_) => match self.message(kind).map(|it| it.special) {
                Some(
                    Special::Timestamp | Special::Duration | Special::FieldMask | Special::Wrapper,
                ) => "=",
                Some(Special::Struct | Special::Value | Special::ListValue) => ":=",
                _ => ".",
            },
            _ => "=",
        }
    }

    /// The values of an enum or a bool.
    fn values(&self, root: LayoutId, path: &str, is_json: bool) -> Vec<Candidate> {
        let Some(end) = self.follow(root, path) else {
            return Vec::new();
        };
        if !end.is_element && !end.field.is_singular() {
            return Vec::new();
        }
        let kind = match self.message(end.kind) {
            Some(layout) if layout.special == Special::Wrapper => layout
                .by_number(1)
                .map_or(end.kind, |(_, field)| &field.kind),
            _ => end.kind,
        };
        match kind {
            Type::Bool => ["true", "false"].map(Candidate::new).into(),
            Type::Enum(layout) => {
                let quote = if is_json { "\"" } else { "" };
                let names = layout.all_names().into_iter();
                names
                    .map(|name| Candidate::new(format!("{quote}{name}{quote}")))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    fn message(&self, kind: &Type) -> Option<&'a Layout> {
        match kind {
            Type::Message(id) | Type::Group(id) => self.layouts.get(*id),
            _ => None,
        }
    }

    /// The field at the end of a path.
    fn follow(&self, root: LayoutId, path: &str) -> Option<End<'a>> {
        let mut layout = self.layouts.get(root)?;
        let mut rest = path;
        loop {
            let len = if rest.starts_with('[') {
                rest.find(']')? + 1
            } else {
                rest.find(['.', '[']).unwrap_or(rest.len())
            };
            let (name, tail) = rest.split_at_checked(len)?;
            let (_, field) = layout.by_name(name)?;
            let mut end = End {
                field,
                kind: &field.kind,
                is_element: false,
            };
            rest = tail;
            if let Some(inner) = tail.strip_prefix('[') {
                if field.is_singular() {
                    return None;
                }
                rest = inner.split_once(']')?.1;
                end.is_element = true;
                if field.shape == Shape::Map {
                    end.kind = &self.message(&field.kind)?.by_number(2)?.1.kind;
                }
            }
            if rest.is_empty() {
                return Some(end);
            }
            rest = rest.strip_prefix('.')?;
            layout = self.message(end.kind)?;
        }
    }
}

/// What a path leads to.
struct End<'a> {
    field: &'a Field,
    /// The type of the field, or of the values of a map.
    kind: &'a Type,
    /// One element of a list or map, not all of it.
    is_element: bool,
}
