//! Only responses with a gRPC content type are accepted. Others are reported by their HTTP status, and their messages are
//! not printed.

use super::super::harness::{END_STREAM, Program, RawPeer, routeguide};
use super::{answered, call_with_request, printed, reply};

#[test]
fn a_content_type_of_grpc_is_accepted() {
    for content_type in [
        "application/grpc",
        "application/grpc+proto",
        "application/grpc;charset=utf-8",
    ] {
        for method in ["Echo/Unary", "Repeat"] {
            let outcome = answered(method, |call| {
                call.headers(&[(":status", "200"), ("content-type", content_type)], 0);
                call.data(reply(1));
                call.end(0);
            });
            outcome.exits(0).prints(&printed(1)).says("");
        }
    }
}

#[test]
fn a_message_with_another_content_type_is_not_printed() {
    for content_type in [
        Some("application/grpc-web"),
        Some("application/grpc-web+proto"),
        Some("application/grpc+json"),
        Some("application/grpcx"),
        Some("application/json"),
        Some("text/html"),
        None,
    ] {
        for method in ["Echo/Unary", "Repeat"] {
            let outcome = answered(method, |call| {
                let mut fields = vec![(":status", "200")];
                fields.extend(content_type.map(|value| ("content-type", value)));
                call.headers(&fields, 0);
                call.data(reply(1));
                call.end(0);
            });
            outcome.fails("UNKNOWN").prints("");
        }
    }
}

/// doc/http-grpc-status-mapping.md: what an HTTP status becomes if there is no gRPC status.
const MAPPING: [(&str, &str); 12] = [
    ("400", "INTERNAL"),
    ("401", "UNAUTHENTICATED"),
    ("403", "PERMISSION_DENIED"),
    ("404", "UNIMPLEMENTED"),
    ("429", "UNAVAILABLE"),
    ("502", "UNAVAILABLE"),
    ("503", "UNAVAILABLE"),
    ("504", "UNAVAILABLE"),
    ("200", "UNKNOWN"),
    ("302", "UNKNOWN"),
    ("418", "UNKNOWN"),
    ("500", "UNKNOWN"),
];

#[test]
fn an_http_status_without_a_grpc_status_becomes_one() {
    for (http, status) in MAPPING {
        for content_type in ["application/grpc", "text/html"] {
            let outcome = answered("Echo/Unary", |call| {
                let fields = [(":status", http), ("content-type", content_type)];
                call.headers(&fields, END_STREAM);
            });
            outcome.fails(status).prints("");
        }
    }
}

#[test]
fn a_grpc_status_counts_whatever_the_http_status() {
    let outcome = answered("Echo/Unary", |call| {
        let fields = [
            (":status", "503"),
            ("content-type", "application/grpc"),
            ("grpc-status", "5"),
            ("grpc-message", "no such thing"),
        ];
        call.headers(&fields, END_STREAM);
    });
    outcome
        .exits(69)
        .prints("")
        .says("error: NOT_FOUND: no such thing\n");
}

#[test]
fn an_error_page_is_not_read_to_its_end() {
    let outcome = answered("Repeat", |call| {
        call.headers(&[(":status", "502"), ("content-type", "text/html")], 0);
        call.data(*b"<html>");
        call.wait_for_reset();
    });
    outcome.fails("UNAVAILABLE").prints("");
}

/// What a command says at an error page.
fn says_at(command: Program, page: &[u8]) -> String {
    let peer = RawPeer::start();
    let run = command.at(peer.addr()).start();
    let call = peer.accept_call();
    call.headers(&[(":status", "503"), ("content-type", "text/plain")], 0);
    call.data(page);
    call.end(0);
    let outcome = run.wait();
    outcome.exits(78).prints("");
    outcome.stderr
}

#[test]
fn every_command_shows_an_error_page() {
    for arguments in [
        &["list"][..],
        &["describe", "Person"],
        &["call", "a.B/C"],
        &["health"],
        &["get-person", "Alice"],
        &["get-people", "Alice"],
    ] {
        assert_eq!(
            says_at(routeguide(arguments), b"upstream connect error\x1b[31m\n"),
            concat!(
                "error: UNAVAILABLE: the server did not answer with gRPC but with HTTP status ",
                "503 Service Unavailable and content-type text/plain: ",
                "\"upstream connect error\\u{1b}[31m\"\n",
                "hint: is this a gRPC port? it looks like a web server or a proxy\n",
            ),
            "{arguments:?}"
        );
    }
}

#[test]
fn only_the_start_of_a_long_error_page_is_shown() {
    let says = says_at(call_with_request("Echo/Unary"), &[b'x'; 300]);
    let start = "x".repeat(200);
    assert!(says.contains(&format!(": \"{start}\"…\n")), "{says}");
}

#[test]
fn blank_space_before_an_error_page_does_not_count() {
    let page = [" ".repeat(300).as_bytes(), b"\r\nupstream connect error"].concat();
    let says = says_at(call_with_request("Echo/Unary"), &page);
    assert!(says.contains(": \"upstream connect error\"\n"), "{says}");
}
