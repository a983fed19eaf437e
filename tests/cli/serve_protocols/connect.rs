//! Unary calls of Connect.

use prost::Message as _;
use routeguide::proto::Person;
use serde_json::json;

use super::super::harness::Server;
use super::super::harness::http::{Request, VERSIONS};
use super::{ALICE_PROTO, GET_PERSON, JSON, PROTO, alice, get_alice, still_serves};

#[test]
fn a_call_is_a_request_of_http() {
    let server = Server::start();
    for version in VERSIONS {
        let response = get_alice().over(version, server.addr());
        assert_eq!(response.is(200).header("content-type"), Some(JSON));
        assert_eq!(response.text(), alice());
        assert_eq!(response.trailers, []);
    }
}

#[test]
fn the_message_may_be_in_proto() {
    let server = Server::start();
    for version in VERSIONS {
        let response = Request::post(GET_PERSON, PROTO, ALICE_PROTO).over(version, server.addr());
        assert_eq!(response.is(200).header("content-type"), Some(PROTO));
        let person = Person::decode(&*response.body).unwrap();
        assert_eq!((&*person.name, person.age), ("Alice", 30));
    }
}

#[test]
fn content_types_have_no_case_and_may_have_parameters() {
    let server = Server::start();
    for content_type in ["Application/JSON", "application/json; charset=utf-8"] {
        let request = Request::post(GET_PERSON, content_type, r#"{"name":"Alice"}"#);
        let response = request.over(VERSIONS[0], server.addr());
        assert_eq!(response.is(200).text(), alice(), "{content_type}");
    }
}

#[test]
fn the_protocol_version_may_be_said() {
    let server = Server::start();
    for version in VERSIONS {
        let said = |value| {
            let request = get_alice().header("connect-protocol-version", value);
            request.over(version, server.addr())
        };
        assert_eq!(said("1").is(200).text(), alice());
        said("2").fails(400, "invalid_argument");
    }
}

#[test]
fn an_empty_message_in_proto_has_no_fields() {
    let server = Server::start();
    for version in VERSIONS {
        let response = Request::post(GET_PERSON, PROTO, "").over(version, server.addr());
        let person = Person::decode(&*response.is(200).body).unwrap();
        assert_eq!(person.name, "Not Found");
    }
}

#[test]
fn fields_of_a_newer_schema_are_ignored() {
    let server = Server::start();
    let request = Request::post(GET_PERSON, JSON, r#"{"name": "Alice", "nick": [1, {}]}"#);
    for version in VERSIONS {
        assert_eq!(request.over(version, server.addr()).is(200).text(), alice());
    }
}

#[test]
fn an_error_is_json_whatever_the_codec() {
    let server = Server::started(["--missing", "status"]);
    for version in VERSIONS {
        for (content_type, name) in [(JSON, &br#"{"name":"Zoe"}"#[..]), (PROTO, b"\n\x03Zoe")] {
            let response = Request::post(GET_PERSON, content_type, name);
            let response = response.over(version, server.addr());
            response.fails(404, "not_found");
            let message = &response.json()["message"];
            assert!(message.as_str().unwrap().contains("Zoe"), "{message}");
        }
    }
}

#[test]
fn what_is_not_json_of_the_type_is_an_invalid_argument() {
    let server = Server::start();
    for version in VERSIONS {
        for body in [
            "",
            "{",
            "[]",
            r#"{"name": 1}"#,
            "{}{}",
            "\u{0}",
            "\"\\ud800\"",
        ] {
            let response = Request::post(GET_PERSON, JSON, body).over(version, server.addr());
            response.fails(400, "invalid_argument");
        }
        let deep = "[".repeat(20_000);
        let deep = format!(r#"{{"other": {deep}"#);
        let response = Request::post(GET_PERSON, JSON, deep).over(version, server.addr());
        response.fails(400, "invalid_argument");
    }
    still_serves(&server);
}

#[test]
fn health_is_called_as_well() {
    let server = Server::start();
    let path = "/grpc.health.v1.Health/Check";
    for version in VERSIONS {
        let check = |body| Request::post(path, JSON, body).over(version, server.addr());
        let status = json!({"status": "SERVING"});
        assert_eq!(check(r#"{"service":"RouteGuide"}"#).is(200).json(), status);
        check(r#"{"service":"nothing"}"#).fails(404, "not_found");
    }
}

#[test]
fn a_message_that_is_no_protobuf_is_an_invalid_argument() {
    let server = Server::start();
    for version in VERSIONS {
        let request = Request::post(GET_PERSON, PROTO, b"\xff");
        let response = request.over(version, server.addr());
        response.fails(400, "invalid_argument");
    }
    still_serves(&server);
}
