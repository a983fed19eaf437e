//! `call METHOD FIELD...`: fields that do not make a request.

use insta::assert_snapshot;

use super::super::harness::{Echo, Folder, routeguide};
use super::transcript;

/// Calls a method of the test schema with each of these lists of fields.
#[track_caller]
fn calls<const N: usize>(fields: [&[&str]; N]) -> String {
    let (echo, folder) = (Echo::start(), Folder::new());
    folder.write("latin1", b"Zo\xeb");
    folder.write("bad.json", "{");
    transcript(fields.map(|fields| {
        routeguide(["call", "Repeat"])
            .args(fields)
            .within(&folder)
            .env("ROUTEGUIDE_ADDR", echo.addr())
    }))
}

#[test]
fn an_argument_that_is_not_a_field() {
    assert_snapshot!(calls([
        &["Alice"],
        &["=Alice"],
        &["address.=Seoul"],
        &["labels[color=red"],
    ]), @r#"
    $ routeguide call Repeat Alice
    error: argument "Alice": it is not a field
    hint: write name=text, name:=json, name=@file or name:=@file
    [exit code 1]

    $ routeguide call Repeat =Alice
    error: argument "=Alice": the name is not a path
    hint: write name, outer.inner, list[] or map[key]
    [exit code 1]

    $ routeguide call Repeat address.=Seoul
    error: argument "address.=Seoul": the name is not a path
    hint: write name, outer.inner, list[] or map[key]
    [exit code 1]

    $ routeguide call Repeat 'labels[color=red'
    error: argument "labels[color=red": it is not a field
    hint: write name=text, name:=json, name=@file or name:=@file
    [exit code 1]
    "#);
}

#[test]
fn an_unknown_field() {
    assert_snapshot!(calls([
        &["nmae=Alice"],
        &["address.ctiy=Seoul"],
        &["address.zip=04524"],
    ]), @r#"
    $ routeguide call Repeat nmae=Alice
    error: request: test.echo.v1.Request has no field "nmae"
    hint: did you mean "name"?
    [exit code 1]

    $ routeguide call Repeat address.ctiy=Seoul
    error: request, field address: test.echo.v1.Request.Address has no field "ctiy"
    hint: did you mean "city"?
    [exit code 1]

    $ routeguide call Repeat address.zip=04524
    error: request, field address: test.echo.v1.Request.Address has no field "zip"
    hint: its fields are city, street
    [exit code 1]
    "#);
}

#[test]
fn a_value_of_another_type() {
    assert_snapshot!(calls([
        &["name:=3"],
        &["age=old"],
        &["age:=3.5"],
        &["age=3000000000"],
        &["active=maybe"],
        &["color=COLOR_REED"],
        &["color=PURPLE"],
        &["address=Seoul"],
        &["hobbies=chess"],
        &["labels=red"],
        &["photo=%%%"],
    ]), @r#"
    $ routeguide call Repeat name:=3
    error: request, field name: expected string, found number 3
    [exit code 1]

    $ routeguide call Repeat age=old
    error: request, field age: expected int32, found string "old"
    [exit code 1]

    $ routeguide call Repeat age:=3.5
    error: request, field age: 3.5 is not a valid int32
    [exit code 1]

    $ routeguide call Repeat age=3000000000
    error: request, field age: 3000000000 is not a valid int32
    [exit code 1]

    $ routeguide call Repeat active=maybe
    error: request, field active: expected bool, found string "maybe"
    [exit code 1]

    $ routeguide call Repeat color=COLOR_REED
    error: request, field color: test.echo.v1.Color has no value "COLOR_REED"
    hint: did you mean "COLOR_RED"? its values are COLOR_UNSPECIFIED, COLOR_RED, COLOR_GREEN
    [exit code 1]

    $ routeguide call Repeat color=PURPLE
    error: request, field color: test.echo.v1.Color has no value "PURPLE"
    hint: its values are COLOR_UNSPECIFIED, COLOR_RED, COLOR_GREEN
    [exit code 1]

    $ routeguide call Repeat address=Seoul
    error: request, field address: expected an object for test.echo.v1.Request.Address, found string "Seoul"
    [exit code 1]

    $ routeguide call Repeat hobbies=chess
    error: request, field hobbies: expected an array, found string "chess"
    [exit code 1]

    $ routeguide call Repeat labels=red
    error: request, field labels: expected an object, found string "red"
    [exit code 1]

    $ routeguide call Repeat photo=%%%
    error: request, field photo: expected bytes as base64
    [exit code 1]
    "#);
}

#[test]
fn a_value_that_is_not_json() {
    assert_snapshot!(calls([
        &["name:=Alice"],
        &["name:=@bad.json"],
    ]), @r#"
    $ routeguide call Repeat name:=Alice
    error: argument "name:=Alice": the value is not valid JSON: expected a value, found `Alice`
    hint: `=` takes text, `:=` takes JSON
    [exit code 1]

    $ routeguide call Repeat name:=@bad.json
    error: argument "name:=@bad.json": the value is not valid JSON: unexpected end of JSON, expected `"`
    hint: `=` takes text, `:=` takes JSON
    [exit code 1]
    "#);
}

#[test]
fn a_field_that_is_set_twice() {
    assert_snapshot!(calls([
        &["name=Alice", "name=Bob"],
        &["labels[color]=red", "labels[color]=blue"],
        &["phone=1", "mail=a@b"],
        &["address=Seoul", "address.city=Seoul"],
        &["hobbies=chess", "hobbies[]=go"],
        &["hobbies[]=chess", "hobbies.first=go"],
    ]), @r#"
    $ routeguide call Repeat name=Alice name=Bob
    error: argument "name=Bob": duplicate field
    [exit code 1]

    $ routeguide call Repeat 'labels[color]=red' 'labels[color]=blue'
    error: argument "labels[color]=blue": duplicate field
    [exit code 1]

    $ routeguide call Repeat phone=1 mail=a@b
    error: request, field mail: another field of the same oneof is already set
    [exit code 1]

    $ routeguide call Repeat address=Seoul address.city=Seoul
    error: argument "address.city=Seoul": another argument gives what has "city" in it a different form
    [exit code 1]

    $ routeguide call Repeat hobbies=chess 'hobbies[]=go'
    error: argument "hobbies[]=go": another argument gives the list a different form
    [exit code 1]

    $ routeguide call Repeat 'hobbies[]=chess' hobbies.first=go
    error: argument "hobbies.first=go": another argument gives what has "first" in it a different form
    [exit code 1]
    "#);
}

#[test]
fn a_file() {
    assert_snapshot!(calls([
        &["photo=@nowhere"],
        &["name=@latin1"],
        &["name:=@latin1"],
    ]), @r#"
    $ routeguide call Repeat photo=@nowhere
    error: argument "photo=@nowhere": cannot read the file
      caused by: no such file or directory
    [exit code 1]

    $ routeguide call Repeat name=@latin1
    error: argument "name=@latin1": the file is not valid UTF-8
    [exit code 1]

    $ routeguide call Repeat name:=@latin1
    error: argument "name:=@latin1": the file is not valid UTF-8
    [exit code 1]
    "#);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_without_an_end() {
    assert_snapshot!(calls([&["photo=@/dev/zero"]]), @r#"
    $ routeguide call Repeat photo=@/dev/zero
    error: argument "photo=@/dev/zero": the file is larger than 4194304 bytes, the limit of a message
    hint: allow larger messages with --max-message-size
    [exit code 1]
    "#);
}
