//! `call --input text -d`: text format that is not a request.

use insta::assert_snapshot;

use super::super::harness::{Echo, routeguide};
use super::calls_of_echo;

/// Calls a method of the test schema with each of these requests.
#[track_caller]
fn calls<const N: usize>(requests: [&str; N]) -> String {
    calls_of_echo(requests.map(|text| vec!["Repeat", "--input", "text", "-d", text]))
}

#[test]
fn text_of_another_format() {
    assert_snapshot!(calls([
        r#"{"name": "Alice"}"#,
        r#""name": "Alice""#,
        r#"name = "Alice""#,
        r#"name "Alice""#,
        r#"name: "Alice" }"#,
        r#"address { city: "Seoul""#,
        r#"name: "a" | name: "b""#,
    ]), @r#"
    $ routeguide call Repeat --input text -d '{"name": "Alice"}'
    error: -d, line 1, column 1: expected a field name, found "{"
    hint: the text format has no braces around a message; is this JSON?
    [exit code 1]

    $ routeguide call Repeat --input text -d '"name": "Alice"'
    error: -d, line 1, column 1: expected a field name, found a string
    hint: field names are not quoted; is this JSON?
    [exit code 1]

    $ routeguide call Repeat --input text -d 'name = "Alice"'
    error: -d, line 1, column 6: unexpected character "="
    [exit code 1]

    $ routeguide call Repeat --input text -d 'name "Alice"'
    error: -d, line 1, column 6, field name: expected ":" after "name", found a string
    [exit code 1]

    $ routeguide call Repeat --input text -d 'name: "Alice" }'
    error: -d, line 1, column 15: expected a field name, found "}"
    [exit code 1]

    $ routeguide call Repeat --input text -d 'address { city: "Seoul"'
    error: -d, line 1, column 24, field address: expected "}", found the end
    [exit code 1]

    $ routeguide call Repeat --input text -d 'name: "a" | name: "b"'
    error: -d, line 1, column 11, field name: unexpected character "|"
    [exit code 1]
    "#);
}

#[test]
fn a_field() {
    assert_snapshot!(calls([
        r#"nmae: "Alice""#,
        r#"nick: "Al""#,
        r#"1: "Alice""#,
        r#"99: "Alice""#,
        "[test.echo.v1.ext]: 1",
        r#"name: "a" name: "b""#,
        r#"phone: "1" mail: "a@b""#,
        r#"name: ["a"]"#,
    ]), @r#"
    $ routeguide call Repeat --input text -d 'nmae: "Alice"'
    error: -d, line 1, column 1: test.echo.v1.Request has no field "nmae"
    hint: did you mean "name"?
    [exit code 1]

    $ routeguide call Repeat --input text -d 'nick: "Al"'
    error: -d, line 1, column 1: test.echo.v1.Request has no field "nick"
    hint: its fields are name, age, address, hobbies, photo, labels, color, payload, active, phone, mail, fail, replies, padding, delay_ms
    [exit code 1]

    $ routeguide call Repeat --input text -d '1: "Alice"'
    error: -d, line 1, column 1: expected a field name, found "1"
    hint: the text format has field names, not numbers; field 1 is "name"
    [exit code 1]

    $ routeguide call Repeat --input text -d '99: "Alice"'
    error: -d, line 1, column 1: expected a field name, found "99"
    hint: a field that the schema does not have cannot be written as text
    [exit code 1]

    $ routeguide call Repeat --input text -d '[test.echo.v1.ext]: 1'
    error: -d, line 1, column 1: test.echo.v1.Request has no extension [test.echo.v1.ext]
    [exit code 1]

    $ routeguide call Repeat --input text -d 'name: "a" name: "b"'
    error: -d, line 1, column 11, field name: name is not repeated, but set twice
    [exit code 1]

    $ routeguide call Repeat --input text -d 'phone: "1" mail: "a@b"'
    error: -d, line 1, column 12, field mail: phone and mail are members of the same oneof: only one can be set
    [exit code 1]

    $ routeguide call Repeat --input text -d 'name: ["a"]'
    error: -d, line 1, column 7, field name: found a list, but the field is not repeated
    [exit code 1]
    "#);
}

#[test]
fn a_string() {
    assert_snapshot!(calls([
        "name: Alice",
        "name: 3",
        r#"name: "Alice"#,
        r#"name: "\q""#,
        r#"name: "\400""#,
        r#"name: "\ud83d""#,
        r#"name: "\U00110000""#,
        r#"name: "\377""#,
    ]), @r#"
    $ routeguide call Repeat --input text -d 'name: Alice'
    error: -d, line 1, column 7, field name: expected a string in quotes, found "Alice"
    [exit code 1]

    $ routeguide call Repeat --input text -d 'name: 3'
    error: -d, line 1, column 7, field name: expected a string in quotes, found "3"
    [exit code 1]

    $ routeguide call Repeat --input text -d 'name: "Alice'
    error: -d, line 1, column 7, field name: unterminated string: no closing " on its line
    [exit code 1]

    $ routeguide call Repeat --input text -d 'name: "\q"'
    error: -d, line 1, column 8, field name: \q is not an escape
    [exit code 1]

    $ routeguide call Repeat --input text -d 'name: "\400"'
    error: -d, line 1, column 8, field name: an octal escape is at most \377
    [exit code 1]

    $ routeguide call Repeat --input text -d 'name: "\ud83d"'
    error: -d, line 1, column 8, field name: U+D83D is not a Unicode character
    [exit code 1]

    $ routeguide call Repeat --input text -d 'name: "\U00110000"'
    error: -d, line 1, column 8, field name: U+110000 is not a Unicode character
    [exit code 1]

    $ routeguide call Repeat --input text -d 'name: "\377"'
    error: -d, line 1, column 7, field name: not valid UTF-8 (byte 1)
    [exit code 1]
    "#);
}

#[test]
fn a_number() {
    assert_snapshot!(calls([
        r#"age: "old""#,
        "age: 1.5",
        "age: 3000000000",
        "age: 3years",
        "age: 08",
        "replies: -1",
        "active: maybe",
    ]), @r#"
    $ routeguide call Repeat --input text -d 'age: "old"'
    error: -d, line 1, column 6, field age: expected an integer, found a string
    hint: numbers are not quoted
    [exit code 1]

    $ routeguide call Repeat --input text -d 'age: 1.5'
    error: -d, line 1, column 6, field age: expected an integer, found "1.5"
    [exit code 1]

    $ routeguide call Repeat --input text -d 'age: 3000000000'
    error: -d, line 1, column 6, field age: out of range for int32
    [exit code 1]

    $ routeguide call Repeat --input text -d 'age: 3years'
    error: -d, line 1, column 7, field age: a number is followed by "y" without a space
    [exit code 1]

    $ routeguide call Repeat --input text -d 'age: 08'
    error: -d, line 1, column 7, field age: numbers that begin with 0 are octal, and this is not an octal digit
    [exit code 1]

    $ routeguide call Repeat --input text -d 'replies: -1'
    error: -d, line 1, column 10, field replies: uint32 cannot be negative
    [exit code 1]

    $ routeguide call Repeat --input text -d 'active: maybe'
    error: -d, line 1, column 9, field active: expected true or false, found "maybe"
    [exit code 1]
    "#);
}

#[test]
fn an_enum() {
    assert_snapshot!(calls([
        "color: COLOR_REED",
        "color: PURPLE",
        r#"color: "COLOR_RED""#,
        "color: {}",
    ]), @r#"
    $ routeguide call Repeat --input text -d 'color: COLOR_REED'
    error: -d, line 1, column 8, field color: test.echo.v1.Color has no value "COLOR_REED"
    hint: did you mean "COLOR_RED"? its values are COLOR_UNSPECIFIED, COLOR_RED, COLOR_GREEN
    [exit code 1]

    $ routeguide call Repeat --input text -d 'color: PURPLE'
    error: -d, line 1, column 8, field color: test.echo.v1.Color has no value "PURPLE"
    hint: its values are COLOR_UNSPECIFIED, COLOR_RED, COLOR_GREEN
    [exit code 1]

    $ routeguide call Repeat --input text -d 'color: "COLOR_RED"'
    error: -d, line 1, column 8, field color: expected a value of test.echo.v1.Color, found a string
    hint: enum values are not quoted
    [exit code 1]

    $ routeguide call Repeat --input text -d 'color: {}'
    error: -d, line 1, column 8, field color: expected a value of test.echo.v1.Color, found "{"
    [exit code 1]
    "#);
}

#[test]
fn an_any() {
    assert_snapshot!(calls([
        r#"payload { [test.echo.v1.Quota] { owner: "Alice" } }"#,
        "payload { [x/no.such.Type] {} }",
        "payload { [x%2/test.echo.v1.Quota] {} }",
        r#"payload { [x/test.echo.v1.Quota { owner: "Alice" } }"#,
        r#"payload { [x/test.echo.v1.Quota] { ownr: "Alice" } }"#,
    ]), @r#"
    $ routeguide call Repeat --input text -d 'payload { [test.echo.v1.Quota] { owner: "Alice" } }'
    error: -d, line 1, column 11, field payload: the type URL "test.echo.v1.Quota" has no domain
    hint: write [type.googleapis.com/test.echo.v1.Quota]
    [exit code 1]

    $ routeguide call Repeat --input text -d 'payload { [x/no.such.Type] {} }'
    error: -d, line 1, column 11, field payload: the schema has no message "no.such.Type"
    [exit code 1]

    $ routeguide call Repeat --input text -d 'payload { [x%2/test.echo.v1.Quota] {} }'
    error: -d, line 1, column 11, field payload: the type URL "x%2/test.echo.v1.Quota" has a % without two hexadecimal digits
    [exit code 1]

    $ routeguide call Repeat --input text -d 'payload { [x/test.echo.v1.Quota { owner: "Alice" } }'
    error: -d, line 1, column 33, field payload: unexpected character "{" in a name in brackets
    [exit code 1]

    $ routeguide call Repeat --input text -d 'payload { [x/test.echo.v1.Quota] { ownr: "Alice" } }'
    error: -d, line 1, column 36, field payload.[x/test.echo.v1.Quota]: test.echo.v1.Quota has no field "ownr"
    hint: did you mean "owner"?
    [exit code 1]
    "#);
}

#[test]
fn bytes_that_are_not_utf_8() {
    let echo = Echo::start();
    let outcome = routeguide(["call", "Repeat", "--input", "text", "-d", "@-"])
        .at(echo.addr())
        .run_with(b"name: \"Zo\xeb\"");
    assert_snapshot!(outcome.snapshot(), @"
    exit code: 1
    ----- stdout -----
    ----- stderr -----
    error: standard input, line 1, column 10: not valid UTF-8
    ");
}

#[test]
fn the_place_of_an_error_is_in_the_whole_input() {
    assert_snapshot!(calls_of_echo([
        vec!["Chat", "--input", "text", "-d", "name: \"a\"\n\u{1e}\nage: \"old\""],
    ]), @r#"
    $ routeguide call Chat --input text -d $'name: "a"\n\x1e\nage: "old"'
    [stdout]
    {"request":{"name":"a"},"received":1}
    [stderr]
    error: -d, line 3, column 6, field age: expected an integer, found a string
    hint: numbers are not quoted
    [exit code 1]
    "#);
}
