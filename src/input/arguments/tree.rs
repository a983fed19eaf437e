//! The JSON of a request, which grows argument by argument.

use std::collections::BTreeMap;

use super::path::Step;

/// JSON that grows argument by argument.
#[derive(Debug)]
pub enum Node {
    Object(Vec<(String, Node)>),
    /// By index. It is complete when no index is left out.
    List(BTreeMap<usize, Node>),
    /// A value that is complete.
    Json(String),
}

impl Node {
    pub fn string(text: &str) -> Self {
        Self::Json(serde_json::Value::from(text).to_string())
    }

    pub fn write(&self, out: &mut String) {
        match self {
            Self::Json(json) => out.push_str(json),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items {
                    if *index > 0 {
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
///
/// # Errors
/// When there is something else already.
pub fn insert(node: &mut Node, path: &[Step], value: Node) -> Result<(), String> {
    let Some((step, rest)) = path.split_first() else {
        return Err("duplicate field".to_owned());
    };
    match (step, node) {
        (Step::Name(name) | Step::Bracket(name), Node::Object(members)) => {
            if let Some((_, member)) = members.iter_mut().find(|(other, _)| other == name) {
                return insert(member, rest, value);
            }
            members.push((name.clone(), branch(rest, value)?));
        }
        (Step::Append, Node::List(items)) => {
            let next = items
                .last_key_value()
                .map_or(0, |(last, _)| last.saturating_add(1));
            items.insert(next, branch(rest, value)?);
        }
        (Step::Index(index), Node::List(items)) => {
            if let Some(item) = items.get_mut(index) {
                return insert(item, rest, value);
            }
            items.insert(*index, branch(rest, value)?);
        }
        (Step::Name(name) | Step::Bracket(name), _) => {
            return Err(format!(
                "another argument gives what has {name:?} in it a different form"
            ));
        }
        (Step::Append | Step::Index(_), _) => {
            return Err("another argument gives the list a different form".to_owned());
        }
    }
    Ok(())
}

/// A node that holds nothing but the value at the end of the path.
fn branch(path: &[Step], value: Node) -> Result<Node, String> {
    let mut node = match path.first() {
        None => return Ok(value),
        Some(Step::Name(_) | Step::Bracket(_)) => Node::Object(Vec::new()),
        Some(Step::Append | Step::Index(_)) => Node::List(BTreeMap::new()),
    };
    insert(&mut node, path, value)?;
    Ok(node)
}

/// The first element of a list that is left out, as a path.
pub fn gap(node: &Node) -> Option<String> {
    let within = |name: &str, node| {
        let inner = gap(node)?;
        let dot = if inner.starts_with('[') { "" } else { "." };
        Some(format!("{name}{dot}{inner}"))
    };
    match node {
        Node::Json(_) => None,
        Node::Object(members) => members
            .iter()
            .find_map(|(name, member)| within(name, member)),
        Node::List(items) => items
            .iter()
            .enumerate()
            .find_map(|(expected, (index, item))| {
                if *index == expected {
                    within(&format!("[{index}]"), item)
                } else {
                    Some(format!("[{expected}]"))
                }
            }),
    }
}
