//! `call -d`: JSON that is not a value of a well-known type.

use insta::assert_snapshot;

use super::super::harness::{Echo, Folder, routeguide};
use super::input_json::calls;
use super::{KNOWN, transcript};

#[test]
fn an_any() {
    assert_snapshot!(calls([
        r#"{"payload": {"owner": "Alice"}}"#,
        r#"{"payload": {"@type": 3}}"#,
        r#"{"payload": {"@type": "test.echo.v1.Quota"}}"#,
        r#"{"payload": {"@type": "x/no.such.Type"}}"#,
        r#"{"payload": {"@type": "x/test.echo.v1.Quota", "@type": "x/y"}}"#,
        r#"{"payload": {"@type": "x/test.echo.v1.Quota", "ownr": "Alice"}}"#,
        r#"{"payload": {"@type": "x/google.protobuf.Any"}}"#,
        r#"{"payload": {"@type": "x/google.protobuf.Any", "value": {}, "owner": 1}}"#,
        r#"{"payload": {"@type": "x/google.protobuf.Any", "value": {}, "value": {}}}"#,
    ]), @r#"
    $ routeguide call Repeat -d '{"payload": {"owner": "Alice"}}'
    error: -d, line 1, column 13, field payload: an Any needs a `@type`
    [exit code 1]

    $ routeguide call Repeat -d '{"payload": {"@type": 3}}'
    error: -d, line 1, column 23, field payload: expected `"`, found number 3
    [exit code 1]

    $ routeguide call Repeat -d '{"payload": {"@type": "test.echo.v1.Quota"}}'
    error: -d, line 1, column 23, field payload: "test.echo.v1.Quota" is not a type URL
    hint: write type.googleapis.com/test.echo.v1.Quota
    [exit code 1]

    $ routeguide call Repeat -d '{"payload": {"@type": "x/no.such.Type"}}'
    error: -d, line 1, column 23, field payload: the schema has no message "no.such.Type"
    [exit code 1]

    $ routeguide call Repeat -d '{"payload": {"@type": "x/test.echo.v1.Quota", "@type": "x/y"}}'
    error: -d, line 1, column 47, field payload: duplicate `@type`
    [exit code 1]

    $ routeguide call Repeat -d '{"payload": {"@type": "x/test.echo.v1.Quota", "ownr": "Alice"}}'
    error: -d, line 1, column 47, field payload: test.echo.v1.Quota has no field "ownr"
    hint: did you mean "owner"?
    [exit code 1]

    $ routeguide call Repeat -d '{"payload": {"@type": "x/google.protobuf.Any"}}'
    error: -d, line 1, column 13, field payload: an Any of google.protobuf.Any needs a `value`
    [exit code 1]

    $ routeguide call Repeat -d '{"payload": {"@type": "x/google.protobuf.Any", "value": {}, "owner": 1}}'
    error: -d, line 1, column 61, field payload: an Any of google.protobuf.Any has no field "owner"
    [exit code 1]

    $ routeguide call Repeat -d '{"payload": {"@type": "x/google.protobuf.Any", "value": {}, "value": {}}}'
    error: -d, line 1, column 61, field payload: duplicate field
    [exit code 1]
    "#);
}

#[test]
fn a_well_known_type() {
    let folder = Folder::new();
    folder.write("known.proto", KNOWN);
    let echo = Echo::silent();
    let call = |json: &str| {
        routeguide(["call", "Ask", "--proto", "known.proto", "-d", json])
            .within(&folder)
            .env("ROUTEGUIDE_ADDR", echo.addr())
    };
    assert_snapshot!(transcript([
        call(r#"{"at": "yesterday"}"#),
        call(r#"{"at": 3}"#),
        call(r#"{"at": "2026-13-01T00:00:00Z"}"#),
        call(r#"{"at": "2026-02-30T00:00:00Z"}"#),
        call(r#"{"at": "2026-01-01T24:00:00Z"}"#),
        call(r#"{"at": "0000-01-01T00:00:00Z"}"#),
        call(r#"{"took": "soon"}"#),
        call(r#"{"took": "999999999999s"}"#),
        call(r#"{"mask": "first_name"}"#),
        call(r#"{"age": "old"}"#),
        call(r#"{"flags": {"one": true}}"#),
    ]), @r#"
    $ routeguide call Ask --proto known.proto -d '{"at": "yesterday"}'
    error: -d, line 1, column 8, field at: expected a time such as 1970-01-01T00:00:00Z, found "yesterday"
    [exit code 1]

    $ routeguide call Ask --proto known.proto -d '{"at": 3}'
    error: -d, line 1, column 8, field at: expected a time such as 1970-01-01T00:00:00Z in quotation marks, found number 3
    [exit code 1]

    $ routeguide call Ask --proto known.proto -d '{"at": "2026-13-01T00:00:00Z"}'
    error: -d, line 1, column 8, field at: not a valid month
    [exit code 1]

    $ routeguide call Ask --proto known.proto -d '{"at": "2026-02-30T00:00:00Z"}'
    error: -d, line 1, column 8, field at: not a valid day
    [exit code 1]

    $ routeguide call Ask --proto known.proto -d '{"at": "2026-01-01T24:00:00Z"}'
    error: -d, line 1, column 8, field at: not a valid time of day
    [exit code 1]

    $ routeguide call Ask --proto known.proto -d '{"at": "0000-01-01T00:00:00Z"}'
    error: -d, line 1, column 8, field at: not a valid day
    [exit code 1]

    $ routeguide call Ask --proto known.proto -d '{"took": "soon"}'
    error: -d, line 1, column 10, field took: expected a duration such as 1.5s, found "soon"
    [exit code 1]

    $ routeguide call Ask --proto known.proto -d '{"took": "999999999999s"}'
    error: -d, line 1, column 10, field took: a Duration must be at most 315576000000s
    [exit code 1]

    $ routeguide call Ask --proto known.proto -d '{"mask": "first_name"}'
    error: -d, line 1, column 10, field mask: the paths of a FieldMask must be in lowerCamelCase
    [exit code 1]

    $ routeguide call Ask --proto known.proto -d '{"age": "old"}'
    error: -d, line 1, column 9, field age: expected int32, found string "old"
    [exit code 1]

    $ routeguide call Ask --proto known.proto -d '{"flags": {"one": true}}'
    error: -d, line 1, column 12, field flags["one"]: expected int32, found string "one"
    [exit code 1]
    "#);
}
