//! Checks that all names are identifiers: a name with a newline or a brace could add declarations to the text.

use crate::error::{Error, Result};
use crate::schema::descriptor::descriptor_proto::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

/// Checks every name in a file.
pub fn check_identifiers(file: &FileDescriptorProto) -> Result<()> {
    if !file.package().is_empty() {
        path(file.package())?;
    }
    file.message_type.iter().try_for_each(message)?;
    file.enum_type.iter().try_for_each(enumeration)?;
    file.extension.iter().try_for_each(field)?;
    for service in &file.service {
        name(service.name())?;
        for method in &service.method {
            name(method.name())?;
            reference(method.input_type())?;
            reference(method.output_type())?;
        }
    }
    Ok(())
}

fn message(declared: &DescriptorProto) -> Result<()> {
    name(declared.name())?;
    declared.field.iter().try_for_each(field)?;
    declared.extension.iter().try_for_each(field)?;
    declared.enum_type.iter().try_for_each(enumeration)?;
    for oneof in &declared.oneof_decl {
        name(oneof.name())?;
    }
    declared
        .reserved_name
        .iter()
        .try_for_each(|reserved| name(reserved))?;
    declared.nested_type.iter().try_for_each(message)
}

fn field(declared: &FieldDescriptorProto) -> Result<()> {
    name(declared.name())?;
    declared.type_name.as_deref().map_or(Ok(()), reference)?;
    declared.extendee.as_deref().map_or(Ok(()), reference)
}

fn enumeration(declared: &EnumDescriptorProto) -> Result<()> {
    name(declared.name())?;
    for value in &declared.value {
        name(value.name())?;
    }
    declared
        .reserved_name
        .iter()
        .try_for_each(|reserved| name(reserved))
}

/// A full name, with or without its leading dot.
fn reference(text: &str) -> Result<()> {
    path(text.strip_prefix('.').unwrap_or(text))
}

fn path(text: &str) -> Result<()> {
    text.split('.').try_for_each(name)
}

fn name(text: &str) -> Result<()> {
    let is_name = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_name {
        Ok(())
    } else {
        Err(Error::failed(format!(
            "{text:?} in the descriptor is not a valid name"
        )))
    }
}
