//! How calls end, over both versions of HTTP.

use serde_json::json;

use super::super::harness::{Program, hint};
use super::{
    Answer, PROTOCOLS, VERSIONS, answered, call, end, framed, ok, printed, reply, response,
    trailers,
};

const HINT: &str = "hint: does the server speak this protocol, and are its services here? see --protocol and --base-path\n";

/// `call` with one request.
fn asking(protocol: &str, version: &str, method: &str) -> Program {
    call(protocol, version, method).arg("name=a")
}

/// Answers a unary call of Connect.
#[track_caller]
fn unary(answer: &Answer, check: impl Fn(super::Outcome)) {
    for version in VERSIONS {
        let program = asking("connect", version, "Echo/Unary");
        check(answered(program, version, answer));
    }
}

/// Answers a call whose method replies with a stream.
#[track_caller]
fn stream(protocol: &str, answer: &Answer, check: impl Fn(super::Outcome)) {
    for version in VERSIONS {
        let program = asking(protocol, version, "Repeat");
        check(answered(program, version, answer));
    }
}

#[test]
fn a_unary_call_succeeds() {
    unary(&Answer::new("200", "application/proto", [0x10, 1]), |it| {
        it.exits(0).prints(&printed(1)).says("");
    });
    for protocol in ["grpc-web", "grpc-web-text"] {
        for version in VERSIONS {
            let program = asking(protocol, version, "Echo/Unary");
            let outcome = answered(program, version, &ok(protocol, &[1]));
            outcome.exits(0).prints(&printed(1)).says("");
        }
    }
}

#[test]
fn an_error_has_its_details() {
    let error = r#"{"code":"resource_exhausted","message":"no","details":[
        {"type":"test.echo.v1.Quota","value":"CgVBbGljZRAD"}]}"#;
    let says = "error: RESOURCE_EXHAUSTED: no\n  {\"@type\":\"type.googleapis.com/test.echo.v1.Quota\",\
                \"owner\":\"Alice\",\"limit\":\"3\"}\n";
    let check = |outcome: super::Outcome| {
        outcome.exits(72).prints("");
        let details = outcome.stderr.replace("detail: ", "");
        assert!(
            details.contains("\"owner\":\"Alice\""),
            "{says} {outcome:?}"
        );
        assert!(details.starts_with("error: RESOURCE_EXHAUSTED: no\n"));
    };
    unary(&Answer::new("429", "application/json", error), check);
    let last = end(&format!("{{\"error\":{error}}}"));
    stream("connect", &response("connect", &[last]), check);
    // A google.rpc.Status with the same detail.
    let details = "CAgSAm5vGjgKKnR5cGUuZ29vZ2xlYXBpcy5jb20vdGVzdC5lY2hvLnYxLlF1b3RhEgkKBUFsaWNlEAM";
    let text =
        format!("grpc-status: 8\r\ngrpc-message: no\r\ngrpc-status-details-bin: {details}\r\n");
    stream(
        "grpc-web",
        &response("grpc-web", &[trailers(&text)]),
        |it| {
            it.exits(72).prints("");
            assert!(it.stderr.starts_with("error: RESOURCE_EXHAUSTED: no\n"));
        },
    );
}

#[test]
fn a_status_of_the_server_is_the_result() {
    for protocol in ["grpc-web", "grpc-web-text"] {
        let answer = response(
            protocol,
            &[trailers("grpc-status: 12\r\ngrpc-message: no%20such\r\n")],
        );
        stream(protocol, &answer, |it| {
            let hint = hint("UNIMPLEMENTED");
            it.exits(76).prints("");
            it.says(&format!("error: UNIMPLEMENTED: no such\n{hint}"));
        });
    }
    let last = end(r#"{"error":{"code":"not_found","message":"no one"}}"#);
    let answer = response("connect", &[reply(1), last]);
    stream("connect", &answer, |it| {
        it.fails("NOT_FOUND").prints(&printed(1));
    });
    let error = r#"{"code":"canceled"}"#;
    unary(&Answer::new("499", "application/json", error), |it| {
        it.fails("CANCELLED").prints("");
    });
}

#[test]
fn a_response_without_its_end_fails() {
    stream("connect", &response("connect", &[reply(1)]), |it| {
        it.fails("INTERNAL").prints(&printed(1));
        it.says("error: INTERNAL: the server ended the stream without a message that ends it\n");
    });
    for protocol in ["grpc-web", "grpc-web-text"] {
        stream(protocol, &response(protocol, &[reply(1)]), |it| {
            it.fails("UNKNOWN").prints(&printed(1));
            it.says("error: UNKNOWN: the server ended the call without a status\n");
        });
    }
}

#[test]
fn a_response_that_is_cut_off_fails() {
    for protocol in PROTOCOLS {
        for cut in [1, 5, 6] {
            let frames = [reply(1), reply(2)[..cut].to_vec()];
            stream(protocol, &response(protocol, &frames), |it| {
                it.fails("INTERNAL").prints(&printed(1));
                it.says("error: INTERNAL: the server ended the call in the middle of a message\n");
            });
        }
    }
}

#[test]
fn bad_base64_fails() {
    for body in ["AAAAAAIQAQ", "AAAA????", "AAA=AA=="] {
        let answer = Answer::new("200", "application/grpc-web-text+proto", body);
        stream("grpc-web-text", &answer, |it| {
            it.exits(77).prints("").says_one_error();
        });
    }
}

#[test]
fn what_follows_the_end_fails() {
    for protocol in PROTOCOLS {
        let last = match protocol {
            "connect" => end("{}"),
            _ => trailers("grpc-status: 0\r\n"),
        };
        let answer = response(protocol, &[reply(1), last, reply(2)]);
        stream(protocol, &answer, |it| {
            it.fails("INTERNAL").prints(&printed(1));
        });
    }
}

#[test]
fn another_content_type_is_explained() {
    for protocol in PROTOCOLS {
        for (status, code, of) in [
            ("200", "UNKNOWN", "text/html"),
            ("404", "UNIMPLEMENTED", "text/html"),
            ("503", "UNAVAILABLE", "text/plain"),
            ("415", "UNKNOWN", "text/plain"),
            ("401", "UNAUTHENTICATED", "text/html"),
            ("200", "UNKNOWN", "application/grpc"),
        ] {
            let answer = Answer::new(status, of, "<h1>a page</h1>");
            stream(protocol, &answer, |it| {
                it.fails(code).prints("");
                assert!(it.stderr.ends_with(HINT), "{it:#?}");
                assert!(it.stderr.contains("a page"), "{it:#?}");
            });
        }
    }
}

#[test]
fn compressed_replies_are_read() {
    use std::io::Write as _;
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let body = gzip(&[0x10, 1]);
    let answer = Answer::new("200", "application/proto", body.clone());
    unary(&answer.with("content-encoding", "gzip"), |it| {
        it.exits(0).prints(&printed(1));
    });
    for (protocol, header) in [
        ("connect", "connect-content-encoding"),
        ("grpc-web", "grpc-encoding"),
        ("grpc-web-text", "grpc-encoding"),
    ] {
        let last = match protocol {
            "connect" => framed(3, &gzip(b"{}")),
            _ => trailers("grpc-status: 0\r\n"),
        };
        let answer = response(protocol, &[framed(1, &body), last]);
        stream(protocol, &answer.with(header, "gzip"), |it| {
            it.exits(0).prints(&printed(1));
        });
    }
    // An error may be compressed, too.
    let error = gzip(br#"{"code":"aborted"}"#);
    let answer = Answer::new("409", "application/json", error);
    unary(&answer.with("content-encoding", "gzip"), |it| {
        it.fails("ABORTED");
    });
}

#[test]
fn a_reply_over_the_limit_fails() {
    let hint = "hint: allow larger messages with --max-message-size\n";
    let large = [&[0x1a, 100][..], &[0; 100]].concat();
    for version in VERSIONS {
        for (protocol, method, answer) in [
            (
                "connect",
                "Echo/Unary",
                Answer::new("200", "application/proto", large.clone()),
            ),
            (
                "connect",
                "Repeat",
                response("connect", &[framed(0, &large)]),
            ),
            (
                "grpc-web",
                "Repeat",
                response("grpc-web", &[framed(0, &large)]),
            ),
            (
                "grpc-web-text",
                "Repeat",
                response("grpc-web-text", &[framed(0, &large)]),
            ),
        ] {
            let program = asking(protocol, version, method).args(["--max-message-size", "50"]);
            let outcome = answered(program, version, &answer);
            outcome.fails("RESOURCE_EXHAUSTED").prints("");
            assert!(outcome.stderr.ends_with(hint), "{outcome:#?}");
        }
    }
}

#[test]
fn json_that_is_not_of_the_type_fails() {
    for body in ["", "[]", r#"{"received":"x"}"#, "{"] {
        for version in VERSIONS {
            let program = asking("connect", version, "Echo/Unary").args(["--codec", "json"]);
            let answer = Answer::new("200", "application/json", body);
            answered(program, version, &answer)
                .fails("INTERNAL")
                .prints("");
        }
    }
}

#[test]
fn an_envelope_tells_the_protocol_and_what_http_said() {
    for (version, name) in VERSIONS.iter().zip(["HTTP/1.1", "HTTP/2"]) {
        let program = asking("connect", version, "Echo/Unary").args(["-o", "envelope"]);
        let answer = Answer::new(
            "404",
            "application/json",
            r#"{"code":"not_found","message":"no"}"#,
        )
        .with("trailer-x-b", "2");
        let events = answered(program, version, &answer).events();
        let kinds: Vec<_> = events.iter().map(|event| event["event"].clone()).collect();
        assert_eq!(kinds, ["request", "headers", "trailers", "status"]);
        assert_eq!(events[0]["message"], json!({"name": "a"}));
        assert_eq!(events[2]["metadata"], json!({"x-b": ["2"]}));
        let status = &events[3];
        assert_eq!(status["status"], "NOT_FOUND");
        assert_eq!(status["protocol"], "connect");
        assert_eq!(status["http"], *name);
        assert_eq!(status["http_status"], 404);
    }
}

#[test]
fn requests_as_json_are_shown_as_messages() {
    let program = asking("grpc-web", "1.1", "Repeat").args(["--codec", "json", "-o", "envelope"]);
    let frames = [framed(0, br#"{"received":1}"#), trailers("grpc-status:0")].concat();
    let answer = Answer::new("200", "application/grpc-web+json", frames);
    let events = answered(program, "1.1", &answer).events();
    assert_eq!(events[0]["message"], json!({"name": "a"}));
    assert_eq!(events[2]["message"], json!({"received": 1}));
}
