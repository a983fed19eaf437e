//! Connections of HTTP/1.1: found out about, used again, opened for more calls, and lost.

use std::process::Stdio;

use super::super::harness::{Http1Peer, RawServer, Server, routeguide};
use super::{call, ok, printed};

/// An answer to a unary call of Connect.
const REPLY: &[u8] = &[0x10, 1];
const PROTO: [(&str, &str); 1] = [("content-type", "application/proto")];

#[test]
fn a_server_that_does_not_speak_http_2_is_called_over_http_1() {
    for first in [
        "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
        "what is this?\n",
    ] {
        let peer = Http1Peer::start();
        let run = call("connect", "auto", "Echo/Unary")
            .args(["name=a", "-v"])
            .at(peer.addr())
            .start();
        let mut connection = peer.accept();
        connection.wait_for_head_and(0);
        connection.write(first);
        connection.close();
        let mut connection = peer.accept();
        connection.request();
        connection.respond("200", &PROTO, REPLY);
        let outcome = run.wait();
        outcome.exits(0).prints(&printed(1));
        assert!(
            outcome.stderr.contains("* Connect over HTTP/1.1\n"),
            "{outcome:#?}"
        );
    }
}

#[test]
fn a_server_that_says_nothing_is_not_called_again() {
    let server = RawServer::answering(b"");
    let outcome = call("connect", "auto", "Echo/Unary")
        .arg("name=a")
        .at(server.addr())
        .run();
    outcome.exits(1);
    assert!(
        outcome
            .stderr
            .contains("closed the connection without answering"),
        "{outcome:#?}"
    );
}

#[test]
fn a_connection_is_used_again() {
    let peer = Http1Peer::start();
    let run = call("connect", "1.1", "Echo/Unary")
        .args(["-d", r#"{"name":"a"}{"name":"b"}{"name":"c"}"#])
        .at(peer.addr())
        .start();
    let mut connection = peer.accept();
    for _ in 0..3 {
        connection.request();
        connection.respond("200", &PROTO, REPLY);
    }
    run.wait().exits(0).prints(&printed(1).repeat(3));
    assert!(!peer.has_another());
}

/// The second message is written when the connection is closed: a request that was sent before is not repeated.
#[test]
fn a_connection_that_the_server_closes_is_replaced() {
    for closes in [true, false] {
        let peer = Http1Peer::start();
        let mut run = call("grpc-web", "1.1", "Echo/Unary")
            .args(["-d", "@-"])
            .at(peer.addr())
            .stdin(Stdio::piped())
            .start();
        for times in 1..=2 {
            run.write(r#"{"name":"a"}"#);
            let mut connection = peer.accept();
            connection.request();
            let answer = ok("grpc-web", &[1]);
            let mut headers = answer.headers.clone();
            if closes {
                headers.push(("connection", "close"));
            }
            connection.respond(answer.status, &headers, &answer.body);
            connection.close();
            connection.wait_for_close();
            let printed = printed(1).repeat(times);
            run.stdout().wait_until("the reply", |all| all == printed);
        }
        run.close_stdin();
        run.wait().exits(0).prints(&printed(1).repeat(2));
    }
}

#[test]
fn calls_at_the_same_time_have_connections_of_their_own() {
    let peer = Http1Peer::start();
    let run = call("connect", "1.1", "Echo/Unary")
        .args(["-d", r#"{"name":"a"}{"name":"b"}"#, "--concurrency", "2"])
        .at(peer.addr())
        .start();
    let mut both = [peer.accept(), peer.accept()];
    for connection in &mut both {
        connection.request();
    }
    for connection in &mut both {
        connection.respond("200", &PROTO, REPLY);
    }
    run.wait().exits(0).prints(&printed(1).repeat(2));
}

#[test]
fn a_connection_that_is_lost_is_unavailable() {
    for begun in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\ncontent-type: application/proto\r\ncontent-length: 9\r\n\r\n\x10",
    ] {
        let peer = Http1Peer::start();
        let run = call("connect", "1.1", "Echo/Unary")
            .arg("name=a")
            .at(peer.addr())
            .start();
        let mut connection = peer.accept();
        connection.request();
        connection.write(begun);
        connection.close();
        drop(connection);
        let outcome = run.wait();
        outcome.fails("UNAVAILABLE").prints("");
        outcome.says("error: UNAVAILABLE: the connection was lost: the server closed it\n");
    }
}

#[test]
fn an_answer_that_is_not_http_is_explained() {
    let peer = Http1Peer::start();
    let run = call("connect", "1.1", "Echo/Unary")
        .arg("name=a")
        .at(peer.addr())
        .start();
    let mut connection = peer.accept();
    connection.request();
    connection.write("SSH-2.0-x\r\n\r\n");
    let outcome = run.wait();
    outcome.fails("UNAVAILABLE");
    assert!(
        outcome.stderr.contains("hint: is this the right port?"),
        "{outcome:#?}"
    );
}

#[test]
fn a_call_is_made_again_as_with_grpc() {
    let peer = Http1Peer::start();
    let run = call("connect", "1.1", "Echo/Unary")
        .args(["name=a", "--retry", "1"])
        .at(peer.addr())
        .start();
    for is_last in [false, true] {
        let mut connection = peer.accept();
        connection.request();
        if is_last {
            connection.respond("200", &PROTO, REPLY);
        } else {
            connection.respond(
                "503",
                &[("content-type", "application/json")],
                br#"{"code":"unavailable"}"#,
            );
        }
    }
    run.wait().exits(0).prints(&printed(1));
}

#[test]
fn a_server_that_speaks_http_2_is_called_over_it() {
    // RouteGuide's own server answers calls of gRPC over it.
    let server = Server::start();
    let outcome = routeguide([
        "call",
        "GetPerson",
        "name=Alice",
        "--protocol",
        "connect",
        "-v",
    ])
    .args(["--reflection", "off"])
    .at(server.addr())
    .run();
    assert!(
        outcome.stderr.contains("* Connect over HTTP/2\n"),
        "{outcome:#?}"
    );
}
