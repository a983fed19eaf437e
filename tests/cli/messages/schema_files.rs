//! `--proto`, `--protoset`, `--protoset-out` and `--proto-out`: schema files that cannot be read or written.

use insta::assert_snapshot;

use super::super::harness::{Echo, Folder, Program, protoset, routeguide};
use super::transcript;

fn list(folder: &Folder, args: &[&str]) -> Program {
    routeguide(["list"]).args(args).within(folder)
}

/// Lists the services of a .proto file with this content.
#[track_caller]
fn list_proto(content: &str) -> String {
    let folder = Folder::new();
    folder.write("shop.proto", content);
    transcript([list(&folder, &["--proto", "shop.proto"])])
}

#[test]
fn a_file_that_is_not_there() {
    let folder = Folder::new();
    assert_snapshot!(transcript([
        list(&folder, &["--proto", "shop.proto"]),
        list(&folder, &["--proto", "shop.proto", "-I", "."]),
        list(&folder, &["--protoset", "shop.binpb"]),
    ]), @"
    $ routeguide list --proto shop.proto
    error: cannot read shop.proto: no such file or directory
    [exit code 1]

    $ routeguide list --proto shop.proto -I .
    error: cannot read shop.proto: no such file or directory
    [exit code 1]

    $ routeguide list --protoset shop.binpb
    error: cannot read shop.binpb: no such file or directory
    [exit code 1]
    ");
}

#[test]
fn an_import_path_that_is_not_a_folder() {
    let folder = Folder::new();
    folder.write("shop.proto", "syntax = \"proto3\"; service Shop {}");
    assert_snapshot!(transcript([
        list(&folder, &["--proto", "shop.proto", "-I", "protos"]),
        list(&folder, &["--proto", "shop.proto", "-I", ".", "-I", "shop.proto"]),
    ]), @"
    $ routeguide list --proto shop.proto -I protos
    error: the import path protos is not a folder
    hint: -I names a folder, relative to the current one
    [exit code 1]

    $ routeguide list --proto shop.proto -I . -I shop.proto
    error: the import path shop.proto is not a folder
    hint: -I names a folder, relative to the current one
    [exit code 1]
    ");
}

#[test]
fn a_proto_file_with_a_syntax_error() {
    assert_snapshot!(list_proto("syntax = \"proto3\";\nmessage Order {\n  string = 1;\n}\n"), @"
    $ routeguide list --proto shop.proto
    error: shop.proto:3:10: expected an identifier, but found '='
    3 |   string = 1;
      |          ^
    [exit code 1]
    ");
}

#[test]
fn a_proto_file_with_an_unknown_type() {
    assert_snapshot!(list_proto("syntax = \"proto3\";\nmessage Order {\n  strin name = 1;\n}\n"), @"
    $ routeguide list --proto shop.proto
    error: shop.proto:3:3: name 'strin' is not defined
    3 |   strin name = 1;
      |   ^
    [exit code 1]
    ");
}

#[test]
fn a_proto_file_with_a_duplicate_number() {
    assert_snapshot!(
        list_proto("syntax = \"proto3\";\nmessage Order {\n  string a = 1;\n  string b = 1;\n}\n"),
        @"
    $ routeguide list --proto shop.proto
    error: shop.proto:4:14: field number '1' is already used
    4 |   string b = 1;
      |              ^
    [exit code 1]
    "
    );
}

#[test]
fn a_proto_file_of_an_unsupported_edition() {
    assert_snapshot!(list_proto("edition = \"2030\";\nmessage Order {}\n"), @r#"
    $ routeguide list --proto shop.proto
    error: shop.proto:1:1: expected 'enum', 'extend', 'import', 'message', 'option', 'service', 'package' or ';', but found 'edition'
    1 | edition = "2030";
      | ^
    hint: only editions 2023 and 2024 are supported; for others, compile the file with protoc and use --protoset
    [exit code 1]
    "#);
}

#[test]
fn a_missing_import() {
    assert_snapshot!(list_proto("syntax = \"proto3\";\nimport \"money.proto\";\n"), @r#"
    $ routeguide list --proto shop.proto
    error: shop.proto:2:1: import 'money.proto' not found
    2 | import "money.proto";
      | ^
    hint: name the folder that imports are relative to with -I
    [exit code 1]
    "#);
}

#[test]
fn a_cycle_of_imports() {
    let folder = Folder::new();
    folder.write("a.proto", r#"syntax = "proto3"; import "b.proto";"#);
    folder.write("b.proto", r#"syntax = "proto3"; import "a.proto";"#);
    assert_snapshot!(transcript([list(&folder, &["--proto", "a.proto"])]), @"
    $ routeguide list --proto a.proto
    error: import cycle detected: a.proto -> b.proto -> a.proto
    [exit code 1]
    ");
}

#[test]
fn a_protoset_that_is_something_else() {
    let folder = Folder::new();
    folder.write("shop.proto", r#"syntax = "proto3";"#);
    folder.write("shop.binpb", r#"syntax = "proto3";"#);
    assert_snapshot!(transcript([
        list(&folder, &["--protoset", "shop.proto"]),
        list(&folder, &["--protoset", "shop.binpb"]),
    ]), @"
    $ routeguide list --protoset shop.proto
    error: shop.proto is not a descriptor set
    hint: give .proto files with --proto
    [exit code 1]

    $ routeguide list --protoset shop.binpb
    error: shop.binpb is not a descriptor set
    hint: make one with `protoc --include_imports --descriptor_set_out=FILE`
    [exit code 1]
    ");
}

#[test]
fn a_proto_file_that_is_something_else() {
    let folder = Folder::new();
    folder.write("shop.binpb", protoset());
    folder.write("photo.proto", b"\x89PNG\r\n\x1a\n");
    assert_snapshot!(transcript([
        list(&folder, &["--proto", "shop.binpb"]),
        list(&folder, &["--proto", "photo.proto"]),
    ]), @"
    $ routeguide list --proto shop.binpb
    error: shop.binpb is not a .proto file
    hint: give descriptor sets with --protoset
    [exit code 1]

    $ routeguide list --proto photo.proto
    error: photo.proto is not a .proto file
    [exit code 1]
    ");
}

/// The test schema without the files that it imports.
fn incomplete() -> Vec<u8> {
    use prost::Message as _;
    let mut set = prost_types::FileDescriptorSet::decode(protoset()).unwrap();
    set.file.retain(|file| file.name() == "echo.proto");
    set.encode_to_vec()
}

#[test]
fn a_protoset_without_its_imports() {
    let folder = Folder::new();
    folder.write("echo.binpb", incomplete());
    assert_snapshot!(transcript([list(&folder, &["--protoset", "echo.binpb"])]), @"
    $ routeguide list --protoset echo.binpb
    error: the schema is incomplete: echo.proto imports kinds.proto, which is not in the given files
      caused by: name '.test.echo.v1.Color' is not defined
    hint: make descriptor sets with `protoc --include_imports --descriptor_set_out=FILE`
    [exit code 1]
    ");
}

#[test]
fn two_protosets_that_disagree() {
    use prost::Message as _;
    let folder = Folder::new();
    for (name, package) in [("a.binpb", "a"), ("b.binpb", "b")] {
        let file = prost_types::FileDescriptorProto {
            name: Some("shop.proto".to_owned()),
            package: Some(package.to_owned()),
            ..Default::default()
        };
        folder.write(
            name,
            prost_types::FileDescriptorSet { file: vec![file] }.encode_to_vec(),
        );
    }
    assert_snapshot!(transcript([
        list(&folder, &["--protoset", "a.binpb", "--protoset", "b.binpb"]),
    ]), @"
    $ routeguide list --protoset a.binpb --protoset b.binpb
    error: a.binpb and b.binpb have different files named shop.proto
    hint: use them one at a time
    [exit code 1]
    ");
}

#[test]
fn what_is_written() {
    let (echo, folder) = (Echo::start(), Folder::new());
    assert_snapshot!(transcript([
        list(&folder, &["Echo", "--protoset-out", "echo.binpb", "--proto-out", "protos"])
            .at(echo.addr()),
    ]), @"
    $ routeguide list Echo --protoset-out echo.binpb --proto-out protos --addr 127.0.0.1:[PORT]
    [stdout]
    test.echo.v1.Echo/Unary
    test.echo.v1.Echo/Collect
    test.echo.v1.Echo/Repeat
    test.echo.v1.Echo/Chat
    [stderr]
    wrote the descriptors of 5 files to echo.binpb
    wrote 4 files to protos
    ");
}

#[test]
fn what_cannot_be_written() {
    let (echo, folder) = (Echo::start(), Folder::new());
    folder.write("file", "");
    assert_snapshot!(transcript([
        list(&folder, &["Echo", "--protoset-out", "nowhere/echo.binpb"]).at(echo.addr()),
        list(&folder, &["Echo", "--proto-out", "file"]).at(echo.addr()),
    ]), @"
    $ routeguide list Echo --protoset-out nowhere/echo.binpb --addr 127.0.0.1:[PORT]
    error: cannot write nowhere/echo.binpb
      caused by: no such file or directory
    [exit code 1]

    $ routeguide list Echo --proto-out file --addr 127.0.0.1:[PORT]
    error: cannot write file/echo.proto
      caused by: file exists
    [exit code 1]
    ");
}

#[test]
fn a_file_name_that_leads_out_of_the_folder() {
    use prost::Message as _;
    let folder = Folder::new();
    let file = prost_types::FileDescriptorProto {
        name: Some("../shop.proto".to_owned()),
        ..Default::default()
    };
    folder.write(
        "shop.binpb",
        prost_types::FileDescriptorSet { file: vec![file] }.encode_to_vec(),
    );
    assert_snapshot!(transcript([
        list(&folder, &["--protoset", "shop.binpb", "--proto-out", "protos"]),
    ]), @r#"
    $ routeguide list --protoset shop.binpb --proto-out protos
    no services in the given files
    error: the file name "../shop.proto" leads out of the folder
    [exit code 1]
    "#);
}
