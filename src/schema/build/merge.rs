//! A schema's own google/protobuf/descriptor.proto, merged into ours.
//!
//! prost-reflect decodes options with the pool's descriptor.proto and with the types that it was compiled with, and
//! panics if the two disagree about a field. So a schema's copy cannot be used as it is. It cannot be ignored either: a
//! newer one has fields and extension ranges that the schema's custom options need.

use prost::Message as _;

use crate::error::BoxError;
use crate::schema::descriptor::descriptor_proto::{
    DescriptorProto, EnumDescriptorProto, FileDescriptorProto, Range,
};
use crate::schema::descriptor::well_known::{self, DESCRIPTOR_PROTO};

/// Our descriptor.proto, encoded, with the file name of the schema's and what only the schema's has: fields, extension
/// ranges, types and enum values. If the two disagree about a field, ours counts.
pub fn merge_descriptor_proto(theirs: &[u8]) -> Result<Vec<u8>, BoxError> {
    let ours = well_known::pool()
        .get_file_by_name(DESCRIPTOR_PROTO)
        .ok_or("descriptor.proto is missing")?;
    let mut merged = FileDescriptorProto::parse(&ours.encode_to_vec())?;
    let theirs = FileDescriptorProto::parse(theirs)?;
    merged.name = theirs.name;
    merge_messages(&mut merged.message_type, theirs.message_type);
    merge_enums(&mut merged.enum_type, theirs.enum_type);
    Ok(merged.encode_to_vec())
}

fn merge_messages(merged: &mut Vec<DescriptorProto>, theirs: Vec<DescriptorProto>) {
    for message in theirs {
        match merged.iter_mut().find(|it| it.name == message.name) {
            Some(known) => merge_message(known, message),
            None => merged.push(message),
        }
    }
}

fn merge_message(merged: &mut DescriptorProto, theirs: DescriptorProto) {
    // Reserved numbers matter to the authors of a file, not to its readers.
    merged.reserved_range.clear();
    for mut field in theirs.field {
        let mut known = merged.field.iter();
        if !known.any(|it| it.number == field.number || it.name == field.name) {
            // descriptor.proto has no oneofs, and none are merged.
            field.oneof_index = None;
            field.proto3_optional = None;
            merged.field.push(field);
        }
    }
    for range in theirs.extension_range {
        let is_known = |it: &Range| it.start() <= range.start() && range.end() <= it.end();
        let is_taken = |number| range.start() <= number && number < range.end();
        let mut taken = merged.field.iter().filter(|field| is_taken(field.number()));
        if !merged.extension_range.iter().any(is_known) && taken.next().is_none() {
            merged.extension_range.push(range);
        }
    }
    merge_messages(&mut merged.nested_type, theirs.nested_type);
    merge_enums(&mut merged.enum_type, theirs.enum_type);
}

/// About an enum's values theirs counts: nothing but names depends on them, and prost-reflect 0.16 has a wrong one
/// (`Utf8Validation.NONE`).
fn merge_enums(merged: &mut Vec<EnumDescriptorProto>, theirs: Vec<EnumDescriptorProto>) {
    for mut enumeration in theirs {
        enumeration.reserved_range.clear();
        let Some(known) = merged.iter_mut().find(|it| it.name == enumeration.name) else {
            merged.push(enumeration);
            continue;
        };
        let ours = std::mem::replace(known, enumeration).value;
        for value in ours {
            let mut theirs = known.value.iter();
            if !theirs.any(|it| it.number == value.number || it.name == value.name) {
                known.value.push(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::error::Result;
    use crate::schema::build::file_set::FileSet;
    use crate::schema::build::schema::Schema;
    use crate::schema::testing;

    /// A schema of this descriptor.proto and a file with options.
    fn build(descriptor_proto: Bytes) -> Result<Schema> {
        let file = testing::file("a.proto", "message A { repeated int32 numbers = 1; }");
        let mut file = prost_reflect::prost_types::FileDescriptorProto::decode(file).unwrap();
        let options = &mut file.message_type[0].field[0].options;
        options.get_or_insert_default().packed = Some(true);
        testing::set(&[descriptor_proto, file.encode_to_vec().into()]).build_all()
    }

    fn descriptor_proto(source: &str) -> Bytes {
        let source = format!("syntax = \"proto2\"; package google.protobuf; {source}");
        testing::file(DESCRIPTOR_PROTO, &source)
    }

    #[test]
    fn what_only_theirs_has_is_added() {
        let theirs = descriptor_proto(
            "message FieldOptions {
               optional string newer = 23;
               extensions 990 to 998;
               enum CType { STRING = 0; NEWER = 3; }
             }
             message Newer {}",
        );
        let schema = build(theirs).unwrap();
        let options = "google.protobuf.FieldOptions";
        let message = schema.pool.get_message_by_name(options).unwrap();
        assert!(message.get_field_by_name("newer").is_some());
        assert!(message.get_field_by_name("packed").is_some());
        let mut ranges = message.extension_ranges();
        assert!(ranges.any(|range| range.contains(&990)));
        let enumeration = schema.pool.get_enum_by_name(&format!("{options}.CType"));
        let names = ["STRING", "NEWER", "CORD"].map(|name| {
            let enumeration = enumeration.as_ref().unwrap();
            enumeration.get_value_by_name(name).unwrap().number()
        });
        assert_eq!(names, [0, 3, 1]);
        let newer = "google.protobuf.Newer";
        assert!(schema.pool.get_message_by_name(newer).is_some());
    }

    #[test]
    fn where_the_two_disagree_ours_counts() {
        for packed in [
            "optional string packed = 2;",
            "repeated bool packed = 2 [packed = true];",
            "optional string other = 2;",
            "optional bool packed = 20;",
            "extensions 2 to 9;",
        ] {
            let theirs = descriptor_proto(&format!("message FieldOptions {{ {packed} }}"));
            let schema = build(theirs).unwrap();
            let field = schema.pool.get_message_by_name("A").unwrap();
            let field = field.get_field_by_name("numbers").unwrap();
            assert!(field.is_packed());
            let options = field.options();
            let packed = options.get_field_by_name("packed").unwrap();
            assert_eq!(packed.as_bool(), Some(true));
        }
    }

    #[test]
    fn a_damaged_descriptor_proto_never_panics() {
        let sound = descriptor_proto(
            "message FieldOptions { optional bool packed = 2; optional bool newer = 23; extensions 990 to 998; }",
        );
        for at in 0..sound.len() {
            let mut bytes = sound.to_vec();
            bytes[at] ^= 0x11;
            let is_file = FileSet::default().add(bytes.clone().into()).is_ok();
            if let Some(Ok(schema)) = is_file.then(|| build(bytes.into())) {
                for message in schema.pool.all_messages() {
                    message.options();
                    message.fields().for_each(|field| drop(field.options()));
                }
            }
        }
    }
}
