//! Descriptors compiled for transcoding. A message is printed or parsed field by field, millions of times; what a
//! descriptor answers through locks, clones and searches is looked up once and then lies flat in memory.

#[cfg(test)]
mod edition_tests;
mod enum_layout;
mod field_or_extension;
mod layouts;

use std::collections::HashMap;
use std::sync::Arc;

use super::wire;

pub use enum_layout::EnumLayout;
pub use layouts::Layouts;
pub(super) use layouts::{AnyTypes, Resolved};

/// Which layout a message field refers to.
pub type LayoutId = usize;

/// The error for a field whose type has no layout, or another one than it should have. Schemas are checked when they are
/// loaded, so there is no such field.
pub(super) const BAD_SCHEMA: &str = "the schema is not consistent";

/// Field numbers below are looked up in a table.
const DENSE: u32 = 256;

/// One message type.
#[derive(Debug)]
pub struct Layout {
    pub full_name: String,
    pub special: Special,
    /// In the order of their numbers, extensions among them.
    pub fields: Vec<Field>,
    /// The indexes of the fields with small numbers, by those.
    dense: Vec<u16>,
    names: HashMap<String, u16>,
}

/// Messages with a JSON mapping or an encoding of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    None,
    Any,
    Timestamp,
    Duration,
    FieldMask,
    Struct,
    Value,
    ListValue,
    /// `google.protobuf.Int32Value` and the like, whose JSON is that of their one field.
    Wrapper,
    /// proto1's MessageSet: extensions wrapped in groups.
    MessageSet,
}

/// One field.
#[derive(Debug)]
pub struct Field {
    pub number: u32,
    pub shape: Shape,
    pub kind: Type,
    /// That of its values, unless they are packed.
    pub wire_type: u32,
    /// The type is a closed enum, of which not every number is a value.
    pub is_closed: bool,
    /// The name in the .proto file; `[full.name]` for an extension.
    pub name: Box<str>,
    pub json_name: Box<str>,
    /// The name in the text format, which is the type's for a group.
    pub text_name: Box<str>,
    /// The name as a key of JSON that is not the first one: `,"name":`.
    pub json_key: Box<[u8]>,
    pub proto_key: Box<[u8]>,
    /// What is in front of a value in the text format, if it is not the first one: ` name: `.
    pub text_key: Box<[u8]>,
    /// An extension of a MessageSet, which is wrapped in a group.
    pub in_message_set: bool,
    /// Fields of one oneof share this.
    pub oneof: Option<u16>,
}

impl Field {
    /// Whether it has one value at most.
    #[inline]
    pub fn is_singular(&self) -> bool {
        !matches!(self.shape, Shape::Repeated { .. } | Shape::Map)
    }
}

/// How many values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Absent and default mean the same.
    Implicit,
    /// Present or absent.
    Explicit,
    Required,
    Repeated {
        packed: bool,
    },
    /// Repeated messages of a key (field 1) and a value (field 2).
    Map,
}

/// The type of a field's values.
#[derive(Clone, Debug)]
pub enum Type {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
    Enum(Arc<EnumLayout>),
    Message(LayoutId),
    Group(LayoutId),
}

impl Type {
    /// The wire type of the type's values, unless they are packed.
    pub fn wire_type(&self) -> u32 {
        match self {
            Self::Double | Self::Fixed64 | Self::Sfixed64 => wire::FIXED64,
            Self::Float | Self::Fixed32 | Self::Sfixed32 => wire::FIXED32,
            Self::String | Self::Bytes | Self::Message(_) => wire::LEN,
            Self::Group(_) => wire::START_GROUP,
            _ => wire::VARINT,
        }
    }

    /// What a type is called in a .proto file.
    pub fn name(&self) -> &str {
        match self {
            Self::Double => "double",
            Self::Float => "float",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Sint32 => "sint32",
            Self::Sint64 => "sint64",
            Self::Fixed32 => "fixed32",
            Self::Fixed64 => "fixed64",
            Self::Sfixed32 => "sfixed32",
            Self::Sfixed64 => "sfixed64",
            Self::Bool => "bool",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Enum(layout) => &layout.full_name,
            Self::Message(_) | Self::Group(_) => "message",
        }
    }

    /// Whether repeated values can be packed into one field: all but those that are length-delimited or groups.
    pub fn is_packable(&self) -> bool {
        !matches!(
            self,
            Self::String | Self::Bytes | Self::Message(_) | Self::Group(_)
        )
    }
}

impl Layout {
    /// The field of that number, and its index in `fields`.
    #[inline]
    pub fn by_number(&self, number: u32) -> Option<(u16, &Field)> {
        let at = match self.dense.get(number as usize) {
            Some(at) => *at,
            None => self.search(number)?,
        };
        self.fields.get(usize::from(at)).map(|field| (at, field))
    }

    #[inline(never)]
    fn search(&self, number: u32) -> Option<u16> {
        let at = self
            .fields
            .binary_search_by_key(&number, |field| field.number);
        u16::try_from(at.ok()?).ok()
    }

    /// The field of that JSON name or .proto name.
    pub fn by_name(&self, name: &str) -> Option<(u16, &Field)> {
        let at = *self.names.get(name)?;
        self.fields.get(usize::from(at)).map(|field| (at, field))
    }
}
