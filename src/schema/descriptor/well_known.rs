//! protobuf's own files, above all google/protobuf/descriptor.proto, which describes descriptors. prost-reflect's copy
//! of it ends at edition 2023; what edition 2024 added is added here.

use std::sync::OnceLock;

use bytes::Bytes;
use prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto,
};
use prost_reflect::{DescriptorPool, MessageDescriptor};

use super::descriptor_proto::{Label, Type};

/// The name of the file that describes descriptors.
pub const DESCRIPTOR_PROTO: &str = "google/protobuf/descriptor.proto";

/// One of protobuf's own files, such as `google/protobuf/timestamp.proto`, encoded.
pub fn file(name: &str) -> Option<Bytes> {
    if !name.starts_with("google/protobuf/") {
        return None;
    }
    let file = DescriptorPool::global().get_file_by_name(name)?;
    Some(file.encode_to_vec().into())
}

/// A message of descriptor.proto, by its simple name. The schema's own copy, which its custom options extend, comes
/// before ours.
pub fn descriptor_message(schema: &DescriptorPool, name: &str) -> Option<MessageDescriptor> {
    let name = format!("google.protobuf.{name}");
    let mut pools = [schema, pool()].into_iter();
    pools.find_map(|pool| pool.get_message_by_name(&name))
}

/// The pool of the well-known types, with a descriptor.proto that knows edition 2024.
pub fn pool() -> &'static DescriptorPool {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    POOL.get_or_init(|| {
        let known = DescriptorPool::global();
        let mut pool = DescriptorPool::new();
        let files: Vec<_> = known
            .file_descriptor_protos()
            .cloned()
            .map(|mut file| {
                if file.name() == DESCRIPTOR_PROTO {
                    extend(&mut file);
                }
                file
            })
            .collect();
        match pool.add_file_descriptor_protos(files) {
            Ok(()) => pool,
            // A newer prost-reflect has these additions itself.
            Err(_) => known,
        }
    })
}

fn extend(file: &mut FileDescriptorProto) {
    for value in [
        ("EDITION_LEGACY", 900),
        ("EDITION_2024", 1001),
        ("EDITION_2026", 1002),
        ("EDITION_UNSTABLE", 9999),
        ("EDITION_MAX", i32::MAX),
    ] {
        add_value(&mut file.enum_type, "Edition", value);
    }
    file.enum_type.push(enumeration(
        "SymbolVisibility",
        &[
            ("VISIBILITY_UNSET", 0),
            ("VISIBILITY_LOCAL", 1),
            ("VISIBILITY_EXPORT", 2),
        ],
    ));
    for message in &mut file.message_type {
        match message.name() {
            "FileDescriptorProto" => {
                let mut field = field("option_dependency", 15, Type::String, None);
                field.set_label(Label::Repeated);
                message.field.push(field);
            }
            "DescriptorProto" => {
                let field = enum_field("visibility", 11, "SymbolVisibility");
                message.field.push(field);
            }
            "EnumDescriptorProto" => {
                let field = enum_field("visibility", 6, "SymbolVisibility");
                message.field.push(field);
            }
            "FieldOptions" => field_options(message),
            "EnumValueOptions" => message.field.push(field(
                "feature_support",
                4,
                Type::Message,
                Some("FieldOptions.FeatureSupport"),
            )),
            "FeatureSet" => feature_set(message),
            _ => {}
        }
    }
}

fn field_options(message: &mut DescriptorProto) {
    message.field.push(field(
        "feature_support",
        22,
        Type::Message,
        Some("FieldOptions.FeatureSupport"),
    ));
    message.nested_type.push(DescriptorProto {
        name: Some("FeatureSupport".to_owned()),
        field: vec![
            enum_field("edition_introduced", 1, "Edition"),
            enum_field("edition_deprecated", 2, "Edition"),
            field("deprecation_warning", 3, Type::String, None),
            enum_field("edition_removed", 4, "Edition"),
            field("removal_error", 5, Type::String, None),
        ],
        ..DescriptorProto::default()
    });
}

fn feature_set(message: &mut DescriptorProto) {
    // It is 1 in prost-reflect 0.16.
    let enums = message.enum_type.iter_mut();
    let mut values = enums.flat_map(|declared| &mut declared.value);
    if let Some(none) = values.find(|value| value.name() == "NONE") {
        none.number = Some(3);
    }
    message.field.push(enum_field(
        "enforce_naming_style",
        7,
        "FeatureSet.EnforceNamingStyle",
    ));
    message.field.push(enum_field(
        "default_symbol_visibility",
        8,
        "FeatureSet.VisibilityFeature.DefaultSymbolVisibility",
    ));
    message.enum_type.push(enumeration(
        "EnforceNamingStyle",
        &[
            ("ENFORCE_NAMING_STYLE_UNKNOWN", 0),
            ("STYLE2024", 1),
            ("STYLE_LEGACY", 2),
            ("STYLE2026", 3),
        ],
    ));
    message.nested_type.push(DescriptorProto {
        name: Some("VisibilityFeature".to_owned()),
        enum_type: vec![enumeration(
            "DefaultSymbolVisibility",
            &[
                ("DEFAULT_SYMBOL_VISIBILITY_UNKNOWN", 0),
                ("EXPORT_ALL", 1),
                ("EXPORT_TOP_LEVEL", 2),
                ("LOCAL_ALL", 3),
                ("STRICT", 4),
            ],
        )],
        ..DescriptorProto::default()
    });
}

/// An optional field of an enum type.
fn enum_field(name: &str, number: i32, type_name: &str) -> FieldDescriptorProto {
    field(name, number, Type::Enum, Some(type_name))
}

fn field(name: &str, number: i32, kind: Type, type_name: Option<&str>) -> FieldDescriptorProto {
    let mut field = FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        type_name: type_name.map(|name| format!(".google.protobuf.{name}")),
        ..FieldDescriptorProto::default()
    };
    field.set_label(Label::Optional);
    field.set_type(kind);
    field
}

fn enumeration(name: &str, values: &[(&str, i32)]) -> EnumDescriptorProto {
    EnumDescriptorProto {
        name: Some(name.to_owned()),
        value: values.iter().copied().map(value).collect(),
        ..EnumDescriptorProto::default()
    }
}

fn add_value(enums: &mut [EnumDescriptorProto], name: &str, (value_name, number): (&str, i32)) {
    if let Some(found) = enums.iter_mut().find(|found| found.name() == name)
        && !found.value.iter().any(|value| value.name() == value_name)
    {
        found.value.push(value((value_name, number)));
    }
}

fn value((name, number): (&str, i32)) -> EnumValueDescriptorProto {
    EnumValueDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        options: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_of_edition_2024_are_known() {
        let has = |message: &str, field: &str| {
            pool()
                .get_message_by_name(&format!("google.protobuf.{message}"))
                .is_some_and(|message| message.get_field_by_name(field).is_some())
        };
        assert!(has("FileDescriptorProto", "edition"));
        assert!(has("FileDescriptorProto", "option_dependency"));
        assert!(has("DescriptorProto", "visibility"));
        assert!(has("FeatureSet", "default_symbol_visibility"));
        assert!(has("FieldOptions", "feature_support"));
    }
}
