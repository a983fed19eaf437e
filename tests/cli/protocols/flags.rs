//! The flags and settings of protocols, and what they cannot be together.

use super::super::harness::{Http1Peer, Peer, Program, routeguide};
use super::{Answer, answered, printed};

fn call() -> Program {
    super::routeguide([
        "call",
        "Echo/Unary",
        "name=a",
        "--proto",
        "echo.proto",
        "-I",
    ])
    .arg(super::protos())
}

#[test]
fn flags_that_contradict_one_another_are_wrong_usage() {
    for (flags, error) in [
        (
            &["--get"][..],
            "error: --get is for Connect\nhint: add --protocol connect\n",
        ),
        (
            &["--get", "--protocol", "grpc-web"],
            "error: --get is for Connect\nhint: add --protocol connect\n",
        ),
        (
            &["--http", "1.1"],
            "error: gRPC needs HTTP/2, and --http is 1.1\n\
             hint: --protocol grpc-web and --protocol connect are for HTTP/1.1, too\n",
        ),
        (
            &["--base-path", "api"],
            "error: invalid base path \"api\": it does not start with a slash\n\
             hint: write it as /api, without a query\n",
        ),
    ] {
        call().args(flags).run().exits(2).says(error);
    }
}

#[test]
fn each_flag_is_a_setting() {
    let answer = Answer::new("200", "application/json", r#"{"received":1}"#);
    let program = call()
        .env("ROUTEGUIDE_PROTOCOL", "connect")
        .env("ROUTEGUIDE_CODEC", "json")
        .env("ROUTEGUIDE_HTTP", "1.1")
        .env("ROUTEGUIDE_BASE_PATH", "/api");
    let peer = Http1Peer::start();
    let run = program.at(peer.addr()).start();
    let mut connection = peer.accept();
    let request = connection.request();
    connection.respond(answer.status, &answer.headers, &answer.body);
    run.wait().exits(0).prints(&printed(1));
    assert_eq!(request.line, "POST /api/test.echo.v1.Echo/Unary HTTP/1.1");
    assert_eq!(request.body, br#"{"name":"a"}"#);
}

#[test]
fn what_is_set_for_one_protocol_does_not_count_for_another() {
    let peer = Peer::playing(|mut call| async move {
        call.open();
        call.send(super::super::harness::frame(&[0x10, 1]));
        call.end(0, "");
    });
    call()
        .env("ROUTEGUIDE_PROTOCOL", "connect")
        .env("ROUTEGUIDE_HTTP", "1.1")
        .env("ROUTEGUIDE_GET", "true")
        .args(["--protocol", "grpc"])
        .at(peer.addr())
        .run()
        .exits(0)
        .prints(&printed(1));
}

#[test]
fn a_setting_without_its_protocol_is_wrong_usage() {
    for (key, value) in [("ROUTEGUIDE_HTTP", "1.1"), ("ROUTEGUIDE_GET", "true")] {
        call().env(key, value).run().exits(2);
    }
    call().env("ROUTEGUIDE_PROTOCOL", "soap").run().exits(2);
}

#[test]
fn get_people_has_a_stream_and_no_url() {
    routeguide(["get-people", "Alice", "--protocol", "connect", "--get"])
        .run()
        .exits(2)
        .says("error: --get is for methods with one request and one reply, and RouteGuide.GetPeople has a stream\n");
}

#[test]
fn get_person_may_be_a_get() {
    let answer = Answer::new("200", "application/proto", b"\x0a\x05Alice");
    let program = routeguide(["get-person", "Alice", "--protocol", "connect", "--get"])
        .args(["--http", "1.1"]);
    answered(program, "1.1", &answer)
        .exits(0)
        .prints("name: \"Alice\"\n");
}
