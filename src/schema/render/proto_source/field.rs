//! Fields and extensions.

use super::arrange::{Item, Member};
use super::literal::{double, quoted, unescaped};
use super::locations::{Location, Statement};
use super::options::OptionSettings;
use super::scope::{Form, Scope, form, oneof};
use super::{Writer, below};
use crate::error::{Error, Result};
use crate::schema::descriptor::descriptor_proto::{
    DescriptorProto, FieldDescriptorProto, Label, OneofDescriptorProto, Type, tag,
};
use crate::schema::descriptor::full_name::join;

impl<'a> Writer<'a> {
    /// A field or an extension within its scope.
    pub fn field(
        &mut self,
        field: &FieldDescriptorProto,
        scope: Scope<'_>,
        path: &[i32],
    ) -> Result<()> {
        let location = self.locations.of(path);
        let label = self.label(field);
        let (name, number) = (field.name(), field.number());
        let settings = self.field_settings(field, scope)?;
        match form(self.file, field, scope) {
            Form::Group(message, at) => {
                // Compilers attach the comments of a group to its message.
                let message_path = below(scope.path, scope.message_tag, at);
                let location = self.locations.of(&message_path).or(location);
                let head = format!("{label}group {} = {number}", message.name());
                let head = format!("{head}{}", self.bracketed(&head, &settings));
                self.message_block(&head, message, &message_path, scope.name, &location)
            }
            form => {
                let kind = match form {
                    Form::Map(entry, _) => self.map(entry, scope)?,
                    _ => self.kind(field, scope.name)?,
                };
                let label = if matches!(form, Form::Map(..)) {
                    ""
                } else {
                    label
                };
                let head = format!("{label}{kind} {name} = {number}");
                let text = format!("{head}{};", self.bracketed(&head, &settings));
                self.text.before(&location);
                self.text.statement(&text, &location);
                Ok(())
            }
        }
    }

    fn map(&self, entry: &DescriptorProto, scope: Scope<'_>) -> Result<String> {
        let part = |number: i32| {
            let field = entry.field.iter().find(|field| field.number() == number);
            let field = field.ok_or_else(|| damaged(entry.name(), "lacks its key or value"))?;
            self.kind(field, scope.name)
        };
        Ok(format!("map<{}, {}>", part(1)?, part(2)?))
    }

    fn label(&self, field: &FieldDescriptorProto) -> &'static str {
        let label = field.label.and_then(|label| Label::try_from(label).ok());
        if oneof(field).is_some() {
            return "";
        }
        match label {
            Some(Label::Repeated) => "repeated ",
            Some(Label::Required) if !self.file.is_editions() => "required ",
            _ if self.file.is_proto2() || field.proto3_optional() => "optional ",
            _ => "",
        }
    }

    fn kind(&self, field: &FieldDescriptorProto, scope: &str) -> Result<String> {
        let kind = match field.r#type.map(Type::try_from) {
            Some(Ok(kind)) => kind,
            // The name has not been resolved.
            None if field.type_name.is_some() => Type::Message,
            _ => return Err(damaged(field.name(), "has an unknown type")),
        };
        Ok(match kind {
            Type::Double => "double",
            Type::Float => "float",
            Type::Int64 => "int64",
            Type::Uint64 => "uint64",
            Type::Int32 => "int32",
            Type::Fixed64 => "fixed64",
            Type::Fixed32 => "fixed32",
            Type::Bool => "bool",
            Type::String => "string",
            Type::Bytes => "bytes",
            Type::Uint32 => "uint32",
            Type::Sfixed32 => "sfixed32",
            Type::Sfixed64 => "sfixed64",
            Type::Sint32 => "sint32",
            Type::Sint64 => "sint64",
            Type::Group | Type::Message | Type::Enum => {
                return Ok(self.reference(field.type_name(), scope));
            }
        }
        .to_owned())
    }

    /// The field's options, including those that are not in `FieldOptions`.
    fn field_settings(
        &self,
        field: &FieldDescriptorProto,
        scope: Scope<'_>,
    ) -> Result<OptionSettings> {
        let mut settings = OptionSettings::default();
        if field.default_value.is_some() {
            settings.add("default", default(field)?);
        }
        let name = field.name();
        // An extension's is `[full.name]`, and cannot be set.
        if let Some(json_name) = &field.json_name
            && field.extendee.is_none()
            && *json_name != derived_json_name(name)
        {
            settings.add("json_name", quoted(json_name.as_bytes(), true));
        }
        let full_name = join(scope.name, name);
        let options = self.read_options("FieldOptions", field.options.as_ref(), &full_name)?;
        settings.list.extend(options.list);
        settings.unknown = options.unknown;
        if self.file.is_editions() {
            // Some descriptors have resolved features: as a label and a type, which source has to express by features.
            let is_required = field.label == Some(Label::Required.into());
            if is_required && !settings.has("features.field_presence") {
                settings.add("features.field_presence", "LEGACY_REQUIRED".to_owned());
            }
            let is_group = field.r#type == Some(Type::Group.into());
            if is_group && !settings.has("features.message_encoding") {
                settings.add("features.message_encoding", "DELIMITED".to_owned());
            }
        }
        Ok(settings)
    }

    /// The statements that declare extensions.
    pub fn extends(
        &self,
        extensions: &[FieldDescriptorProto],
        scope: Scope<'_>,
        list: &[i32],
    ) -> Vec<Item<'a>> {
        let alike = |a: usize, b: usize| {
            let extendee = |at: usize| extensions.get(at).map(FieldDescriptorProto::extendee);
            extendee(a) == extendee(b)
        };
        let statements = self.locations.statements(list, extensions.len(), alike);
        statements
            .into_iter()
            .map(|statement| Item {
                start: statement.location.start,
                message: extensions
                    .get(statement.elements.clone())
                    .unwrap_or_default()
                    .iter()
                    .find_map(|field| form(self.file, field, scope).declares()),
                member: Member::Extend(statement),
            })
            .collect()
    }

    /// `extend Message { … }`
    pub fn extend(
        &mut self,
        statement: &Statement<'_>,
        extensions: &[FieldDescriptorProto],
        scope: Scope<'_>,
        list: &[i32],
    ) -> Result<()> {
        let elements = statement.elements.clone();
        let fields = extensions.get(elements.clone()).unwrap_or_default();
        let extendee = fields.first().map(FieldDescriptorProto::extendee);
        let extendee = self.reference(extendee.unwrap_or_default(), scope.name);
        let head = format!("extend {extendee}");
        self.block(&head, &statement.location, |writer| {
            for (at, field) in elements.zip(fields) {
                let index = i32::try_from(at).unwrap_or(i32::MAX);
                writer.field(field, scope, &[list, &[index]].concat())?;
            }
            Ok(())
        })
    }

    /// A single field, or a single extension in a block of its own.
    pub fn lone_field(
        &mut self,
        field: &FieldDescriptorProto,
        message: Option<&DescriptorProto>,
        path: &[i32],
        scope_name: &str,
    ) -> Result<()> {
        let [parent @ .., _, _] = path else {
            return Ok(());
        };
        let scope = match message {
            Some(message) => Scope::of(message, scope_name, parent),
            None => self.file_scope(),
        };
        if field.extendee.is_none() {
            return self.field(field, scope, path);
        }
        let extendee = self.reference(field.extendee(), scope_name);
        // The comments of the statement may be about everything that it declares.
        let nothing = Location::default();
        self.block(&format!("extend {extendee}"), &nothing, |writer| {
            writer.field(field, scope, path)
        })
    }

    /// A single oneof. That of an `optional` field is shown as the field.
    pub fn lone_oneof(
        &mut self,
        declared: &OneofDescriptorProto,
        message: &DescriptorProto,
        path: &[i32],
        scope_name: &str,
    ) -> Result<()> {
        let [parent @ .., _, index] = path else {
            return Ok(());
        };
        let scope = Scope::of(message, scope_name, parent);
        let hidden = |field: &&FieldDescriptorProto| {
            field.proto3_optional() && field.oneof_index == Some(*index)
        };
        if let Some(at) = message.field.iter().position(|field| hidden(&field)) {
            return match message.field.get(at) {
                Some(field) => self.field(field, scope, &below(parent, tag::message::FIELD, at)),
                None => Ok(()),
            };
        }
        let index = usize::try_from(*index).unwrap_or(usize::MAX);
        self.oneof(declared, index, message, scope)
    }
}

/// The default value as a literal. A descriptor has it as text, whose form depends on the type.
fn default(field: &FieldDescriptorProto) -> Result<String> {
    let text = field.default_value();
    let bad = || damaged(field.name(), &format!("has the default value {text:?}"));
    Ok(
        match field.r#type.and_then(|kind| Type::try_from(kind).ok()) {
            Some(Type::String) => quoted(text.as_bytes(), true),
            Some(Type::Bytes) => quoted(&unescaped(text).ok_or_else(bad)?, false),
            Some(Type::Double | Type::Float) => match text.parse::<f64>() {
                // Some compilers write out all digits of 1e300, which is too long for an integer literal.
                Ok(value) if text.len() > 16 && !text.contains(['.', 'e']) => double(value),
                Ok(_) => text.to_owned(),
                Err(_) => return Err(bad()),
            },
            _ => {
                let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
                if text.is_empty() || !text.chars().all(is_plain) {
                    return Err(bad());
                }
                text.to_owned()
            }
        },
    )
}

fn damaged(name: &str, how: &str) -> Error {
    Error::failed(format!("{name} in the descriptor {how}"))
}

/// The JSON name that compilers derive from a field's name: underscores are removed, and the letters after them
/// capitalized.
fn derived_json_name(name: &str) -> String {
    let mut json_name = String::with_capacity(name.len());
    let mut capitalize = false;
    for c in name.chars() {
        if c == '_' {
            capitalize = true;
        } else if capitalize {
            json_name.push(c.to_ascii_uppercase());
            capitalize = false;
        } else {
            json_name.push(c);
        }
    }
    json_name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_names_are_camel_case() {
        assert_eq!(derived_json_name("foo_bar__baz_"), "fooBarBaz");
        assert_eq!(derived_json_name("_foo"), "Foo");
    }
}
