//! `call`: fields of requests, names of methods, and the headers that are sent.

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

#[test]
fn fields_make_a_request() {
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
fn the_value_of_a_field_may_be_in_a_file() {
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
fn fields_that_are_not_a_request_are_refused_before_a_call_is_made() {
    let echo = Echo::start();
    for fields in [
        &["nmae=Alice"][..],
        &["address.ctiy=Seoul"],
        &["age=old"],
        &["Alice"],
        &["phone=1", "mail=a@b"],
    ] {
        routeguide(["call", "Echo/Unary"])
            .args(fields)
            .at(echo.addr())
            .run()
            .exits(1)
            .prints("")
            .says_one_error();
    }
    assert!(echo.arrivals("Echo/Unary").is_empty());
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
fn headers_are_sent_with_the_call_and_with_reflection() {
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
fn the_deadline_is_sent_to_the_server() {
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
