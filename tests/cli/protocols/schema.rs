//! Reflection and health checks go over the protocol of calls.

use super::super::harness::{Http1Peer, routeguide};
use super::{Answer, answered, end, framed, trailers};

#[test]
fn health_goes_over_the_protocol() {
    let serving = |protocol: &str| match protocol {
        "connect" => Answer::new("200", "application/proto", [0x08, 1]),
        _ => Answer::new(
            "200",
            "application/grpc-web+proto",
            [framed(0, &[0x08, 1]), trailers("grpc-status:0")].concat(),
        ),
    };
    for protocol in ["connect", "grpc-web"] {
        for version in super::VERSIONS {
            let program = routeguide(["health", "--protocol", protocol, "--http", version]);
            answered(program, version, &serving(protocol))
                .exits(0)
                .prints("SERVING\n");
        }
    }
    let json = Answer::new("200", "application/json", r#"{"status":"NOT_SERVING"}"#);
    let program = routeguide(["health", "--protocol", "connect", "--codec", "json"]);
    answered(program.args(["--http", "1.1"]), "1.1", &json).exits(1);
}

#[test]
fn reflection_over_http_1_asks_first_and_reads_then() {
    let services = br#"{"listServicesResponse":{"service":[{"name":"a.B"}]}}"#;
    for (codec, answer) in [
        (
            "json",
            Answer::new(
                "200",
                "application/connect+json",
                [framed(0, services), end("{}")].concat(),
            ),
        ),
        (
            "proto",
            Answer::new(
                "200",
                "application/connect+proto",
                [framed(0, b"\x32\x07\x0a\x05\x0a\x03a.B"), end("{}")].concat(),
            ),
        ),
    ] {
        let peer = Http1Peer::start();
        let run = routeguide([
            "list",
            "--protocol",
            "connect",
            "--http",
            "1.1",
            "--codec",
            codec,
        ])
        .args(["--base-path", "/api"])
        .at(peer.addr())
        .start();
        let mut connection = peer.accept();
        let request = connection.request();
        assert_eq!(
            request.line,
            "POST /api/grpc.reflection.v1.ServerReflection/ServerReflectionInfo HTTP/1.1"
        );
        connection.respond(answer.status, &answer.headers, &answer.body);
        run.wait().exits(0).prints("a.B\n");
    }
}
