//! Fields and extensions as one: prost-reflect has no common type for the two.

use prost_reflect::{Cardinality, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor};

use super::layouts::is_message_set;
use crate::schema::editions;

pub enum FieldOrExtension {
    Field(FieldDescriptor),
    Extension(ExtensionDescriptor),
}

impl FieldOrExtension {
    pub fn number(&self) -> u32 {
        match self {
            Self::Field(field) => field.number(),
            Self::Extension(field) => field.number(),
        }
    }

    /// The name in the .proto file; that of an extension is its full name in brackets.
    pub fn name(&self) -> String {
        match self {
            Self::Field(field) => field.name().to_owned(),
            Self::Extension(field) => format!("[{}]", field.full_name()),
        }
    }

    pub fn json_name(&self) -> String {
        match self {
            Self::Field(field) => field.json_name().to_owned(),
            Self::Extension(field) => format!("[{}]", field.full_name()),
        }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Self::Field(field) => field.kind(),
            Self::Extension(field) => field.kind(),
        }
    }

    pub fn cardinality(&self) -> Cardinality {
        match self {
            Self::Field(field) => field.cardinality(),
            Self::Extension(field) => field.cardinality(),
        }
    }

    pub fn is_group(&self) -> bool {
        match self {
            Self::Field(field) => field.is_group(),
            Self::Extension(field) => field.is_group(),
        }
    }

    /// Whether the text format calls the field by its type's name: it looks like a group that proto2 has declared, as a
    /// delimited field (editions) need not.
    pub fn is_group_like(&self, group: &MessageDescriptor) -> bool {
        match self {
            Self::Field(field) => {
                field.name() == group.name().to_lowercase()
                    && group.parent_message().as_ref() == Some(field.parent_message())
            }
            Self::Extension(_) => false,
        }
    }

    pub fn is_map(&self) -> bool {
        match self {
            Self::Field(field) => field.is_map(),
            Self::Extension(_) => false,
        }
    }

    pub fn is_packed(&self) -> bool {
        match self {
            Self::Field(field) => field.is_packed(),
            Self::Extension(field) => field.is_packed(),
        }
    }

    pub fn has_presence(&self) -> bool {
        match self {
            Self::Field(field) => field.supports_presence() && !editions::is_implicit(field),
            Self::Extension(field) => field.supports_presence(),
        }
    }

    /// Whether it extends a MessageSet.
    pub fn in_message_set(&self) -> bool {
        match self {
            Self::Field(_) => false,
            Self::Extension(field) => is_message_set(&field.containing_message()),
        }
    }

    /// The index of the oneof that the field is a member of. The one that proto3 makes for an optional field does not
    /// count.
    pub fn oneof(&self) -> Option<u16> {
        match self {
            Self::Field(field) => field
                .containing_oneof()
                .filter(|oneof| !oneof.is_synthetic())
                .and_then(|oneof| oneof.path().last().and_then(|at| u16::try_from(*at).ok())),
            Self::Extension(_) => None,
        }
    }
}
