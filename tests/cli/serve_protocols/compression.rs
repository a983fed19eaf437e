//! Compressed messages: each protocol has its own headers.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::super::harness::Server;
use super::super::harness::http::{Request, Response, VERSIONS, Version, enveloped};
use super::{
    ALICE_NAME, ALICE_PROTO, GET_PEOPLE, GET_PERSON, JSON, STREAM_JSON, WEB, alice, still_serves,
    stream,
};

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}

#[track_caller]
fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    plain
}

/// A unary request of Connect with a body in gzip.
fn unary(body: impl Into<Vec<u8>>) -> Request {
    Request::post(GET_PERSON, JSON, body).header("content-encoding", "gzip")
}

#[track_caller]
fn is_compressed(response: &Response, header: &str, message: &[u8]) {
    assert_eq!(response.is(200).header(header), Some("gzip"));
    assert_eq!(gunzip(message), alice().as_bytes());
}

#[test]
fn a_unary_reply_of_connect_is_compressed_as_its_request_is() {
    let server = Server::start();
    for version in VERSIONS {
        let request = unary(gzip(ALICE_NAME));
        let response = request.over(version, server.addr());
        is_compressed(&response, "content-encoding", &response.body);
        let browser = request.clone().header("accept-encoding", "gzip, br, zstd");
        let response = browser.over(version, server.addr());
        is_compressed(&response, "content-encoding", &response.body);
        for accepted in ["br", "identity", "gzip;q=0"] {
            let request = request.clone().header("accept-encoding", accepted);
            let response = request.over(version, server.addr());
            assert_eq!(response.is(200).header("content-encoding"), None);
            assert_eq!(response.text(), alice());
        }
    }
}

#[test]
fn a_unary_error_of_connect_is_never_compressed() {
    let server = Server::start();
    for version in VERSIONS {
        let response = unary(gzip("{")).over(version, server.addr());
        response.fails(400, "invalid_argument");
        assert_eq!(response.header("content-encoding"), None);
    }
}

#[test]
fn a_message_in_a_url_may_be_compressed() {
    use base64::Engine as _;
    let server = Server::start();
    let message = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(gzip(ALICE_NAME));
    let query = format!("base64=1&compression=gzip&encoding=json&message={message}");
    for version in VERSIONS {
        let request = Request::get(&format!("{GET_PERSON}?{query}"));
        let response = request.over(version, server.addr());
        is_compressed(&response, "content-encoding", &response.body);
    }
}

#[test]
fn messages_of_a_stream_of_connect_may_be_compressed_one_by_one() {
    let server = Server::start();
    let body = [enveloped(1, gzip(ALICE_NAME)), enveloped(0, ALICE_NAME)].concat();
    for version in VERSIONS {
        let request = Request::post(GET_PEOPLE, STREAM_JSON, body.clone())
            .header("connect-content-encoding", "gzip")
            // That of the body as a whole.
            .header("accept-encoding", "identity");
        let response = request.over(version, server.addr());
        let messages = response.messages();
        for (flag, message) in &messages[..2] {
            assert_eq!(*flag, 1);
            is_compressed(&response, "connect-content-encoding", message);
        }
        assert_eq!(messages.len(), 3);
    }
}

#[test]
fn messages_of_grpc_and_grpc_web_may_be_compressed() {
    let server = Server::start();
    for (version, content_type) in [
        (Version::Http1, WEB),
        (Version::Http2, WEB),
        (Version::Http2, super::GRPC),
    ] {
        let request = Request::post(GET_PERSON, content_type, enveloped(1, gzip(ALICE_PROTO)))
            .header("grpc-encoding", "gzip")
            .header("grpc-accept-encoding", "gzip");
        let response = request.over(version, server.addr());
        assert_eq!(response.is(200).header("grpc-encoding"), Some("gzip"));
        let (flag, message) = &response.messages()[0];
        assert_eq!(*flag, 1);
        assert!(gunzip(message).starts_with(ALICE_PROTO));
    }
}

#[test]
fn an_unknown_encoding_is_unimplemented_and_the_known_ones_are_named() {
    let server = Server::start();
    for version in VERSIONS {
        let request = Request::post(GET_PERSON, JSON, ALICE_NAME).header("content-encoding", "br");
        let response = request.over(version, server.addr());
        response.fails(501, "unimplemented");
        assert_eq!(
            response.header("accept-encoding"),
            Some("identity,gzip,deflate,zstd")
        );

        let request = Request::post(GET_PEOPLE, STREAM_JSON, enveloped(0, ALICE_NAME))
            .header("connect-content-encoding", "br");
        let response = request.over(version, server.addr());
        assert_eq!(
            response.header("connect-accept-encoding"),
            Some("identity,gzip,deflate,zstd")
        );
        assert_eq!(response.header("content-type"), Some(STREAM_JSON));
        assert_eq!(stream(&response).1["error"]["code"], "unimplemented");

        let request =
            Request::post(GET_PERSON, WEB, enveloped(0, ALICE_PROTO)).header("grpc-encoding", "br");
        let response = request.over(version, server.addr());
        assert_eq!(response.header("grpc-status"), Some("12"));
        assert_eq!(
            response.header("grpc-accept-encoding"),
            Some("identity,gzip,deflate,zstd")
        );
    }
}

#[test]
fn what_cannot_be_decompressed_is_an_error() {
    let server = Server::start();
    let whole = gzip(ALICE_NAME);
    for version in VERSIONS {
        for body in [ALICE_NAME.as_bytes(), &whole[..whole.len() - 1]] {
            let response = unary(body).over(version, server.addr());
            response.fails(400, "invalid_argument");
        }
    }
    still_serves(&server);
}

#[test]
fn a_message_that_is_too_large_once_decompressed_is_noticed() {
    let server = Server::start();
    let bomb = gzip(vec![b' '; 16 << 20]);
    for version in VERSIONS {
        let response = unary(bomb.clone()).over(version, server.addr());
        response.fails(429, "resource_exhausted");
    }
    still_serves(&server);
}
