//! gRPC-Web, binary and as base64.

use super::peer::{Answer, Ending, Peer};
use super::{VERSIONS, call, ends, framed, shown, start};
use crate::base64;
use crate::call::Start;
use crate::protocol::Wire;
use crate::transport::HttpVersion;

fn binary(body: Vec<u8>) -> Answer {
    Answer {
        status: 200,
        headers: vec![("content-type", "application/grpc-web+proto")],
        body,
        rest: "",
        ending: Ending::Whole,
    }
}

fn text(body: &str) -> Answer {
    Answer {
        status: 200,
        headers: vec![("content-type", "application/grpc-web-text+proto")],
        body: body.into(),
        rest: "",
        ending: Ending::Whole,
    }
}

fn trailers(text: &str) -> Vec<u8> {
    framed(0x80, text.as_bytes())
}

#[tokio::test]
async fn trailers_are_in_the_body() {
    for version in VERSIONS {
        let body = [
            framed(0, b"\x10\x01"),
            trailers("grpc-status: 0\r\nx-b: 2\r\n"),
        ];
        let peer = Peer::answering(version, binary(body.concat())).await;
        let happened = call(&peer, start(Wire::Web), &[b"\x0a\x01a", b""]).await;
        assert_eq!(shown(&happened.end), "OK, server: ");
        assert_eq!(happened.replies, [&b"\x10\x01"[..]]);
        assert_eq!(happened.end.metadata.get("x-b").unwrap(), "2");
        let asked = peer.asked().remove(0);
        assert_eq!(asked.method, "POST");
        assert_eq!(
            asked.body,
            [framed(0, b"\x0a\x01a"), framed(0, b"")].concat()
        );
        for (name, value) in [
            ("content-type", "application/grpc-web+proto"),
            ("accept", "application/grpc-web+proto"),
            ("x-grpc-web", "1"),
        ] {
            assert_eq!(asked.headers[name], value);
        }
        assert!(!asked.headers.contains_key("te"));
    }
}

#[tokio::test]
async fn over_http_1_a_single_request_has_its_length() {
    for (wire, length) in [(Wire::Web, "8"), (Wire::WebText, "12")] {
        let peer = Peer::answering(HttpVersion::Http1, binary(trailers("grpc-status:0"))).await;
        let start = Start {
            single_request: true,
            ..start(wire)
        };
        let happened = call(&peer, start, &[b"\x0a\x01a"]).await;
        assert_eq!(shown(&happened.end), "OK, server: ");
        assert_eq!(peer.asked().remove(0).headers["content-length"], length);
    }
}

#[tokio::test]
async fn text_is_base64_in_parts_that_may_be_padded() {
    let whole = [framed(0, b"\x10\x01"), trailers("grpc-status:0\r\n")].concat();
    let parts: Vec<String> = whole.chunks(4).map(base64::encode).collect();
    for version in VERSIONS {
        for body in [base64::encode(&whole), parts.concat()] {
            let peer = Peer::answering(version, text(&body)).await;
            let happened = call(&peer, start(Wire::WebText), &[b"\x0a\x01a"]).await;
            assert_eq!(shown(&happened.end), "OK, server: ");
            assert_eq!(happened.replies, [&b"\x10\x01"[..]]);
            let asked = peer.asked().remove(0);
            assert_eq!(asked.headers["accept"], "application/grpc-web-text+proto");
            let sent = base64::decode(std::str::from_utf8(&asked.body).unwrap());
            assert_eq!(sent.unwrap(), framed(0, b"\x0a\x01a"));
        }
    }
}

#[tokio::test]
async fn a_call_ends_as_its_trailers_say() {
    let one = || framed(0, b"\x10\x01");
    let with = |rest: Vec<u8>| [one(), rest].concat();
    let damaged = "INTERNAL, protocol: the server's answer is damaged: ";
    for (rest, end) in [
        (
            trailers("grpc-status: 5\r\ngrpc-message: no%20one\r\n"),
            "NOT_FOUND, server: no one".to_owned(),
        ),
        (
            vec![],
            "UNKNOWN, protocol: the server ended the call without a status".to_owned(),
        ),
        (
            trailers("x-b: 2\r\n"),
            "UNKNOWN, protocol: the server ended the call without a status".to_owned(),
        ),
        (
            trailers("no colon"),
            format!("{damaged}a line of the trailers has no colon"),
        ),
        (
            vec![0x80, 0, 0, 0, 99, 1],
            "INTERNAL, protocol: the server ended the call in the middle of a message".to_owned(),
        ),
        (
            [trailers("grpc-status:0"), one()].concat(),
            "INTERNAL, protocol: the server sent more after the end of the replies".to_owned(),
        ),
    ] {
        ends(Wire::Web, binary(with(rest.clone())), &[b"\x10\x01"], &end).await;
        let encoded = base64::encode(&with(rest));
        ends(Wire::WebText, text(&encoded), &[b"\x10\x01"], &end).await;
    }
}

#[tokio::test]
async fn a_status_may_be_in_the_headers() {
    let mut answer = binary(vec![]);
    answer
        .headers
        .extend([("grpc-status", "7"), ("grpc-message", "no")]);
    ends(Wire::Web, answer, &[], "PERMISSION_DENIED, server: no").await;
}

#[tokio::test]
async fn a_status_in_the_headers_does_not_count_if_there_is_a_body() {
    let body = [framed(0, b"\x10\x01"), trailers("grpc-status: 5\r\n")].concat();
    for (wire, mut answer) in [
        (Wire::Web, binary(body.clone())),
        (Wire::WebText, text(&base64::encode(&body))),
    ] {
        answer
            .headers
            .extend([("grpc-status", "7"), ("grpc-message", "no")]);
        ends(wire, answer, &[b"\x10\x01"], "NOT_FOUND, server: ").await;
    }
}

#[tokio::test]
async fn a_status_in_the_headers_does_not_count_if_the_stream_is_cut_off() {
    let mut answer = binary(vec![]);
    answer.headers.push(("grpc-status", "0"));
    answer.ending = Ending::Cut;
    ends(Wire::Web, answer, &[], "").await;
}

#[tokio::test]
async fn another_http_status_is_not_ok() {
    let body = [framed(0, b"\x10\x01"), trailers("grpc-status: 0\r\n")].concat();
    for (status, body, end) in [
        (503, vec![], "UNAVAILABLE, other answer: "),
        (404, vec![], "UNIMPLEMENTED, other answer: "),
        (503, body.clone(), "UNAVAILABLE, other answer: "),
        (201, body, "UNKNOWN, other answer: "),
    ] {
        for version in VERSIONS {
            let mut answer = binary(body.clone());
            answer.status = status;
            answer.headers.push(("grpc-status", "0"));
            let peer = Peer::answering(version, answer).await;
            let happened = call(&peer, start(Wire::Web), &[]).await;
            let found = shown(&happened.end);
            assert!(found.starts_with(end), "{status} over {version}: {found}");
            assert!(happened.replies.is_empty(), "{status} over {version}");
        }
    }
}

#[tokio::test]
async fn an_error_in_the_headers_counts_whatever_the_http_status() {
    for body in [vec![], framed(0, b"\x10\x01")] {
        let mut answer = binary(body);
        answer.status = 503;
        answer
            .headers
            .extend([("grpc-status", "7"), ("grpc-message", "no")]);
        ends(Wire::Web, answer, &[], "PERMISSION_DENIED, server: no").await;
    }
}

#[tokio::test]
async fn bad_base64_ends_the_call() {
    let one = base64::encode(&framed(0, b"\x10\x01"));
    let damaged = "INTERNAL, protocol: the server's answer is damaged: the body";
    let bad = text(&format!("{one}!!!!"));
    // Of the part of the body that is damaged, nothing counts.
    ends(Wire::WebText, bad, &[], &format!("{damaged} is not base64")).await;
    let incomplete = text(&format!("{one}gA"));
    let end = format!("{damaged} ends within four characters of base64");
    ends(Wire::WebText, incomplete, &[b"\x10\x01"], &end).await;
}

#[tokio::test]
async fn bad_base64_after_the_trailers_ends_the_call() {
    let damaged = "INTERNAL, protocol: the server's answer is damaged: the body";
    let body = [framed(0, b"\x10\x01"), trailers("grpc-status: 0\r\n")].concat();
    let body = base64::encode(&body);
    for (rest, why) in [
        ("!!!!", "is not base64"),
        ("gA", "ends within four characters of base64"),
    ] {
        for ending in [Ending::Whole, Ending::Open] {
            let answer = Answer {
                rest,
                ending,
                ..text(&body)
            };
            let end = format!("{damaged} {why}");
            ends(Wire::WebText, answer, &[b"\x10\x01"], &end).await;
        }
    }
    // In one part with them.
    let incomplete = text(&format!("{body}gA"));
    let end = format!("{damaged} ends within four characters of base64");
    ends(Wire::WebText, incomplete, &[b"\x10\x01"], &end).await;
}

#[tokio::test]
async fn another_answer_is_shown() {
    let mut answer = binary(b"<h1>".to_vec());
    answer.headers = vec![("content-type", "text/html")];
    answer.status = 503;
    let end = "UNAVAILABLE, other answer: the server did not answer with gRPC-Web but with HTTP status 503 Service \
               Unavailable and content-type text/html: \"<h1>\"";
    ends(Wire::Web, answer, &[], end).await;
}
