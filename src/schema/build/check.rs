//! Checks that prost-reflect relies on. It panics or never returns on some descriptors that no compiler writes, but that
//! a server may send or a file may contain. They are refused before it sees them.

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::prost_types::field_descriptor_proto::Type;
use prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    UninterpretedOption,
};
use prost_reflect::{DescriptorPool, DynamicMessage};

use super::merge::merge_descriptor_proto;
use crate::error::BoxError;
use crate::schema::descriptor::full_name::join;

/// The types of options. prost-reflect looks them up by name in the pool that it adds a file to.
const OPTIONS: [&str; 9] = [
    "FileOptions",
    "MessageOptions",
    "FieldOptions",
    "OneofOptions",
    "EnumOptions",
    "EnumValueOptions",
    "ServiceOptions",
    "MethodOptions",
    "ExtensionRangeOptions",
];

/// Checks a file, and returns the one to use in its place: protobuf's own descriptor.proto, under any name, is merged
/// into ours (see [`merge_descriptor_proto`]).
pub fn check_file(file: Bytes) -> Result<Bytes, BoxError> {
    let decoded = FileDescriptorProto::decode(file.as_ref())?;
    // An empty syntax, unlike an absent one, is not proto2.
    if decoded.syntax.as_deref() == Some("") {
        return Err("its syntax is unknown".into());
    }
    if decoded.package() == "google.protobuf" {
        let mut messages = decoded.message_type.iter();
        if messages.any(|message| OPTIONS.contains(&message.name())) {
            let merged = Bytes::from(merge_descriptor_proto(&file)?);
            check_elements(&FileDescriptorProto::decode(merged.as_ref())?)?;
            return Ok(merged);
        }
    } else {
        let mut messages = decoded.message_type.iter();
        messages.try_for_each(|message| defines_no_options(message, decoded.package()))?;
    }
    check_elements(&decoded)?;
    Ok(file)
}

/// The types of options may be defined in descriptor.proto only, and not as members of a message called `protobuf`.
fn defines_no_options(message: &DescriptorProto, scope: &str) -> Result<(), BoxError> {
    let full_name = join(scope, message.name());
    if let Some(name) = full_name.strip_prefix("google.protobuf.")
        && OPTIONS.contains(&name)
    {
        return Err(format!("it defines {full_name}").into());
    }
    let mut nested = message.nested_type.iter();
    nested.try_for_each(|nested| defines_no_options(nested, &full_name))
}

fn check_elements(file: &FileDescriptorProto) -> Result<(), BoxError> {
    if let Some(options) = &file.options {
        check_interpreted(&options.uninterpreted_option)?;
    }
    file.message_type.iter().try_for_each(message)?;
    file.enum_type.iter().try_for_each(enumeration)?;
    file.extension.iter().try_for_each(field)?;
    for service in &file.service {
        if let Some(options) = &service.options {
            check_interpreted(&options.uninterpreted_option)?;
        }
        for options in service.method.iter().flat_map(|method| &method.options) {
            check_interpreted(&options.uninterpreted_option)?;
        }
    }
    Ok(())
}

/// Checks that the options of these files can be decoded with the descriptor.proto and the extensions that are in the
/// pool by now: prost-reflect decodes options each time it is asked for them, and panics if it cannot.
pub fn check_options<'a>(
    pool: &DescriptorPool,
    files: impl Iterator<Item = &'a Bytes>,
) -> Result<(), BoxError> {
    let Some(descriptor) = pool.get_message_by_name("google.protobuf.FileDescriptorProto") else {
        return Ok(());
    };
    for file in files {
        DynamicMessage::decode(descriptor.clone(), file.as_ref())?;
    }
    Ok(())
}

fn message(message: &DescriptorProto) -> Result<(), BoxError> {
    if let Some(options) = &message.options {
        check_interpreted(&options.uninterpreted_option)?;
        let has = |number| message.field.iter().any(|field| field.number() == number);
        if options.map_entry() && !(has(1) && has(2)) {
            return Err(format!(
                "the map entry {} lacks its key or its value",
                message.name()
            )
            .into());
        }
    }
    for options in message.oneof_decl.iter().flat_map(|oneof| &oneof.options) {
        check_interpreted(&options.uninterpreted_option)?;
    }
    let ranges = message.extension_range.iter();
    for options in ranges.flat_map(|range| &range.options) {
        check_interpreted(&options.uninterpreted_option)?;
    }
    message.field.iter().try_for_each(field)?;
    message.extension.iter().try_for_each(field)?;
    message.enum_type.iter().try_for_each(enumeration)?;
    message.nested_type.iter().try_for_each(self::message)
}

fn field(field: &FieldDescriptorProto) -> Result<(), BoxError> {
    if let Some(options) = &field.options {
        check_interpreted(&options.uninterpreted_option)?;
    }
    if field.r#type() == Type::Bytes && !is_escaped(field.default_value()) {
        return Err(format!(
            "the default value of {} is not an escaped string",
            field.name()
        )
        .into());
    }
    Ok(())
}

fn enumeration(descriptor: &EnumDescriptorProto) -> Result<(), BoxError> {
    if let Some(options) = &descriptor.options {
        check_interpreted(&options.uninterpreted_option)?;
    }
    for options in descriptor.value.iter().flat_map(|value| &value.options) {
        check_interpreted(&options.uninterpreted_option)?;
    }
    Ok(())
}

/// Compilers interpret every option, and prost-reflect's own interpreter recurses without limit.
fn check_interpreted(options: &[UninterpretedOption]) -> Result<(), BoxError> {
    match options {
        [] => Ok(()),
        _ => Err("it has uninterpreted options".into()),
    }
}

/// Whether prost-reflect can unescape the text: it is ASCII, and no octal escape is larger than a byte.
fn is_escaped(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'\\', [b'4'..=b'7', b'0'..=b'7', b'0'..=b'7', ..]) => return false,
            (b'\\', [_, tail @ ..]) => tail,
            _ => tail,
        };
    }
    text.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost_reflect::prost_types::MessageOptions;

    fn file(package: &str, message: DescriptorProto) -> Bytes {
        FileDescriptorProto {
            name: Some("hostile.proto".to_owned()),
            package: Some(package.to_owned()),
            message_type: vec![message],
            ..FileDescriptorProto::default()
        }
        .encode_to_vec()
        .into()
    }

    fn named(name: &str) -> DescriptorProto {
        DescriptorProto {
            name: Some(name.to_owned()),
            ..DescriptorProto::default()
        }
    }

    #[test]
    fn an_empty_syntax_is_refused() {
        let file = FileDescriptorProto {
            syntax: Some(String::new()),
            ..FileDescriptorProto::default()
        };
        assert!(check_file(file.encode_to_vec().into()).is_err());
    }

    #[test]
    fn a_map_entry_without_a_key_is_refused() {
        let entry = DescriptorProto {
            options: Some(MessageOptions {
                map_entry: Some(true),
                ..MessageOptions::default()
            }),
            ..named("Entry")
        };
        assert!(check_file(file("", entry)).is_err());
    }

    #[test]
    fn the_types_of_options_are_merged_into_ours() {
        let replaced = check_file(file("google.protobuf", named("FieldOptions"))).unwrap();
        let replaced = FileDescriptorProto::decode(replaced).unwrap();
        assert_eq!(replaced.name(), "hostile.proto");
        assert!(replaced.message_type.len() > 10);

        let nested = DescriptorProto {
            nested_type: vec![named("FieldOptions")],
            ..named("protobuf")
        };
        assert!(check_file(file("google", nested)).is_err());
    }

    #[test]
    fn defaults_that_prost_reflect_cannot_unescape_are_refused() {
        for (text, good) in [
            ("", true),
            ("a\\377\\x41\\\\", true),
            ("\\777", false),
            ("\\\\777", true),
            ("\\xé", false),
        ] {
            assert_eq!(is_escaped(text), good, "{text}");
        }
    }
}
