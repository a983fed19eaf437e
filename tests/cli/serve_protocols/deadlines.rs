//! How long a client waits, which each protocol has a header for.

use super::super::harness::Server;
use super::super::harness::http::{Http1, Request, VERSIONS, enveloped};
use super::{
    ALICE_NAME, ALICE_PROTO, GET_PEOPLE, GET_PERSON, JSON, STREAM_JSON, WEB, alice, get_alice,
    still_serves, stream_of, web_response,
};

const SOON: &str = "100";

/// A request whose body never ends.
fn unfinished(request: &Request, start: &[u8], server: &Server) -> Http1 {
    let mut connection = Http1::connect(server.addr());
    connection
        .send(request.start() + "transfer-encoding: chunked\r\n\r\n")
        .send_chunk(start);
    connection
}

#[test]
fn a_deadline_ends_a_unary_call_of_connect_and_its_connection() {
    let server = Server::start();
    let request = Request::post(GET_PERSON, JSON, "").header("connect-timeout-ms", SOON);
    let mut connection = unfinished(&request, b"{", &server);
    connection.response().fails(504, "deadline_exceeded");
    // The rest of the request would be taken for another one.
    connection.is_closed();
    still_serves(&server);
}

#[test]
fn a_deadline_ends_a_stream_of_connect_after_the_replies_before_it() {
    let server = Server::start();
    let request = Request::post(GET_PEOPLE, STREAM_JSON, "").header("connect-timeout-ms", SOON);
    let mut connection = unfinished(&request, &enveloped(0, ALICE_NAME), &server);
    let (people, end) = stream_of(&connection.response().is(200).body);
    assert_eq!(people, [alice()]);
    assert_eq!(end["error"]["code"], "deadline_exceeded");
    connection.is_closed();
}

#[test]
fn a_deadline_ends_a_call_of_grpc_web() {
    let server = Server::start();
    let request = Request::post(GET_PEOPLE, WEB, "").header("grpc-timeout", "100m");
    let mut connection = unfinished(&request, &enveloped(0, ALICE_PROTO), &server);
    let (messages, trailers) = web_response(&connection.response().is(200).body);
    assert_eq!(messages.len(), 1);
    assert!(trailers.starts_with("grpc-status: 4\r\n"), "{trailers}");
    connection.is_closed();
}

#[test]
fn the_header_of_the_other_protocol_says_nothing() {
    let server = Server::start();
    for version in VERSIONS {
        let request = get_alice().header("grpc-timeout", "0n");
        assert_eq!(request.over(version, server.addr()).is(200).text(), alice());
        let request = Request::post(GET_PERSON, WEB, enveloped(0, ALICE_PROTO))
            .header("connect-timeout-ms", "soon");
        let response = request.over(version, server.addr());
        assert!(web_response(&response.is(200).body).1.contains(": 0"));
    }
}

#[test]
fn a_deadline_that_is_not_a_number_of_milliseconds_is_an_invalid_argument() {
    let server = Server::start();
    for version in VERSIONS {
        for value in ["soon", "-1", "1.5", "+1", "1m", "12345678901", ""] {
            let request = get_alice().header("connect-timeout-ms", value);
            let response = request.over(version, server.addr());
            response.fails(400, "invalid_argument");
        }
        let longest = get_alice().header("connect-timeout-ms", "9999999999");
        longest.over(version, server.addr()).is(200);
    }
}
