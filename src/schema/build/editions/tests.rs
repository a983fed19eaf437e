use std::fs;

use bytes::Bytes;

use super::*;
use crate::protobuf::layout::{Layouts, Shape, Type as LayoutType};
use crate::schema::Schema;
use crate::schema::source::files;

/// A schema of a .proto file with an edition.
fn schema(source: &str) -> Schema {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.proto");
    fs::write(&path, source).unwrap();
    files::load(&[], &[path], &[]).unwrap()
}

fn shape(schema: &Schema, message: &str, field: &str) -> Shape {
    let mut layouts = Layouts::new(schema.pool.clone());
    let id = layouts.find(message).expect("the message");
    let layout = layouts.get(id).unwrap();
    layout.by_name(field).expect("the field").1.shape
}

fn is_closed(schema: &Schema, message: &str, field: &str) -> bool {
    let mut layouts = Layouts::new(schema.pool.clone());
    let id = layouts.find(message).expect("the message");
    let layout = layouts.get(id).unwrap();
    match &layout.by_name(field).expect("the field").1.kind {
        LayoutType::Enum(layout) => layout.closed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_edition_has_presence_open_enums_and_packed_lists() {
    let schema = schema(
        "edition = \"2023\"; message A { int32 i = 1; repeated int32 r = 2; repeated string s = 3; E e = 4; A a = 5; map<int32, A> m = 6; }
         enum E { Z = 0; }",
    );
    assert_eq!(shape(&schema, "A", "i"), Shape::Explicit);
    assert_eq!(shape(&schema, "A", "r"), Shape::Repeated { packed: true });
    assert_eq!(shape(&schema, "A", "s"), Shape::Repeated { packed: false });
    assert_eq!(shape(&schema, "A", "a"), Shape::Explicit);
    assert_eq!(shape(&schema, "A", "m"), Shape::Map);
    assert!(!is_closed(&schema, "A", "e"));
}

#[test]
fn presence_is_inherited_and_overridden() {
    let schema = schema(
        "edition = \"2023\"; option features.field_presence = IMPLICIT;
         message A {
           int32 implicit = 1;
           int32 explicit = 2 [features.field_presence = EXPLICIT];
           int32 required = 3 [features.field_presence = LEGACY_REQUIRED];
           A message = 4;
           oneof choice { int32 chosen = 5; }
           message B { int32 nested = 1; }
           B b = 6;
           extensions 100;
         }
         extend A { int32 ext = 100; }",
    );
    assert_eq!(shape(&schema, "A", "implicit"), Shape::Implicit);
    assert_eq!(shape(&schema, "A", "explicit"), Shape::Explicit);
    assert_eq!(shape(&schema, "A", "required"), Shape::Required);
    assert_eq!(shape(&schema, "A", "message"), Shape::Explicit);
    assert_eq!(shape(&schema, "A", "chosen"), Shape::Explicit);
    assert_eq!(shape(&schema, "A.B", "nested"), Shape::Implicit);
    assert_eq!(shape(&schema, "A", "[ext]"), Shape::Explicit);
}

#[test]
fn enums_are_closed_where_they_say_so() {
    let schema = schema(
        "edition = \"2023\"; option features.enum_type = CLOSED;
         message A {
           Closed closed = 1; Open open = 2; Inner inner = 3;
           enum Inner { A_ONE = 1; }
         }
         enum Closed { ONE = 1; }
         enum Open { option features.enum_type = OPEN; ZERO = 0; }",
    );
    assert!(is_closed(&schema, "A", "closed"));
    assert!(is_closed(&schema, "A", "inner"));
    assert!(!is_closed(&schema, "A", "open"));
}

#[test]
fn lists_are_packed_unless_they_are_expanded() {
    let schema = schema(
        "edition = \"2023\"; option features.repeated_field_encoding = EXPANDED;
         message A {
           repeated int32 expanded = 1;
           repeated int32 packed = 2 [features.repeated_field_encoding = PACKED];
         }",
    );
    assert_eq!(
        shape(&schema, "A", "expanded"),
        Shape::Repeated { packed: false }
    );
    assert_eq!(
        shape(&schema, "A", "packed"),
        Shape::Repeated { packed: true }
    );
}

#[test]
fn delimited_messages_are_groups_but_for_maps() {
    let schema = schema(
        "edition = \"2023\"; option features.message_encoding = DELIMITED;
         message A {
           Like like = 1; A other = 2; map<int32, A> m = 3;
           A prefixed = 4 [features.message_encoding = LENGTH_PREFIXED];
           message Like {}
         }",
    );
    let mut layouts = Layouts::new(schema.pool.clone());
    let id = layouts.find("A").unwrap();
    let layout = layouts.get(id).unwrap();
    let field = |name| layout.by_name(name).expect("the field").1;
    assert!(matches!(field("like").kind, LayoutType::Group(_)));
    assert!(matches!(field("other").kind, LayoutType::Group(_)));
    assert!(matches!(field("m").kind, LayoutType::Message(_)));
    assert!(matches!(field("prefixed").kind, LayoutType::Message(_)));
    // Only what proto2 could have declared is called by its type.
    assert_eq!(&*field("like").text_name, "Like");
    assert_eq!(&*field("other").text_name, "other");

    let entry = layouts.find("A.MEntry").unwrap();
    let entry = layouts.get(entry).unwrap();
    assert!(matches!(
        entry.by_name("value").unwrap().1.kind,
        LayoutType::Message(_)
    ));
}

#[test]
fn the_files_stay_what_they_were() {
    let schema = schema("edition = \"2024\"; message A { reserved b; int32 a = 1 [default = 5]; }");
    let file = schema.files.get("test.proto").unwrap();
    let head = crate::schema::build::encoded_file::FileHead::decode(file.as_ref()).unwrap();
    assert_eq!(
        (head.syntax.as_str(), head.edition),
        ("editions", EDITION_2024)
    );
    let written = schema.write_protoset();
    let mut again = crate::schema::build::file_set::FileSet::default();
    again.add_descriptor_set(&written).unwrap();
    assert_eq!(again.build_all().unwrap().files, schema.files);
}

#[test]
fn an_edition_of_the_future_is_an_error() {
    let file: Bytes = crate::schema::build::encoded_file::with_edition(&[], 1002)
        .unwrap()
        .into();
    let error = lower(&file, 1002).unwrap_err();
    assert!(error.to_string().contains("number 1002"), "{error}");
}

#[test]
fn custom_options_survive() {
    let mut file = crate::schema::build::encoded_file::with_edition(&[], EDITION_2023).unwrap();
    let mut options = Vec::new();
    prost::encoding::string::encode(50000, &"custom".to_owned(), &mut options);
    prost::encoding::bytes::encode(8, &options, &mut file);
    let lowered = lower(&file, EDITION_2023).unwrap();
    assert!(lowered.windows(6).any(|window| window == b"custom"));
}
