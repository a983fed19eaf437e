//! What prost-reflect takes on trust. It panics, or does not come to an end, on some descriptors that no compiler
//! writes but that a server or a file may hold; they are refused before it sees them, or replaced.

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::prost_types::field_descriptor_proto::Type;
use prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    UninterpretedOption,
};
use prost_reflect::{DescriptorPool, DynamicMessage};

use super::encoded_file;
use crate::error::BoxError;

const DESCRIPTOR: &str = "google/protobuf/descriptor.proto";

/// The types of options, which prost-reflect looks up by name in whatever pool it fills.
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

/// Checks a file, and replaces it when it is protobuf's descriptor.proto, whatever it is called: options have to be
/// read with the definitions that prost-reflect was made for.
pub fn check_file(file: Bytes) -> Result<Bytes, BoxError> {
    let decoded = FileDescriptorProto::decode(file.as_ref())?;
    // There, and empty: another thing than not there, which is proto2.
    if decoded.syntax.as_deref() == Some("") {
        return Err("its syntax is unknown".into());
    }
    if decoded.package() == "google.protobuf"
        && decoded
            .message_type
            .iter()
            .any(|message| OPTIONS.contains(&message.name()))
    {
        let own = encoded_file::well_known(DESCRIPTOR).unwrap_or_default();
        return Ok(encoded_file::renamed(&own, decoded.name())?.into());
    }
    if let Some(options) = &decoded.options {
        compiled(&options.uninterpreted_option)?;
    }
    for message in &decoded.message_type {
        self::message(message, decoded.package())?;
    }
    decoded.enum_type.iter().try_for_each(enumeration)?;
    decoded.extension.iter().try_for_each(field)?;
    for service in &decoded.service {
        if let Some(options) = &service.options {
            compiled(&options.uninterpreted_option)?;
        }
        for options in service.method.iter().flat_map(|method| &method.options) {
            compiled(&options.uninterpreted_option)?;
        }
    }
    Ok(file)
}

/// Checks that all options of these files can be read by the extensions that the pool has by now: prost-reflect reads
/// them anew whenever it is asked for them, and an extension may have come after the option.
pub fn check_options<'a>(
    pool: &DescriptorPool,
    files: impl Iterator<Item = &'a Bytes>,
) -> Result<(), BoxError> {
    let Some(descriptor) = pool.get_message_by_name("google.protobuf.FileDescriptorProto") else {
        return Ok(());
    };
    let extends_options = |extension: prost_reflect::ExtensionDescriptor| {
        let extended = extension.containing_message();
        extended.package_name() == "google.protobuf" && OPTIONS.contains(&extended.name())
    };
    if pool.all_extensions().any(extends_options) {
        for file in files {
            DynamicMessage::decode(descriptor.clone(), file.as_ref())?;
        }
    }
    Ok(())
}

fn message(message: &DescriptorProto, scope: &str) -> Result<(), BoxError> {
    let full_name = format!("{scope}.{}", message.name());
    if let Some(name) = full_name
        .trim_start_matches('.')
        .strip_prefix("google.protobuf.")
        && OPTIONS.contains(&name)
    {
        return Err(format!("it defines google.protobuf.{name}").into());
    }
    if let Some(options) = &message.options {
        compiled(&options.uninterpreted_option)?;
        let has = |number| message.field.iter().any(|field| field.number() == number);
        if options.map_entry() && !(has(1) && has(2)) {
            return Err(format!("the map entry {full_name} has no key or no value").into());
        }
    }
    for options in message.oneof_decl.iter().flat_map(|oneof| &oneof.options) {
        compiled(&options.uninterpreted_option)?;
    }
    for options in message
        .extension_range
        .iter()
        .flat_map(|range| &range.options)
    {
        compiled(&options.uninterpreted_option)?;
    }
    message.field.iter().try_for_each(field)?;
    message.extension.iter().try_for_each(field)?;
    message.enum_type.iter().try_for_each(enumeration)?;
    message
        .nested_type
        .iter()
        .try_for_each(|nested| self::message(nested, &full_name))
}

fn field(field: &FieldDescriptorProto) -> Result<(), BoxError> {
    if let Some(options) = &field.options {
        compiled(&options.uninterpreted_option)?;
    }
    if field.r#type() == Type::Bytes && !is_escaped(field.default_value()) {
        return Err(format!("the default of {} is no escaped string", field.name()).into());
    }
    Ok(())
}

fn enumeration(descriptor: &EnumDescriptorProto) -> Result<(), BoxError> {
    if let Some(options) = &descriptor.options {
        compiled(&options.uninterpreted_option)?;
    }
    for options in descriptor.value.iter().flat_map(|value| &value.options) {
        compiled(&options.uninterpreted_option)?;
    }
    Ok(())
}

/// Compilers leave no option uninterpreted, and prost-reflect's own interpreter recurses without bound.
fn compiled(options: &[UninterpretedOption]) -> Result<(), BoxError> {
    match options {
        [] => Ok(()),
        _ => Err("it has options that no compiler has interpreted".into()),
    }
}

/// Whether prost-reflect can unescape it: ASCII, and no octal escape beyond a byte.
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
            name: Some("evil.proto".to_owned()),
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
    fn the_types_of_options_are_protobufs_own() {
        let replaced = check_file(file("google.protobuf", named("FieldOptions"))).unwrap();
        let replaced = FileDescriptorProto::decode(replaced).unwrap();
        assert_eq!(replaced.name(), "evil.proto");
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
