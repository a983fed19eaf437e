//! The symbols of a pool, by their full names.

use prost_reflect::{
    DescriptorPool, EnumDescriptor, EnumValueDescriptor, ExtensionDescriptor, FieldDescriptor,
    FileDescriptor, MessageDescriptor, MethodDescriptor, OneofDescriptor, ServiceDescriptor,
};

/// Anything in a schema that has a full name.
#[derive(Clone, Debug)]
pub enum Symbol {
    Service(ServiceDescriptor),
    Method(MethodDescriptor),
    Message(MessageDescriptor),
    Enum(EnumDescriptor),
    EnumValue(EnumValueDescriptor),
    Field(FieldDescriptor),
    Extension(ExtensionDescriptor),
    Oneof(OneofDescriptor),
}

impl Symbol {
    pub fn full_name(&self) -> &str {
        match self {
            Self::Service(it) => it.full_name(),
            Self::Method(it) => it.full_name(),
            Self::Message(it) => it.full_name(),
            Self::Enum(it) => it.full_name(),
            Self::EnumValue(it) => it.full_name(),
            Self::Field(it) => it.full_name(),
            Self::Extension(it) => it.full_name(),
            Self::Oneof(it) => it.full_name(),
        }
    }

    /// What kind of thing it is, with its article: "a service".
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Service(_) => "a service",
            Self::Method(_) => "a method",
            Self::Message(_) => "a message",
            Self::Enum(_) => "an enum",
            Self::EnumValue(_) => "an enum value",
            Self::Field(_) => "a field",
            Self::Extension(_) => "an extension",
            Self::Oneof(_) => "a oneof",
        }
    }

    /// The file that declares it.
    pub fn file(&self) -> FileDescriptor {
        match self {
            Self::Service(it) => it.parent_file(),
            Self::Method(it) => it.parent_service().parent_file(),
            Self::Message(it) => it.parent_file(),
            Self::Enum(it) => it.parent_file(),
            Self::EnumValue(it) => it.parent_file(),
            Self::Field(it) => it.parent_file(),
            Self::Extension(it) => it.parent_file(),
            Self::Oneof(it) => it.parent_file(),
        }
    }
}

/// The full names of a pool's services, sorted.
pub fn service_names(pool: &DescriptorPool) -> Vec<String> {
    let mut names: Vec<String> = pool
        .services()
        .map(|service| service.full_name().to_owned())
        .collect();
    names.sort_unstable();
    names
}

/// Finds a symbol by its full name. An enum value is found in its enum's scope, where protobuf puts it, and by its
/// enum's name.
pub fn lookup(pool: &DescriptorPool, full_name: &str) -> Option<Symbol> {
    if let Some(service) = pool.get_service_by_name(full_name) {
        return Some(Symbol::Service(service));
    }
    if let Some(message) = pool.get_message_by_name(full_name) {
        return Some(Symbol::Message(message));
    }
    if let Some(descriptor) = pool.get_enum_by_name(full_name) {
        return Some(Symbol::Enum(descriptor));
    }
    if let Some(extension) = pool.get_extension_by_name(full_name) {
        return Some(Symbol::Extension(extension));
    }
    if let Some((parent, name)) = full_name.rsplit_once('.') {
        let member = if let Some(service) = pool.get_service_by_name(parent) {
            find_method(&service, name).map(Symbol::Method)
        } else if let Some(message) = pool.get_message_by_name(parent) {
            let field = message.get_field_by_name(name).map(Symbol::Field);
            field.or_else(|| oneofs(&message).find(|it| it.full_name() == full_name))
        } else {
            let descriptor = pool.get_enum_by_name(parent);
            descriptor.and_then(|it| it.get_value_by_name(name).map(Symbol::EnumValue))
        };
        if member.is_some() {
            return member;
        }
    }
    pool.all_enums().find_map(|descriptor| {
        let mut values = descriptor.values();
        let value = values.find(|value| value.full_name() == full_name)?;
        Some(Symbol::EnumValue(value))
    })
}

/// Finds a service's method by its simple name.
pub fn find_method(service: &ServiceDescriptor, name: &str) -> Option<MethodDescriptor> {
    service.methods().find(|method| method.name() == name)
}

/// Every symbol of a pool, without map entries and the oneofs of `optional` fields, which the compiler makes up.
pub fn symbols(pool: &DescriptorPool) -> impl Iterator<Item = Symbol> {
    let services = pool.services().flat_map(|service| {
        let methods: Vec<_> = service.methods().map(Symbol::Method).collect();
        std::iter::once(Symbol::Service(service)).chain(methods)
    });
    let messages = pool
        .all_messages()
        .filter(|message| !message.is_map_entry())
        .flat_map(|message| {
            let mut members: Vec<_> = message.fields().map(Symbol::Field).collect();
            members.extend(oneofs(&message));
            std::iter::once(Symbol::Message(message)).chain(members)
        });
    let enums = pool.all_enums().flat_map(|descriptor| {
        let values: Vec<_> = descriptor.values().map(Symbol::EnumValue).collect();
        std::iter::once(Symbol::Enum(descriptor)).chain(values)
    });
    let extensions = pool.all_extensions().map(Symbol::Extension);
    services.chain(messages).chain(enums).chain(extensions)
}

fn oneofs(message: &MessageDescriptor) -> impl Iterator<Item = Symbol> {
    let oneofs = message.oneofs().filter(|oneof| !oneof.is_synthetic());
    oneofs.map(Symbol::Oneof)
}
