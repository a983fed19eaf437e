//! The path in front of a field's value: `a.b[0].c[key]`, and what the schema says about it.

use crate::protobuf::layout::{Field, Layout, LayoutId, Layouts, Shape, Special, Type};

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A field, or a map's key.
    Name(String),
    /// `[]`: one more element of a list.
    Append,
    /// An element of a list.
    Index(usize),
    /// `[text]`: an index or a key, which the schema tells apart.
    Bracket(String),
}

/// `a.b[].c[key]` → steps.
pub fn steps(path: &str) -> Option<Vec<Step>> {
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
                key => Step::Bracket(key.to_owned()),
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaf {
    Bool,
    Bytes,
    Enum,
    /// A whole list.
    List,
    /// A whole map.
    Map,
    /// A message with fields, and the name of one of them.
    Message(Option<String>),
    Duration,
    Timestamp,
    Text,
    /// What JSON has as a string, or takes in quotes.
    Other,
}

/// Follows a path through the schema, which tells indexes from keys. What leaves the schema is the parser's to report.
///
/// # Errors
/// When an element of a list is not named by a number, or the path goes on behind a scalar.
pub fn follow(layouts: &mut Layouts, message: LayoutId, path: &mut [Step]) -> Result<Leaf, String> {
    let mut at = layouts.get(message);
    let mut found = Leaf::Other;
    let mut steps = path.iter_mut();
    while let Some(step) = steps.next() {
        let (Step::Name(name), Some(layout)) = (&*step, at) else {
            // The path goes on where the schema does not.
            found = Leaf::Other;
            break;
        };
        let Some((_, field)) = layout.by_name(name) else {
            found = Leaf::Other;
            break;
        };
        let mut kind = field.kind.clone();
        if field.shape == Shape::Map
            && let Type::Message(entry) = kind
        {
            // The next step is the key.
            if steps.next().is_none() {
                found = Leaf::Map;
                break;
            }
            let value = layouts
                .get(entry)
                .and_then(|entry| Some(entry.by_number(2)?.1.kind.clone()));
            let Some(value) = value else {
                found = Leaf::Other;
                break;
            };
            kind = value;
        } else if matches!(field.shape, Shape::Repeated { .. }) {
            let Some(step) = steps.next() else {
                found = Leaf::List;
                break;
            };
            if matches!(step, Step::Name(_)) {
                return Err(format!(
                    "{name} is a list: its elements have indexes, as in {name}[0]"
                ));
            }
            if let Step::Bracket(index) = &*step {
                let index = index.parse().map_err(|_| {
                    format!("{name} is a list: {index:?} is not the index of an element")
                })?;
                *step = Step::Index(index);
            }
        }
        let is_message = matches!(kind, Type::Message(_) | Type::Group(_));
        if let Some(step) = steps.as_slice().first()
            && !is_message
        {
            let what = match step {
                Step::Name(_) => "a message",
                _ => "a list or a map",
            };
            return Err(format!("{name} is not {what}"));
        }
        at = None;
        found = match kind {
            Type::Bool => Leaf::Bool,
            Type::Bytes => Leaf::Bytes,
            Type::Enum(_) => Leaf::Enum,
            Type::String => Leaf::Text,
            Type::Message(id) | Type::Group(id) => {
                at = layouts.get(id);
                at.map_or(Leaf::Other, leaf_of)
            }
            _ => Leaf::Other,
        };
    }
    // All other brackets hold keys, also where the schema does not help, as in a Struct.
    for step in path {
        if let Step::Bracket(key) = step {
            *step = Step::Name(std::mem::take(key));
        }
    }
    Ok(found)
}

/// What a message takes: a wrapper what its value takes, and other well-known types their form in JSON.
fn leaf_of(layout: &Layout) -> Leaf {
    match (layout.special, layout.by_number(1)) {
        (Special::None | Special::MessageSet, _) => {
            let first = layout.fields.iter().find(|field| is_simple(field));
            Leaf::Message(first.map(|field| field.name.to_string()))
        }
        (Special::Duration, _) => Leaf::Duration,
        (Special::Timestamp, _) => Leaf::Timestamp,
        (Special::Wrapper, Some((_, field))) => match field.kind {
            Type::Bool => Leaf::Bool,
            Type::Bytes => Leaf::Bytes,
            _ => Leaf::Other,
        },
        _ => Leaf::Other,
    }
}

/// Whether its value is written behind one `=`.
fn is_simple(field: &Field) -> bool {
    field.is_singular() && !matches!(field.kind, Type::Message(_) | Type::Group(_))
}
