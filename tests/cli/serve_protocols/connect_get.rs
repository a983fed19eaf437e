//! Calls of Connect by GET, which only methods without side effects have.

use super::super::harness::Server;
use super::super::harness::http::{Request, Response, VERSIONS};
use super::{GET_PEOPLE, GET_PERSON, JSON, alice};

const ALICE_QUERY: &str = "encoding=json&message=%7B%22name%22%3A%22Alice%22%7D";

#[track_caller]
fn each(query: &str, check: impl Fn(&Response)) {
    let server = Server::start();
    for version in VERSIONS {
        let target = format!("{GET_PERSON}?{query}");
        check(&Request::get(&target).over(version, server.addr()));
    }
}

#[test]
fn the_message_is_in_the_query() {
    each(&format!("connect=v1&{ALICE_QUERY}"), |response| {
        assert_eq!(response.is(200).header("content-type"), Some(JSON));
        assert_eq!(response.text(), alice());
    });
}

#[test]
fn the_version_may_be_left_out() {
    each(ALICE_QUERY, |response| {
        assert_eq!(response.is(200).text(), alice());
    });
}

#[test]
fn parameters_may_be_in_any_order_and_others_are_ignored() {
    each("x=%zz&message=%7b%7D&y&encoding=json", |response| {
        assert_eq!(response.is(200).text(), r#"{"name":"Not Found"}"#);
    });
}

#[test]
fn a_binary_message_is_base64_with_or_without_padding() {
    for message in ["CgVBbGljZQ", "CgVBbGljZQ==", "CgVBbGljZQ%3D%3D"] {
        each(
            &format!("encoding=proto&base64=1&message={message}"),
            |response| {
                assert_eq!(response.is(200).header("content-type"), Some(super::PROTO));
                assert!(response.body.starts_with(b"\n\x05Alice"));
            },
        );
    }
}

#[test]
fn what_is_not_a_request_is_an_invalid_argument() {
    for query in [
        "",
        "encoding=json",
        "message=%7B%7D",
        "encoding=proto&base64=1&message=!!!",
        "encoding=proto&base64=1&message=A",
        "encoding=json&message=%zz",
        "encoding=json&message=%",
        "encoding=json&message=%7",
        "encoding=json&message=%FF",
        "encoding=json&message=%7B",
        "connect=v2&encoding=json&message=%7B%7D",
    ] {
        each(query, |response| {
            response.fails(400, "invalid_argument");
        });
    }
}

#[test]
fn an_unknown_codec_is_415() {
    each("encoding=xml&message=%7B%7D", |response| {
        let accepted = response.is(415).header("accept-post").unwrap();
        assert!(accepted.contains(JSON), "{accepted}");
    });
}

#[test]
fn an_unknown_compression_is_unimplemented_and_the_known_ones_are_named() {
    let query = "encoding=json&compression=br&message=%7B%7D";
    each(query, |response| {
        response.fails(501, "unimplemented");
        let known = response.header("accept-encoding").unwrap();
        assert!(known.contains("gzip"), "{known}");
    });
}

#[test]
fn a_method_that_may_have_side_effects_is_not_called() {
    let server = Server::start();
    for version in VERSIONS {
        for path in [GET_PEOPLE, "/grpc.health.v1.Health/Check", "/"] {
            let target = format!("{path}?{ALICE_QUERY}");
            let response = Request::get(&target).over(version, server.addr());
            assert!(matches!(response.status, 404 | 405), "{response:?}");
        }
    }
}
