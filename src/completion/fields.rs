//! `FIELD` arguments of `call`: names of the request's fields, and values where the schema or the file system has them.

use std::ops::Range;

use futures_util::FutureExt as _;
use prost_reflect::MessageDescriptor;

use super::candidate::{Candidate, Candidates};
use super::files::file_after_at;
use super::line::Line;
use super::names::find_method;
use super::request::Request;
use super::schema::pool;
use crate::input::{Stdin, arguments};
use crate::protobuf::json::{self, ReadOptions};
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

/// As [`fields`], for a message that is known.
pub fn of_message(message: &MessageDescriptor, typed: &str) -> Vec<Candidate> {
    let mut layouts = Layouts::new(message.parent_pool().clone());
    let root = layouts.compile(message);
    let names = Names {
        layouts: &layouts,
        given: &[],
    };
    match assignment(typed) {
        Some((path, value)) => {
            let head = typed.get(..typed.len() - value.len()).unwrap_or_default();
            let list = names.values(root, path, head.ends_with(":="));
            Candidates::words(list).behind(head).list
        }
        None => names.of_fields(root, typed),
    }
}

/// Why a FIELD argument is not one of this message. What needs a file is not looked at.
pub fn mistake(message: &MessageDescriptor, typed: &str) -> Option<String> {
    // The elements before this one may be in other arguments.
    if let Some((path, value)) = assignment(typed)
        && (value.starts_with('@') || path.ends_with('@') || path.contains('['))
    {
        return None;
    }
    let mut layouts = Layouts::new(message.parent_pool().clone());
    let root = layouts.compile(message);
    let (stdin, arguments) = (Stdin::of(""), [typed.to_owned()]);
    let files = arguments::Files::new(&stdin, usize::MAX);
    let parsed = arguments::parse(
        &mut layouts,
        root,
        &arguments,
        ReadOptions::default(),
        files,
    );
    // Without a file, nothing has to be waited for.
    let error = parsed.now_or_never()?.err()?;
    let why = error.to_string();
    let why = why.strip_prefix("request: ").unwrap_or(&why);
    Some(match error.hint() {
        Some(hint) => format!("{why}; {hint}"),
        None => why.to_owned(),
    })
}

/// The same while its value is typed, which may become right.
pub fn mistake_in_name(message: &MessageDescriptor, typed: &str) -> Option<String> {
    let (path, _) = assignment(typed)?;
    let mut layouts = Layouts::new(message.parent_pool().clone());
    let root = layouts.compile(message);
    let names = Names {
        layouts: &layouts,
        given: &[],
    };
    match names.follow(root, path) {
        Some(_) => None,
        None => mistake(message, typed),
    }
}

/// Why the JSON after `-d` is not a message, and where: the bytes of the word. What is behind its end, which closes what is
/// open, is not looked at.
pub fn mistake_in_json(
    message: &MessageDescriptor,
    typed: &str,
    end: usize,
) -> Option<(Range<usize>, String)> {
    let mut layouts = Layouts::new(message.parent_pool().clone());
    let root = layouts.compile(message);
    let mistake = json::read(&mut layouts, root, typed.as_bytes(), ReadOptions::default()).err()?;
    let start = mistake.position.offset_in(typed);
    if start >= end {
        return None;
    }
    let rest = typed.get(start..end).unwrap_or_default();
    // A name or text to its quotation mark, or a number or keyword.
    let len = match rest.strip_prefix('"') {
        Some(text) => text.find('"').map_or(rest.len(), |len| len + 2),
        None => rest
            .find(|c: char| c.is_whitespace() || ",:]}".contains(c))
            .unwrap_or(rest.len()),
    };
    // The value that is being typed may become right.
    if start + len == end && end < typed.len() {
        return None;
    }
    let why = if mistake.field.is_empty() {
        mistake.message
    } else {
        format!("{}: {}", mistake.field, mistake.message)
    };
    Some((start..start + len.max(1), why))
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
            .filter(|field| !self.is_excluded(head, field, layout))
            .flat_map(|field| self.spellings(head, field, typed))
            .collect()
    }

    /// Whether another argument sets another member of the field's oneof.
    fn is_excluded(&self, head: &str, field: &Field, layout: &Layout) -> bool {
        field.oneof.is_some()
            && self.given.iter().any(|argument| {
                let Some(rest) = argument.strip_prefix(head) else {
                    return false;
                };
                let name = rest.split(['.', '[', '=', ':']).next().unwrap_or(rest);
                layout.by_name(name).is_some_and(|(_, other)| {
                    other.oneof == field.oneof && other.number != field.number
                })
            })
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

    /// The elements of a list: those that other arguments name, and the next one. Of a map, those that other arguments
    /// name.
    fn elements(&self, path: &str, field: &Field) -> Vec<Candidate> {
        if field.is_singular() {
            return Vec::new();
        }
        if field.shape == Shape::Map {
            return self.entries(path, field);
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

    /// The messages of a map that other arguments have begun.
    fn entries(&self, path: &str, field: &Field) -> Vec<Candidate> {
        let value = self.message(&field.kind).and_then(|it| it.by_number(2));
        if value.is_none_or(|(_, value)| self.ending(&value.kind) != ".") {
            return Vec::new();
        }
        let mut entries: Vec<&str> = Vec::new();
        for argument in self.given {
            let rest = argument
                .strip_prefix(path)
                .filter(|rest| rest.starts_with('['));
            if let Some((key, _)) = rest.and_then(|rest| rest.split_once(']'))
                && !entries.contains(&key)
            {
                entries.push(key);
            }
        }
        entries
            .into_iter()
            .map(|key| Candidate::open(format!("{path}{key}].")))
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
