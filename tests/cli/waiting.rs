//! `--wait`: connecting again until a server is there, as long as waiting can help.

use super::harness::{ALICE, RawServer, Server, routeguide};

#[cfg(unix)]
#[test]
fn a_server_that_starts_later_is_reached() {
    let folder = super::harness::Folder::new();
    let address = folder.socket("guide");
    let path = folder.join("guide");
    // Closes one connection, so that an attempt fails, and then stops listening.
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let client = routeguide(["get-people", "--wait", "1m", "Alice"])
        .at(&address)
        .start();
    drop(listener.accept().unwrap());
    drop(listener);
    std::fs::remove_file(path).unwrap();
    let _server = Server::with(["--listen", &address]);
    client.wait().exits(0).prints(ALICE).says("");
}

#[test]
fn a_name_that_does_not_resolve_is_tried_again() {
    // It is still tried at the deadline: otherwise the exit code would be that of a failed connection.
    routeguide(["get-person", "Alice", "--wait", "1h", "--timeout", "1s"])
        .at("no-such-host.invalid:1")
        .run()
        .fails("DEADLINE_EXCEEDED");
}

#[test]
fn an_attempt_takes_at_most_the_rest_of_the_wait() {
    let server = RawServer::silent();
    routeguide([
        "get-person",
        "Alice",
        "--connect-timeout",
        "1h",
        "--wait",
        "1s",
    ])
    .at(server.addr())
    .run()
    .exits(1)
    .prints("")
    .says_one_error();
}

#[test]
fn a_server_of_another_protocol_is_not_waited_for() {
    for greeting in [
        &b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"[..],
        // A TLS server's answer to plaintext: a fatal alert, protocol_version.
        b"\x15\x03\x03\x00\x02\x02\x46",
        b"220 mail.example.org ESMTP ready\r\n",
    ] {
        let server = RawServer::answering(greeting);
        routeguide(["get-person", "Alice", "--wait", "1h"])
            .at(server.addr())
            .run()
            .exits(1)
            .prints("")
            .says_one_error();
    }
}

#[test]
fn a_failed_call_is_not_tried_again() {
    let peer = super::harness::Peer::failing(14, "later");
    routeguide(["get-person", "Alice", "--wait", "1h"])
        .at(peer.addr())
        .run()
        .fails("UNAVAILABLE")
        .says("error: UNAVAILABLE: later\n");
}
