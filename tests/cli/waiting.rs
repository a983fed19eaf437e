//! `--wait`: trying again until a server is there, for as long as waiting can help.

use super::harness::{ALICE, RawServer, Server, routeguide};

#[cfg(unix)]
#[test]
fn a_server_that_starts_later_is_reached() {
    let folder = super::harness::Folder::new();
    let address = folder.socket("guide");
    let path = folder.join("guide");
    // Hangs up once, so that there is an attempt that failed; and is gone then.
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
fn a_name_without_an_address_may_get_one() {
    // It is still tried when the deadline comes: this is not the exit code of a connection that failed.
    routeguide(["get-person", "Alice", "--wait", "1h", "--timeout", "1s"])
        .at("no-such-host.invalid:1")
        .run()
        .fails("DEADLINE_EXCEEDED");
}

#[test]
fn an_attempt_gets_no_more_time_than_is_left_of_the_wait() {
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
fn a_call_that_fails_is_not_tried_again() {
    let peer = super::harness::Peer::failing(14, "later");
    routeguide(["get-person", "Alice", "--wait", "1h"])
        .at(peer.addr())
        .run()
        .fails("UNAVAILABLE")
        .says("error: UNAVAILABLE: later\n");
}
