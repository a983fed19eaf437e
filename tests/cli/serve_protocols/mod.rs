//! gRPC, gRPC-Web and Connect on the port of `serve`, over HTTP/2 and HTTP/1.1, byte by byte: what clients of these protocols
//! send, and what nobody should.

mod compression;
mod connect;
mod connect_get;
mod connect_streams;
mod connections;
mod cors;
mod deadlines;
mod framing_of_http1;
mod grpc;
mod grpc_web;
mod narrowed;
mod observed;
mod refusals;
mod services;
mod stopping;
mod tls;
mod tokens;

use super::harness::http::{Request, Response, enveloped};
use super::harness::{ALICE_JSON, BOB_JSON, Server};

const GET_PERSON: &str = "/RouteGuide/GetPerson";
const GET_PEOPLE: &str = "/RouteGuide/GetPeople";

const JSON: &str = "application/json";
const PROTO: &str = "application/proto";
const STREAM_JSON: &str = "application/connect+json";
const STREAM_PROTO: &str = "application/connect+proto";
const WEB: &str = "application/grpc-web+proto";
const WEB_TEXT: &str = "application/grpc-web-text+proto";
const GRPC: &str = "application/grpc";

const ALICE_NAME: &str = r#"{"name":"Alice"}"#;
const BOB_NAME: &str = r#"{"name":"Bob"}"#;

/// The name as a message.
const ALICE_PROTO: &[u8] = b"\n\x05Alice";

/// The flags of the frames that end a response.
const CONNECT_END: u8 = 2;
const WEB_END: u8 = 0x80;

/// GetPerson with Alice's name in JSON, by Connect.
fn get_alice() -> Request {
    Request::post(GET_PERSON, JSON, ALICE_NAME)
}

/// The person, as in a reply.
fn alice() -> &'static str {
    ALICE_JSON.trim_end()
}

fn bob() -> &'static str {
    BOB_JSON.trim_end()
}

/// GetPeople with these names in JSON, by Connect.
fn get_people(names: &[&str]) -> Request {
    let names = names.iter().flat_map(|name| enveloped(0, name));
    Request::post(GET_PEOPLE, STREAM_JSON, names.collect::<Vec<_>>())
}

/// The messages of a stream of Connect in JSON, and the one at its end.
#[track_caller]
fn stream(response: &Response) -> (Vec<String>, serde_json::Value) {
    stream_of(&response.is(200).body)
}

#[track_caller]
fn stream_of(body: &[u8]) -> (Vec<String>, serde_json::Value) {
    let mut messages = super::harness::http::messages(body);
    let (flag, end) = messages.pop().expect("an end of the stream");
    assert_eq!(flag, CONNECT_END, "the flag of the last message");
    let messages = messages.into_iter().map(|(flag, message)| {
        assert_eq!(flag, 0);
        String::from_utf8(message).unwrap()
    });
    (messages.collect(), serde_json::from_slice(&end).unwrap())
}

/// The messages of a gRPC-Web response, and its trailers.
#[track_caller]
fn web_response(body: &[u8]) -> (Vec<Vec<u8>>, String) {
    let mut messages = super::harness::http::messages(body);
    let (flag, trailers) = messages.pop().expect("trailers");
    assert_eq!(flag, WEB_END, "the flag of the last message");
    let messages = messages.into_iter().map(|(flag, message)| {
        assert_eq!(flag, 0);
        message
    });
    (messages.collect(), String::from_utf8(trailers).unwrap())
}

/// The server still answers.
#[track_caller]
fn still_serves(server: &Server) {
    for version in super::harness::http::VERSIONS {
        let response = get_alice().over(version, server.addr());
        assert_eq!(response.is(200).text(), alice());
    }
}
