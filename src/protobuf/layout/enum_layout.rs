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
    /// In the order of their numbers, each of which has one name.
    values: Vec<EnumValue>,
    /// The number of each name, in the order of the names.
    numbers: Vec<(Box<str>, i32)>,
}

/// A number and its canonical name.
#[derive(Debug)]
struct EnumValue {
    number: i32,
    name: Box<str>,
    /// The name in JSON, with its quotation marks.
    json: Box<str>,
}

impl EnumLayout {
    pub(super) fn new(descriptor: &EnumDescriptor) -> Self {
        // In the order of the .proto file: of several names for a number, the first is the canonical one. The
        // descriptor's own list has them in the order of their numbers, and aliases in any order.
        let values = &descriptor.enum_descriptor_proto().value;
        let mut numbers: Vec<(Box<str>, i32)> = values
            .iter()
            .map(|value| (value.name().into(), value.number()))
            .collect();
        numbers.sort_unstable();
        let mut values: Vec<EnumValue> = values
            .iter()
            .map(|value| EnumValue {
                number: value.number(),
                name: value.name().into(),
                json: serde_json::Value::from(value.name()).to_string().into(),
            })
            .collect();
        values.sort_by_key(|value| value.number);
        values.dedup_by_key(|value| value.number);
        Self {
            full_name: descriptor.full_name().to_owned(),
            closed: descriptor.parent_file().syntax() == Syntax::Proto2
                && !editions::is_open(descriptor),
            is_null: descriptor.full_name() == "google.protobuf.NullValue",
            default: descriptor.default_value().number(),
            values,
            numbers,
        }
    }

    /// The canonical name of a number.
    pub fn name(&self, number: i32) -> Option<&str> {
        self.value(number).map(|value| value.name.as_ref())
    }

    /// The canonical name of a number as JSON has it, with quotation marks.
    pub fn json_name(&self, number: i32) -> Option<&str> {
        self.value(number).map(|value| value.json.as_ref())
    }

    fn value(&self, number: i32) -> Option<&EnumValue> {
        // Most enums number their values from zero, without gaps.
        let at = usize::try_from(number).ok();
        if let Some(value) = at.and_then(|at| self.values.get(at))
            && value.number == number
        {
            return Some(value);
        }
        let at = self
            .values
            .binary_search_by_key(&number, |value| value.number);
        self.values.get(at.ok()?)
    }

    pub fn number(&self, name: &str) -> Option<i32> {
        let at = self
            .numbers
            .binary_search_by_key(&name, |(name, _)| name.as_ref());
        self.numbers.get(at.ok()?).map(|(_, number)| *number)
    }

    /// Whether a number is a value of the enum.
    pub fn has(&self, number: i32) -> bool {
        !self.closed || self.value(number).is_some()
    }

    /// Every name, in the order of the numbers.
    pub fn all_names(&self) -> Vec<&str> {
        let mut names: Vec<&(Box<str>, i32)> = self.numbers.iter().collect();
        names.sort_by_key(|(_, number)| *number);
        names.into_iter().map(|(name, _)| name.as_ref()).collect()
    }
}
