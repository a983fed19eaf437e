//! Requests that are not calls, or not of a method that there is.

use super::super::harness::Server;
use super::super::harness::http::{Http1, Request, VERSIONS, enveloped};
use super::{
    ALICE_NAME, ALICE_PROTO, GET_PEOPLE, GET_PERSON, JSON, PROTO, STREAM_JSON, WEB, get_alice,
    still_serves, stream,
};

#[test]
fn an_unknown_method_is_unimplemented_in_each_protocol() {
    let server = Server::start();
    for version in VERSIONS {
        for path in ["/RouteGuide/Other", "/other.Service/GetPerson", "/", "//"] {
            let post = |content_type, body| {
                let request = Request::post(path, content_type, body);
                request.over(version, server.addr())
            };
            post(JSON, ALICE_NAME.into()).fails(404, "unimplemented");
            let get = Request::get(path).over(version, server.addr());
            assert!(get.is(404).text().contains("Connect"), "{get:?}");
            let response = post(STREAM_JSON, enveloped(0, ALICE_NAME));
            assert_eq!(stream(&response).1["error"]["code"], "unimplemented");
            let response = post(WEB, enveloped(0, ALICE_PROTO));
            assert_eq!(response.is(200).header("grpc-status"), Some("12"));
        }
    }
}

#[test]
fn another_content_type_is_415_and_those_that_are_served_are_named() {
    let server = Server::start();
    for version in VERSIONS {
        for content_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "application/connect",
            "application/connect+xml",
            "application/grpc-web+xml",
            "application/grpc-websocket",
            "",
        ] {
            let request = Request::post(GET_PERSON, content_type, ALICE_NAME);
            let response = request.over(version, server.addr());
            let accepted = response.is(415).header("accept-post").unwrap();
            for name in ["application/grpc", "application/grpc-web+proto", JSON] {
                assert!(accepted.split(", ").any(|it| it == name), "{accepted}");
            }
            assert!(response.text().contains("Connect"), "{response:?}");
        }
    }
    still_serves(&server);
}

/// Connect has content types for the two.
#[test]
fn a_unary_content_type_for_a_stream_is_415_and_the_other_way_round() {
    let server = Server::start();
    for version in VERSIONS {
        for (path, content_type) in [
            (GET_PEOPLE, JSON),
            (GET_PEOPLE, PROTO),
            (GET_PERSON, STREAM_JSON),
        ] {
            let request = Request::post(path, content_type, ALICE_NAME);
            request.over(version, server.addr()).is(415);
        }
    }
}

#[test]
fn another_http_method_is_405() {
    let server = Server::start();
    for version in VERSIONS {
        for method in ["PUT", "DELETE", "PATCH", "QUERY"] {
            let request = get_alice().method(method);
            let response = request.over(version, server.addr());
            assert_eq!(response.is(405).header("allow"), Some("GET, POST"));
        }
        for method in ["GET", "HEAD", "PUT"] {
            // Whatever its content type is, and if it has none.
            for stream in [
                Request::post(GET_PEOPLE, STREAM_JSON, ""),
                Request::post(GET_PEOPLE, "text/plain", ""),
                Request::get(GET_PEOPLE),
            ] {
                let response = stream.method(method).over(version, server.addr());
                assert_eq!(response.is(405).header("allow"), Some("POST"));
            }
        }
    }
    still_serves(&server);
}

#[test]
fn a_refusal_of_head_has_no_body() {
    let server = Server::start();
    let request = get_alice().method("HEAD");
    let mut connection = Http1::connect(server.addr());
    connection.send(request.bytes());
    connection.response_to("HEAD").is(405);
    connection.send(get_alice().bytes());
    connection.response().is(200);
}

#[test]
fn a_unary_body_over_the_limit_is_refused_by_its_length() {
    let server = Server::start();
    for len in ["65541", "9999999999"] {
        let mut connection = Http1::connect(server.addr());
        connection.send(format!(
            "{}content-length: {len}\r\n\r\n{{",
            get_alice().start()
        ));
        let response = connection.response();
        response.fails(429, "resource_exhausted");
        assert!(!response.text().contains("4294967295"), "{response:?}");
        connection.is_closed();
    }
    let name = "x".repeat(70_000);
    let request = Request::post(GET_PERSON, JSON, format!(r#"{{"name":"{name}"}}"#));
    for version in VERSIONS {
        let response = request.over(version, server.addr());
        response.fails(429, "resource_exhausted");
    }
}

#[test]
fn a_unary_body_without_a_length_is_refused_once_it_is_over_the_limit() {
    let server = Server::start();
    let mut connection = Http1::connect(server.addr());
    connection.send(get_alice().start() + "transfer-encoding: chunked\r\n\r\n");
    for _ in 0..5 {
        connection.send_chunk(vec![b' '; 16 << 10]);
    }
    connection.response().fails(429, "resource_exhausted");
}

#[test]
fn an_upload_gets_its_refusal() {
    let server = Server::start();
    let request = Request::post("/upload", "application/octet-stream", vec![0; 8 << 20]);
    for version in VERSIONS {
        request.over(version, server.addr()).is(415);
    }
    still_serves(&server);
}

/// The server has closed its side by then, and reads what comes.
#[test]
fn a_client_that_sends_all_before_it_reads_gets_its_refusal() {
    let server = Server::start();
    let body = " ".repeat(4 << 20);
    for (request, status) in [
        (Request::post(GET_PERSON, "text/plain", &*body), 415),
        (Request::post(GET_PERSON, JSON, &*body), 429),
        (get_alice().method("PUT"), 405),
    ] {
        let mut connection = Http1::connect(server.addr());
        let head = request.start() + "content-length: 4194304\r\n\r\n";
        connection.send(head);
        for part in body.as_bytes().chunks(64 << 10) {
            connection.sends(part);
        }
        connection.response().is(status);
        connection.is_closed();
    }
}

#[test]
fn a_client_that_waits_to_send_its_body_is_refused_without_permission() {
    let server = Server::start();
    for request in [
        Request::post(GET_PERSON, "text/plain", ""),
        get_alice().method("PUT"),
    ] {
        let mut connection = Http1::connect(server.addr());
        let request = request.header("expect", "100-continue");
        connection.send(request.start() + "content-length: 100\r\n\r\n");
        let status = connection.response().status;
        assert!([405, 415].contains(&status), "{status}");
    }
}
