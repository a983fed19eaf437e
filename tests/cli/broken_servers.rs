//! Servers that are no gRPC servers, or not for long: the error says what they are.

use super::harness::{Peer, RawServer, routeguide};
use http::Response;

#[test]
fn an_http_error_page_is_told_from_a_grpc_reply() {
    let peer = Peer::playing(|mut call| async move {
        call.open_with(
            Response::builder()
                .status(503)
                .header("content-type", "text/html")
                .body(())
                .unwrap(),
        );
        call.send("<html>Service Unavailable</html>");
        call.end_without_status();
    });
    for command in ["get-person", "get-people"] {
        routeguide([command, "Alice"])
            .at(peer.addr())
            .run()
            .exits(78)
            .prints("")
            .hints()
            .mentions("error: UNAVAILABLE: ")
            .mentions("503")
            .mentions("text/html");
    }
}

#[test]
fn an_http_status_becomes_the_status_that_grpc_specifies() {
    for (http, code) in [
        (400, 13),
        (401, 16),
        (403, 7),
        (404, 12),
        (429, 14),
        (502, 14),
        (504, 14),
        (500, 2),
        (200, 2),
    ] {
        let peer = Peer::playing(move |mut call| async move {
            call.open_with(Response::builder().status(http).body(()).unwrap());
            call.end_without_status();
        });
        routeguide(["get-person", "Alice"])
            .at(peer.addr())
            .run()
            .exits(64 + code)
            .prints("")
            .mentions(&http.to_string());
    }
}

#[test]
fn a_server_of_http_1_is_told_from_a_grpc_server() {
    let server = RawServer::answering(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    for command in ["get-person", "get-people"] {
        routeguide([command, "Alice"])
            .at(server.addr())
            .run()
            .exits(1)
            .prints("")
            .hints()
            .mentions("HTTP/2");
    }
}

#[test]
fn a_server_of_something_else_is_told_from_a_grpc_server() {
    let server = RawServer::answering(b"220 mail.example.org ESMTP ready\r\n");
    routeguide(["get-person", "Alice"])
        .at(server.addr())
        .run()
        .exits(1)
        .prints("")
        .hints();
}

#[test]
fn a_tls_server_is_told_from_a_plaintext_one() {
    // What TLS servers answer plaintext with: a fatal alert, unexpected_message or protocol_version.
    for alert in [
        b"\x15\x03\x01\x00\x02\x02\x0a",
        b"\x15\x03\x03\x00\x02\x02\x46",
    ] {
        let server = RawServer::answering(alert);
        routeguide(["get-person", "Alice"])
            .at(server.addr())
            .run()
            .exits(1)
            .prints("")
            .hints()
            .mentions("TLS");
    }
}

#[test]
fn a_server_that_hangs_up_at_once_is_no_server_to_connect_to() {
    let server = RawServer::answering(b"");
    for command in ["get-person", "get-people"] {
        routeguide([command, "Alice"])
            .at(server.addr())
            .run()
            .exits(1)
            .prints("")
            .hints()
            .mentions("without a word");
    }
}

#[test]
fn a_server_that_says_nothing_is_given_the_time_to_connect() {
    let server = RawServer::silent();
    routeguide(["get-person", "Alice", "--connect-timeout", "300ms"])
        .at(server.addr())
        .run()
        .exits(1)
        .prints("")
        .mentions("no answer after 300ms");
}

#[test]
fn a_server_that_resets_the_call_is_reported_as_the_reason_it_gave() {
    for (reason, code) in [
        (h2::Reason::INTERNAL_ERROR, 77),
        (h2::Reason::REFUSED_STREAM, 78),
        (h2::Reason::ENHANCE_YOUR_CALM, 72),
    ] {
        let peer = Peer::playing(move |mut call| async move {
            call.open();
            if let Some(name) = call.name().await {
                call.reply(&name);
            }
            call.name().await;
            call.reset(reason);
        });
        let mut run = routeguide(["get-people"]).at(peer.addr()).start();
        run.write("Alice\n").stdout().wait_for("name: \"Alice\"\n");
        run.write("Bob\n");
        run.wait()
            .exits(code)
            .prints("name: \"Alice\"\n")
            .says_one_error();
    }
}

#[test]
fn a_server_that_goes_away_before_it_takes_the_call_is_unavailable() {
    // SETTINGS, and GOAWAY with no stream processed: first no error, then ENHANCE_YOUR_CALM.
    for goodbye in [
        b"\0\0\0\x04\0\0\0\0\0\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"\0\0\0\x04\0\0\0\0\0\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x0b",
    ] {
        let server = RawServer::answering(goodbye);
        for command in ["get-person", "get-people"] {
            routeguide([command, "Alice"])
                .at(server.addr())
                .run()
                .exits(78)
                .prints("")
                .says_one_error()
                .mentions("error: UNAVAILABLE: ");
        }
    }
}
