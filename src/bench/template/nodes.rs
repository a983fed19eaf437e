//! The parts of a message that is written anew for each call.

use smallvec::SmallVec;

use super::number::Number;
use super::values::Placeholder;
use crate::bench::rows::Rows;
use crate::protobuf::wire::put_varint;

/// Parts, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    list: Vec<Node>,
}

#[derive(Clone, Debug)]
pub enum Node {
    Fixed(Vec<u8>),
    Text(Placeholder),
    Number(Number),
    /// With its length in front.
    Delimited(Nodes),
}

impl Nodes {
    pub fn fixed(&mut self, bytes: &[u8]) {
        match self.list.last_mut() {
            Some(Node::Fixed(last)) => last.extend_from_slice(bytes),
            _ if bytes.is_empty() => {}
            _ => self.list.push(Node::Fixed(bytes.to_vec())),
        }
    }

    pub fn push(&mut self, node: Node) {
        self.list.push(node);
    }

    pub fn append(&mut self, other: Self) {
        for node in other.list {
            match node {
                Node::Fixed(bytes) => self.fixed(&bytes),
                node => self.list.push(node),
            }
        }
    }

    pub fn is_fixed(&self) -> bool {
        self.list.iter().all(|node| matches!(node, Node::Fixed(_)))
    }

    /// The least and the greatest length in bytes.
    pub fn bounds(&self, rows: Option<&Rows>) -> (usize, usize) {
        let bounds = self.list.iter().map(|node| match node {
            Node::Fixed(bytes) => (bytes.len(), bytes.len()),
            Node::Text(placeholder) => placeholder.bounds(rows),
            Node::Number(number) => number.bounds(),
            Node::Delimited(nodes) => {
                let (least, most) = nodes.bounds(rows);
                (varint(least).len() + least, varint(most).len() + most)
            }
        });
        bounds.fold((0, 0), |(least, most), (low, high)| {
            (least + low, most + high)
        })
    }
}

impl IntoIterator for Nodes {
    type Item = Node;
    type IntoIter = std::vec::IntoIter<Node>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

/// A length as it is in front of what it is the length of.
pub fn varint(length: usize) -> SmallVec<[u8; 10]> {
    let mut bytes = Vec::with_capacity(10);
    put_varint(&mut bytes, length as u64);
    SmallVec::from_slice(&bytes)
}
