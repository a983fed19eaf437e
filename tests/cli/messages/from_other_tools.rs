//! What users of other tools write: addresses as a first argument, flags of grpcurl, messages without -d.

use std::fs::File;
use std::io::Write as _;

use insta::assert_snapshot;

use super::super::harness::{Folder, routeguide};
use super::transcript;

const MESSAGE: &str = r#"{"name":"Bob"}"#;

#[test]
fn an_address_in_the_place_of_a_symbol() {
    let lines: [&[&str]; 4] = [
        &["list", "example.org:1"],
        &["describe", "example.org:1", "Bank"],
        &["call", "example.org:1", "Bank/GetAccounts"],
        &["list", "RouteGuide", "Bank"],
    ];
    assert_snapshot!(transcript(lines.map(routeguide)), @r#"
    $ routeguide list example.org:1
    error: "example.org:1" is an address, not a symbol
    hint: name the server with -a: -a example.org:1
    [exit code 2]

    $ routeguide describe example.org:1 Bank
    error: "example.org:1" is an address, not a symbol
    hint: name the server with -a: -a example.org:1 Bank
    [exit code 2]

    $ routeguide call example.org:1 Bank/GetAccounts
    error: "example.org:1" is an address, not a symbol
    hint: name the server with -a: -a example.org:1 Bank/GetAccounts
    [exit code 2]

    $ routeguide list RouteGuide Bank
    error: unexpected argument "Bank"
    [exit code 2]
    "#);
}

#[test]
fn a_port() {
    let lines: [&[&str]; 3] = [
        &["list", "-p", "12345"],
        &["get-person", "Alice", "--port", "12345"],
        &["serve", "--port", "12345"],
    ];
    assert_snapshot!(transcript(lines.map(routeguide)), @"
    $ routeguide list -p 12345
    error: invalid value '12345' for '--port <N>': use -a :12345, or -a HOST:12345

    For more information, try '--help'.
    [exit code 2]

    $ routeguide get-person Alice --port 12345
    error: invalid value '12345' for '--port <N>': use -a :12345, or -a HOST:12345

    For more information, try '--help'.
    [exit code 2]

    $ routeguide serve --port 12345
    error: invalid value '12345' for '--port <N>': use --listen :12345, or --listen '[::]:12345' for the whole network

    For more information, try '--help'.
    [exit code 2]
    ");
}

#[test]
fn plaintext_is_what_there_is() {
    for flag in ["-plaintext", "--plaintext"] {
        routeguide(["get-person", "Alice", "--in-process", flag])
            .run()
            .exits(0)
            .says("");
    }
}

#[test]
fn a_variable_for_the_output_format() {
    assert_snapshot!(transcript([
        routeguide(["get-person", "Bob", "--in-process"]).env("ROUTEGUIDE_OUTPUT", "json"),
        routeguide(["get-person", "Bob", "--in-process", "-o", "text"]).env("ROUTEGUIDE_OUTPUT", "json"),
        routeguide(["get-person", "Bob", "--in-process"]).env("ROUTEGUIDE_OUTPUT", "yaml"),
    ]), @r#"
    $ routeguide get-person Bob --in-process
    [stdout]
    {"name":"Bob","age":25,"gender":"MALE","hobbies":["gaming","cycling"],"address":{"street":"456 Elm St","city":"Los Angeles"}}
    [stderr]

    $ routeguide get-person Bob --in-process -o text
    [stdout]
    name: "Bob" age: 25 gender: MALE hobbies: "gaming" hobbies: "cycling" address { street: "456 Elm St" city: "Los Angeles" }
    [stderr]

    $ routeguide get-person Bob --in-process
    error: ROUTEGUIDE_OUTPUT: "yaml" is not an output format
    hint: use text, json, envelope or raw
    [exit code 2]
    "#);
}

#[test]
fn the_last_one_of_a_repeated_flag_counts() {
    assert_snapshot!(transcript([
        routeguide(["get-person", "Bob", "--in-process", "-o", "text", "-o", "json"]),
    ]), @r#"
    $ routeguide get-person Bob --in-process -o text -o json
    [stdout]
    {"name":"Bob","age":25,"gender":"MALE","hobbies":["gaming","cycling"],"address":{"street":"456 Elm St","city":"Los Angeles"}}
    [stderr]
    "#);
}

#[test]
fn a_message_without_d() {
    let folder = Folder::new();
    folder.write("b.jsonl", MESSAGE);
    assert_snapshot!(transcript([
        routeguide(["call", "GetPerson", "--in-process", r#"{"name":"Bob"}"#]),
        routeguide(["call", "GetPerson", "--in-process", "-d", "b.jsonl"]).within(&folder),
    ]), @r#"
    $ routeguide call GetPerson --in-process '{"name":"Bob"}'
    error: argument "{\"name\":\"Bob\"}": it is not a field
    hint: a message in JSON goes with -d: -d '{"name":"Bob"}'
    [exit code 1]

    $ routeguide call GetPerson --in-process -d b.jsonl
    error: -d: "b.jsonl" is not a message
    hint: to read the file, write -d @b.jsonl
    [exit code 1]
    "#);
}

#[cfg(unix)]
#[test]
fn standard_input_that_is_not_read() {
    let call = || routeguide(["call", "GetPerson", "--in-process"]);
    let folder = Folder::new();
    let file = File::open(folder.write("bob.json", MESSAGE)).unwrap();
    assert_snapshot!(call().stdin(file).start().wait().stderr, @"standard input was not read; -d @- reads it");
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(MESSAGE.as_bytes()).unwrap();
    assert_snapshot!(call().stdin(reader).start().wait().stderr, @"standard input was not read; -d @- reads it");
    drop(writer);
    call().run().exits(0).says("");
    // An open pipe without bytes.
    call().start().wait().exits(0).says("");
    routeguide(["call", "GetPerson", "--in-process", "-d", "@-"])
        .run_with(MESSAGE)
        .exits(0)
        .says("");
}

#[test]
fn a_byte_order_mark_is_not_part_of_a_message() {
    let folder = Folder::new();
    folder.write("bob.json", "\u{feff}{\"name\":\"Bob\"}");
    for data in ["@bob.json", "\u{feff}{\"name\":\"Bob\"}"] {
        let outcome = routeguide(["call", "GetPerson", "--in-process", "-d", data])
            .within(&folder)
            .run();
        outcome.exits(0).says("");
        assert!(outcome.stdout.contains("Bob"), "{outcome:#?}");
    }
}
