//! `serve --protocols`: a server that speaks some of them.

use super::super::harness::http::{Http1, Request, VERSIONS, Version, enveloped};
use super::super::harness::{ALICE, Server, routeguide};
use super::{ALICE_NAME, ALICE_PROTO, GET_PERSON, GRPC, JSON, WEB, alice, get_alice};

fn web() -> Request {
    Request::post(GET_PERSON, WEB, enveloped(0, ALICE_PROTO))
}

#[test]
fn with_grpc_alone_a_connection_of_http_1_1_is_refused_and_closed() {
    let server = Server::started(["--protocols", "grpc"]);
    for bytes in [
        get_alice().bytes(),
        web().bytes(),
        b"GET / HTTP/1.1\r\n".to_vec(),
    ] {
        let mut connection = Http1::connect(server.addr());
        connection.send(bytes);
        assert!(connection.response().is(505).text().contains("HTTP/2"));
        connection.is_closed();
    }
    let mut connection = Http1::connect(server.addr());
    connection.send("\x16\x03\x01").is_closed();
    let call = routeguide(["get-person", "Alice"]).at(server.addr());
    call.run().exits(0).prints(ALICE);
}

#[test]
fn with_grpc_alone_other_protocols_are_415() {
    let server = Server::started(["--protocols", "grpc"]);
    for request in [get_alice(), web()] {
        let response = request.over(Version::Http2, server.addr());
        assert_eq!(
            response.is(415).header("accept-post"),
            Some("application/grpc, application/grpc+json")
        );
    }
}

#[test]
fn with_connect_alone_grpc_is_415() {
    let server = Server::started(["--protocols", "connect"]);
    for version in VERSIONS {
        assert_eq!(
            get_alice().over(version, server.addr()).is(200).text(),
            alice()
        );
        let grpc = Request::post(GET_PERSON, GRPC, enveloped(0, ALICE_PROTO));
        for request in [web(), grpc] {
            let response = request.over(version, server.addr());
            assert_eq!(
                response.is(415).header("accept-post"),
                Some(
                    "application/proto, application/json, application/connect+proto, \
                     application/connect+json"
                )
            );
        }
    }
}

#[test]
fn with_grpc_web_alone_there_is_no_get() {
    let server = Server::started(["--protocols", "grpc-web"]);
    for version in VERSIONS {
        let response = web().over(version, server.addr());
        assert_eq!(response.is(200).header("content-type"), Some(WEB));
        let get = format!("{GET_PERSON}?encoding=json&message=%7B%7D");
        get_alice().over(version, server.addr()).is(415);
        let response = Request::get(&get).over(version, server.addr());
        assert_eq!(response.is(405).header("allow"), Some("POST"));
    }
}

#[test]
fn several_are_a_list() {
    let server = Server::started(["--protocols", "grpc,connect"]);
    for version in VERSIONS {
        let request = Request::post(GET_PERSON, JSON, ALICE_NAME);
        request.over(version, server.addr()).is(200);
        web().over(version, server.addr()).is(415);
    }
    let call = routeguide(["get-person", "Alice"]).at(server.addr());
    call.run().exits(0).prints(ALICE);
}
