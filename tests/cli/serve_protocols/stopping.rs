//! Calls over HTTP/1.1 when `serve` is told to stop.

use rustix::process::Signal;

use super::super::harness::Server;
use super::super::harness::http::{Http1, Request, enveloped};
use super::{
    ALICE_NAME, BOB_NAME, CONNECT_END, GET_PEOPLE, STREAM_JSON, WEB, alice, bob, get_alice,
    get_people,
};

/// A stream that has had a reply.
fn started(server: &Server) -> Http1 {
    let mut connection = Http1::connect(server.addr());
    connection
        .send(get_people(&[]).start() + "transfer-encoding: chunked\r\n\r\n")
        .send_chunk(enveloped(0, ALICE_NAME));
    connection.head().is(200);
    assert_eq!(connection.chunk(), Some(enveloped(0, alice())));
    connection
}

#[test]
fn a_call_in_flight_finishes_and_its_connection_closes() {
    let server = Server::started(["--grace", "1h"]);
    let mut connection = started(&server);
    server.signal(Signal::TERM);
    server.stderr().wait_for("for 1 call");
    connection.send_chunk(enveloped(0, BOB_NAME));
    assert_eq!(connection.chunk(), Some(enveloped(0, bob())));
    connection.send_chunk("");
    assert_eq!(connection.chunk(), Some(enveloped(CONNECT_END, "{}")));
    assert_eq!(connection.chunk(), None);
    connection.is_closed();
    server.into_running().wait().exits(0);
}

#[test]
fn a_unary_call_whose_body_is_on_its_way_gets_its_reply() {
    let server = Server::started(["--grace", "1h", "--metrics", "127.0.0.1:0"]);
    let mut connection = Http1::connect(server.addr());
    let request = get_alice().bytes();
    let (start, end) = request.split_at(request.len() - 1);
    connection.send(start);
    super::observed::shows(&server, "routeguide_streams 1");
    server.signal(Signal::TERM);
    server.stderr().wait_for("for 1 call");
    connection.send(end);
    assert_eq!(connection.response().is(200).text(), alice());
    connection.is_closed();
    server.into_running().wait().exits(0);
}

#[test]
fn a_call_that_exceeds_the_grace_ends_with_unavailable() {
    let server = Server::started(["--grace", "1s"]);
    let mut connect = started(&server);
    let mut web = Http1::connect(server.addr());
    web.send(Request::post(GET_PEOPLE, WEB, "").start() + "transfer-encoding: chunked\r\n\r\n");
    web.send_chunk(enveloped(0, super::ALICE_PROTO));
    web.head().is(200);
    server.signal(Signal::TERM);
    server.into_running().wait().exits(0);
    let end = String::from_utf8(connect.chunk().unwrap()).unwrap();
    assert!(end.contains(r#""code":"unavailable""#), "{end}");
    assert_eq!(connect.chunk(), None);
    let _alice = web.chunk();
    let end = String::from_utf8_lossy(&web.chunk().unwrap()).into_owned();
    assert!(end.contains("grpc-status: 14\r\n"), "{end}");
}

#[test]
fn a_connection_without_a_call_is_closed_at_once() {
    let server = Server::started(["--grace", "1h"]);
    let mut used = Http1::connect(server.addr());
    used.send(get_alice().bytes());
    used.response().is(200);
    let mut unused = Http1::connect(server.addr());
    unused.send("POST / HTTP/1.1\r\n");
    server.signal(Signal::TERM);
    used.is_closed();
    unused.is_closed();
    server.into_running().wait().exits(0);
}

#[test]
fn a_client_that_does_not_read_does_not_delay_the_exit() {
    let server = Server::started(["--grace", "100ms"]);
    let mut connection = Http1::connect(server.addr());
    connection.send(
        Request::post(GET_PEOPLE, STREAM_JSON, "").start() + "transfer-encoding: chunked\r\n\r\n",
    );
    connection.fill(&enveloped(0, ALICE_NAME).repeat(1_000));
    server.signal(Signal::TERM);
    server.into_running().wait().exits(0);
}

/// It is no call.
#[test]
fn a_request_whose_head_is_not_complete_is_not_waited_for_long() {
    let server = Server::started(["--grace", "1h", "--handshake-timeout", "1h"]);
    let mut connection = Http1::connect(server.addr());
    connection.send("POST /RouteGuide/GetPerson HTTP/1.1\r\nhost: localhost\r\n");
    // The server has read it: the next connection is served after it.
    super::still_serves(&server);
    server.signal(Signal::TERM);
    connection.is_closed();
    server.into_running().wait().exits(0);
}
