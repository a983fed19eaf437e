//! Descriptors are rendered, and compiled from the result to the same descriptors.

use std::path::PathBuf;
use std::sync::Arc;

use prost::Message as _;
use prost_reflect::{DynamicMessage, Value};

use super::*;
use crate::schema::build::file_set::decode;
use crate::schema::build::schema::Schema;
use crate::schema::descriptor::descriptor_proto::SourceCodeInfo;
use crate::schema::descriptor::well_known;
use crate::schema::testing::corpus::{compile, corpus};

fn render_file(bytes: &[u8], pool: &DescriptorPool) -> Result<String> {
    SourceRenderer::new(pool).file(bytes)
}

/// Renders every file, and compiles the result.
fn recompile(compiled: &Schema) -> Schema {
    let folder = tempfile::tempdir().unwrap();
    let mut names = Vec::new();
    for (name, bytes) in compiled.files.iter() {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, render_file(bytes, &compiled.pool).unwrap()).unwrap();
        names.push(PathBuf::from(name));
    }
    compile(folder.path(), &names)
}

fn without_source_info(bytes: &[u8], pool: &DescriptorPool) -> DynamicMessage {
    let descriptor = well_known::descriptor_message(pool, "FileDescriptorProto").unwrap();
    let mut file = DynamicMessage::decode(descriptor, bytes).unwrap();
    file.clear_field_by_name("source_code_info");
    without_empty_options(&mut file);
    file
}

/// Source cannot express empty options.
fn without_empty_options(message: &mut DynamicMessage) {
    for (_, value) in message.fields_mut() {
        match value {
            Value::Message(message) => without_empty_options(message),
            Value::List(list) => {
                for value in list {
                    if let Value::Message(message) = value {
                        without_empty_options(message);
                    }
                }
            }
            _ => {}
        }
    }
    let is_empty = message.get_field_by_name("options").is_some_and(|options| {
        options
            .as_message()
            .is_some_and(|options| options.encoded_len() == 0)
    });
    if is_empty {
        message.clear_field_by_name("options");
    }
}

fn assert_same_descriptors(before: &Schema, after: &Schema) {
    for (name, bytes) in before.files.iter() {
        let (a, b) = (
            without_source_info(bytes, &before.pool),
            without_source_info(&after.files[name], &before.pool),
        );
        if a != b {
            let text = |file: &DynamicMessage| {
                let options = prost_reflect::text_format::FormatOptions::new().pretty(true);
                file.to_text_format_with_options(&options)
            };
            let (a, b) = (text(&a), text(&b));
            let differing = a.lines().zip(b.lines()).find(|(a, b)| a != b);
            panic!(
                "{name}: {differing:?}\n{}",
                render_file(bytes, &before.pool).unwrap()
            );
        }
    }
}

type Comments<'a> = (&'a [i32], Option<&'a str>, Option<&'a str>, &'a [String]);

fn comments(info: &SourceCodeInfo) -> Vec<Comments<'_>> {
    let mut comments: Vec<_> = info
        .location
        .iter()
        .filter(|location| {
            location.leading_comments.is_some()
                || location.trailing_comments.is_some()
                || !location.leading_detached_comments.is_empty()
        })
        .map(|location| {
            (
                location.path.as_slice(),
                location.leading_comments.as_deref(),
                location.trailing_comments.as_deref(),
                location.leading_detached_comments.as_slice(),
            )
        })
        .collect();
    comments.sort_unstable();
    comments
}

/// The files without source code info.
fn stripped(compiled: Schema) -> Schema {
    let strip = |bytes: &Bytes| {
        let mut file = FileDescriptorProto::parse(bytes).unwrap();
        file.source_code_info = None;
        Bytes::from(file.encode_to_vec())
    };
    let files = compiled.files.iter();
    let files = files.map(|(name, bytes)| (name.clone(), strip(bytes)));
    Schema {
        files: Arc::new(files.collect()),
        pool: compiled.pool,
    }
}

/// An encoded file, from its descriptor in the text format.
fn descriptor(text: &str) -> Vec<u8> {
    let descriptor = well_known::pool()
        .get_message_by_name("google.protobuf.FileDescriptorProto")
        .unwrap();
    DynamicMessage::parse_text_format(descriptor, text)
        .unwrap()
        .encode_to_vec()
}

fn rendered(full_name: &str) -> String {
    let corpus = corpus();
    let mut files = corpus.files.values();
    let find_in = |bytes: &Bytes| render_symbol(bytes, &corpus.pool, full_name).ok();
    files.find_map(find_in).unwrap()
}

#[test]
fn source_compiles_to_the_same_descriptors() {
    let before = corpus();
    assert_same_descriptors(&before, &recompile(&before));
}

#[test]
fn source_without_source_code_info_compiles_to_the_same_descriptors() {
    let before = stripped(corpus());
    assert_same_descriptors(&before, &recompile(&before));
}

#[test]
fn source_of_the_bundled_schema_compiles_to_the_same_descriptors() {
    let before = decode(crate::proto::FILE_DESCRIPTOR_SET).unwrap();
    assert_same_descriptors(&before, &recompile(&before));
}

#[test]
fn source_has_the_same_comments() {
    let before = corpus();
    let after = recompile(&before);
    for name in before.files.keys() {
        let before = FileDescriptorProto::parse(&before.files[name]).unwrap();
        let after = FileDescriptorProto::parse(&after.files[name]).unwrap();
        if let Some(before) = &before.source_code_info {
            let after = after.source_code_info.as_ref().unwrap();
            assert_eq!(comments(before), comments(after), "{name}");
        }
    }
}

#[test]
fn rendering_is_stable() {
    let before = corpus();
    let after = recompile(&before);
    for name in before.files.keys() {
        assert_eq!(
            render_file(&before.files[name], &before.pool).unwrap(),
            render_file(&after.files[name], &after.pool).unwrap(),
        );
    }
}

#[test]
fn editions_are_rendered_with_their_features() {
    let bytes = descriptor(
        r#"name: "e.proto" package: "e" syntax: "editions" edition: EDITION_2024
        option_dependency: "o.proto"
        options { features { field_presence: IMPLICIT utf8_validation: NONE } }
        enum_type {
          name: "E" value { name: "A" number: 0 } options { features { enum_type: CLOSED } }
          reserved_name: "B" visibility: VISIBILITY_LOCAL
        }
        message_type {
          name: "M" visibility: VISIBILITY_EXPORT
          field { name: "a" number: 1 label: LABEL_OPTIONAL type: TYPE_INT32 json_name: "a"
                  options { features { field_presence: EXPLICIT } } }
          field { name: "b" number: 2 label: LABEL_REQUIRED type: TYPE_STRING }
          field { name: "m" number: 3 label: LABEL_OPTIONAL type: TYPE_GROUP type_name: ".e.M" }
          field { name: "c" number: 4 label: LABEL_REPEATED type: TYPE_ENUM type_name: ".e.E" }
          reserved_name: "d"
        }"#,
    );
    let expected = r#"edition = "2024";

package e;

import option "o.proto";

option features.field_presence = IMPLICIT;
option features.utf8_validation = NONE;

export message M {
  reserved d;
  int32 a = 1 [features.field_presence = EXPLICIT];
  string b = 2 [features.field_presence = LEGACY_REQUIRED];
  M m = 3 [features.message_encoding = DELIMITED];
  repeated E c = 4;
}

local enum E {
  option features.enum_type = CLOSED;

  reserved B;
  A = 0;
}
"#;
    assert_eq!(
        render_file(&bytes, &DescriptorPool::new()).unwrap(),
        expected
    );
}

#[test]
fn unknown_options_are_kept_as_comments() {
    let corpus = corpus();
    let bytes = &corpus.files["corpus/options.proto"];
    let text = render_file(bytes, &DescriptorPool::new()).unwrap();
    let line = r#"  SOME = 1 [deprecated = true] /* unknown option 60000:"\303\234bung" */;"#;
    assert!(text.contains(line), "{text}");
    assert!(text.contains("service Rules /* unknown option 60000{"));
    let text = text.replace("\"corpus/declared.proto\"", "\"corpus/proto2.proto\"");

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("unknown.proto"), text).unwrap();
    std::fs::create_dir(folder.path().join("corpus")).unwrap();
    let import = render_file(&corpus.files["corpus/proto2.proto"], &corpus.pool).unwrap();
    std::fs::write(folder.path().join("corpus/proto2.proto"), import).unwrap();
    compile(folder.path(), &["unknown.proto".into()]);
}

#[test]
fn uninterpreted_options_are_rendered_as_they_were_parsed() {
    let bytes = descriptor(
        r#"name: "u.proto" message_type { name: "M" options {
          uninterpreted_option { name { name_part: "a.b" is_extension: true }
            name { name_part: "c" is_extension: false } negative_int_value: -5 }
          uninterpreted_option { name { name_part: "d" is_extension: false } aggregate_value: "e: 1" }
        } }"#,
    );
    let expected = "message M {\n  option (a.b).c = -5;\n  option d = {e: 1};\n}\n";
    assert_eq!(
        render_symbol(&bytes, &DescriptorPool::new(), "M").unwrap(),
        expected
    );
}

#[test]
fn control_characters_do_not_change_the_layout() {
    let folder = tempfile::tempdir().unwrap();
    let source = "syntax = \"proto3\";\n\n// A\u{1b}[2J\u{202e}\u{b}\r b\u{85}\u{2028} c.\nmessage A {\n  \
                  string a = 1 [json_name = \"\\033\\n\\342\\200\\256\"]; // \u{1b}\n}\n";
    std::fs::write(folder.path().join("a.proto"), source).unwrap();
    let schema = compile(folder.path(), &["a.proto".into()]);
    assert_eq!(
        render_file(&schema.files["a.proto"], &schema.pool).unwrap(),
        source
    );
}

#[test]
fn a_file_name_cannot_end_its_comment() {
    let name = "a\nmessage Hidden {}";
    let bytes = descriptor(r#"name: "a\nmessage Hidden {}" syntax: "proto3""#);
    let files = BTreeMap::from([(name.to_owned(), bytes.into())]);
    let text = render_files(&files, &DescriptorPool::new()).unwrap();
    assert_eq!(text, "// \"a\\nmessage Hidden {}\"\nsyntax = \"proto3\";\n");
}

#[test]
fn an_invalid_name_is_an_error() {
    for bad in [
        r#"message_type { name: "M {} message N" }"#,
        r#"message_type { name: "M" field { name: "a" type_name: ".N\n" } }"#,
        r#"service { name: "S" method { name: "M" input_type: ".N" output_type: "" } }"#,
        r#"package: "a;" "#,
        r#"message_type { name: "M" field { name: "a" number: 1 type: TYPE_INT32 default_value: "1]" } }"#,
    ] {
        assert!(
            render_file(&descriptor(bad), &DescriptorPool::new()).is_err(),
            "{bad}"
        );
    }
}

#[test]
fn the_source_of_a_service_has_full_names_of_types() {
    let expected = r"service Everythings {
  option deprecated = true;

  rpc Unary(corpus.three.Everything) returns (corpus.three.WellKnown);
  rpc Client(stream corpus.three.Everything) returns (google.protobuf.Empty);

  rpc Server(corpus.three.Everything.Nested) returns (stream corpus.three.Everything.Nested.Deep.Deeper) {
    option deprecated = true;
    option idempotency_level = NO_SIDE_EFFECTS;
  }

  rpc Bidi(stream corpus.three.WellKnown) returns (stream corpus.three.WellKnown);
}
";
    assert_eq!(rendered("corpus.three.Everythings"), expected);
}

#[test]
fn the_source_of_a_message_has_short_names_of_nested_types() {
    let expected = r"message Nested {
  enum Inner {
    INNER_ZERO = 0;
  }

  Inner inner = 1;
  corpus.three.Everything parent = 2;

  message Deep {
    message Deeper {
      corpus.three.Open open = 1;
      Inner inner = 2;
      Deeper deeper = 3;
      corpus.three.Everything everything = 4;
    }
  }

  Deep.Deeper deeper = 3;
  repeated Nested children = 4;
  map<string, Nested> named = 5;
}
";
    assert_eq!(rendered("corpus.three.Everything.Nested"), expected);
}

#[test]
fn every_other_symbol_is_rendered_with_its_comments() {
    assert_eq!(
        rendered("corpus.comments.Commented.a"),
        "// Leading of a.\nstring a = 1; // Trailing of a.\n"
    );
    assert_eq!(
        rendered("corpus.comments.Commented.choice"),
        "// Leading of the oneof.\noneof choice { // Trailing of the oneof.\n  // Leading of e.\n  \
         string e = 5; // Trailing of e, the last one.\n}\n"
    );
    assert_eq!(
        rendered("corpus.comments.RED"),
        "// Leading of RED.\nRED = 0; // Trailing of RED.\n"
    );
    assert_eq!(
        rendered("corpus.comments.Service.One"),
        "// Leading of One.\nrpc One(google.protobuf.Empty) returns (google.protobuf.Empty); // Trailing of One.\n"
    );
    assert_eq!(
        rendered("corpus.comments2.ext"),
        "extend corpus.comments2.Extended {\n  // Leading of ext.\n  \
         optional string ext = 100; // Trailing of ext.\n}\n"
    );
    assert_eq!(
        rendered("corpus.two.Groups.single"),
        "optional group Single = 1 {\n  optional int32 a = 1;\n\n  optional group Inner = 2 [deprecated = true] {\n    \
         option deprecated = true;\n\n    required string b = 1;\n  }\n}\n"
    );
    assert_eq!(
        rendered("corpus.three.Everything._maybe"),
        "optional int32 maybe = 20;\n"
    );
    assert_eq!(
        rendered("corpus.three.Everything.by_name"),
        "map<string, corpus.three.Everything.Nested> by_name = 22;\n"
    );
    assert_eq!(
        rendered("corpus.options.Colors.SOME"),
        "SOME = 1 [deprecated = true, (corpus.declared.value_text) = \"Übung\"];\n"
    );
}

#[test]
fn every_symbol_can_be_rendered() {
    let corpus = corpus();
    for message in corpus.pool.all_messages() {
        let file = message.parent_file();
        // In the pool it is merged with ours, which has more symbols.
        if file.name() == well_known::DESCRIPTOR_PROTO {
            continue;
        }
        let bytes = &corpus.files[file.name()];
        render_symbol(bytes, &corpus.pool, message.full_name()).unwrap();
        for field in message.fields() {
            render_symbol(bytes, &corpus.pool, field.full_name()).unwrap();
        }
    }
    for extension in corpus.pool.all_extensions() {
        let bytes = &corpus.files[extension.parent_file().name()];
        render_symbol(bytes, &corpus.pool, extension.full_name()).unwrap();
    }
}
