//! `call -d`: JSON that is not a request.

use insta::assert_snapshot;

use super::super::harness::{Echo, Folder, routeguide};
use super::{Transcript, calls_of_echo, transcript};

/// Calls a method of the test schema with each of these requests.
#[track_caller]
pub fn calls<const N: usize>(requests: [&str; N]) -> String {
    calls_of_echo(requests.map(|json| vec!["Repeat", "-d", json]))
}

#[test]
fn text_that_is_not_json() {
    assert_snapshot!(calls([
        "nonsense",
        "{",
        r#"{"name""#,
        r#"{"name" "Alice"}"#,
        r#"{"name": "Alice" "age": 3}"#,
        r#"{"name": "Alice",}"#,
        r#"{name: "Alice"}"#,
        r#"{"name": 'Alice'}"#,
        "{}]",
    ]), @r#"
    $ routeguide call Repeat -d nonsense
    error: -d, line 1, column 1: expected an object for test.echo.v1.Request, found `nonsense`
    [exit code 1]

    $ routeguide call Repeat -d '{'
    error: -d, line 1, column 2: unexpected end of JSON, expected `"`
    [exit code 1]

    $ routeguide call Repeat -d '{"name"'
    error: -d, line 1, column 8: unexpected end of JSON, expected `:`
    [exit code 1]

    $ routeguide call Repeat -d '{"name" "Alice"}'
    error: -d, line 1, column 9: expected `:`, found string "Alice"
    [exit code 1]

    $ routeguide call Repeat -d '{"name": "Alice" "age": 3}'
    error: -d, line 1, column 18: expected `}`, found string "age"
    [exit code 1]

    $ routeguide call Repeat -d '{"name": "Alice",}'
    error: -d, line 1, column 18: expected `"`, found `}`
    hint: is there a comma too many?
    [exit code 1]

    $ routeguide call Repeat -d '{name: "Alice"}'
    error: -d, line 1, column 2: expected `"`, found `name`
    hint: JSON has double quotation marks: {"name": "text"}
    [exit code 1]

    $ routeguide call Repeat -d '{"name": '\''Alice'\''}'
    error: -d, line 1, column 10, field name: expected string, found `'`
    [exit code 1]

    $ routeguide call Repeat -d '{}]'
    [stdout]
    {"request":{},"received":1}
    [stderr]
    error: -d, line 1, column 3: expected an object for test.echo.v1.Request, found `]`
    [exit code 1]
    "#);
}

#[test]
fn a_value_that_is_not_an_object() {
    assert_snapshot!(calls(["3", "\"Alice\"", "null", "[{\"name\": \"Alice\"}]"]), @r#"
    $ routeguide call Repeat -d 3
    error: -d, line 1, column 1: expected an object for test.echo.v1.Request, found number 3
    [exit code 1]

    $ routeguide call Repeat -d '"Alice"'
    error: -d, line 1, column 1: expected an object for test.echo.v1.Request, found string "Alice"
    [exit code 1]

    $ routeguide call Repeat -d null
    error: -d, line 1, column 1: expected an object for test.echo.v1.Request, found null
    [exit code 1]

    $ routeguide call Repeat -d '[{"name": "Alice"}]'
    error: -d, line 1, column 1: expected an object for test.echo.v1.Request, found an array
    hint: write messages one after the other, without an array around them
    [exit code 1]
    "#);
}

#[test]
fn a_string() {
    assert_snapshot!(calls([
        r#"{"name": "Alice}"#,
        r#"{"name": "\x41"}"#,
        r#"{"name": "\ud83d"}"#,
        "{\"name\": \"A\tB\"}",
    ]), @r#"
    $ routeguide call Repeat -d '{"name": "Alice}'
    error: -d, line 1, column 10, field name: unterminated string
    [exit code 1]

    $ routeguide call Repeat -d '{"name": "\x41"}'
    error: -d, line 1, column 11, field name: invalid escape
    [exit code 1]

    $ routeguide call Repeat -d '{"name": "\ud83d"}'
    error: -d, line 1, column 11, field name: unpaired surrogate
    [exit code 1]

    $ routeguide call Repeat -d $'{"name": "A\x09B"}'
    error: -d, line 1, column 12, field name: control characters in strings must be escaped
    [exit code 1]
    "#);
}

#[test]
fn a_number() {
    assert_snapshot!(calls([
        r#"{"age": 01}"#,
        r#"{"age": 1.5}"#,
        r#"{"age": 3000000000}"#,
        r#"{"age": "old"}"#,
        r#"{"replies": -1}"#,
        r#"{"age": true}"#,
    ]), @r#"
    $ routeguide call Repeat -d '{"age": 01}'
    error: -d, line 1, column 9, field age: `01` is not a valid JSON number
    [exit code 1]

    $ routeguide call Repeat -d '{"age": 1.5}'
    error: -d, line 1, column 9, field age: 1.5 is not a valid int32
    [exit code 1]

    $ routeguide call Repeat -d '{"age": 3000000000}'
    error: -d, line 1, column 9, field age: 3000000000 is not a valid int32
    [exit code 1]

    $ routeguide call Repeat -d '{"age": "old"}'
    error: -d, line 1, column 9, field age: expected int32, found string "old"
    [exit code 1]

    $ routeguide call Repeat -d '{"replies": -1}'
    error: -d, line 1, column 13, field replies: -1 is not a valid uint32
    [exit code 1]

    $ routeguide call Repeat -d '{"age": true}'
    error: -d, line 1, column 9, field age: expected int32, found true
    [exit code 1]
    "#);
}

#[test]
fn a_field() {
    assert_snapshot!(calls([
        r#"{"nmae": "Alice"}"#,
        r#"{"nick": "Al"}"#,
        r#"{"address": {"ctiy": "Seoul"}}"#,
        r#"{"name": "Alice", "name": "Bob"}"#,
        r#"{"phone": "1", "mail": "a@b"}"#,
        r#"{"delayMs": 1, "delay_ms": 2}"#,
    ]), @r#"
    $ routeguide call Repeat -d '{"nmae": "Alice"}'
    error: -d, line 1, column 2: test.echo.v1.Request has no field "nmae"
    hint: did you mean "name"?
    [exit code 1]

    $ routeguide call Repeat -d '{"nick": "Al"}'
    error: -d, line 1, column 2: test.echo.v1.Request has no field "nick"
    hint: its fields are name, age, address, hobbies, photo, labels, color, payload, active, phone, mail, fail, replies, padding, delayMs
    [exit code 1]

    $ routeguide call Repeat -d '{"address": {"ctiy": "Seoul"}}'
    error: -d, line 1, column 14, field address: test.echo.v1.Request.Address has no field "ctiy"
    hint: did you mean "city"?
    [exit code 1]

    $ routeguide call Repeat -d '{"name": "Alice", "name": "Bob"}'
    error: -d, line 1, column 19, field name: duplicate field
    [exit code 1]

    $ routeguide call Repeat -d '{"phone": "1", "mail": "a@b"}'
    error: -d, line 1, column 16, field mail: phone and mail are members of the same oneof: only one can be set
    [exit code 1]

    $ routeguide call Repeat -d '{"delayMs": 1, "delay_ms": 2}'
    error: -d, line 1, column 16, field delay_ms: duplicate field
    [exit code 1]
    "#);
}

#[test]
fn a_value_of_another_type() {
    assert_snapshot!(calls([
        r#"{"name": 3}"#,
        r#"{"active": "yes"}"#,
        r#"{"photo": "%%%"}"#,
        r#"{"hobbies": "chess"}"#,
        r#"{"hobbies": ["chess", null]}"#,
        r#"{"address": []}"#,
        r#"{"labels": []}"#,
        r#"{"labels": {"color": null}}"#,
        r#"{"labels": {"a": "1", "a": "2"}}"#,
    ]), @r#"
    $ routeguide call Repeat -d '{"name": 3}'
    error: -d, line 1, column 10, field name: expected string, found number 3
    [exit code 1]

    $ routeguide call Repeat -d '{"active": "yes"}'
    error: -d, line 1, column 12, field active: expected true or false, found string "yes"
    [exit code 1]

    $ routeguide call Repeat -d '{"photo": "%%%"}'
    error: -d, line 1, column 11, field photo: expected bytes as base64
    [exit code 1]

    $ routeguide call Repeat -d '{"hobbies": "chess"}'
    error: -d, line 1, column 13, field hobbies: expected an array, found string "chess"
    [exit code 1]

    $ routeguide call Repeat -d '{"hobbies": ["chess", null]}'
    error: -d, line 1, column 23, field hobbies[1]: expected a value, found null
    [exit code 1]

    $ routeguide call Repeat -d '{"address": []}'
    error: -d, line 1, column 13, field address: expected an object for test.echo.v1.Request.Address, found an array
    [exit code 1]

    $ routeguide call Repeat -d '{"labels": []}'
    error: -d, line 1, column 12, field labels: expected an object, found an array
    [exit code 1]

    $ routeguide call Repeat -d '{"labels": {"color": null}}'
    error: -d, line 1, column 22, field labels["color"]: a map's value cannot be null
    [exit code 1]

    $ routeguide call Repeat -d '{"labels": {"a": "1", "a": "2"}}'
    error: -d, line 1, column 23, field labels: duplicate key "a"
    [exit code 1]
    "#);
}

#[test]
fn an_enum() {
    assert_snapshot!(calls([
        r#"{"color": "COLOR_REED"}"#,
        r#"{"color": "PURPLE"}"#,
        r#"{"color": []}"#,
    ]), @r#"
    $ routeguide call Repeat -d '{"color": "COLOR_REED"}'
    error: -d, line 1, column 11, field color: test.echo.v1.Color has no value "COLOR_REED"
    hint: did you mean "COLOR_RED"? its values are COLOR_UNSPECIFIED, COLOR_RED, COLOR_GREEN
    [exit code 1]

    $ routeguide call Repeat -d '{"color": "PURPLE"}'
    error: -d, line 1, column 11, field color: test.echo.v1.Color has no value "PURPLE"
    hint: its values are COLOR_UNSPECIFIED, COLOR_RED, COLOR_GREEN
    [exit code 1]

    $ routeguide call Repeat -d '{"color": []}'
    error: -d, line 1, column 11, field color: expected a value of test.echo.v1.Color, found an array
    [exit code 1]
    "#);
}

#[test]
fn the_place_of_an_error_is_in_the_whole_input() {
    let (echo, folder) = (Echo::start(), Folder::new());
    folder.write(
        "requests.json",
        "{\"name\":\"a\"}\n{\"address\": {\"city\": 3}}\n",
    );
    let mut transcript = Transcript::default();
    transcript
        .run_with(
            "{\"name\":\"a\"}\n{\"address\": {\"city\": 3}}\n",
            routeguide(["call", "Chat", "-d", "@-"]).at(echo.addr()),
        )
        .run(
            routeguide(["call", "Chat", "-d", "@requests.json"])
                .within(&folder)
                .at(echo.addr()),
        )
        .run(routeguide(["call", "Echo/Unary", "-d", r#"{} {"name": 3}"#]).at(echo.addr()));
    assert_snapshot!(transcript, @r#"
    $ printf '{"name":"a"}\n{"address": {"city": 3}}\n' | routeguide call Chat -d @- --addr 127.0.0.1:[PORT]
    [stdout]
    {"request":{"name":"a"},"received":1}
    [stderr]
    error: standard input, line 2, column 22, field address.city: expected string, found number 3
    [exit code 1]

    $ routeguide call Chat -d @requests.json --addr 127.0.0.1:[PORT]
    [stdout]
    {"request":{"name":"a"},"received":1}
    [stderr]
    error: requests.json, line 2, column 22, field address.city: expected string, found number 3
    [exit code 1]

    $ routeguide call Echo/Unary -d '{} {"name": 3}' --addr 127.0.0.1:[PORT]
    [stdout]
    {"request":{},"received":1}
    [stderr]
    error: -d, line 1, column 13, field name: expected string, found number 3
    [exit code 1]
    "#);
}

#[test]
fn input_that_cannot_be_read() {
    let folder = Folder::new();
    std::fs::create_dir(folder.join("requests")).unwrap();
    assert_snapshot!(transcript([
        routeguide(["call", "Chat", "-d", "@requests.json"]).within(&folder),
        routeguide(["call", "GetPeople", "--in-process", "-d", "@requests"]).within(&folder),
    ]), @"
    $ routeguide call Chat -d @requests.json
    error: cannot read requests.json
      caused by: no such file or directory
    [exit code 1]

    $ routeguide call GetPeople --in-process -d @requests
    error: cannot read requests
      caused by: is a directory
    [exit code 1]
    ");
}

#[test]
fn input_without_a_message() {
    let echo = Echo::start();
    assert_snapshot!(transcript([
        routeguide(["call", "Echo/Unary", "-d", ""]).at(echo.addr()),
    ]), @"
    $ routeguide call Echo/Unary -d '' --addr 127.0.0.1:[PORT]
    did not call test.echo.v1.Echo.Unary: -d is empty; is a variable unset? The empty message is {}
    ");
}

#[test]
fn a_message_over_the_limit() {
    assert_snapshot!(calls_of_echo([
        vec!["Repeat", "--max-message-size", "10", "-d", r#"{"name": "Alice and Bob"}"#],
        vec!["Repeat", "--max-message-size", "10", "name=Alice and Bob"],
    ]), @r#"
    $ routeguide call Repeat --max-message-size 10 -d '{"name": "Alice and Bob"}'
    error: -d, line 1: the message has 15 bytes, and the limit is 10
    hint: allow larger messages with --max-message-size
    [exit code 1]

    $ routeguide call Repeat --max-message-size 10 'name=Alice and Bob'
    error: request: the message has 15 bytes, and the limit is 10
    hint: allow larger messages with --max-message-size
    [exit code 1]
    "#);
}
