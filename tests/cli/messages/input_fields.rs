//! `call METHOD FIELD...`: fields that do not make a request.

use insta::assert_snapshot;

use super::super::harness::{Echo, Folder, routeguide};
use super::{Transcript, transcript};

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
    hint: write name, outer.inner, 'list[]' or 'map[key]'
    [exit code 1]

    $ routeguide call Repeat address.=Seoul
    error: argument "address.=Seoul": the name is not a path
    hint: write name, outer.inner, 'list[]' or 'map[key]'
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
        &["delay=5"],
        &["delay_m=5"],
        &["delayM=5"],
        &["country=KR"],
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

    $ routeguide call Repeat delay=5
    error: request: test.echo.v1.Request has no field "delay"
    hint: did you mean "delay_ms"?
    [exit code 1]

    $ routeguide call Repeat delay_m=5
    error: request: test.echo.v1.Request has no field "delay_m"
    hint: did you mean "delay_ms"?
    [exit code 1]

    $ routeguide call Repeat delayM=5
    error: request: test.echo.v1.Request has no field "delayM"
    hint: did you mean "delayMs"?
    [exit code 1]

    $ routeguide call Repeat country=KR
    error: request: test.echo.v1.Request has no field "country"
    hint: its fields are name, age, address, hobbies, photo, labels, color, payload, active, phone, mail, fail, replies, padding, delay_ms
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
    error: argument "name:=3": name is text, and 3 is not in quotes
    hint: write 'name=3' for text
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
    error: argument "active=maybe": expected true or false, found "maybe"
    hint: write active=true or active=false
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
    error: argument "address=Seoul": address is a message
    hint: write address.city=… for one of its fields, or 'address:={…}' for all of them
    [exit code 1]

    $ routeguide call Repeat hobbies=chess
    error: argument "hobbies=chess": hobbies is a list
    hint: write 'hobbies[]=chess' to add an element, or 'hobbies:=[…]' for all of them
    [exit code 1]

    $ routeguide call Repeat labels=red
    error: argument "labels=red": labels is a map
    hint: write 'labels[key]=red' for one of its values, or 'labels:={…}' for all of them
    [exit code 1]

    $ routeguide call Repeat photo=%%%
    error: argument "photo=%%%": photo is bytes, and the text is not base64
    hint: write photo=@FILE for the bytes of a file
    [exit code 1]
    "#);
}

#[test]
fn text_for_what_text_cannot_be() {
    let folder = Folder::new();
    folder.write(
        "shop.proto",
        "syntax = \"proto3\"; import \"google/protobuf/duration.proto\"; import \"google/protobuf/empty.proto\";
            import \"google/protobuf/timestamp.proto\"; service Shop { rpc Pay(Order) returns (Order); } message Order {
            repeated string tags = 1; map<string, int32> counts = 2; Order next = 3; bytes image = 4;
            oneof by { string card_number = 5; string bill = 6; } bool gift = 7; google.protobuf.Empty none = 8;
            google.protobuf.Duration within = 9; google.protobuf.Timestamp at = 10; }",
    );
    let fields: [&[&str]; 14] = [
        &["tags=blue"],
        &["next.counts=1"],
        &["next=first"],
        &["image=a cat"],
        &["card_number=1", "bill=2"],
        &["next=@order.json"],
        &["none=x"],
        &["gift=yes"],
        &["within=5"],
        &["within=1h30m"],
        &["within=soon"],
        &["at=now"],
        &["at=2024-12-31"],
        &["at:=1735603200"],
    ];
    let calls = fields.map(|fields| {
        routeguide(["call", "Pay", "--proto", "shop.proto", "--in-process"])
            .args(fields)
            .within(&folder)
    });
    assert_snapshot!(transcript(calls), @r#"
    $ routeguide call Pay --proto shop.proto --in-process tags=blue
    error: argument "tags=blue": tags is a list
    hint: write 'tags[]=blue' to add an element, or 'tags:=[…]' for all of them
    [exit code 1]

    $ routeguide call Pay --proto shop.proto --in-process next.counts=1
    error: argument "next.counts=1": next.counts is a map
    hint: write 'next.counts[key]=1' for one of its values, or 'next.counts:={…}' for all of them
    [exit code 1]

    $ routeguide call Pay --proto shop.proto --in-process next=first
    error: argument "next=first": next is a message
    hint: write next.image=… for one of its fields, or 'next:={…}' for all of them
    [exit code 1]

    $ routeguide call Pay --proto shop.proto --in-process 'image=a cat'
    error: argument "image=a cat": image is bytes, and the text is not base64
    hint: write image=@FILE for the bytes of a file
    [exit code 1]

    $ routeguide call Pay --proto shop.proto --in-process card_number=1 bill=2
    error: request, field bill: card_number and bill are members of the same oneof: only one can be set
    [exit code 1]

    $ routeguide call Pay --proto shop.proto --in-process next=@order.json
    error: argument "next=@order.json": next is a message
    hint: write next:=@order.json for a file with its JSON
    [exit code 1]

    $ routeguide call Pay --proto shop.proto --in-process none=x
    error: argument "none=x": none is a message
    hint: write 'none:={…}', with its JSON
    [exit code 1]

    $ routeguide call Pay --proto shop.proto --in-process gift=yes
    error: argument "gift=yes": expected true or false, found "yes"
    hint: write gift=true or gift=false
    [exit code 1]

    $ routeguide call Pay --proto shop.proto --in-process within=5
    error: argument "within=5": expected a duration in seconds such as 1.5s, found "5"
    hint: write within=5s
    [exit code 1]

    $ routeguide call Pay --proto shop.proto --in-process within=1h30m
    error: argument "within=1h30m": expected a duration in seconds such as 1.5s, found "1h30m"
    hint: write within=5400s
    [exit code 1]

    $ routeguide call Pay --proto shop.proto --in-process within=soon
    error: request, field within: expected a duration such as 1.5s, found "soon"
    [exit code 1]

    $ routeguide call Pay --proto shop.proto --in-process at=now
    error: argument "at=now": expected a time such as 1970-01-01T00:00:00Z, found "now"
    hint: write at=$(date -u +%FT%TZ) for the time now
    [exit code 1]

    $ routeguide call Pay --proto shop.proto --in-process at=2024-12-31
    error: argument "at=2024-12-31": expected a time such as 1970-01-01T00:00:00Z, found "2024-12-31"
    hint: write at=2024-12-31T00:00:00Z for the start of that day
    [exit code 1]

    $ routeguide call Pay --proto shop.proto --in-process at:=1735603200
    error: request, field at: expected a time such as 1970-01-01T00:00:00Z in quotation marks, found number 1735603200
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
    error: request, field mail: phone and mail are members of the same oneof: only one can be set
    [exit code 1]

    $ routeguide call Repeat address=Seoul address.city=Seoul
    error: argument "address=Seoul": address is a message
    hint: write address.city=… for one of its fields, or 'address:={…}' for all of them
    [exit code 1]

    $ routeguide call Repeat hobbies=chess 'hobbies[]=go'
    error: argument "hobbies=chess": hobbies is a list
    hint: write 'hobbies[]=chess' to add an element, or 'hobbies:=[…]' for all of them
    [exit code 1]

    $ routeguide call Repeat 'hobbies[]=chess' hobbies.first=go
    error: argument "hobbies.first=go": hobbies is a list: its elements have indexes, as in hobbies[0]
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
    error: argument "photo=@nowhere": cannot read nowhere
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

#[test]
fn stdin_as_a_field() {
    let echo = Echo::start();
    let mut transcript = Transcript::default();
    for (input, fields) in [
        ("a", &["name=@-", "address.city=@-"][..]),
        ("\u{fffd}", &["photo:=@-"]),
    ] {
        let call = routeguide(["call", "Repeat"]).args(fields);
        transcript.run_with(input, call.env("ROUTEGUIDE_ADDR", echo.addr()));
    }
    assert_snapshot!(transcript, @r#"
    $ printf 'a' | routeguide call Repeat name=@- address.city=@-
    error: argument "address.city=@-": standard input is the value of "name=@-" already
    hint: it can be read only once
    [exit code 1]

    $ printf '�' | routeguide call Repeat photo:=@-
    error: argument "photo:=@-": the value is not valid JSON: expected a value, found `�`
    hint: `=` takes text, `:=` takes JSON
    [exit code 1]
    "#);
}

#[test]
fn json_that_is_not_text() {
    assert_snapshot!(transcript([
        routeguide(["call", "GetPerson", "--in-process", "name:=1"]),
    ]), @r#"
    $ routeguide call GetPerson --in-process name:=1
    error: argument "name:=1": name is text, and 1 is not in quotes
    hint: write 'name=1' for text
    [exit code 1]
    "#);
}
