//! Servers that do not speak HTTP/2: the error says what they are instead.

use super::harness::{RawServer, routeguide};

#[test]
fn an_http_1_server_is_recognized() {
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
fn a_server_of_another_protocol_is_an_error() {
    let server = RawServer::answering(b"220 mail.example.org ESMTP ready\r\n");
    routeguide(["get-person", "Alice"])
        .at(server.addr())
        .run()
        .exits(1)
        .prints("")
        .hints();
}

#[test]
fn a_tls_server_is_recognized() {
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
fn a_server_that_hangs_up_at_once_is_an_error() {
    let server = RawServer::answering(b"");
    for command in ["get-person", "get-people"] {
        routeguide([command, "Alice"])
            .at(server.addr())
            .run()
            .exits(1)
            .prints("")
            .hints()
            .mentions("closed the connection");
    }
}

#[test]
fn a_server_that_says_nothing_has_until_the_connect_timeout() {
    let server = RawServer::silent();
    routeguide(["get-person", "Alice", "--connect-timeout", "300ms"])
        .at(server.addr())
        .run()
        .exits(1)
        .prints("")
        .mentions("no answer after 300ms");
}
