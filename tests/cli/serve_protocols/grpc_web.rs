//! gRPC-Web, binary and as text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::harness::Server;
use super::super::harness::http::{Http1, Request, Response, VERSIONS, Version, enveloped};
use super::{
    ALICE_NAME, ALICE_PROTO, GET_PEOPLE, GET_PERSON, WEB, WEB_END, WEB_TEXT, alice, still_serves,
    web_response,
};

const OK: &str = "grpc-status: 0\r\n";

fn text(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of a body in base64 whose parts may each be padded.
#[track_caller]
fn decoded(text: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(text).unwrap();
    let groups = text.as_bytes().chunks(4);
    groups
        .flat_map(|group| STANDARD.decode(group).unwrap())
        .collect()
}

/// The status of a call that failed before its first reply, which is in the headers.
#[track_caller]
fn fails(response: &Response, code: &str) {
    assert_eq!(response.is(200).header("grpc-status"), Some(code));
    assert_eq!(response.body, b"");
}

/// The status of a call that failed, wherever it is.
#[track_caller]
fn status(response: &Response) -> String {
    if let Some(status) = response.is(200).header("grpc-status") {
        return status.to_owned();
    }
    let (messages, trailers) = web_response(&response.body);
    assert_eq!(messages, [b""; 0]);
    let status = trailers.strip_prefix("grpc-status: ").unwrap();
    status.split('\r').next().unwrap().to_owned()
}

#[test]
fn trailers_are_a_frame_at_the_end_of_the_body() {
    let server = Server::start();
    for version in VERSIONS {
        for content_type in ["application/grpc-web", WEB] {
            let request = Request::post(GET_PERSON, content_type, enveloped(0, ALICE_PROTO));
            let response = request.over(version, server.addr());
            assert_eq!(response.is(200).header("content-type"), Some(WEB));
            let (messages, trailers) = web_response(&response.body);
            assert!(messages[0].starts_with(ALICE_PROTO));
            assert_eq!((messages.len(), &*trailers), (1, OK));
            assert_eq!(response.trailers, []);
        }
    }
}

#[test]
fn streams_go_both_ways() {
    let server = Server::start();
    for version in VERSIONS {
        let names = [enveloped(0, ALICE_PROTO), enveloped(0, b"\n\x03Bob")].concat();
        let response = Request::post(GET_PEOPLE, WEB, names).over(version, server.addr());
        let (messages, trailers) = web_response(&response.is(200).body);
        assert!(messages[0].starts_with(ALICE_PROTO));
        assert!(messages[1].starts_with(b"\n\x03Bob"));
        assert_eq!((messages.len(), &*trailers), (2, OK));
    }
}

#[test]
fn messages_may_be_in_json() {
    let server = Server::start();
    let json = "application/grpc-web+json";
    for version in VERSIONS {
        let request = Request::post(GET_PERSON, json, enveloped(0, ALICE_NAME));
        let response = request.over(version, server.addr());
        assert_eq!(response.is(200).header("content-type"), Some(json));
        let (messages, trailers) = web_response(&response.body);
        assert_eq!(messages, [alice().as_bytes()]);
        assert_eq!(trailers, OK);
    }
}

#[test]
fn text_is_base64_both_ways() {
    let server = Server::start();
    let name = enveloped(0, ALICE_PROTO);
    let (start, end) = name.split_at(4);
    for version in VERSIONS {
        for body in [
            text(&name),
            // Parts may be padded on their own, also within a message.
            text(start) + &text(end),
            text([&name[..], &name].concat()),
            name.iter().map(|byte| text([*byte])).collect(),
        ] {
            let response = Request::post(GET_PEOPLE, WEB_TEXT, body).over(version, server.addr());
            assert_eq!(response.is(200).header("content-type"), Some(WEB_TEXT));
            let (messages, trailers) = web_response(&decoded(&response.body));
            assert!(messages[0].starts_with(ALICE_PROTO));
            assert_eq!(trailers, OK);
        }
    }
}

#[test]
fn text_that_is_not_base64_is_an_invalid_argument() {
    let server = Server::start();
    let whole = text(enveloped(0, ALICE_PROTO));
    for version in VERSIONS {
        for body in [
            "!!!!",
            "====",
            "A===",
            "AA=A",
            "AAA",
            "A",
            "AAAA AAA",
            "\u{e9}\u{e9}",
            // Within a group of four characters.
            &whole[..whole.len() - 1],
        ] {
            let response = Request::post(GET_PERSON, WEB_TEXT, body).over(version, server.addr());
            assert_eq!(status(&response), "3", "{body:?}");
        }
    }
    still_serves(&server);
}

#[test]
fn a_message_that_is_cut_off_is_an_error() {
    let server = Server::start();
    let whole = enveloped(0, ALICE_PROTO);
    for version in VERSIONS {
        for len in [1, 4, 5, whole.len() - 1] {
            let part = &whole[..len];
            let post = |content_type, body| {
                let request = Request::post(GET_PERSON, content_type, body);
                request.over(version, server.addr())
            };
            assert_eq!(status(&post(WEB, part.to_vec())), "13", "{part:?}");
            let response = post(WEB_TEXT, text(part).into_bytes());
            assert_eq!(status(&response), "13", "{part:?}");
        }
    }
    still_serves(&server);
}

#[test]
fn flags_that_requests_do_not_have_are_errors() {
    let server = Server::start();
    for version in VERSIONS {
        for flag in [1, 2, WEB_END, 0x81, 0xff] {
            let request = Request::post(GET_PERSON, WEB, enveloped(flag, ALICE_PROTO));
            fails(&request.over(version, server.addr()), "13");
        }
    }
    still_serves(&server);
}

#[test]
fn the_status_of_an_error_is_in_the_headers_although_the_message_came_late() {
    let server = Server::started(["--missing", "status"]);
    let message = enveloped(0, b"\n\x03Zoe");
    let request = Request::post(GET_PERSON, WEB, "").header("expect", "100-continue");
    let mut connection = Http1::connect(server.addr());
    let len = message.len();
    connection.send(format!("{}content-length: {len}\r\n\r\n", request.start()));
    connection.response().is(100);
    connection.send(message);
    fails(&connection.response(), "5");
}

#[test]
fn a_unary_method_takes_one_message() {
    let server = Server::start();
    let name = enveloped(0, ALICE_PROTO);
    for version in VERSIONS {
        for body in [Vec::new(), [&name[..], &name].concat()] {
            let response = Request::post(GET_PERSON, WEB, body).over(version, server.addr());
            assert_eq!(status(&response), "12");
        }
    }
}

#[test]
fn a_message_over_the_limit_is_noticed_by_its_length() {
    let server = Server::start();
    for version in VERSIONS {
        let request = Request::post(GET_PERSON, WEB, [0, 0xff, 0xff, 0xff, 0xff]);
        fails(&request.over(version, server.addr()), "8");
    }
}

#[test]
fn a_client_may_ask_for_text_or_binary_whatever_it_sends() {
    let server = Server::start();
    let binary = enveloped(0, ALICE_PROTO);
    for version in VERSIONS {
        let request = Request::post(GET_PERSON, WEB, &*binary).header("accept", WEB_TEXT);
        let response = request.over(version, server.addr());
        assert_eq!(response.is(200).header("content-type"), Some(WEB_TEXT));
        assert!(web_response(&decoded(&response.body)).0[0].starts_with(ALICE_PROTO));

        let request = Request::post(GET_PERSON, WEB_TEXT, text(&binary)).header("accept", WEB);
        let response = request.over(version, server.addr());
        assert_eq!(response.is(200).header("content-type"), Some(WEB));
        assert!(web_response(&response.body).0[0].starts_with(ALICE_PROTO));
    }
}

/// A client may send as much more as was taken, however much of it was padding.
#[test]
fn a_stream_of_padded_parts_does_not_run_out_of_window() {
    const NAMES: usize = 20_000;
    let server = Server::start();
    let names = text(enveloped(0, b"\n\x03Bob")).repeat(NAMES);
    let response = Request::post(GET_PEOPLE, WEB_TEXT, names).over(Version::Http2, server.addr());
    let (replies, trailers) = web_response(&decoded(&response.is(200).body));
    assert_eq!((replies.len(), &*trailers), (NAMES, OK));
    // One message, each byte of which is padded.
    let name = [b"\n\xe0\x5d", &[b'x'; 12_000][..]].concat();
    let padded: String = enveloped(0, name)
        .iter()
        .map(|byte| text([*byte]))
        .collect();
    let response = Request::post(GET_PERSON, WEB_TEXT, padded).over(Version::Http2, server.addr());
    let (replies, trailers) = web_response(&decoded(&response.is(200).body));
    assert_eq!((replies.len(), &*trailers), (1, OK));
}
