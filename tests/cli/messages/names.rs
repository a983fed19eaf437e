//! Names of services, methods and other symbols that are not there, or not what the command needs.

use insta::assert_snapshot;

use super::super::harness::{Echo, Folder, Program, routeguide};
use super::transcript;

/// Runs commands against a server of the test schema.
#[track_caller]
fn against_echo<const N: usize>(commands: [&[&str]; N]) -> String {
    let echo = Echo::start();
    transcript(commands.map(|command| routeguide(command).env("ROUTEGUIDE_ADDR", echo.addr())))
}

#[test]
fn a_method_that_is_not_there() {
    assert_snapshot!(against_echo([
        &["call", "Repaet"],
        &["call", "Echo/Repaet"],
        &["call", "test.echo.v1.Echo/Delete"],
        &["call", "test.echo.v1.Ecko/Repeat"],
        &["call", "nonsense"],
        &["call", ""],
        &["call", "Eco"],
        &["call", "test.echo.v1.Repeat"],
        &["call", "test.echo.v1.Repaet"],
        &["call", "Request"],
        &["call", "Color"],
        &["call", "Echo/"],
        &["call", "/"],
    ]), @r#"
    $ routeguide call Repaet
    error: no method named "Repaet" on the server
    hint: did you mean test.echo.v1.Echo/Repeat?
    [exit code 1]

    $ routeguide call Echo/Repaet
    error: test.echo.v1.Echo has no method named "Repaet"
    hint: did you mean Repeat?
    [exit code 1]

    $ routeguide call test.echo.v1.Echo/Delete
    error: test.echo.v1.Echo has no method named "Delete"
    hint: its methods are Unary, Collect, Repeat, Chat
    [exit code 1]

    $ routeguide call test.echo.v1.Ecko/Repeat
    error: no service named "test.echo.v1.Ecko" on the server
    hint: did you mean test.echo.v1.Echo?
    [exit code 1]

    $ routeguide call nonsense
    error: no method named "nonsense" on the server
    hint: routeguide list -l shows all methods
    [exit code 1]

    $ routeguide call ''
    error: the name is empty
    hint: is a variable not set?
    [exit code 2]

    $ routeguide call Eco
    error: no method named "Eco" on the server
    hint: did you mean test.echo.v1.Echo? a call needs one of its methods
    [exit code 1]

    $ routeguide call test.echo.v1.Repeat
    error: no service named "test.echo.v1" on the server
    hint: did you mean test.echo.v1.Echo/Repeat?
    [exit code 1]

    $ routeguide call test.echo.v1.Repaet
    error: no service named "test.echo.v1" on the server
    hint: did you mean test.echo.v1.Echo/Repeat?
    [exit code 1]

    $ routeguide call Request
    error: test.echo.v1.Request is a message, not a method
    hint: methods that take or return it are test.echo.v1.Echo/Unary, test.echo.v1.Echo/Collect, test.echo.v1.Echo/Repeat, test.echo.v1.Echo/Chat, test.echo.v1.Mirror/Unary
    [exit code 1]

    $ routeguide call Color
    error: test.echo.v1.Color is an enum, not a method
    hint: try `routeguide describe test.echo.v1.Color`
    [exit code 1]

    $ routeguide call Echo/
    error: test.echo.v1.Echo is a service, not a method
    hint: its methods are test.echo.v1.Echo/Unary, test.echo.v1.Echo/Collect, test.echo.v1.Echo/Repeat, test.echo.v1.Echo/Chat
    [exit code 1]

    $ routeguide call /
    error: no method named "" on the server
    hint: routeguide list -l shows all methods
    [exit code 1]
    "#);
}

#[test]
fn a_service_that_is_not_there() {
    assert_snapshot!(against_echo([
        &["list", "test.echo.v1.Ecoh"],
        &["list", "nonsense"],
    ]), @r#"
    $ routeguide list test.echo.v1.Ecoh
    error: no symbol named "test.echo.v1.Ecoh" on the server
    hint: did you mean test.echo.v1.Echo?
    [exit code 1]

    $ routeguide list nonsense
    error: no symbol named "nonsense" on the server
    [exit code 1]
    "#);
}

#[test]
fn a_symbol_that_is_not_there() {
    assert_snapshot!(against_echo([
        &["describe", "test.echo.v1.Requets"],
        &["describe", "test.echo.v1.Request.nmae"],
        &["describe", "nonsense"],
        &["describe", ""],
    ]), @r#"
    $ routeguide describe test.echo.v1.Requets
    error: no symbol named "test.echo.v1.Requets" on the server
    hint: did you mean test.echo.v1.Request?
    [exit code 1]

    $ routeguide describe test.echo.v1.Request.nmae
    error: no symbol named "test.echo.v1.Request.nmae" on the server
    hint: did you mean test.echo.v1.Request.name?
    [exit code 1]

    $ routeguide describe nonsense
    error: no symbol named "nonsense" on the server
    [exit code 1]

    $ routeguide describe ''
    error: the name is empty
    hint: is a variable not set?
    [exit code 2]
    "#);
}

#[test]
fn a_value_behind_the_name_of_its_enum() {
    assert_snapshot!(against_echo([
        &["describe", "Color.COLOR_RDE"],
        &["describe", "test.echo.v1.COLOR_RDE"],
    ]), @r#"
    $ routeguide describe Color.COLOR_RDE
    error: no symbol named "Color.COLOR_RDE" on the server
    hint: did you mean test.echo.v1.Color.COLOR_RED?
    [exit code 1]

    $ routeguide describe test.echo.v1.COLOR_RDE
    error: no symbol named "test.echo.v1.COLOR_RDE" on the server
    hint: did you mean test.echo.v1.COLOR_RED?
    [exit code 1]
    "#);
}

#[test]
fn a_name_with_several_that_are_equally_near() {
    assert_snapshot!(against_echo([
        &["call", "Unray"],
        &["describe", "Unray"],
    ]), @r#"
    $ routeguide call Unray
    error: no method named "Unray" on the server
    hint: did you mean test.echo.v1.Echo/Unary or test.echo.v1.Mirror/Unary?
    [exit code 1]

    $ routeguide describe Unray
    error: no symbol named "Unray" on the server
    hint: did you mean test.echo.v1.Echo.Unary or test.echo.v1.Mirror.Unary?
    [exit code 1]
    "#);
}

#[test]
fn a_name_that_is_as_near_to_a_type_as_to_a_field() {
    assert_snapshot!(against_echo([
        &["describe", "colr"],
        &["describe", "Request.colr"],
        &["list", "adress"],
    ]), @r#"
    $ routeguide describe colr
    error: no symbol named "colr" on the server
    hint: did you mean test.echo.v1.Color?
    [exit code 1]

    $ routeguide describe Request.colr
    error: no symbol named "Request.colr" on the server
    hint: did you mean test.echo.v1.Request.color?
    [exit code 1]

    $ routeguide list adress
    error: no symbol named "adress" on the server
    hint: did you mean test.echo.v1.Request.Address?
    [exit code 1]
    "#);
}

#[test]
fn a_short_name_that_is_ambiguous() {
    assert_snapshot!(against_echo([
        &["call", "Unary"],
        &["describe", "Unary"],
    ]), @r#"
    $ routeguide call Unary
    error: "Unary" is ambiguous: test.echo.v1.Echo/Unary, test.echo.v1.Mirror/Unary
    hint: use the full name
    [exit code 1]

    $ routeguide describe Unary
    error: "Unary" is ambiguous: test.echo.v1.Echo.Unary, test.echo.v1.Mirror.Unary
    hint: use the full name
    [exit code 1]
    "#);
}

#[test]
fn a_symbol_of_another_kind() {
    assert_snapshot!(against_echo([
        &["call", "test.echo.v1.Echo"],
        &["call", "test.echo.v1.Request"],
        &["list", "test.echo.v1.Request"],
        &["describe", "test.echo.v1.Color", "--template"],
        &["describe", "test.echo.v1.Echo", "--template"],
        &["describe", "test.echo.v1.Request.name", "--template"],
    ]), @r#"
    $ routeguide call test.echo.v1.Echo
    error: test.echo.v1.Echo is a service, not a method
    hint: its methods are test.echo.v1.Echo/Unary, test.echo.v1.Echo/Collect, test.echo.v1.Echo/Repeat, test.echo.v1.Echo/Chat
    [exit code 1]

    $ routeguide call test.echo.v1.Request
    error: no service named "test.echo.v1" on the server
    hint: did you mean test.echo.v1.Echo?
    [exit code 1]

    $ routeguide list test.echo.v1.Request
    error: test.echo.v1.Request is a message, not a service
    hint: try `routeguide describe test.echo.v1.Request`
    [exit code 1]

    $ routeguide describe test.echo.v1.Color --template
    error: test.echo.v1.Color is an enum, which has no request
    hint: use --template with a method or a message
    [exit code 1]

    $ routeguide describe test.echo.v1.Echo --template
    error: test.echo.v1.Echo is a service, which has no request
    hint: use --template with a method or a message
    [exit code 1]

    $ routeguide describe test.echo.v1.Request.name --template
    error: test.echo.v1.Request.name is a field, which has no request
    hint: use --template with a method or a message
    [exit code 1]
    "#);
}

#[test]
fn a_name_is_looked_up_only_where_the_schema_comes_from() {
    let (echo, folder) = (Echo::start(), Folder::new());
    folder.write("empty.proto", "syntax = \"proto3\"; message Empty {}\n");
    let program = |args: &[&str]| -> Program { routeguide(args).within(&folder).at(echo.addr()) };
    assert_snapshot!(transcript([
        program(&["call", "Repeat", "--reflection", "off"]),
        program(&["call", "Repeat", "--proto", "empty.proto"]),
        program(&["list", "--proto", "empty.proto"]),
    ]), @r#"
    $ routeguide call Repeat --reflection off --addr 127.0.0.1:[PORT]
    error: no method named "Repeat" in the bundled schema
    hint: routeguide list -l shows all methods
    [exit code 1]

    $ routeguide call Repeat --proto empty.proto --addr 127.0.0.1:[PORT]
    error: no method named "Repeat" in the given files
    hint: routeguide list -l shows all methods
    [exit code 1]

    $ routeguide list --proto empty.proto --addr 127.0.0.1:[PORT]
    no services in the given files
    "#);
}

#[test]
fn the_server_does_not_have_the_method_of_a_file() {
    let (echo, folder) = (Echo::silent(), Folder::new());
    folder.write(
        "shop.proto",
        "syntax = \"proto3\"; package shop; message M {} service Shop { rpc Pay(M) returns (M); }",
    );
    assert_snapshot!(transcript([
        routeguide(["call", "Pay", "--proto", "shop.proto"]).within(&folder).at(echo.addr()),
    ]), @"
    $ routeguide call Pay --proto shop.proto --addr 127.0.0.1:[PORT]
    error: UNIMPLEMENTED
    hint: the server does not implement the method; routeguide list shows its services
    [exit code 76]
    ");
}
