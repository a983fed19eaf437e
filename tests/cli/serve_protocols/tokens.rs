//! `serve --auth-token-file` in each protocol.

use super::super::harness::http::{Request, VERSIONS, enveloped};
use super::super::harness::{Folder, Server, routeguide};
use super::{
    ALICE_NAME, ALICE_PROTO, GET_PEOPLE, GET_PERSON, JSON, STREAM_JSON, WEB, alice, get_alice,
    stream,
};

fn serve() -> (Folder, Server) {
    let folder = Folder::new();
    folder.write("tokens", "first\n");
    let serve = routeguide(["serve", "--listen", "127.0.0.1:0"])
        .args(["--auth-token-file", "tokens"])
        .within(&folder);
    (folder, Server::of(serve))
}

#[test]
fn a_call_without_a_token_is_unauthenticated_in_its_protocol() {
    let (_folder, server) = serve();
    for version in VERSIONS {
        let over = |request: Request| request.over(version, server.addr());
        over(get_alice()).fails(401, "unauthenticated");
        let query = "encoding=json&message=%7B%7D";
        over(Request::get(&format!("{GET_PERSON}?{query}"))).fails(401, "unauthenticated");
        let response = over(Request::post(
            GET_PEOPLE,
            STREAM_JSON,
            enveloped(0, ALICE_NAME),
        ));
        assert_eq!(response.header("content-type"), Some(STREAM_JSON));
        assert_eq!(stream(&response).1["error"]["code"], "unauthenticated");
        let response = over(Request::post(GET_PERSON, WEB, enveloped(0, ALICE_PROTO)));
        assert_eq!(response.is(200).header("grpc-status"), Some("16"));
    }
}

#[test]
fn a_call_with_a_token_is_answered() {
    let (_folder, server) = serve();
    for version in VERSIONS {
        let with = |value| {
            let request = get_alice().header("authorization", value);
            request.over(version, server.addr())
        };
        assert_eq!(with("Bearer first").is(200).text(), alice());
        with("Bearer second").fails(401, "unauthenticated");
    }
}

#[test]
fn health_needs_none() {
    let (_folder, server) = serve();
    for version in VERSIONS {
        let check = Request::post("/grpc.health.v1.Health/Check", JSON, "{}");
        check.over(version, server.addr()).is(200);
    }
}
