//! What users of other tools write: addresses as a first argument, flags of grpcurl, messages without -d.

use std::fs::File;
use std::io::Write as _;

use insta::assert_snapshot;

use super::super::harness::{Folder, routeguide};
use super::transcript;

const MESSAGE: &str = r#"{"name":"Bob"}"#;

#[test]
fn an_address_in_the_place_of_a_symbol() {
    let lines: [&[&str]; 5] = [
        &["health", "example.org:1"],
        &["list", "example.org:1"],
        &["describe", "example.org:1", "Bank"],
        &["call", "example.org:1", "Bank/GetAccounts"],
        &["list", "RouteGuide", "Bank"],
    ];
    assert_snapshot!(transcript(lines.map(routeguide)), @r#"
    $ routeguide health example.org:1
    error: "example.org:1" is an address, not a symbol
    hint: name the server with -a: -a example.org:1
    [exit code 2]

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
    hint: one symbol at a time; a method of a service is RouteGuide/Bank
    [exit code 2]
    "#);
}

#[test]
fn an_address_in_the_place_of_a_person_or_a_command() {
    let lines: [&[&str]; 7] = [
        &["get-person", "example.org:1", "Alice"],
        &["get-person", "Alice", "example.org:1"],
        &["get-person", "Alice", "Liddell"],
        &["serve", "example.org:1"],
        &["example.org:1", "list"],
        &["example.org:1", "call", "Bank/GetAccounts", "id=7"],
        &["12345", "serve"],
    ];
    assert_snapshot!(transcript(lines.map(routeguide)), @r#"
    $ routeguide get-person example.org:1 Alice
    error: unexpected address "example.org:1"
    hint: name the server with -a: -a example.org:1 Alice
    [exit code 2]

    $ routeguide get-person Alice example.org:1
    error: unexpected address "example.org:1"
    hint: name the server with -a: Alice -a example.org:1
    [exit code 2]

    $ routeguide get-person Alice Liddell
    error: unexpected argument "Liddell"
    hint: for several people, use get-people; a name with a space needs quotation marks
    [exit code 2]

    $ routeguide serve example.org:1
    error: unexpected address "example.org:1"
    hint: say where to listen with --listen example.org:1
    [exit code 2]

    $ routeguide example.org:1 list
    error: unrecognized subcommand 'example.org:1'

      tip: the server comes after the command: routeguide list -a example.org:1

    Usage: routeguide <COMMAND>

    For more information, try '--help'.
    [exit code 2]

    $ routeguide example.org:1 call Bank/GetAccounts id=7
    error: unrecognized subcommand 'example.org:1'

      tip: the server comes after the command: routeguide call -a example.org:1 Bank/GetAccounts id=7

    Usage: routeguide <COMMAND>

    For more information, try '--help'.
    [exit code 2]

    $ routeguide 12345 serve
    error: unrecognized subcommand '12345'

      tip: the server comes after the command: routeguide serve --listen :12345

    Usage: routeguide <COMMAND>

    For more information, try '--help'.
    [exit code 2]
    "#);
}

#[test]
fn a_port_or_a_socket_in_the_place_of_a_symbol() {
    let lines: [&[&str]; 5] = [
        &["list", "12345"],
        &["call", "12345", "Bank/GetAccounts"],
        &["list", "/run/bank.sock"],
        &["describe", "./bank.sock", "Bank"],
        &["serve", "12345"],
    ];
    assert_snapshot!(transcript(lines.map(routeguide)), @r#"
    $ routeguide list 12345
    error: "12345" is a port, not a symbol
    hint: name the server with -a: -a :12345
    [exit code 2]

    $ routeguide call 12345 Bank/GetAccounts
    error: "12345" is a port, not a symbol
    hint: name the server with -a: -a :12345 Bank/GetAccounts
    [exit code 2]

    $ routeguide list /run/bank.sock
    error: "/run/bank.sock" is an address, not a symbol
    hint: name the server with -a: -a /run/bank.sock
    [exit code 2]

    $ routeguide describe ./bank.sock Bank
    error: "./bank.sock" is an address, not a symbol
    hint: name the server with -a: -a ./bank.sock Bank
    [exit code 2]

    $ routeguide serve 12345
    error: unexpected port "12345"
    hint: say where to listen with --listen :12345
    [exit code 2]
    "#);
}

#[test]
fn a_method_or_a_command_of_another_tool_in_the_place_of_a_command() {
    let lines: [&[&str]; 6] = [
        &["Bank/GetAccounts", "id=7"],
        &["repl"],
        &["invoke", "Bank/GetAccounts"],
        &["shell", "-c", r"\q"],
        &["shell", "example.org:1"],
        &["shell", "-c", "service Bank"],
    ];
    assert_snapshot!(transcript(lines.map(routeguide)), @r#"
    $ routeguide Bank/GetAccounts id=7
    error: unrecognized subcommand 'Bank/GetAccounts'

      tip: to call a method: routeguide call Bank/GetAccounts id=7

    Usage: routeguide <COMMAND>

    For more information, try '--help'.
    [exit code 2]

    $ routeguide repl
    error: unrecognized subcommand 'repl'

      tip: routeguide shell is the prompt

    Usage: routeguide <COMMAND>

    For more information, try '--help'.
    [exit code 2]

    $ routeguide invoke Bank/GetAccounts
    error: unrecognized subcommand 'invoke'

      tip: call METHOD calls a method

    Usage: routeguide <COMMAND>

    For more information, try '--help'.
    [exit code 2]

    $ routeguide shell -c '\q'
    error: unrecognized subcommand '\q'

      tip: exit, or Ctrl-D, leaves the shell

    Usage: <COMMAND>

    For more information, try 'help'.
    -c, line 1: \q
    [exit code 2]

    $ routeguide shell example.org:1
    error: unexpected argument 'example.org:1' found

      tip: name the server with -a: -a example.org:1

    Usage: routeguide shell [OPTIONS]

    For more information, try '--help'.
    [exit code 2]

    $ routeguide shell -c 'service Bank'
    error: unrecognized subcommand 'service'

      tip: use SERVICE, in the shell, chooses the service of methods without one

    Usage: <COMMAND>

    For more information, try 'help'.
    -c, line 1: service Bank
    [exit code 2]
    "#);
}

#[test]
fn a_field_in_another_form() {
    let lines: [&[&str]; 6] = [
        &["id:7"],
        &["id", "7"],
        &["Authorization:x", "id=7"],
        &["--name=Bob"],
        &["--timeot=5"],
        &["-m", "id=7"],
    ];
    let calls = lines.map(|fields| routeguide(["call", "GetPerson", "--in-process"]).args(fields));
    assert_snapshot!(transcript(calls), @r#"
    $ routeguide call GetPerson --in-process id:7
    error: argument "id:7": it is not a field
    hint: write id=7 for a field; -H takes a header, and -a the server
    [exit code 1]

    $ routeguide call GetPerson --in-process id 7
    error: argument "id": it is not a field
    hint: write name=text, name:=json, name=@file or name:=@file
    [exit code 1]

    $ routeguide call GetPerson --in-process Authorization:x id=7
    error: argument "Authorization:x": it is not a field
    hint: write Authorization=x for a field; -H takes a header, and -a the server
    [exit code 1]

    $ routeguide call GetPerson --in-process --name=Bob
    error: unexpected argument '--name' found

      tip: a field of the request is written without dashes: name=…

    For more information, try '--help'.
    [exit code 2]

    $ routeguide call GetPerson --in-process --timeot=5
    error: unexpected argument '--timeot' found

      tip: a similar argument exists: '--timeout'

    Usage: routeguide call --in-process --timeout <DURATION> <METHOD> [FIELD]...

    For more information, try '--help'.
    [exit code 2]

    $ routeguide call GetPerson --in-process -m id=7
    error: unexpected argument '-m' found

    Usage: routeguide call [OPTIONS] <METHOD> [FIELD]...

    For more information, try '--help'.
    [exit code 2]
    "#);
}

#[test]
fn the_value_of_a_variable_that_is_not_set() {
    let lines: [&[&str]; 4] = [
        &["list", ""],
        &["describe", ""],
        &["call", "", "name=Bob"],
        &["call", "GetPerson", "--in-process", ""],
    ];
    assert_snapshot!(transcript(lines.map(routeguide)), @r#"
    $ routeguide list ''
    error: the name is empty
    hint: is a variable not set?
    [exit code 2]

    $ routeguide describe ''
    error: the name is empty
    hint: is a variable not set?
    [exit code 2]

    $ routeguide call '' name=Bob
    error: the name is empty
    hint: is a variable not set?
    [exit code 2]

    $ routeguide call GetPerson --in-process ''
    error: argument "": it is not a field
    hint: is a variable not set?
    [exit code 1]
    "#);
}

#[test]
fn json_with_other_quotation_marks() {
    let data = [
        "{'name':'Bob'}",
        "{name:Bob}",
        r#"{"name":"Bob",}"#,
        "missing.json",
    ];
    let calls = data.map(|data| routeguide(["call", "GetPerson", "--in-process", "-d", data]));
    assert_snapshot!(transcript(calls), @r#"
    $ routeguide call GetPerson --in-process -d '{'\''name'\'':'\''Bob'\''}'
    error: -d, line 1, column 2: expected `"`, found `'`
    hint: JSON has double quotation marks: {"name": "text"}
    [exit code 1]

    $ routeguide call GetPerson --in-process -d '{name:Bob}'
    error: -d, line 1, column 2: expected `"`, found `name`
    hint: JSON has double quotation marks: {"name": "text"}
    [exit code 1]

    $ routeguide call GetPerson --in-process -d '{"name":"Bob",}'
    error: -d, line 1, column 15: expected `"`, found `}`
    hint: is there a comma too many?
    [exit code 1]

    $ routeguide call GetPerson --in-process -d missing.json
    error: -d: "missing.json" is not a message
    hint: to read the file, write -d @missing.json
    [exit code 1]
    "#);
}

#[test]
fn a_format_for_a_command_that_prints_lines() {
    assert_snapshot!(transcript([routeguide(["list", "-o", "json"])]), @"
    $ routeguide list -o json
    error: unexpected argument '-o' found

      tip: this command prints plain lines; for JSON, routeguide describe -o json has the schema, and call -o json the replies

    Usage: routeguide list [OPTIONS] [SERVICE]

    For more information, try '--help'.
    [exit code 2]
    ");
}

#[test]
fn an_address_after_the_symbol() {
    let lines: [&[&str]; 4] = [
        &["call", "Bank/GetAccounts", "example.org:1"],
        &["call", "Bank/GetAccounts", "id=7", "https://example.org"],
        &["list", "Bank", ":1"],
        &["describe", "Bank", "unix:/run/bank.sock"],
    ];
    assert_snapshot!(transcript(lines.map(routeguide)), @r#"
    $ routeguide call Bank/GetAccounts example.org:1
    error: unexpected address "example.org:1"
    hint: name the server with -a: Bank/GetAccounts -a example.org:1
    [exit code 2]

    $ routeguide call Bank/GetAccounts id=7 https://example.org
    error: unexpected address "https://example.org"
    hint: name the server with -a: Bank/GetAccounts -a https://example.org id=7
    [exit code 2]

    $ routeguide list Bank :1
    error: unexpected address ":1"
    hint: name the server with -a: Bank -a :1
    [exit code 2]

    $ routeguide describe Bank unix:/run/bank.sock
    error: unexpected address "unix:/run/bank.sock"
    hint: name the server with -a: Bank -a unix:/run/bank.sock
    [exit code 2]
    "#);
}

#[test]
fn an_address_and_a_symbol_in_one() {
    let lines: [&[&str]; 4] = [
        &["call", "http://example.org:1/Bank/GetAccounts"],
        &["call", "example.org:1/Bank/GetAccounts", "id=7"],
        &["list", "https://example.org/Bank"],
        &["health", "example.org:1/Bank"],
    ];
    assert_snapshot!(transcript(lines.map(routeguide)), @r#"
    $ routeguide call http://example.org:1/Bank/GetAccounts
    error: "http://example.org:1/Bank/GetAccounts" has an address and a symbol in one
    hint: name the server with -a: -a http://example.org:1 Bank/GetAccounts
    [exit code 2]

    $ routeguide call example.org:1/Bank/GetAccounts id=7
    error: "example.org:1/Bank/GetAccounts" has an address and a symbol in one
    hint: name the server with -a: -a example.org:1 Bank/GetAccounts id=7
    [exit code 2]

    $ routeguide list https://example.org/Bank
    error: "https://example.org/Bank" has an address and a symbol in one
    hint: name the server with -a: -a https://example.org Bank
    [exit code 2]

    $ routeguide health example.org:1/Bank
    error: "example.org:1/Bank" has an address and a symbol in one
    hint: name the server with -a: -a example.org:1 Bank
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
fn flags_with_one_dash() {
    let folder = Folder::new();
    folder.write("shop.proto", "syntax = \"proto3\"; service Shop {}");
    let lines: [&[&str]; 3] = [
        &["list", "-import-path", ".", "-proto", "shop.proto"],
        &["list", "-proto=shop.proto"],
        &[
            "call",
            "-d",
            "{}",
            "-plaintext",
            "example.org:1",
            "Shop/Pay",
        ],
    ];
    let lines = lines.map(|line| routeguide(line).within(&folder));
    assert_snapshot!(transcript(lines), @r#"
    $ routeguide list -import-path . -proto shop.proto
    [stdout]
    Shop
    [stderr]

    $ routeguide list -proto=shop.proto
    [stdout]
    Shop
    [stderr]

    $ routeguide call -d '{}' -plaintext example.org:1 Shop/Pay
    error: "example.org:1" is an address, not a symbol
    hint: name the server with -a: -a example.org:1 Shop/Pay
    [exit code 2]
    "#);
}

#[test]
fn flags_with_another_name_or_in_another_place() {
    let lines: [&[&str]; 6] = [
        &["list", "--tls"],
        &["list", "-rpc-header", "a: b"],
        &["call", "Shop/Pay", "-max-time", "3"],
        &["call", "Shop/Pay", "-format=text"],
        &["get-person", "Alice", "--json"],
        &["-a", "localhost:1", "list"],
    ];
    assert_snapshot!(transcript(lines.map(routeguide)), @"
    $ routeguide list --tls
    error: unexpected argument '--tls' found

      tip: for TLS, use -a https://HOST:PORT

    Usage: routeguide list [OPTIONS] [SERVICE]

    For more information, try '--help'.
    [exit code 2]

    $ routeguide list -rpc-header 'a: b'
    error: unexpected argument '-r' found

      tip: use -H, which counts for calls and reflection

    Usage: routeguide list [OPTIONS] [SERVICE]

    For more information, try '--help'.
    [exit code 2]

    $ routeguide call Shop/Pay -max-time 3
    error: unexpected argument '-m' found

      tip: for the deadline of a call, use --timeout

    Usage: routeguide call [OPTIONS] <METHOD> [FIELD]...

    For more information, try '--help'.
    [exit code 2]

    $ routeguide call Shop/Pay -format=text
    error: unexpected argument '-f' found

      tip: the format of requests is --input, and that of replies -o

    Usage: routeguide call [OPTIONS] <METHOD> [FIELD]...

    For more information, try '--help'.
    [exit code 2]

    $ routeguide get-person Alice --json
    error: unexpected argument '--json' found

      tip: JSON is -o json, for the commands that print replies

    Usage: routeguide get-person <NAME>

    For more information, try '--help'.
    [exit code 2]

    $ routeguide -a localhost:1 list
    error: unexpected argument '-a' found

      tip: flags come after the command, as in routeguide list -a :50051

    Usage: routeguide <COMMAND>

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
    error: ROUTEGUIDE_OUTPUT: "yaml" is not a valid value: expected one of text, json, envelope, raw
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
