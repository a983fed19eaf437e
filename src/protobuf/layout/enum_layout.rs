//! Enum types compiled for transcoding.

use prost_reflect::{EnumDescriptor, Syntax};

use crate::schema::editions;

/// One enum type.
#[derive(Debug)]
pub struct EnumLayout {
    pub full_name: String,
    /// An unknown number is not a value of a closed enum (proto2) but an unknown field.
    pub closed: bool,
    /// `google.protobuf.NullValue`, which is null in JSON.
    pub is_null: bool,
    pub default: i32,
    /// The canonical name of each number, in the order of the numbers.
    names: Vec<(i32, Box<str>)>,
    /// The number of each name, in the order of the names.
    numbers: Vec<(Box<str>, i32)>,
}

impl EnumLayout {
    pub(super) fn new(descriptor: &EnumDescriptor) -> Self {
        // In the order of the .proto file: of several names for a number, the first is the canonical one. The
        // descriptor's own list has them in the order of their numbers, and aliases in any order.
        let values = &descriptor.enum_descriptor_proto().value;
        let mut names: Vec<(i32, Box<str>)> = values
            .iter()
            .map(|value| (value.number(), value.name().into()))
            .collect();
        let mut numbers: Vec<(Box<str>, i32)> = names
            .iter()
            .map(|(number, name)| (name.clone(), *number))
            .collect();
        names.sort_by_key(|(number, _)| *number);
        names.dedup_by_key(|(number, _)| *number);
        numbers.sort_unstable();
        Self {
            full_name: descriptor.full_name().to_owned(),
            closed: descriptor.parent_file().syntax() == Syntax::Proto2
                && !editions::is_open(descriptor),
            is_null: descriptor.full_name() == "google.protobuf.NullValue",
            default: descriptor.default_value().number(),
            names,
            numbers,
        }
    }

    /// The canonical name of a number.
    pub fn name(&self, number: i32) -> Option<&str> {
        let at = self
            .names
            .binary_search_by_key(&number, |(number, _)| *number);
        self.names.get(at.ok()?).map(|(_, name)| name.as_ref())
    }

    pub fn number(&self, name: &str) -> Option<i32> {
        let at = self
            .numbers
            .binary_search_by_key(&name, |(name, _)| name.as_ref());
        self.numbers.get(at.ok()?).map(|(_, number)| *number)
    }

    /// Whether a number is a value of the enum.
    pub fn has(&self, number: i32) -> bool {
        !self.closed || self.name(number).is_some()
    }

    pub fn all_names(&self) -> impl Iterator<Item = &str> + Clone {
        self.numbers.iter().map(|(name, _)| name.as_ref())
    }
}
