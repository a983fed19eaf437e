//! The scope of a field: which oneof it is in, and which message it declares as a map or a group.

use crate::schema::descriptor::descriptor_proto::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, Label, Type, tag,
};
use crate::schema::descriptor::full_name::below;

/// A file or a message that declares fields.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'s> {
    /// Its full name.
    pub name: &'s str,
    pub path: &'s [i32],
    /// The messages declared in it, and the field number of their list.
    pub messages: &'s [DescriptorProto],
    pub message_tag: i32,
}

impl<'s> Scope<'s> {
    pub fn of(message: &'s DescriptorProto, name: &'s str, path: &'s [i32]) -> Self {
        Self {
            name,
            path,
            messages: &message.nested_type,
            message_tag: tag::message::NESTED,
        }
    }
}

/// How a field is declared.
#[derive(Clone, Copy, Debug)]
pub enum Form<'s> {
    Plain,
    /// `map<key, value>`, with the message of its entries and its index.
    Map(&'s DescriptorProto, usize),
    /// `group`, with its message and its index.
    Group(&'s DescriptorProto, usize),
}

impl Form<'_> {
    /// The index of the message that the declaration contains.
    pub fn declares(self) -> Option<usize> {
        match self {
            Self::Plain => None,
            Self::Map(_, at) | Self::Group(_, at) => Some(at),
        }
    }
}

pub fn form<'s>(
    file: &FileDescriptorProto,
    field: &FieldDescriptorProto,
    scope: Scope<'s>,
) -> Form<'s> {
    let full_name = field.type_name().strip_prefix('.').unwrap_or_default();
    let Some(name) = below(full_name, scope.name) else {
        return Form::Plain;
    };
    let mut messages = scope.messages.iter().enumerate();
    let Some((at, message)) = messages.find(|(_, message)| message.name() == name) else {
        return Form::Plain;
    };
    let is_repeated = field.label == Some(Label::Repeated.into());
    if message.is_map_entry() && is_repeated && field.extendee.is_none() {
        Form::Map(message, at)
    } else if field.r#type == Some(Type::Group.into())
        && !file.is_editions()
        && message.name().to_lowercase() == field.name()
    {
        Form::Group(message, at)
    } else {
        Form::Plain
    }
}

/// The oneof of a field, unless it was made up for a proto3 `optional` field.
pub fn oneof(field: &FieldDescriptorProto) -> Option<usize> {
    if field.proto3_optional() {
        return None;
    }
    usize::try_from(field.oneof_index?).ok()
}
