//! The steps that write a message.

use std::ops::Range;
use std::sync::Arc;

use smallvec::SmallVec;

use super::compile::Compiler;
use super::holes::Holes;
use super::nodes::{Node, Nodes, varint};
use super::number::Number;
use super::values::{Placeholder, Values};
use crate::bench::rows::Rows;
use crate::error::Result;
use crate::protobuf::{LayoutId, Layouts};

/// A message, some of whose bytes differ from call to call.
#[derive(Clone, Debug)]
pub struct Template {
    /// All bytes that do not, one after the other.
    bytes: Vec<u8>,
    steps: Vec<Step>,
    rows: Option<Arc<Rows>>,
}

#[derive(Clone, Debug)]
enum Step {
    Fixed(Range<usize>),
    /// A length follows, for which so many bytes are kept free, and what it is the length of, up to the matching end.
    Start(usize),
    End,
    Text(Placeholder),
    Number(Number),
}

/// Levels of messages whose starts are kept without allocation.
const LEVELS: usize = 16;

impl Template {
    /// Compiles an encoded message of that type, made from a text that was scanned. [`Holes::check`] tells, after the last
    /// one, which placeholders are in none.
    ///
    /// # Errors
    /// When the values of a placeholder do not fit the field that it is in.
    pub fn compile(
        bytes: &[u8],
        layouts: &mut Layouts,
        id: LayoutId,
        holes: &mut Holes,
    ) -> Result<Self> {
        let rows = holes.rows().cloned();
        let nodes = Compiler::new(layouts, holes).message(bytes, id)?;
        let mut template = Self {
            bytes: Vec::new(),
            steps: Vec::new(),
            rows,
        };
        template.add(nodes);
        Ok(template)
    }

    /// The message, if it is the same for every call.
    pub fn as_fixed(&self) -> Option<&[u8]> {
        let is_fixed = |step: &Step| matches!(step, Step::Fixed(_));
        self.steps.iter().all(is_fixed).then_some(&self.bytes)
    }

    /// Appends the message of one call.
    pub fn render(&self, values: &mut Values, out: &mut Vec<u8>) {
        let rows = self.rows.as_deref();
        let mut starts: SmallVec<[(usize, usize); LEVELS]> = SmallVec::new();
        for step in &self.steps {
            match step {
                Step::Fixed(range) => {
                    out.extend_from_slice(self.bytes.get(range.clone()).unwrap_or_default());
                }
                Step::Text(placeholder) => placeholder.put(values, rows, out),
                Step::Number(number) => number.put(values, rows, out),
                Step::Start(width) => {
                    starts.push((out.len(), *width));
                    out.resize(out.len() + width, 0);
                }
                Step::End => {
                    if let Some((start, width)) = starts.pop() {
                        put_length(out, start, width);
                    }
                }
            }
        }
    }

    fn add(&mut self, nodes: Nodes) {
        for node in nodes {
            match node {
                Node::Fixed(bytes) => self.fixed(&bytes),
                Node::Text(placeholder) => self.steps.push(Step::Text(placeholder)),
                Node::Number(number) => self.steps.push(Step::Number(number)),
                Node::Delimited(nodes) => self.delimited(nodes),
            }
        }
    }

    fn delimited(&mut self, nodes: Nodes) {
        let (least, most) = nodes.bounds(self.rows.as_deref());
        let length = varint(least);
        if least == most {
            self.fixed(&length);
            self.add(nodes);
        } else {
            self.steps.push(Step::Start(length.len()));
            self.add(nodes);
            self.steps.push(Step::End);
        }
    }

    fn fixed(&mut self, bytes: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        let end = self.bytes.len();
        match self.steps.last_mut() {
            Some(Step::Fixed(range)) => range.end = end,
            _ if bytes.is_empty() => {}
            _ => self.steps.push(Step::Fixed(start..end)),
        }
    }
}

/// Writes the length of what follows the `width` bytes at `start`. There are as many as the least length needs; for a longer
/// one, what follows is moved.
#[inline]
fn put_length(out: &mut Vec<u8>, start: usize, width: usize) {
    let len = out.len() - start - width;
    match (u8::try_from(len), out.get_mut(start)) {
        (Ok(short), Some(slot)) if short < 0x80 && width == 1 => *slot = short,
        _ => drop(out.splice(start..start + width, varint(len))),
    }
}
