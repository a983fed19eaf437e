//! Connect.

use super::peer::{Answer, Ending, Peer};
use super::{VERSIONS, call, compressed, ends, framed, shown, start};
use crate::call::{Start, request_headers};
use crate::framing::Encoding;
use crate::protocol::{Codec, Wire};
use tonic::Code;
use tonic::metadata::MetadataMap;

fn unary(status: u16, content_type: &'static str, body: &[u8]) -> Answer {
    Answer {
        status,
        headers: vec![("content-type", content_type)],
        body: body.to_vec(),
        rest: "",
        ending: Ending::Whole,
    }
}

fn stream(body: Vec<u8>) -> Answer {
    Answer {
        status: 200,
        headers: vec![("content-type", "application/connect+proto")],
        body,
        rest: "",
        ending: Ending::Whole,
    }
}

#[tokio::test]
async fn a_unary_request_is_the_message_alone() {
    for version in VERSIONS {
        let mut answer = unary(200, "application/proto", b"\x10\x01");
        answer.headers.push(("x-a", "1"));
        answer.headers.push(("trailer-x-b", "2"));
        let peer = Peer::answering(version, answer).await;
        let happened = call(&peer, start(Wire::ConnectUnary), &[b"\x0a\x01a"]).await;
        assert_eq!(shown(&happened.end), "OK, server: ");
        assert_eq!(happened.replies, [&b"\x10\x01"[..]]);
        assert_eq!(happened.sent, 1);
        let headers = happened.headers.unwrap();
        assert_eq!(headers.get("x-a").unwrap(), "1");
        assert!(headers.get("trailer-x-b").is_none());
        assert_eq!(happened.end.metadata.get("x-b").unwrap(), "2");
        let asked = peer.asked().remove(0);
        assert_eq!(
            (asked.method.as_str(), asked.path.as_str()),
            ("POST", "/a.B/C")
        );
        assert_eq!(asked.body, b"\x0a\x01a");
        for (name, value) in [
            ("content-type", "application/proto"),
            ("content-length", "3"),
            ("connect-protocol-version", "1"),
            ("accept-encoding", "identity,gzip,deflate,zstd"),
        ] {
            assert_eq!(asked.headers[name], value);
        }
        for name in [
            "te",
            "connect-timeout-ms",
            "transfer-encoding",
            "content-encoding",
        ] {
            assert!(!asked.headers.contains_key(name), "{name}");
        }
    }
}

#[tokio::test]
async fn an_empty_request_is_an_empty_body() {
    for version in VERSIONS {
        let peer = Peer::answering(version, unary(200, "application/proto", b"")).await;
        let happened = call(&peer, start(Wire::ConnectUnary), &[b""]).await;
        assert_eq!(happened.replies, [&b""[..]]);
        assert_eq!(happened.sent, 1);
        let asked = peer.asked().remove(0);
        assert_eq!(asked.headers["content-length"], "0");
        assert_eq!(asked.body, b"");
    }
}

#[tokio::test]
async fn a_get_has_its_request_in_the_url() {
    for version in VERSIONS {
        for (encoding, path) in [
            (
                None,
                "/a.B/C?connect=v1&base64=1&encoding=proto&message=CgFh",
            ),
            (
                Some(Encoding::Gzip),
                "/a.B/C?connect=v1&base64=1&compression=gzip&encoding=proto&message=",
            ),
        ] {
            let peer = Peer::answering(version, unary(200, "application/proto", b"")).await;
            let wire = Wire::ConnectUnary;
            let headers = request_headers(wire, Codec::Proto, MetadataMap::new(), encoding);
            let start = Start {
                is_get: true,
                encoding,
                headers,
                ..start(wire)
            };
            let happened = call(&peer, start, &[b"\x0a\x01a"]).await;
            assert_eq!(shown(&happened.end), "OK, server: ");
            assert_eq!(happened.sent, 1);
            let asked = peer.asked().remove(0);
            assert_eq!(asked.method, "GET");
            assert!(asked.path.starts_with(path), "{}", asked.path);
            assert_eq!(asked.body, b"");
            for name in [
                "content-type",
                "content-length",
                "content-encoding",
                "connect-protocol-version",
            ] {
                assert!(!asked.headers.contains_key(name), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_compressed_is_named_in_the_headers() {
    for version in VERSIONS {
        for (wire, header) in [
            (Wire::ConnectUnary, "content-encoding"),
            (Wire::ConnectStream, "connect-content-encoding"),
        ] {
            let (content_type, body) = match wire {
                Wire::ConnectUnary => ("application/proto", Encoding::Gzip.compress(b"\x10\x01")),
                _ => (
                    "application/connect+proto",
                    [
                        compressed(b"\x10\x01"),
                        framed(3, &Encoding::Gzip.compress(b"{}")),
                    ]
                    .concat(),
                ),
            };
            let mut answer = unary(200, content_type, &body);
            answer.headers.push((header, "gzip"));
            let peer = Peer::answering(version, answer).await;
            let encoding = Some(Encoding::Gzip);
            let start = Start {
                encoding,
                headers: request_headers(wire, Codec::Proto, MetadataMap::new(), encoding),
                ..start(wire)
            };
            let happened = call(&peer, start, &[b"\x0a\x01a"]).await;
            assert_eq!(shown(&happened.end), "OK, server: ");
            assert_eq!(happened.replies, [&b"\x10\x01"[..]]);
            let asked = peer.asked().remove(0);
            assert_eq!(asked.headers[header], "gzip");
            let body = match wire {
                Wire::ConnectUnary => asked.body,
                _ => asked.body[5..].to_vec(),
            };
            assert_eq!(
                Encoding::Gzip.decompress(&body, 100).unwrap(),
                &b"\x0a\x01a"[..]
            );
        }
    }
}

#[tokio::test]
async fn an_error_of_a_unary_call_is_json() {
    let error =
        br#"{"code":"not_found","message":"no one","details":[{"type":"a.B","value":"CgFh"}]}"#;
    for version in VERSIONS {
        let mut answer = unary(404, "application/json", error);
        answer.headers.push(("trailer-x-b", "2"));
        let peer = Peer::answering(version, answer).await;
        let happened = call(&peer, start(Wire::ConnectUnary), &[b""]).await;
        assert_eq!(shown(&happened.end), "NOT_FOUND, server: no one");
        assert_eq!(happened.end.metadata.get("x-b").unwrap(), "2");
        let details = happened.end.details;
        assert!(details.ends_with(b"a.B\x12\x03\x0a\x01a"), "{details:?}");
    }
}

#[tokio::test]
async fn a_unary_call_ends_as_its_response_says() {
    let wire = Wire::ConnectUnary;
    let page = |status, kind| unary(status, kind, b"<h1>no</h1>");
    for (answer, end) in [
        (
            unary(503, "application/json", b"{}"),
            "UNAVAILABLE, other answer: the server did not answer with Connect but with HTTP status 503 Service Unavailable \
             and content-type application/json: \"{}\"",
        ),
        (
            unary(500, "application/json", br#"{"code":"new","message":"x"}"#),
            "UNKNOWN, server: x",
        ),
        (
            page(404, "text/html"),
            "UNIMPLEMENTED, other answer: the server did not answer with Connect but with HTTP status 404 Not Found and \
             content-type text/html: \"<h1>no</h1>\"",
        ),
        (
            page(200, "application/connect+proto"),
            "INTERNAL, other answer: the server did not answer with Connect but with HTTP status 200 OK and content-type \
             application/connect+proto: \"<h1>no</h1>\"",
        ),
        (
            unary(200, "application/json", b"{}"),
            "INTERNAL, other answer: the server did not answer with Connect but with HTTP status 200 OK and content-type \
             application/json: \"{}\"",
        ),
        (
            page(200, "text/html"),
            "UNKNOWN, other answer: the server did not answer with Connect but with HTTP status 200 OK and content-type \
             text/html: \"<h1>no</h1>\"",
        ),
        (
            unary(200, "application/proto", &[0; 1001]),
            "RESOURCE_EXHAUSTED, too large: the reply is too large: 1001 bytes; the limit is 1000",
        ),
    ] {
        ends(wire, answer, &[], end).await;
    }
    let mut answer = unary(200, "application/proto", b"x");
    answer.headers.push(("content-encoding", "br"));
    let end = "INTERNAL, protocol: the server uses the encoding \"br\", which was not offered";
    ends(wire, answer, &[], end).await;
    let mut answer = unary(200, "application/proto", b"x");
    answer.headers.push(("content-encoding", "gzip"));
    let end = "INTERNAL, protocol: the server sent a compressed message that is damaged";
    ends(wire, answer, &[], end).await;
    let mut answer = unary(200, "application/proto", b"x");
    answer.ending = Ending::Cut;
    ends(wire, answer, &[], "").await;
}

#[tokio::test]
async fn a_stream_ends_with_a_message() {
    for version in VERSIONS {
        let end = br#"{"metadata":{"x-b":["1","2"]}}"#;
        let body = [
            framed(0, b"\x10\x01"),
            framed(0, b"\x10\x02"),
            framed(2, end),
        ];
        let peer = Peer::answering(version, stream(body.concat())).await;
        let happened = call(&peer, start(Wire::ConnectStream), &[b"\x0a\x01a", b""]).await;
        assert_eq!(shown(&happened.end), "OK, server: ");
        assert_eq!(happened.replies, [&b"\x10\x01"[..], b"\x10\x02"]);
        assert_eq!(happened.end.metadata.get_all("x-b").iter().count(), 2);
        let asked = peer.asked().remove(0);
        assert_eq!(
            asked.body,
            [framed(0, b"\x0a\x01a"), framed(0, b"")].concat()
        );
        assert_eq!(asked.headers["content-type"], "application/connect+proto");
        assert!(!asked.headers.contains_key("content-length"));
    }
}

#[tokio::test]
async fn a_stream_ends_as_its_last_message_says() {
    let wire = Wire::ConnectStream;
    let one = || framed(0, b"\x10\x01");
    let error = br#"{"error":{"code":"aborted","message":"no"}}"#;
    let damaged = "INTERNAL, protocol: the server's answer is damaged: ";
    for (rest, end) in [
        (framed(2, error), "ABORTED, server: no".to_owned()),
        (
            vec![],
            "INTERNAL, protocol: the server ended the stream without a message that ends it".to_owned(),
        ),
        (
            vec![0, 0, 0, 0, 9, 1],
            "INTERNAL, protocol: the server ended the call in the middle of a message".to_owned(),
        ),
        (
            framed(2, b"no"),
            format!("{damaged}the end of the stream is not a JSON object"),
        ),
        (
            [framed(2, b"{}"), one()].concat(),
            "INTERNAL, protocol: the server sent more after the end of the replies".to_owned(),
        ),
        (
            framed(4, b""),
            "INTERNAL, protocol: the server sent a message with an unknown flag: 4".to_owned(),
        ),
        (
            compressed(b""),
            "INTERNAL, protocol: the server sent a compressed message, but no encoding was agreed on".to_owned(),
        ),
        (
            vec![0, 0, 0, 3, 233],
            "RESOURCE_EXHAUSTED, too large: the reply is too large: 1001 bytes; the limit is 1000".to_owned(),
        ),
    ] {
        ends(wire, stream([one(), rest].concat()), &[b"\x10\x01"], &end).await;
    }
    let mut cut = stream(one());
    cut.ending = Ending::Cut;
    ends(wire, cut, &[b"\x10\x01"], "").await;
    let page = unary(415, "text/plain", b"");
    let end = "UNKNOWN, other answer: the server did not answer with Connect but with HTTP status 415 Unsupported Media Type \
               and content-type text/plain";
    ends(wire, page, &[], end).await;
}

#[tokio::test]
async fn a_method_with_one_reply_needs_one() {
    for version in VERSIONS {
        for replies in [0, 2] {
            let mut body = framed(0, b"").repeat(replies);
            body.extend(framed(2, b"{}"));
            let peer = Peer::answering(version, stream(body)).await;
            let start = Start {
                single_reply: true,
                ..start(Wire::ConnectStream)
            };
            let happened = call(&peer, start, &[b""]).await;
            assert_eq!(
                happened.end.code,
                Code::Unimplemented,
                "{replies} over {version}"
            );
        }
    }
}
