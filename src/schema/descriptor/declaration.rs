//! Where a symbol is declared in its file.

use super::descriptor_proto::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, MethodDescriptorProto, OneofDescriptorProto, ServiceDescriptorProto, tag,
};
use super::full_name::{below, join};

/// The descriptor of a symbol.
#[derive(Clone, Copy, Debug)]
pub enum DescriptorRef<'a> {
    Message(&'a DescriptorProto),
    /// A field or an extension, and the message that it is declared in.
    Field(&'a FieldDescriptorProto, Option<&'a DescriptorProto>),
    Oneof(&'a OneofDescriptorProto, &'a DescriptorProto),
    Enum(&'a EnumDescriptorProto),
    Value(&'a EnumValueDescriptorProto),
    Service(&'a ServiceDescriptorProto),
    Method(&'a MethodDescriptorProto),
}

/// A symbol's declaration in its file.
#[derive(Clone, Debug)]
pub struct Declaration<'a> {
    pub descriptor: DescriptorRef<'a>,
    /// Its path from the file's descriptor, as in source code info.
    pub path: Vec<i32>,
    /// The full name of the scope that it is declared in.
    pub scope: String,
}

impl DescriptorRef<'_> {
    /// Its type: the simple name of a message in descriptor.proto.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Message(_) => "DescriptorProto",
            Self::Field(..) => "FieldDescriptorProto",
            Self::Oneof(..) => "OneofDescriptorProto",
            Self::Enum(_) => "EnumDescriptorProto",
            Self::Value(_) => "EnumValueDescriptorProto",
            Self::Service(_) => "ServiceDescriptorProto",
            Self::Method(_) => "MethodDescriptorProto",
        }
    }
}

/// Finds a symbol by its full name. Enum values are found by their enum's name too, although that is not their scope.
pub fn find_declaration<'a>(
    file: &'a FileDescriptorProto,
    full_name: &str,
) -> Option<Declaration<'a>> {
    let full_name = full_name.strip_prefix('.').unwrap_or(full_name);
    let package = file.package();
    let name = if package.is_empty() {
        full_name
    } else {
        full_name.strip_prefix(package)?.strip_prefix('.')?
    };
    let messages = numbered(&file.message_type, tag::file::MESSAGE);
    let enums = numbered(&file.enum_type, tag::file::ENUM);
    let extensions = numbered(&file.extension, tag::file::EXTENSION);
    in_messages(messages, name, package)
        .or_else(|| in_enums(enums, name, package))
        .or_else(|| in_fields(extensions, None, name, package))
        .or_else(|| in_services(file, name))
}

/// Counts what a file declares: its symbols, and the extension ranges of its messages.
pub fn count_declarations(file: &FileDescriptorProto) -> usize {
    let methods = file.service.iter().map(|service| 1 + service.method.len());
    file.extension.len()
        + methods.sum::<usize>()
        + count_in_enums(&file.enum_type)
        + count_in_messages(&file.message_type)
}

fn count_in_messages(messages: &[DescriptorProto]) -> usize {
    let count = |message: &DescriptorProto| {
        let members = message.field.len() + message.oneof_decl.len() + message.extension.len();
        1 + members
            + message.extension_range.len()
            + count_in_enums(&message.enum_type)
            + count_in_messages(&message.nested_type)
    };
    messages.iter().map(count).sum()
}

fn count_in_enums(enums: &[EnumDescriptorProto]) -> usize {
    enums.iter().map(|declared| 1 + declared.value.len()).sum()
}

fn numbered<T>(list: &[T], tag: i32) -> impl Iterator<Item = (&T, [i32; 2])> {
    list.iter().zip((0..).map(move |at| [tag, at]))
}

fn declared<'a>(descriptor: DescriptorRef<'a>, path: [i32; 2], scope: &str) -> Declaration<'a> {
    Declaration {
        descriptor,
        path: path.to_vec(),
        scope: scope.to_owned(),
    }
}

/// The rest of a name after the name of a declaration: empty, if the name is that declaration's.
fn rest<'n>(name: &'n str, declared: &str) -> Option<&'n str> {
    if name == declared {
        Some("")
    } else {
        below(name, declared)
    }
}

fn in_messages<'a>(
    messages: impl Iterator<Item = (&'a DescriptorProto, [i32; 2])>,
    name: &str,
    scope: &str,
) -> Option<Declaration<'a>> {
    for (message, path) in messages {
        let inside = match rest(name, message.name()) {
            None => continue,
            Some("") => return Some(declared(DescriptorRef::Message(message), path, scope)),
            Some(inside) => inside,
        };
        let scope = join(scope, message.name());
        let fields = numbered(&message.field, tag::message::FIELD);
        let extensions = numbered(&message.extension, tag::message::EXTENSION);
        let nested = numbered(&message.nested_type, tag::message::NESTED);
        let enums = numbered(&message.enum_type, tag::message::ENUM);
        let oneof = || {
            let mut oneofs = numbered(&message.oneof_decl, tag::message::ONEOF);
            let (oneof, path) = oneofs.find(|(oneof, _)| oneof.name() == inside)?;
            Some(declared(DescriptorRef::Oneof(oneof, message), path, &scope))
        };
        let member = in_fields(fields, Some(message), inside, &scope)
            .or_else(|| in_fields(extensions, Some(message), inside, &scope))
            .or_else(oneof)
            .or_else(|| in_messages(nested, inside, &scope))
            .or_else(|| in_enums(enums, inside, &scope));
        if let Some(mut member) = member {
            member.path.splice(0..0, path);
            return Some(member);
        }
    }
    None
}

fn in_fields<'a>(
    mut fields: impl Iterator<Item = (&'a FieldDescriptorProto, [i32; 2])>,
    message: Option<&'a DescriptorProto>,
    name: &str,
    scope: &str,
) -> Option<Declaration<'a>> {
    let (field, path) = fields.find(|(field, _)| field.name() == name)?;
    Some(declared(DescriptorRef::Field(field, message), path, scope))
}

fn in_enums<'a>(
    enums: impl Iterator<Item = (&'a EnumDescriptorProto, [i32; 2])>,
    name: &str,
    scope: &str,
) -> Option<Declaration<'a>> {
    for (enumeration, path) in enums {
        // Values are siblings of their enum (descriptor.proto, EnumValueDescriptorProto).
        let inside = match rest(name, enumeration.name()) {
            Some("") => return Some(declared(DescriptorRef::Enum(enumeration), path, scope)),
            Some(inside) => inside,
            None => name,
        };
        let mut values = numbered(&enumeration.value, tag::enumeration::VALUE);
        if let Some((value, at)) = values.find(|(value, _)| value.name() == inside) {
            let mut value = declared(DescriptorRef::Value(value), at, scope);
            value.path.splice(0..0, path);
            return Some(value);
        }
    }
    None
}

fn in_services<'a>(file: &'a FileDescriptorProto, name: &str) -> Option<Declaration<'a>> {
    for (service, path) in numbered(&file.service, tag::file::SERVICE) {
        let inside = match rest(name, service.name()) {
            None => continue,
            Some("") => {
                return Some(declared(
                    DescriptorRef::Service(service),
                    path,
                    file.package(),
                ));
            }
            Some(inside) => inside,
        };
        let mut methods = numbered(&service.method, tag::service::METHOD);
        if let Some((method, at)) = methods.find(|(method, _)| method.name() == inside) {
            let scope = join(file.package(), service.name());
            let mut method = declared(DescriptorRef::Method(method), at, &scope);
            method.path.splice(0..0, path);
            return Some(method);
        }
    }
    None
}
