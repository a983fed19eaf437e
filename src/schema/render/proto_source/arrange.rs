//! The order of a block's members: as in the original source, if source code info has it. Otherwise an order that reads
//! well; but the entries of maps and the messages of groups are among the nested messages, whose order must not change, or
//! the text would compile to a different descriptor.

use super::locations::{Position, Statement};

/// A member of a file or a message.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    pub member: Member<'a>,
    /// Its position in the original source.
    pub start: Option<Position>,
    /// The index of the first nested message that it declares, which may be a map entry or a group.
    pub message: Option<usize>,
}

/// A member by its index, or a statement that declares several.
#[derive(Clone, Debug)]
pub enum Member<'a> {
    Field(usize),
    Oneof(usize),
    Message(usize),
    Enum(usize),
    Service(usize),
    Extend(Statement<'a>),
    Extensions(Statement<'a>),
    ReservedNumbers(Statement<'a>),
    ReservedNames(Statement<'a>),
}

impl Member<'_> {
    fn kind_and_index(&self) -> (usize, usize) {
        match self {
            Self::Field(at) => (0, *at),
            Self::Oneof(at) => (1, *at),
            Self::Message(at) => (2, *at),
            Self::Enum(at) => (3, *at),
            Self::Service(at) => (4, *at),
            Self::Extend(statement) => (5, statement.elements.start),
            Self::Extensions(statement) => (6, statement.elements.start),
            Self::ReservedNumbers(statement) => (7, statement.elements.start),
            Self::ReservedNames(statement) => (8, statement.elements.start),
        }
    }
}

/// Orders items, which come in the order that reads well.
pub fn arrange(items: Vec<Item<'_>>) -> Vec<Item<'_>> {
    if items.iter().all(|item| item.start.is_some()) {
        let mut sorted = items.clone();
        sorted.sort_by_key(|item| item.start);
        // Source code info may belong to a different version of the file.
        if is_faithful(&sorted) {
            return sorted;
        }
    }
    let mut waiting: Vec<Option<Item<'_>>> = items.into_iter().map(Some).collect();
    let mut arranged = Vec::with_capacity(waiting.len());
    for at in 0..waiting.len() {
        let Some(item) = waiting.get_mut(at).and_then(Option::take) else {
            continue;
        };
        if let Some(message) = item.message {
            let mut earlier: Vec<_> = waiting
                .iter_mut()
                .filter(|item| {
                    item.as_ref()
                        .is_some_and(|item| comes_before(item, message))
                })
                .filter_map(Option::take)
                .collect();
            earlier.sort_by_key(|item| item.message);
            arranged.extend(earlier);
        }
        arranged.push(item);
    }
    arranged
}

fn comes_before(item: &Item<'_>, message: usize) -> bool {
    matches!(item.member, Member::Message(_) | Member::Extend(_))
        && item.message.is_some_and(|at| at < message)
}

/// Whether the members of each kind, and all messages, are in the order of the descriptor.
fn is_faithful(items: &[Item<'_>]) -> bool {
    let mut last = [None; 9];
    let mut last_message = None;
    items.iter().all(|item| {
        let (kind, index) = item.member.kind_and_index();
        let in_order = last.get(kind).is_some_and(|last| *last < Some(index))
            && (item.message.is_none() || last_message < item.message);
        if let Some(last) = last.get_mut(kind) {
            *last = Some(index);
        }
        last_message = last_message.max(item.message);
        in_order
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(member: Member<'_>, start: Option<Position>, message: Option<usize>) -> Item<'_> {
        Item {
            member,
            start,
            message,
        }
    }

    fn order(items: Vec<Item<'_>>) -> Vec<(usize, usize)> {
        arrange(items)
            .iter()
            .map(|item| item.member.kind_and_index())
            .collect()
    }

    #[test]
    fn the_order_of_the_source_is_kept() {
        let items = vec![
            item(Member::Field(0), Some((2, 0)), None),
            item(Member::Message(0), Some((1, 0)), Some(0)),
        ];
        assert_eq!(order(items), [(2, 0), (0, 0)]);
    }

    #[test]
    fn a_message_declared_before_a_map_stays_before_it() {
        let items = vec![
            item(Member::Field(0), None, None),
            item(Member::Field(1), None, Some(1)),
            item(Member::Message(0), None, Some(0)),
            item(Member::Message(2), None, Some(2)),
        ];
        assert_eq!(order(items), [(0, 0), (2, 0), (0, 1), (2, 2)]);
    }

    #[test]
    fn positions_that_contradict_the_descriptor_are_ignored() {
        let items = vec![
            item(Member::Field(0), Some((2, 0)), None),
            item(Member::Field(1), Some((1, 0)), None),
        ];
        assert_eq!(order(items), [(0, 0), (0, 1)]);
    }
}
