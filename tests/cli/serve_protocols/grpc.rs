//! gRPC with messages in JSON, and over HTTP/1.1, where it is not.

use super::super::harness::Server;
use super::super::harness::http::{Request, Version, enveloped};
use super::{
    ALICE_NAME, ALICE_PROTO, BOB_NAME, GET_PEOPLE, GET_PERSON, GRPC, alice, bob, still_serves,
};

const GRPC_JSON: &str = "application/grpc+json";

#[test]
fn messages_may_be_in_json() {
    let server = Server::start();
    let names = [enveloped(0, ALICE_NAME), enveloped(0, BOB_NAME)];
    let unary = Request::post(GET_PERSON, GRPC_JSON, names[0].clone());
    let response = unary.over(Version::Http2, server.addr());
    assert_eq!(response.is(200).header("content-type"), Some(GRPC_JSON));
    assert_eq!(response.body, enveloped(0, alice()));
    assert_eq!(response.trailers, [("grpc-status".into(), "0".into())]);

    let stream = Request::post(GET_PEOPLE, GRPC_JSON, names.concat());
    let response = stream.over(Version::Http2, server.addr());
    let people = [enveloped(0, alice()), enveloped(0, bob())];
    assert_eq!(response.body, people.concat());
}

#[test]
fn what_is_not_json_of_the_type_is_an_invalid_argument() {
    let server = Server::start();
    let request = Request::post(GET_PERSON, GRPC_JSON, enveloped(0, "{"));
    let response = request.over(Version::Http2, server.addr());
    assert_eq!(response.is(200).header("grpc-status"), Some("3"));
    assert_eq!(response.header("content-type"), Some(GRPC_JSON));
}

#[test]
fn an_error_before_the_first_message_has_the_content_type_of_the_request() {
    let server = Server::start();
    let request = Request::post("/RouteGuide/Other", GRPC_JSON, "");
    let response = request.over(Version::Http2, server.addr());
    assert_eq!(response.is(200).header("grpc-status"), Some("12"));
    assert_eq!(response.header("content-type"), Some(GRPC_JSON));
}

/// Its status is in trailers, which few clients of HTTP/1.1 read.
#[test]
fn http_1_1_is_too_old() {
    let server = Server::start();
    let request = Request::post(GET_PERSON, GRPC, enveloped(0, ALICE_PROTO));
    let response = request.over(Version::Http1, server.addr());
    assert!(response.is(505).text().contains("HTTP/2"), "{response:?}");
    still_serves(&server);
}
