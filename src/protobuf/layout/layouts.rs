//! The layouts of a schema's messages, compiled as they are needed.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use prost_reflect::{Cardinality, DescriptorPool, Kind, MessageDescriptor};

use super::enum_layout::EnumLayout;
use super::field_or_extension::FieldOrExtension;
use super::{DENSE, Field, Layout, LayoutId, Shape, Special, Type};

/// How many unresolved type names are remembered. A peer chooses them, so there must be a limit; more than a few in a
/// message are not to be expected.
const UNRESOLVED: usize = 100;

/// The layouts of the messages of one schema or several.
#[derive(Clone, Debug)]
pub struct Layouts {
    /// Types are looked up in this order.
    pools: Vec<DescriptorPool>,
    ids: HashMap<String, LayoutId>,
    list: Vec<Arc<Layout>>,
    unresolved: BTreeSet<String>,
}

impl Layouts {
    pub fn new(pool: DescriptorPool) -> Self {
        Self {
            pools: vec![pool],
            ids: HashMap::new(),
            list: Vec::new(),
            unresolved: BTreeSet::new(),
        }
    }

    /// Adds descriptors to look in for types that no earlier pool has. Types that are known already stay as they are.
    pub fn learn(&mut self, pool: DescriptorPool) {
        self.pools.push(pool);
    }

    /// The full names of the types that an Any had while it was written or read, and that no pool has, each once and at
    /// most 100 of them; then they are forgotten. For a caller that can find and [`learn`](Self::learn) them.
    pub fn take_unresolved(&mut self) -> Vec<String> {
        std::mem::take(&mut self.unresolved).into_iter().collect()
    }

    /// Whether [`take_unresolved`](Self::take_unresolved) has anything to return.
    pub fn has_unresolved(&self) -> bool {
        !self.unresolved.is_empty()
    }

    /// Whether one of the compiled messages is a `google.protobuf.Any`.
    pub fn has_any(&self) -> bool {
        self.list
            .iter()
            .any(|layout| layout.special == Special::Any)
    }

    /// A compiled layout.
    pub fn get(&self, id: LayoutId) -> Option<&Layout> {
        self.list.get(id).map(AsRef::as_ref)
    }

    /// The layout of the message of that full name, if it is compiled.
    pub fn compiled(&self, full_name: &str) -> Option<LayoutId> {
        self.ids.get(full_name).copied()
    }

    /// The descriptor of the message of that full name.
    pub fn message(&self, full_name: &str) -> Option<MessageDescriptor> {
        let mut pools = self.pools.iter();
        pools.find_map(|pool| pool.get_message_by_name(full_name))
    }

    /// The layout of the message of that full name.
    pub fn find(&mut self, full_name: &str) -> Option<LayoutId> {
        self.compiled(full_name).or_else(|| {
            let message = self.message(full_name)?;
            Some(self.compile(&message))
        })
    }

    /// Runs `work`, which may need the types that an Any has; these are known only when it finds them. Layouts cannot
    /// change while it reads them: `work` does without the types that are not compiled yet, and runs again when they
    /// are. It runs at most once for each level of Anys within Anys.
    ///
    /// # Errors
    /// Those of `work`.
    pub(in crate::protobuf) fn with_any_types<T, E>(
        &mut self,
        mut work: impl FnMut(&Self, &mut AnyTypes) -> Result<T, E>,
    ) -> Result<T, E> {
        loop {
            let mut types = AnyTypes::default();
            let result = work(self, &mut types);
            for name in types.unresolved {
                if self.unresolved.len() < UNRESOLVED {
                    self.unresolved.insert(name);
                }
            }
            if types.uncompiled.is_empty() || result.is_err() {
                return result;
            }
            for name in types.uncompiled {
                self.find(&name);
            }
        }
    }

    /// Compiles a message and all that its fields refer to.
    pub fn compile(&mut self, message: &MessageDescriptor) -> LayoutId {
        if let Some(id) = self.compiled(message.full_name()) {
            return id;
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
            .map(|field| self.field(&FieldOrExtension::Field(field), queue))
            .collect();
        for extension in message.extensions() {
            fields.push(self.field(&FieldOrExtension::Extension(extension), queue));
        }
        fields.sort_by_key(|field| field.number);

        let mut dense = Vec::new();
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
            names,
        }
    }

    fn field(&mut self, field: &FieldOrExtension, queue: &mut Queue) -> Field {
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
            Kind::Enum(descriptor) => Type::Enum(Arc::new(EnumLayout::new(&descriptor))),
            Kind::Message(message) => {
                let id = self.compiled(message.full_name()).unwrap_or_else(|| {
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
                Cardinality::Optional if field.has_presence() => Shape::Explicit,
                Cardinality::Optional => Shape::Implicit,
            }
        };
        let (name, json_name) = (field.name(), field.json_name());
        Field {
            number: field.number(),
            shape,
            wire_type: kind.wire_type(),
            is_closed: matches!(&kind, Type::Enum(layout) if layout.closed),
            kind,
            json_key: key(&json_name),
            proto_key: key(&name),
            text_key: format!(" {text_name}: ").into_bytes().into(),
            name: name.into(),
            json_name: json_name.into(),
            text_name: text_name.into(),
            in_message_set: field.in_message_set(),
            oneof: field.oneof(),
        }
    }
}

/// Messages that have an id and no layout yet.
struct Queue {
    next: LayoutId,
    waiting: Vec<MessageDescriptor>,
}

fn key(name: &str) -> Box<[u8]> {
    format!(",{}:", serde_json::Value::from(name))
        .into_bytes()
        .into()
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

pub(super) fn is_message_set(message: &MessageDescriptor) -> bool {
    // `options()` would build the pool of well-known types first, which takes a millisecond.
    let options = message.descriptor_proto().options.as_ref();
    options.is_some_and(|options| options.message_set_wire_format == Some(true))
}

/// The types that Anys had while something was read or written.
#[derive(Debug, Default)]
pub(in crate::protobuf) struct AnyTypes {
    /// A handful at most: they are compiled after the first pass.
    uncompiled: Vec<String>,
    unresolved: Vec<String>,
}

/// What is known of a type that an Any has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protobuf) enum Resolved {
    Layout(LayoutId),
    /// It will be known when the work is done again.
    NotYet,
    Unknown,
}

impl AnyTypes {
    pub fn resolve(&mut self, layouts: &Layouts, full_name: &str) -> Resolved {
        if let Some(id) = layouts.compiled(full_name) {
            return Resolved::Layout(id);
        }
        if layouts.message(full_name).is_some() {
            add(&mut self.uncompiled, full_name);
            return Resolved::NotYet;
        }
        if self.unresolved.len() < UNRESOLVED {
            add(&mut self.unresolved, full_name);
        }
        Resolved::Unknown
    }
}

fn add(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}
