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

#[cfg(unix)]
#[test]
fn a_proto_file_may_be_a_pipe() {
    // So is `<(...)` of a shell.
    routeguide(["list", "--proto", "/dev/stdin"])
        .run_with("syntax = \"proto3\"; service Shop {}")
        .exits(0)
        .prints("Shop\n")
        .says("");
    routeguide(["list", "--proto", "/dev/stdin", "-I"])
        .arg(protos())
        .run_with(std::fs::read(protos().join("echo.proto")).unwrap())
        .exits(0)
        .prints("test.echo.v1.Echo\ntest.echo.v1.Mirror\n")
        .says("");
}
