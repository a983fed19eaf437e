//! `--proto`, `-I` and `--protoset`: a schema without asking the server.

use super::harness::{Echo, Folder, protos, protoset, routeguide};

const REPLY: &str = "{\"request\":{\"name\":\"a\"},\"received\":1}\n";

#[test]
fn a_proto_file_and_its_imports_are_found_in_the_import_path() {
    let echo = Echo::silent();
    routeguide(["call", "Repeat", "name=a", "--proto", "echo.proto", "-I"])
        .arg(protos())
        .at(echo.addr())
        .run()
        .exits(0)
        .prints(REPLY)
        .says("");
}

#[test]
fn imports_are_found_beside_a_proto_file() {
    let echo = Echo::silent();
    routeguide(["call", "Repeat", "name=a", "--proto"])
        .arg(protos().join("echo.proto"))
        .at(echo.addr())
        .run()
        .exits(0)
        .prints(REPLY);
}

#[test]
fn a_protoset_is_used_as_the_schema() {
    let (echo, folder) = (Echo::silent(), Folder::new());
    let set = folder.write("echo.binpb", protoset());
    routeguide(["call", "Repeat", "name=a", "--protoset"])
        .arg(set)
        .at(echo.addr())
        .run()
        .exits(0)
        .prints(REPLY)
        .says("");
}

#[test]
fn files_are_used_instead_of_reflection() {
    let echo = Echo::start();
    routeguide(["call", "Repeat", "name=a", "--proto"])
        .arg(protos().join("echo.proto"))
        .at(echo.addr())
        .run()
        .exits(0)
        .prints(REPLY);
    assert!(echo.arrivals("ServerReflectionInfo").is_empty());
}

#[test]
fn an_error_in_a_proto_file_has_its_position_and_line() {
    let folder = Folder::new();
    let file = folder.write(
        "bad.proto",
        "syntax = \"proto3\";\nmessage A {\n  strin name = 1;\n}\n",
    );
    routeguide(["list", "--proto"])
        .arg(&file)
        .run()
        .exits(1)
        .prints("")
        .says_one_error()
        .mentions("bad.proto:3:3")
        .mentions("strin")
        .mentions("  strin name = 1;\n")
        .mentions("^");
    let file = folder.write(
        "bad.proto",
        "syntax = \"proto3\";\nmessage A {\n  string = 1;\n}\n",
    );
    routeguide(["list", "--proto"])
        .arg(&file)
        .run()
        .exits(1)
        .says_one_error()
        .mentions("bad.proto:3:10")
        .mentions("  string = 1;\n");
}

#[test]
fn a_missing_import_is_named() {
    let folder = Folder::new();
    let file = folder.write(
        "lonely.proto",
        "syntax = \"proto3\";\nimport \"nowhere.proto\";\n",
    );
    routeguide(["list", "--proto"])
        .arg(&file)
        .run()
        .exits(1)
        .says_one_error()
        .mentions("nowhere.proto");
}

#[test]
fn a_missing_file_is_an_error() {
    for flag in ["--proto", "--protoset"] {
        routeguide(["list", flag, "nowhere"])
            .run()
            .exits(1)
            .says_one_error()
            .mentions("nowhere");
    }
}

#[test]
fn a_file_that_is_not_a_protoset_is_an_error() {
    let folder = Folder::new();
    let file = folder.write("echo.binpb", "syntax = \"proto3\";");
    routeguide(["list", "--protoset"])
        .arg(file)
        .run()
        .exits(1)
        .says_one_error()
        .mentions("echo.binpb");
}

#[test]
fn a_method_is_looked_up_in_the_files_only() {
    let echo = Echo::start();
    routeguide(["call", "Health/Check", "--proto"])
        .arg(protos().join("echo.proto"))
        .at(echo.addr())
        .run()
        .exits(1)
        .says_one_error()
        .mentions("in the given files");
}

#[test]
fn a_method_that_the_server_does_not_have_is_unimplemented() {
    let (echo, folder) = (Echo::silent(), Folder::new());
    let file = folder.write(
        "other.proto",
        "syntax = \"proto3\"; package other; message M {} service S { rpc Go(M) returns (M); }",
    );
    routeguide(["call", "other.S/Go", "--proto"])
        .arg(file)
        .at(echo.addr())
        .run()
        .exits(76)
        .prints("")
        .says_one_error()
        .mentions("error: UNIMPLEMENTED");
}
