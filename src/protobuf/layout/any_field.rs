//! Fields and extensions as one.

use prost_reflect::{Cardinality, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor};

use super::is_message_set;
use crate::schema::editions;

/// A field or an extension: prost-reflect has no common type for the two.
pub enum AnyField {
    Field(FieldDescriptor),
    Extension(ExtensionDescriptor),
}

impl AnyField {
    pub fn number(&self) -> u32 {
        match self {
            Self::Field(field) => field.number(),
            Self::Extension(field) => field.number(),
        }
    }

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

    /// Whether the text format calls a group by its type: what proto2 would have declared as one, which a delimited
    /// field (editions) need not look like.
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

    pub fn supports_presence(&self) -> bool {
        match self {
            Self::Field(field) => field.supports_presence() && !editions::is_implicit(field),
            Self::Extension(field) => field.supports_presence(),
        }
    }

    pub fn in_message_set(&self) -> bool {
        match self {
            Self::Field(_) => false,
            Self::Extension(field) => is_message_set(&field.containing_message()),
        }
    }

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
