//! Source code info: the position and the comments of each element of a file, by path.

use std::collections::BTreeMap;

use crate::schema::descriptor::descriptor_proto::SourceCodeInfo;

/// A line and a column.
pub type Position = (i32, i32);

/// The position and the comments of an element; empty without source code info.
#[derive(Clone, Copy, Debug, Default)]
pub struct Location<'a> {
    pub start: Option<Position>,
    end: Option<Position>,
    pub detached: &'a [String],
    pub leading: Option<&'a str>,
    pub trailing: Option<&'a str>,
}

#[derive(Debug, Default)]
pub struct Locations<'a>(BTreeMap<&'a [i32], Vec<Location<'a>>>);

/// Elements of a list that one statement declares, such as the ranges in `reserved 1, 3 to 5;`.
#[derive(Clone, Debug)]
pub struct Statement<'a> {
    pub elements: std::ops::Range<usize>,
    pub location: Location<'a>,
}

impl Location<'_> {
    pub fn has_comments(&self) -> bool {
        self.leading.is_some() || self.trailing.is_some() || !self.detached.is_empty()
    }

    fn encloses(&self, position: Position) -> bool {
        self.start.is_some_and(|start| start <= position)
            && self.end.is_some_and(|end| position < end)
    }

    /// This location, or the other one if this has no comments.
    pub fn or(self, other: Self) -> Self {
        if self.has_comments() {
            self
        } else {
            Self {
                start: self.start.or(other.start),
                ..other
            }
        }
    }
}

impl<'a> Locations<'a> {
    pub fn new(info: Option<&'a SourceCodeInfo>) -> Self {
        let mut locations: BTreeMap<&[i32], Vec<Location<'_>>> = BTreeMap::new();
        for location in info
            .map(|info| info.location.as_slice())
            .unwrap_or_default()
        {
            let (start, end) = match *location.span.as_slice() {
                [line, start, end] => (Some((line, start)), Some((line, end))),
                [line, start, end_line, end] => (Some((line, start)), Some((end_line, end))),
                _ => (None, None),
            };
            locations.entry(&location.path).or_default().push(Location {
                start,
                end,
                detached: &location.leading_detached_comments,
                leading: location.leading_comments.as_deref(),
                trailing: location.trailing_comments.as_deref(),
            });
        }
        Self(locations)
    }

    /// The location of an element.
    pub fn of(&self, path: &[i32]) -> Location<'a> {
        let all = self.0.get(path).map(Vec::as_slice).unwrap_or_default();
        all.iter()
            .find(|location| location.has_comments())
            .or(all.first())
            .copied()
            .unwrap_or_default()
    }

    /// Removes the detached comments of an element.
    pub fn forget_detached(&mut self, path: &[i32]) {
        for location in self.0.get_mut(path).into_iter().flatten() {
            location.detached = &[];
        }
    }

    /// The location of an option. It may have been set field by field, and then only the fields have locations.
    pub fn of_option(&self, path: &[i32]) -> Location<'a> {
        let whole = self.of(path);
        if whole.has_comments() {
            return whole;
        }
        let pieces = self.0.range(path..);
        let pieces = pieces.take_while(|(piece, _)| piece.starts_with(path));
        let pieces = pieces.flat_map(|(_, locations)| locations);
        // The first with comments, or else the first.
        let piece = pieces.min_by_key(|location| (!location.has_comments(), location.start));
        whole.or(piece.copied().unwrap_or_default())
    }

    /// The statements that declare the `count` elements of a list. Neighbours whose statement is unknown share one if
    /// they are `alike`, as all elements of one statement are.
    pub fn statements(
        &self,
        list: &[i32],
        count: usize,
        alike: impl Fn(usize, usize) -> bool,
    ) -> Vec<Statement<'a>> {
        let declared = self.0.get(list).map(Vec::as_slice).unwrap_or_default();
        let mut statements: Vec<(Option<usize>, Statement<'a>)> = Vec::new();
        let mut path = list.to_vec();
        for element in 0..count {
            path.push(i32::try_from(element).unwrap_or(i32::MAX));
            let start = self.of(&path).start;
            path.pop();
            let declaration = start.and_then(|start| {
                declared
                    .iter()
                    .position(|location| location.encloses(start))
            });
            match statements.last_mut() {
                Some((previous, statement))
                    if *previous == declaration && alike(statement.elements.start, element) =>
                {
                    statement.elements.end = element + 1;
                }
                _ => {
                    let location = declaration
                        .and_then(|at| declared.get(at))
                        .copied()
                        .unwrap_or(Location {
                            start,
                            ..Location::default()
                        });
                    let elements = element..element + 1;
                    statements.push((declaration, Statement { elements, location }));
                }
            }
        }
        statements
            .into_iter()
            .map(|(_, statement)| statement)
            .collect()
    }
}
