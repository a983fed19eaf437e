//! What requests look like over HTTP/1.1, where they can be read as they are. Those over HTTP/2 have the same headers.

use super::super::harness::{Http1Peer, Http1Request, Program};
use super::{Answer, call, framed, ok, reply};

/// The request of a command that makes one call, which is answered.
#[track_caller]
fn asked(program: Program, answer: &Answer) -> Http1Request {
    let peer = Http1Peer::start();
    let run = program.at(peer.addr()).start();
    let mut connection = peer.accept();
    let request = connection.request();
    connection.respond(answer.status, &answer.headers, &answer.body);
    run.wait().exits(0);
    request
}

#[test]
fn a_unary_request_of_connect_is_the_message() {
    let answer = Answer::new("200", "application/proto", [0x10, 1]);
    let program = call("connect", "1.1", "Echo/Unary").args(["name=a", "--timeout", "1h"]);
    let request = asked(program, &answer);
    assert_eq!(request.line, "POST /test.echo.v1.Echo/Unary HTTP/1.1");
    assert_eq!(request.body, b"\x0a\x01a");
    assert_eq!(request.header("content-type"), "application/proto");
    assert_eq!(request.header("content-length"), "3");
    assert_eq!(request.header("connect-protocol-version"), "1");
    assert!(request.header("host").starts_with("127.0.0.1:"));
    let left: u64 = request.header("connect-timeout-ms").parse().unwrap();
    assert!((3_000_000..=3_600_000).contains(&left), "{left}");
}

#[test]
fn a_stream_is_chunked_and_a_single_request_is_not() {
    for (protocol, content_type) in [
        ("connect", "application/connect+proto"),
        ("grpc-web", "application/grpc-web+proto"),
    ] {
        let single = asked(
            call(protocol, "1.1", "Repeat").arg("name=a"),
            &ok(protocol, &[1]),
        );
        assert_eq!(single.header("content-length"), "8");
        assert_eq!(single.header("content-type"), content_type);
        assert_eq!(single.body, framed(0, b"\x0a\x01a"));
        let program = call(protocol, "1.1", "Collect").args(["-d", r#"{"name":"a"}{"name":"b"}"#]);
        let stream = asked(program, &ok(protocol, &[1]));
        assert_eq!(stream.header("transfer-encoding"), "chunked");
        assert_eq!(
            stream.body,
            [framed(0, b"\x0a\x01a"), framed(0, b"\x0a\x01b")].concat()
        );
    }
}

#[test]
fn json_is_what_a_person_would_write() {
    let answer = Answer::new("200", "application/json", r#"{"received":1,"new":true}"#);
    let program =
        call("connect", "1.1", "Echo/Unary").args(["--codec", "json", "name=a", "replies:=2"]);
    let request = asked(program, &answer);
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(
        String::from_utf8(request.body).unwrap(),
        r#"{"name":"a","replies":2}"#
    );
    let frames = [
        framed(0, br#"{"received":1}"#),
        super::trailers("grpc-status:0"),
    ]
    .concat();
    let answer = Answer::new("200", "application/grpc-web+json", frames);
    let program = call("grpc-web", "1.1", "Repeat").args(["--codec", "json", "name=a"]);
    let request = asked(program, &answer);
    assert_eq!(request.header("content-type"), "application/grpc-web+json");
    assert_eq!(request.body, framed(0, br#"{"name":"a"}"#));
}

#[test]
fn services_may_be_below_a_path() {
    let answer = Answer::new("200", "application/proto", [0x10, 1]);
    for (path, line) in [("/api", "/api/"), ("/", "/"), ("/a/b/", "/a/b/")] {
        let program = call("connect", "1.1", "Echo/Unary").args(["name=a", "--base-path", path]);
        let request = asked(program, &answer);
        assert_eq!(
            request.line,
            format!("POST {line}test.echo.v1.Echo/Unary HTTP/1.1")
        );
    }
}

#[test]
fn compression_is_named_in_the_headers_of_the_protocol() {
    for (protocol, method, header) in [
        ("connect", "Echo/Unary", "content-encoding"),
        ("connect", "Repeat", "connect-content-encoding"),
        ("grpc-web", "Echo/Unary", "grpc-encoding"),
    ] {
        let answer = match method {
            "Echo/Unary" if protocol == "connect" => {
                Answer::new("200", "application/proto", [0x10, 1])
            }
            _ => ok(protocol, &[1]),
        };
        let program = call(protocol, "1.1", method).args(["name=a", "--compress", "gzip"]);
        let request = asked(program, &answer);
        assert_eq!(request.header(header), "gzip", "{protocol} {method}");
        assert_ne!(request.body, reply(1));
    }
}

#[test]
fn a_get_has_the_request_in_its_url() {
    let folder = super::super::harness::Folder::new();
    folder.write(
        "get.proto",
        "syntax = \"proto3\"; package a; message M { string name = 1; } service S { \
         rpc Get(M) returns (M) { option idempotency_level = NO_SIDE_EFFECTS; } \
         rpc Put(M) returns (M); rpc List(M) returns (stream M) { option idempotency_level = NO_SIDE_EFFECTS; } }",
    );
    let program = |method: &str| {
        super::super::harness::routeguide(["call", method, "name=a", "--get"])
            .args([
                "--protocol",
                "connect",
                "--http",
                "1.1",
                "--proto",
                "get.proto",
            ])
            .within(&folder)
    };
    let answer = Answer::new("200", "application/proto", "");
    let request = asked(program("Get"), &answer);
    assert_eq!(
        request.line,
        "GET /a.S/Get?connect=v1&base64=1&encoding=proto&message=CgFh HTTP/1.1"
    );
    assert_eq!(request.body, b"");
    let answer = Answer::new("200", "application/json", "{}");
    let request = asked(program("Get").args(["--codec", "json"]), &answer);
    assert_eq!(
        request.line,
        "GET /a.S/Get?connect=v1&encoding=json&message=%7B%22name%22%3A%22a%22%7D HTTP/1.1"
    );
    for (method, error) in [
        (
            "Put",
            "error: --get is for methods without side effects, and the schema does not say that a.S.Put has none\n\
             hint: it would have the option idempotency_level = NO_SIDE_EFFECTS\n",
        ),
        (
            "List",
            "error: --get is for methods with one request and one reply, and a.S.List has a stream\n",
        ),
    ] {
        let peer = Http1Peer::start();
        program(method).at(peer.addr()).run().exits(2).says(error);
    }
}
