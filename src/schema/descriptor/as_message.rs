//! A symbol's own descriptor, as a message that can be printed like any other: descriptors are protobuf too.

use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, Value};

use super::declaration::find;
use super::descriptor_proto::{FileDescriptorProto, tag};
use super::well_known;
use crate::error::{Error, Result};

/// The descriptor of a symbol that the file declares: its type and its bytes. Comments are the file's, not its.
pub fn descriptor_message(
    bytes: &[u8],
    pool: &DescriptorPool,
    full_name: &str,
) -> Result<(MessageDescriptor, Vec<u8>)> {
    let file = FileDescriptorProto::parse(bytes)?;
    let found = find(&file, full_name)
        .ok_or_else(|| Error::failed(format!("{} does not declare {full_name}", file.name())))?;
    let mut element = bytes;
    for step in found.path.chunks_exact(2) {
        let &[tag, index] = step else { continue };
        let (Ok(tag), Ok(index)) = (u32::try_from(tag), usize::try_from(index)) else {
            continue;
        };
        element = fields(element)
            .ok_or_else(damaged)?
            .into_iter()
            .filter(|field| field.number == tag)
            .nth(index)
            .map(|field| field.value)
            .ok_or_else(damaged)?;
    }
    described(found.element.descriptor_type(), pool, element)
}

/// The descriptor of a whole file, without what it says about its source.
pub fn file_message(bytes: &[u8], pool: &DescriptorPool) -> Result<(MessageDescriptor, Vec<u8>)> {
    let mut kept = Vec::with_capacity(bytes.len());
    for field in fields(bytes).ok_or_else(damaged)? {
        if field.number != tag::file::SOURCE_CODE_INFO.unsigned_abs() {
            kept.extend_from_slice(field.whole);
        }
    }
    described("google.protobuf.FileDescriptorProto", pool, &kept)
}

/// A field as it is on the wire.
struct Field<'a> {
    number: u32,
    whole: &'a [u8],
    /// What it holds, if that has a length.
    value: &'a [u8],
}

fn fields(bytes: &[u8]) -> Option<Vec<Field<'_>>> {
    let mut fields = Vec::new();
    let mut rest = bytes;
    while rest.has_remaining() {
        let start = rest;
        let (number, wire_type) = decode_key(&mut rest).ok()?;
        let mut value: &[u8] = &[];
        if wire_type == WireType::LengthDelimited {
            let length = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
            (value, rest) = rest.split_at_checked(length)?;
        } else {
            skip_field(wire_type, number, &mut rest, DecodeContext::default()).ok()?;
        }
        let whole = start.get(..start.len() - rest.len())?;
        fields.push(Field {
            number,
            whole,
            value,
        });
    }
    Some(fields)
}

/// The message that describes it: of the schema's own descriptor.proto, which its custom options extend, unless ours
/// knows more of it.
fn described(
    name: &str,
    pool: &DescriptorPool,
    bytes: &[u8],
) -> Result<(MessageDescriptor, Vec<u8>)> {
    let decoded = [pool, well_known::pool()]
        .into_iter()
        .filter_map(|pool| pool.get_message_by_name(name))
        .filter_map(|descriptor| {
            let message = DynamicMessage::decode(descriptor.clone(), bytes).ok()?;
            Some((unknown_fields(&message), descriptor))
        });
    let (_, descriptor) = decoded
        .min_by_key(|(unknown, _)| *unknown)
        .ok_or_else(damaged)?;
    Ok((descriptor, bytes.to_vec()))
}

/// How many fields the message's type does not know, at any depth.
fn unknown_fields(message: &DynamicMessage) -> usize {
    let inside = |value: &Value| match value {
        Value::Message(message) => unknown_fields(message),
        Value::List(list) => list
            .iter()
            .filter_map(Value::as_message)
            .map(unknown_fields)
            .sum(),
        _ => 0,
    };
    let fields = message.fields().map(|(_, value)| inside(value));
    let extensions = message.extensions().map(|(_, value)| inside(value));
    message.unknown_fields().count() + fields.chain(extensions).sum::<usize>()
}

fn damaged() -> Error {
    Error::failed("a file descriptor is damaged")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::testing::corpus::corpus;

    fn described(file: &str, full_name: &str) -> (String, String) {
        let corpus = corpus();
        let (descriptor, bytes) =
            descriptor_message(&corpus.files[file], &corpus.pool, full_name).unwrap();
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
    fn a_file_is_described_without_its_comments() {
        let corpus = corpus();
        let bytes = &corpus.files["corpus/comments.proto"];
        let (descriptor, bytes) = file_message(bytes, &corpus.pool).unwrap();
        let message = DynamicMessage::decode(descriptor, bytes.as_slice()).unwrap();
        assert!(message.has_field_by_name("message_type"));
        assert!(!message.has_field_by_name("source_code_info"));
    }

    #[test]
    fn a_symbol_that_is_not_there_is_an_error() {
        let corpus = corpus();
        let bytes = &corpus.files["corpus/proto2.proto"];
        let error = descriptor_message(bytes, &corpus.pool, "corpus.two.Nope").unwrap_err();
        assert_eq!(
            error.to_string(),
            "corpus/proto2.proto does not declare corpus.two.Nope"
        );
    }
}
