//! Import cycles among modules with the same parent.

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::{Import, Place};

/// A child of a module imports another one, or something below it.
pub struct Edge<'a> {
    /// The module whose children they are: `schema::source`, or empty for the rooms.
    pub parent: String,
    from: &'a str,
    to: &'a str,
    place: &'a Place,
}

/// The imports among siblings. What a module takes from the modules that it is in is no import of a sibling.
pub fn edges<'a>(imports: impl Iterator<Item = &'a Import>) -> Vec<Edge<'a>> {
    imports
        .filter_map(
            |Import {
                 from, to, place, ..
             }| {
                let depth = from.iter().zip(to).take_while(|(a, b)| a == b).count();
                Some(Edge {
                    parent: from[..depth].join("::"),
                    from: from.get(depth)?,
                    to: to.get(depth)?,
                    place,
                })
            },
        )
        .collect()
}

/// An import cycle among the children of a module, one import per line.
pub fn cycle(parent: &str, edges: &[Edge<'_>]) -> Option<String> {
    let mut next: BTreeMap<&str, BTreeMap<&str, &Place>> = BTreeMap::new();
    for edge in edges.iter().filter(|edge| edge.parent == parent) {
        let of = next.entry(edge.from).or_default();
        of.entry(edge.to).or_insert(edge.place);
    }
    let mut done = BTreeSet::new();
    let starts: Vec<&str> = next.keys().copied().collect();
    starts.into_iter().find_map(|start| {
        let cycle = search(start, &next, &mut Vec::new(), &mut done)?;
        let ends = cycle.iter().zip(cycle.iter().cycle().skip(1));
        let lines: Vec<String> = ends
            .map(|(from, to)| format!("  {}: {from} imports {to}", next[from][to]))
            .collect();
        Some(lines.join("\n"))
    })
}

/// Depth first; returns the part of `path` that is a cycle.
fn search<'a>(
    at: &'a str,
    next: &BTreeMap<&'a str, BTreeMap<&'a str, &Place>>,
    path: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
) -> Option<Vec<&'a str>> {
    if let Some(start) = path.iter().position(|module| *module == at) {
        return Some(path[start..].to_vec());
    }
    if !done.insert(at) {
        return None;
    }
    path.push(at);
    for to in next.get(at).into_iter().flat_map(BTreeMap::keys) {
        if let Some(cycle) = search(to, next, path, done) {
            return Some(cycle);
        }
    }
    path.pop();
    None
}
