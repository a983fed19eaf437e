//! Descriptors compiled for transcoding. A message is printed or parsed field by field, millions of times; what a
//! descriptor answers through locks, clones and searches is looked up once here and then lies flat in memory.

mod any_field;
#[cfg(test)]
mod edition_tests;

use std::collections::HashMap;
use std::sync::Arc;

use prost_reflect::{Cardinality, DescriptorPool, EnumDescriptor, Kind, MessageDescriptor, Syntax};

use crate::schema::editions;
use any_field::AnyField;

/// Which layout a message field refers to.
pub type LayoutId = usize;

/// Field numbers up to here are looked up in a table, the rest in a map.
const DENSE: u32 = 256;

/// The layouts of one pool's messages, compiled as they are needed.
#[derive(Clone, Debug)]
pub struct Layouts {
    pool: DescriptorPool,
    ids: HashMap<String, LayoutId>,
    list: Vec<Arc<Layout>>,
}

/// One message type.
#[derive(Debug)]
pub struct Layout {
    pub full_name: String,
    pub special: Special,
    /// In the order of their numbers, extensions among them.
    pub fields: Vec<Field>,
    dense: Vec<u16>,
    sparse: HashMap<u32, u16>,
    names: HashMap<String, u16>,
}

/// Messages with a mapping of their own in proto3 JSON, or an encoding of their own.
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
    /// `google.protobuf.Int32Value` and its like: their one field's value stands for them.
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
    /// As the .proto file has it; for an extension `[full.name]`.
    pub name: Box<str>,
    pub json_name: Box<str>,
    /// What the text format calls it: the name, but the type's name for a group.
    pub text_name: Box<str>,
    /// The quoted, escaped key in JSON.
    pub json_key: Box<[u8]>,
    pub proto_key: Box<[u8]>,
    /// An extension of a MessageSet, which is wrapped in a group.
    pub in_message_set: bool,
    /// Fields of one oneof share this.
    pub oneof: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Absent and default are the same.
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
    /// Whether repeated values can be packed into one field: whatever is not length-delimited or a group itself.
    pub fn is_packable(&self) -> bool {
        !matches!(
            self,
            Self::String | Self::Bytes | Self::Message(_) | Self::Group(_)
        )
    }
}

/// One enum type.
#[derive(Debug)]
pub struct EnumLayout {
    pub full_name: String,
    /// A closed enum's unknown numbers are no values of it but unknown fields (proto2).
    pub closed: bool,
    /// `google.protobuf.NullValue`, which is null in JSON.
    pub is_null: bool,
    pub default: i32,
    names: HashMap<i32, Box<str>>,
    numbers: HashMap<Box<str>, i32>,
}

impl EnumLayout {
    /// The first name of a number.
    pub fn name(&self, number: i32) -> Option<&str> {
        self.names.get(&number).map(AsRef::as_ref)
    }

    pub fn number(&self, name: &str) -> Option<i32> {
        self.numbers.get(name).copied()
    }

    pub fn all_names(&self) -> impl Iterator<Item = &str> {
        self.numbers.keys().map(AsRef::as_ref)
    }
}

impl Layout {
    /// The field of that number, and its place in `fields`.
    pub fn by_number(&self, number: u32) -> Option<(u16, &Field)> {
        let at = if number < DENSE {
            *self.dense.get(number as usize)?
        } else {
            *self.sparse.get(&number)?
        };
        self.fields.get(usize::from(at)).map(|field| (at, field))
    }

    /// The field of that JSON name or .proto name.
    pub fn by_name(&self, name: &str) -> Option<(u16, &Field)> {
        let at = *self.names.get(name)?;
        self.fields.get(usize::from(at)).map(|field| (at, field))
    }
}

impl Layouts {
    pub fn new(pool: DescriptorPool) -> Self {
        Self {
            pool,
            ids: HashMap::new(),
            list: Vec::new(),
        }
    }

    pub fn pool(&self) -> &DescriptorPool {
        &self.pool
    }

    /// Whether one of the compiled messages is a `google.protobuf.Any`.
    pub fn has_any(&self) -> bool {
        self.list
            .iter()
            .any(|layout| layout.special == Special::Any)
    }

    /// A compiled layout.
    pub fn get(&self, id: LayoutId) -> Option<Arc<Layout>> {
        self.list.get(id).cloned()
    }

    /// The layout of the message of that full name.
    pub fn find(&mut self, full_name: &str) -> Option<LayoutId> {
        if let Some(id) = self.ids.get(full_name) {
            return Some(*id);
        }
        let message = self.pool.get_message_by_name(full_name)?;
        Some(self.compile(&message))
    }

    /// Compiles a message and all that its fields refer to.
    pub fn compile(&mut self, message: &MessageDescriptor) -> LayoutId {
        if let Some(id) = self.ids.get(message.full_name()) {
            return *id;
        }
        let id = self.list.len();
        self.ids.insert(message.full_name().to_owned(), id);
        // Ids are given in the order of the queue, and layouts made in it.
        let mut queue = Queue {
            next: id + 1,
            waiting: vec![message.clone()],
        };
        let mut done = 0;
        while let Some(message) = queue.waiting.get(done).cloned() {
            done += 1;
            let layout = self.layout(&message, &mut queue);
            self.list.push(Arc::new(layout));
        }
        id
    }

    fn layout(&mut self, message: &MessageDescriptor, queue: &mut Queue) -> Layout {
        let mut fields: Vec<Field> = message
            .fields()
            .map(|field| self.field(&AnyField::Field(field), queue))
            .collect();
        for extension in message.extensions() {
            fields.push(self.field(&AnyField::Extension(extension), queue));
        }
        fields.sort_by_key(|field| field.number);

        let mut dense = Vec::new();
        let mut sparse = HashMap::new();
        let mut names = HashMap::new();
        for (at, field) in (0..u16::MAX).zip(&fields) {
            if field.number < DENSE {
                let number = field.number as usize;
                if dense.len() <= number {
                    dense.resize(number + 1, u16::MAX);
                }
                if let Some(slot) = dense.get_mut(number) {
                    *slot = at;
                }
            } else {
                sparse.insert(field.number, at);
            }
            names.insert(field.json_name.to_string(), at);
        }
        // A .proto name never hides another field's JSON name.
        for (at, field) in (0..u16::MAX).zip(&fields) {
            names.entry(field.name.to_string()).or_insert(at);
        }
        Layout {
            full_name: message.full_name().to_owned(),
            special: special(message),
            fields,
            dense,
            sparse,
            names,
        }
    }

    fn field(&mut self, field: &AnyField, queue: &mut Queue) -> Field {
        let (kind, is_group) = (field.kind(), field.is_group());
        let mut text_name = field.name();
        let kind = match kind {
            Kind::Double => Type::Double,
            Kind::Float => Type::Float,
            Kind::Int32 => Type::Int32,
            Kind::Int64 => Type::Int64,
            Kind::Uint32 => Type::Uint32,
            Kind::Uint64 => Type::Uint64,
            Kind::Sint32 => Type::Sint32,
            Kind::Sint64 => Type::Sint64,
            Kind::Fixed32 => Type::Fixed32,
            Kind::Fixed64 => Type::Fixed64,
            Kind::Sfixed32 => Type::Sfixed32,
            Kind::Sfixed64 => Type::Sfixed64,
            Kind::Bool => Type::Bool,
            Kind::String => Type::String,
            Kind::Bytes => Type::Bytes,
            Kind::Enum(descriptor) => Type::Enum(Arc::new(enum_layout(&descriptor))),
            Kind::Message(message) => {
                let known = self.ids.get(message.full_name()).copied();
                let id = known.unwrap_or_else(|| {
                    let id = queue.next;
                    queue.next += 1;
                    self.ids.insert(message.full_name().to_owned(), id);
                    queue.waiting.push(message.clone());
                    id
                });
                if is_group {
                    if field.is_group_like(&message) {
                        message.name().clone_into(&mut text_name);
                    }
                    Type::Group(id)
                } else {
                    Type::Message(id)
                }
            }
        };
        let shape = if field.is_map() {
            Shape::Map
        } else {
            match field.cardinality() {
                Cardinality::Repeated => Shape::Repeated {
                    packed: field.is_packed(),
                },
                Cardinality::Required => Shape::Required,
                Cardinality::Optional if field.supports_presence() => Shape::Explicit,
                Cardinality::Optional => Shape::Implicit,
            }
        };
        let (name, json_name) = (field.name(), field.json_name());
        Field {
            number: field.number(),
            shape,
            kind,
            json_key: key(&json_name),
            proto_key: key(&name),
            name: name.into(),
            json_name: json_name.into(),
            text_name: text_name.into(),
            in_message_set: field.in_message_set(),
            oneof: field.oneof(),
        }
    }
}

/// Messages that have an id and wait for their layout.
struct Queue {
    next: LayoutId,
    waiting: Vec<MessageDescriptor>,
}

fn key(name: &str) -> Box<[u8]> {
    serde_json::to_vec(name).unwrap_or_default().into()
}

fn special(message: &MessageDescriptor) -> Special {
    match message.full_name().strip_prefix("google.protobuf.") {
        Some("Any") => Special::Any,
        Some("Timestamp") => Special::Timestamp,
        Some("Duration") => Special::Duration,
        Some("FieldMask") => Special::FieldMask,
        Some("Struct") => Special::Struct,
        Some("Value") => Special::Value,
        Some("ListValue") => Special::ListValue,
        Some(
            "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value"
            | "UInt32Value" | "BoolValue" | "StringValue" | "BytesValue",
        ) => Special::Wrapper,
        _ if is_message_set(message) => Special::MessageSet,
        _ => Special::None,
    }
}

fn is_message_set(message: &MessageDescriptor) -> bool {
    // Not by `options()`, which builds the pool of well-known types first: a millisecond of every command's start.
    let options = message.descriptor_proto().options.as_ref();
    options.is_some_and(|options| options.message_set_wire_format == Some(true))
}

fn enum_layout(descriptor: &EnumDescriptor) -> EnumLayout {
    let mut names = HashMap::new();
    let mut numbers = HashMap::new();
    // In the order of the .proto file: with aliases the first name of a number is its canonical one. The descriptor's
    // own list has them in the order of their numbers, and aliases in any order.
    for value in &descriptor.enum_descriptor_proto().value {
        names
            .entry(value.number())
            .or_insert_with(|| value.name().into());
        numbers.insert(value.name().into(), value.number());
    }
    EnumLayout {
        full_name: descriptor.full_name().to_owned(),
        closed: descriptor.parent_file().syntax() == Syntax::Proto2
            && !editions::is_open(descriptor),
        is_null: descriptor.full_name() == "google.protobuf.NullValue",
        default: descriptor.default_value().number(),
        names,
        numbers,
    }
}
