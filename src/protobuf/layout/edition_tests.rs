//! What the features of an edition are to a layout.

use std::fs;

use super::{Layouts, Shape, Type};
use crate::schema::{self, Schema};

/// A schema of a .proto file with an edition.
fn schema(source: &str) -> Schema {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.proto");
    fs::write(&path, source).unwrap();
    schema::load(&[], &[path], &[]).unwrap()
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
        Type::Enum(layout) => layout.closed,
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
    assert!(matches!(field("like").kind, Type::Group(_)));
    assert!(matches!(field("other").kind, Type::Group(_)));
    assert!(matches!(field("m").kind, Type::Message(_)));
    assert!(matches!(field("prefixed").kind, Type::Message(_)));
    // Only what proto2 could have declared is called by its type.
    assert_eq!(&*field("like").text_name, "Like");
    assert_eq!(&*field("other").text_name, "other");

    let entry = layouts.find("A.MEntry").unwrap();
    let entry = layouts.get(entry).unwrap();
    assert!(matches!(
        entry.by_name("value").unwrap().1.kind,
        Type::Message(_)
    ));
}
