//! Streams of Connect.

use prost::Message as _;
use routeguide::proto::Person;
use serde_json::json;

use super::super::harness::Server;
use super::super::harness::http::{Http1, Request, VERSIONS, enveloped};
use super::{
    ALICE_NAME, ALICE_PROTO, BOB_NAME, CONNECT_END, GET_PEOPLE, STREAM_JSON, STREAM_PROTO, alice,
    bob, get_people, still_serves, stream,
};

#[test]
fn replies_are_in_the_order_of_the_requests_and_a_message_ends_the_stream() {
    let server = Server::start();
    for version in VERSIONS {
        let request = get_people(&[BOB_NAME, ALICE_NAME, r#"{"name":"Zoe"}"#, BOB_NAME]);
        let response = request.over(version, server.addr());
        assert_eq!(response.header("content-type"), Some(STREAM_JSON));
        let (people, end) = stream(&response);
        assert_eq!(people, [bob(), alice(), bob()]);
        assert_eq!(end, json!({}));
    }
}

#[test]
fn messages_may_be_in_proto() {
    let server = Server::start();
    for version in VERSIONS {
        let body = enveloped(0, ALICE_PROTO);
        let response = Request::post(GET_PEOPLE, STREAM_PROTO, body).over(version, server.addr());
        assert_eq!(response.is(200).header("content-type"), Some(STREAM_PROTO));
        let messages = response.messages();
        assert_eq!(Person::decode(&*messages[0].1).unwrap().name, "Alice");
        assert_eq!(messages[1], (CONNECT_END, b"{}".to_vec()));
    }
}

#[test]
fn a_stream_without_messages_only_ends() {
    let server = Server::start();
    for version in VERSIONS {
        let response = get_people(&[]).over(version, server.addr());
        assert_eq!(stream(&response), (Vec::new(), json!({})));
    }
}

#[test]
fn an_error_is_at_the_end_after_the_replies_before_it() {
    let server = Server::start();
    for version in VERSIONS {
        let response = get_people(&[ALICE_NAME, "{"]).over(version, server.addr());
        let (people, end) = stream(&response);
        assert_eq!(people, [alice()]);
        assert_eq!(end["error"]["code"], "invalid_argument");
    }
}

#[test]
fn an_error_before_the_first_message_has_the_content_type_of_the_request() {
    let server = Server::start();
    for version in VERSIONS {
        for content_type in [STREAM_JSON, STREAM_PROTO] {
            let response = Request::post("/RouteGuide/Other", content_type, "");
            let response = response.over(version, server.addr());
            assert_eq!(response.header("content-type"), Some(content_type));
            let (messages, end) = stream(&response);
            assert_eq!(messages, [""; 0]);
            assert_eq!(end["error"]["code"], "unimplemented");
        }
    }
}

/// The code that ends a stream after Alice and these bytes.
#[track_caller]
fn ends(bytes: &[u8], code: &str) {
    let server = Server::start();
    for version in VERSIONS {
        let body = [&enveloped(0, ALICE_NAME)[..], bytes].concat();
        let response = Request::post(GET_PEOPLE, STREAM_JSON, body).over(version, server.addr());
        let (_, end) = stream(&response);
        assert_eq!(end["error"]["code"], code, "{end}");
    }
    still_serves(&server);
}

#[test]
fn a_message_that_is_cut_off_is_an_error() {
    let whole = enveloped(0, ALICE_NAME);
    for len in [1, 4, 5, whole.len() - 1] {
        ends(&whole[..len], "invalid_argument");
    }
}

#[test]
fn a_compressed_message_without_an_encoding_is_an_error() {
    ends(&enveloped(1, ALICE_NAME), "internal");
}

#[test]
fn unknown_flags_are_errors() {
    for flag in [CONNECT_END, 3, 4, 0x80, 0xff] {
        ends(&enveloped(flag, "{}"), "internal");
    }
}

#[test]
fn a_message_over_the_limit_is_noticed_by_its_length() {
    let len = [0, 0xff, 0xff, 0xff, 0xff];
    ends(&len, "resource_exhausted");
}

/// Over HTTP/1.1 too, if the client reads while it sends.
#[test]
fn a_reply_comes_while_the_request_goes_on() {
    let server = Server::start();
    let mut connection = Http1::connect(server.addr());
    let request = Request::post(GET_PEOPLE, STREAM_JSON, "");
    connection.send(request.start() + "transfer-encoding: chunked\r\n\r\n");
    connection.send_chunk(enveloped(0, ALICE_NAME));
    connection.head().is(200);
    assert_eq!(connection.chunk(), Some(enveloped(0, alice())));
    connection.send_chunk(enveloped(0, BOB_NAME));
    assert_eq!(connection.chunk(), Some(enveloped(0, bob())));
    connection.send_chunk("");
    assert_eq!(connection.chunk(), Some(enveloped(CONNECT_END, "{}")));
    assert_eq!(connection.chunk(), None);
}

/// What a client of HTTP/1.1 does that sends everything before it reads.
#[test]
fn all_replies_wait_for_a_client_that_sends_first() {
    let server = Server::start();
    let names = vec![ALICE_NAME; 2_000];
    let mut connection = Http1::connect(server.addr());
    connection.send(get_people(&names).bytes());
    let (people, end) = stream(&connection.response());
    assert_eq!((people.len(), end), (names.len(), json!({})));
}
