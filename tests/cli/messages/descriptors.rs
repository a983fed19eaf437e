//! Descriptor sets that are not valid, and descriptors that cannot be printed.

use insta::assert_snapshot;
use prost::Message as _;
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    MethodDescriptorProto, ServiceDescriptorProto,
};

use super::super::harness::{Folder, routeguide};
use super::transcript;

/// Runs a command with a set of these files.
#[track_caller]
fn with_files(args: &[&str], files: Vec<FileDescriptorProto>) -> String {
    let folder = Folder::new();
    folder.write(
        "shop.binpb",
        FileDescriptorSet { file: files }.encode_to_vec(),
    );
    transcript([routeguide(args)
        .args(["--protoset", "shop.binpb"])
        .within(&folder)])
}

fn file() -> FileDescriptorProto {
    FileDescriptorProto {
        name: Some("shop.proto".to_owned()),
        package: Some("shop".to_owned()),
        syntax: Some("proto3".to_owned()),
        ..Default::default()
    }
}

/// A file with one message, which has one field.
fn field(field: FieldDescriptorProto) -> Vec<FileDescriptorProto> {
    vec![FileDescriptorProto {
        message_type: vec![DescriptorProto {
            name: Some("Order".to_owned()),
            field: vec![FieldDescriptorProto {
                name: Some("price".to_owned()),
                number: Some(1),
                label: Some(1),
                ..field
            }],
            ..Default::default()
        }],
        ..file()
    }]
}

#[test]
fn a_type_that_is_not_there() {
    let files = field(FieldDescriptorProto {
        r#type: Some(11),
        type_name: Some(".shop.Money".to_owned()),
        ..Default::default()
    });
    assert_snapshot!(with_files(&["list"], files), @"
    $ routeguide list --protoset shop.binpb
    error: the schema's file shop.proto is not valid
      caused by: name '.shop.Money' is not defined
    [exit code 1]
    ");
}

#[test]
fn a_name_that_is_not_one() {
    let message = DescriptorProto {
        name: Some("Ord er".to_owned()),
        ..Default::default()
    };
    let files = vec![FileDescriptorProto {
        message_type: vec![message],
        ..file()
    }];
    assert_snapshot!(with_files(&["describe", "--all"], files), @r#"
    $ routeguide describe --all --protoset shop.binpb
    error: "Ord er" in the descriptor is not a valid name
    [exit code 1]
    "#);
}

#[test]
fn a_method_that_is_not_a_path() {
    let method = MethodDescriptorProto {
        name: Some("Pay now".to_owned()),
        input_type: Some(".shop.Order".to_owned()),
        output_type: Some(".shop.Order".to_owned()),
        ..Default::default()
    };
    let mut files = field(FieldDescriptorProto {
        r#type: Some(9),
        ..Default::default()
    });
    files[0].service = vec![ServiceDescriptorProto {
        name: Some("Shop".to_owned()),
        method: vec![method],
        ..Default::default()
    }];
    let args = ["call", "shop.Shop/Pay now", "--in-process"];
    assert_snapshot!(with_files(&args, files), @r#"
    $ routeguide call 'shop.Shop/Pay now' --in-process --protoset shop.binpb
    error: cannot call "shop.Shop.Pay now"
      caused by: invalid uri character
    [exit code 1]
    "#);
}

#[test]
fn a_default_value_of_another_type() {
    let mut files = field(FieldDescriptorProto {
        r#type: Some(5),
        default_value: Some("cheap".to_owned()),
        ..Default::default()
    });
    files[0].syntax = None;
    assert_snapshot!(with_files(&["describe", "--all"], files), @"
    $ routeguide describe --all --protoset shop.binpb
    error: the schema's file shop.proto is not valid
      caused by: invalid default value 'cheap' for type 'int32'
    [exit code 1]
    ");
}

#[test]
fn an_unknown_syntax() {
    let files = vec![FileDescriptorProto {
        syntax: Some("proto4".to_owned()),
        ..file()
    }];
    assert_snapshot!(with_files(&["list"], files), @r#"
    $ routeguide list --protoset shop.binpb
    error: the schema's file shop.proto cannot be used
      caused by: its syntax "proto4" is unknown
    [exit code 1]
    "#);
}

#[test]
fn a_cycle_of_imports() {
    let importing = |name: &str, other: &str| FileDescriptorProto {
        name: Some(name.to_owned()),
        dependency: vec![other.to_owned()],
        ..Default::default()
    };
    let files = vec![
        importing("a.proto", "b.proto"),
        importing("b.proto", "a.proto"),
    ];
    assert_snapshot!(with_files(&["list"], files), @"
    $ routeguide list --protoset shop.binpb
    error: files import each other: a.proto → b.proto → a.proto
    [exit code 1]
    ");
}

#[test]
fn two_files_with_the_same_message() {
    let files = ["a.proto", "b.proto"].map(|name| FileDescriptorProto {
        name: Some(name.to_owned()),
        message_type: vec![DescriptorProto {
            name: Some("Order".to_owned()),
            ..Default::default()
        }],
        ..file()
    });
    assert_snapshot!(with_files(&["list"], files.into()), @"
    $ routeguide list --protoset shop.binpb
    error: the schema's file b.proto is not valid
      caused by: name 'shop.Order' is already defined in file 'a.proto'
    [exit code 1]
    ");
}
