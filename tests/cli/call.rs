//! `call`: from fields to requests, from names to methods, and what headers the server gets.

use super::harness::{ALICE_JSON, Echo, Folder, Server, routeguide};

/// Calls Unary with these fields, and expects the server to get this request.
#[track_caller]
fn sends(fields: &[&str], request: &str) {
    let echo = Echo::start();
    routeguide(["call", "Echo/Unary"])
        .args(fields)
        .at(echo.addr())
        .run()
        .exits(0)
        .says("")
        .prints(&format!("{{\"request\":{request},\"received\":1}}\n"));
}

#[track_caller]
fn refuses(fields: &[&str], words: &[&str]) {
    let echo = Echo::start();
    let outcome = routeguide(["call", "Echo/Unary"])
        .args(fields)
        .at(echo.addr())
        .run();
    outcome.exits(1).prints("").says_one_error();
    for word in words {
        outcome.mentions(word);
    }
    assert!(echo.arrivals("Echo/Unary").is_empty());
}

#[test]
fn fields_become_a_request() {
    sends(
        &[
            "name=Alice",
            "age:=30",
            "address.city=Seoul",
            "hobbies[]=chess",
            "hobbies[]=go",
            "labels[color]=red",
            "color=COLOR_RED",
            "active=true",
        ],
        concat!(
            r#"{"name":"Alice","age":30,"address":{"city":"Seoul"},"hobbies":["chess","go"],"#,
            r#""labels":{"color":"red"},"color":"COLOR_RED","active":true}"#
        ),
    );
}

#[test]
fn a_field_takes_its_value_from_a_file() {
    let folder = Folder::new();
    let photo = folder.write("photo", b"\xff\xfe");
    let list = folder.write("list.json", r#"["a", "b"]"#);
    sends(
        &[
            &format!("photo=@{}", photo.display()),
            &format!("hobbies:=@{}", list.display()),
        ],
        r#"{"hobbies":["a","b"],"photo":"//4="}"#,
    );
}

#[test]
fn without_fields_the_message_is_empty() {
    sends(&[], "{}");
}

#[test]
fn an_unknown_field_is_refused_with_its_type_and_the_nearest_name() {
    refuses(
        &["nmae=Alice"],
        &[
            "test.echo.v1.Request has no field \"nmae\"",
            "did you mean \"name\"?",
        ],
    );
    refuses(
        &["address.ctiy=Seoul"],
        &[
            "field address",
            "test.echo.v1.Request.Address has no field \"ctiy\"",
            "did you mean \"city\"?",
        ],
    );
}

#[test]
fn a_value_of_the_wrong_type_is_refused_with_its_field_and_what_it_takes() {
    refuses(&["age=old"], &["field age", "int32"]);
    refuses(&["color=COLOR_REED"], &["field color", "COLOR_RED"]);
    refuses(&["address=Seoul"], &["field address", "Address"]);
    refuses(&["name:=3"], &["field name", "string"]);
}

#[test]
fn an_argument_that_is_not_a_field_is_refused_with_the_form() {
    refuses(&["Alice"], &["\"Alice\"", "hint: write name=text"]);
}

#[test]
fn two_fields_of_a_oneof_are_refused() {
    refuses(&["phone=1", "mail=a@b"], &["oneof"]);
}

#[test]
fn fields_and_data_together_are_wrong_usage() {
    routeguide(["call", "Unary", "name=Alice", "-d", "{}"])
        .run()
        .exits(2);
}

#[test]
fn a_method_has_many_names() {
    let echo = Echo::start();
    for name in [
        "test.echo.v1.Echo/Repeat",
        "/test.echo.v1.Echo/Repeat",
        "test.echo.v1.Echo.Repeat",
        "Echo/Repeat",
        "Echo.Repeat",
        "Repeat",
    ] {
        routeguide(["call", name, "name=a"])
            .at(echo.addr())
            .run()
            .exits(0)
            .prints("{\"request\":{\"name\":\"a\"},\"received\":1}\n");
    }
}

#[test]
fn a_name_of_two_methods_is_refused_with_both() {
    let echo = Echo::start();
    routeguide(["call", "Unary"])
        .at(echo.addr())
        .run()
        .exits(1)
        .hints()
        .mentions("test.echo.v1.Echo/Unary")
        .mentions("test.echo.v1.Mirror/Unary");
}

#[test]
fn a_misspelled_name_is_refused_with_the_nearest() {
    let echo = Echo::start();
    for (name, nearest) in [
        ("Repaet", "Repeat"),
        ("Echo/Repaet", "Repeat"),
        ("test.echo.v1.Ecko/Repeat", "test.echo.v1.Echo"),
    ] {
        routeguide(["call", name])
            .at(echo.addr())
            .run()
            .exits(1)
            .hints()
            .mentions("did you mean")
            .mentions(nearest);
    }
}

#[test]
fn a_service_is_not_a_method() {
    let echo = Echo::start();
    routeguide(["call", "test.echo.v1.Echo"])
        .at(echo.addr())
        .run()
        .exits(1)
        .hints()
        .mentions("Unary")
        .mentions("Chat");
}

#[test]
fn headers_go_with_the_call_and_with_reflection() {
    let echo = Echo::start();
    routeguide(["call", "Repeat", "-H", "X-Token: secret"])
        .args(["-H", "x-token: again", "-H", "x-raw-bin: //4="])
        .at(echo.addr())
        .run()
        .exits(0);
    for path in ["Echo/Repeat", "ServerReflectionInfo"] {
        let arrivals = echo.arrivals(path);
        assert!(!arrivals.is_empty(), "no {path}");
        for arrival in arrivals {
            assert_eq!(arrival.header("x-token"), ["secret", "again"], "{path}");
            assert_eq!(
                arrival.header("x-raw-bin"),
                ["//4"],
                "unpadded on the wire, as gRPC requires"
            );
        }
    }
}

#[test]
fn a_bad_header_is_wrong_usage() {
    for header in ["no colon", "x-raw-bin: %%%", "grpc-timeout: 1S", "a b: c"] {
        routeguide(["call", "Repeat", "-H", header])
            .run()
            .exits(2)
            .prints("")
            .says_one_error()
            .mentions("invalid header");
    }
}

#[test]
fn the_server_gets_the_deadline() {
    let echo = Echo::start();
    routeguide(["call", "Repeat", "--timeout", "20s"])
        .at(echo.addr())
        .run()
        .exits(0);
    assert_eq!(
        echo.arrivals("Echo/Repeat")[0].header("grpc-timeout").len(),
        1
    );
}

#[test]
fn verbose_shows_both_sides_metadata_and_the_status_on_stderr() {
    let echo = Echo::start();
    let outcome = routeguide(["call", "Repeat", "-v", "-H", "x-a: b"])
        .at(echo.addr())
        .run();
    outcome
        .exits(0)
        .prints("{\"request\":{},\"received\":1}\n")
        .mentions("> /test.echo.v1.Echo/Repeat\n")
        .mentions("> x-a: b\n")
        .mentions("< initial-x-a: b\n")
        .mentions("< trailing-x-a: b\n")
        .mentions("* status OK");
}

#[test]
fn our_own_server_can_be_called() {
    let server = Server::start();
    routeguide(["call", "GetPerson", "name=Alice"])
        .at(server.addr())
        .run()
        .exits(0)
        .prints(ALICE_JSON)
        .says("");
}

#[test]
fn in_process_needs_no_server() {
    routeguide(["call", "RouteGuide/GetPerson", "name=Alice", "--in-process"])
        .run()
        .exits(0)
        .prints(ALICE_JSON)
        .says("");
}
