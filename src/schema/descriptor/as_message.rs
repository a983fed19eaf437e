//! A symbol's descriptor as a message: descriptors are protobuf messages, and can be printed as such.

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost_reflect::{DescriptorPool, MessageDescriptor};

use super::declaration::find_declaration;
use super::descriptor_proto::FileDescriptorProto;
use super::well_known::descriptor_message;
use crate::error::{Error, Result};

/// The descriptor of a symbol that the file declares: its type and its encoded form. Comments are not part of it; they
/// are in the file's source code info.
pub fn symbol_as_message(
    bytes: &[u8],
    pool: &DescriptorPool,
    full_name: &str,
) -> Result<(MessageDescriptor, Vec<u8>)> {
    let file = FileDescriptorProto::parse(bytes)?;
    let found = find_declaration(&file, full_name)
        .ok_or_else(|| Error::failed(format!("{} does not declare {full_name}", file.name())))?;
    let mut element = bytes;
    for step in found.path.chunks_exact(2) {
        let &[number, index] = step else { continue };
        element = nth_field(element, number, index).ok_or_else(damaged)?;
    }
    let descriptor = descriptor_message(pool, found.descriptor.type_name()).ok_or_else(damaged)?;
    Ok((descriptor, element.to_vec()))
}

/// One element of a repeated message field, encoded.
fn nth_field(bytes: &[u8], number: i32, index: i32) -> Option<&[u8]> {
    let number = u32::try_from(number).ok()?;
    let mut remaining = usize::try_from(index).ok()?;
    let mut rest = bytes;
    loop {
        let (found, wire_type) = decode_key(&mut rest).ok()?;
        if found != number || wire_type != WireType::LengthDelimited {
            skip_field(wire_type, found, &mut rest, DecodeContext::default()).ok()?;
            continue;
        }
        let length = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
        let (value, after) = rest.split_at_checked(length)?;
        if remaining == 0 {
            return Some(value);
        }
        (remaining, rest) = (remaining - 1, after);
    }
}

fn damaged() -> Error {
    Error::failed("a file descriptor is damaged")
}

#[cfg(test)]
mod tests {
    use prost_reflect::DynamicMessage;

    use super::*;
    use crate::schema::testing::corpus::corpus;

    fn described(file: &str, full_name: &str) -> (String, String) {
        let corpus = corpus();
        let (descriptor, bytes) =
            symbol_as_message(&corpus.files[file], &corpus.pool, full_name).unwrap();
        let message = DynamicMessage::decode(descriptor.clone(), bytes.as_slice()).unwrap();
        let json = serde_json::to_string(&message).unwrap();
        (descriptor.name().to_owned(), json)
    }

    #[test]
    fn every_kind_of_symbol_has_its_kind_of_descriptor() {
        let kind = |file, name| described(file, name).0;
        let three = "corpus/proto3.proto";
        assert_eq!(kind(three, "corpus.three.Everything"), "DescriptorProto");
        assert_eq!(
            kind(three, "corpus.three.Everything.Nested.Deep.Deeper"),
            "DescriptorProto"
        );
        assert_eq!(
            kind(three, "corpus.three.Everything.a_bool"),
            "FieldDescriptorProto"
        );
        assert_eq!(
            kind(three, "corpus.three.Everything.choice"),
            "OneofDescriptorProto"
        );
        assert_eq!(kind(three, "corpus.three.Open"), "EnumDescriptorProto");
        assert_eq!(
            kind(three, "corpus.three.OPEN_ONE"),
            "EnumValueDescriptorProto"
        );
        assert_eq!(
            kind(three, "corpus.three.Everythings"),
            "ServiceDescriptorProto"
        );
        assert_eq!(
            kind(three, ".corpus.three.Everythings.Bidi"),
            "MethodDescriptorProto"
        );
        let two = "corpus/proto2.proto";
        assert_eq!(
            kind(two, "corpus.two.Element.in_set"),
            "FieldDescriptorProto"
        );
    }

    #[test]
    fn custom_options_are_shown_by_name() {
        let (_, json) = described("corpus/options.proto", "corpus.options.Colors.SOME");
        let expected = r#"{"name":"SOME","number":1,"options":{"deprecated":true,"[corpus.declared.value_text]":"Übung"}}"#;
        assert_eq!(json, expected);
    }

    #[test]
    fn a_symbol_that_the_file_does_not_declare_is_an_error() {
        let corpus = corpus();
        let bytes = &corpus.files["corpus/proto2.proto"];
        let error = symbol_as_message(bytes, &corpus.pool, "corpus.two.Nope").unwrap_err();
        assert_eq!(
            error.to_string(),
            "corpus/proto2.proto does not declare corpus.two.Nope"
        );
    }
}
