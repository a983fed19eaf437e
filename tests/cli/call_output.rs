//! `call -o`: replies as JSON, text or bytes, and replies that are too large.

use super::harness::{Echo, Folder, routeguide};

#[test]
fn replies_are_json_by_default() {
    let echo = Echo::start();
    for (args, reply) in [
        (&[][..], "{\"request\":{\"name\":\"a\"},\"received\":1}\n"),
        (
            &["-o", "json"],
            "{\"request\":{\"name\":\"a\"},\"received\":1}\n",
        ),
        (&["-o", "text"], "request { name: \"a\" } received: 1\n"),
        (
            &["--pretty"],
            "{\n  \"request\": {\n    \"name\": \"a\"\n  },\n  \"received\": 1\n}\n",
        ),
    ] {
        routeguide(["call", "Repeat", "name=a"])
            .args(args)
            .at(echo.addr())
            .run()
            .exits(0)
            .prints(reply);
    }
}

#[test]
fn json_has_the_requested_names_and_numbers() {
    let echo = Echo::start();
    routeguide(["call", "Repeat", "delay_ms=1", "color=COLOR_GREEN"])
        .args(["--proto-names", "--enum-numbers"])
        .at(echo.addr())
        .run()
        .exits(0)
        .prints("{\"request\":{\"color\":2,\"delay_ms\":1},\"received\":1}\n");
}

#[test]
fn defaults_are_printed_on_request() {
    let echo = Echo::start();
    routeguide(["call", "Collect", "-d", "", "--emit-defaults"])
        .at(echo.addr())
        .run()
        .exits(0)
        .prints("{\"received\":0,\"padding\":\"\"}\n");
}

#[test]
fn raw_is_the_bytes_of_one_reply() {
    let echo = Echo::start();
    for method in ["Echo/Unary", "Collect", "Repeat", "Chat"] {
        routeguide(["call", method, "name=a", "-o", "raw"])
            .at(echo.addr())
            .run()
            .exits(0)
            .prints("\n\u{3}\n\u{1}a\u{10}\u{1}")
            .says("");
    }
}

#[test]
fn raw_is_for_a_single_reply() {
    let echo = Echo::start();
    routeguide(["call", "Repeat", "replies=2", "-o", "raw"])
        .at(echo.addr())
        .run()
        .exits(1)
        .says_one_error();
    routeguide(["call", "Repeat", "replies=2", "-o", "raw", "-n1"])
        .at(echo.addr())
        .run()
        .exits(0)
        .says("");
}

#[test]
fn a_reply_larger_than_the_limit_is_an_error() {
    let echo = Echo::start();
    let call = |size: &str| {
        routeguide(["call", "Repeat", "padding=5000", "--max-message-size"])
            .arg(size)
            .at(echo.addr())
    };
    call("4KiB").run().exits(72).prints("");
    call("8KiB").run().exits(0).says("");
}

#[test]
fn the_largest_reply_is_4_mib_by_default() {
    let echo = Echo::start();
    let outcome = routeguide(["call", "Repeat", "padding=4194304"])
        .at(echo.addr())
        .run();
    outcome.exits(72).prints("");
    routeguide(["call", "Repeat", "padding=4194304"])
        .args(["--max-message-size", "5MiB"])
        .at(echo.addr())
        .run()
        .exits(0)
        .says("");
}

#[test]
fn an_any_of_a_known_type_is_printed_as_that_type() {
    let echo = Echo::start();
    let any = r#"{"payload":{"@type":"type.googleapis.com/test.echo.v1.Quota","owner":"Bob"}}"#;
    routeguide(["call", "Repeat", "-d", any])
        .at(echo.addr())
        .run()
        .exits(0)
        .prints(&format!("{{\"request\":{any},\"received\":1}}\n"));
}

/// A request with a Parcel, whose file is not imported by the method's file.
const PARCEL: &str =
    r#"payload { type_url: "type.googleapis.com/test.parcel.v1.Parcel" value: "\n\003tea\020d" }"#;

#[test]
fn the_type_of_an_any_is_fetched_when_a_reply_names_it() {
    let echo = Echo::start();
    let any = r#"{"@type":"type.googleapis.com/test.parcel.v1.Parcel","content":"tea","weightGrams":100}"#;
    let reply = format!("{{\"request\":{{\"payload\":{any}}},\"received\":1}}\n");
    for method in ["Echo/Unary", "Repeat"] {
        routeguide(["call", method, "--input", "text", "-d", PARCEL])
            .at(echo.addr())
            .run()
            .exits(0)
            .prints(&reply);
    }
    let messages = [PARCEL, PARCEL].join("\u{1e}");
    routeguide(["call", "Echo/Unary", "--concurrency", "2"])
        .args(["--input", "text", "-d", &messages])
        .at(echo.addr())
        .run()
        .exits(0)
        .prints(&reply.repeat(2));
}

#[test]
fn an_any_of_an_unknown_type_is_printed_as_its_type_and_bytes() {
    let echo = Echo::start();
    let text = r#"payload { type_url: "type.googleapis.com/test.unknown.Type" value: "abc" }"#;
    routeguide(["call", "Repeat", "--input", "text", "-d", text])
        .at(echo.addr())
        .run()
        .exits(0)
        .prints(concat!(
            r#"{"request":{"payload":{"@type":"type.googleapis.com/test.unknown.Type","value":"YWJj"}},"#,
            "\"received\":1}\n"
        ));
}

#[test]
fn a_field_that_is_not_in_the_schema_is_not_an_error() {
    let (echo, folder) = (Echo::silent(), Folder::new());
    let schema = folder.write(
        "old.proto",
        r#"syntax = "proto3"; package test.echo.v1;
        message Request { string name = 1; }
        message Reply { Request request = 1; }
        service Echo { rpc Unary(Request) returns (Reply); }"#,
    );
    routeguide(["call", "Unary", "name=a", "--proto"])
        .arg(schema)
        .at(echo.addr())
        .run()
        .exits(0)
        .prints("{\"request\":{\"name\":\"a\"}}\n")
        .says("");
}
