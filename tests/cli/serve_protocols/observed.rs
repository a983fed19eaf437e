//! Calls of each protocol in the log, and in the figures of `--metrics`.

use super::super::harness::Server;
use super::super::harness::http::{Http1, Request, VERSIONS, enveloped};
use super::{
    ALICE_NAME, ALICE_PROTO, GET_PEOPLE, GET_PERSON, JSON, PROTO, STREAM_JSON, WEB, WEB_TEXT,
    get_alice, get_people,
};

/// Waits for a call in the log of `serve -v`, up to what the call had to carry.
#[track_caller]
fn logs(server: &Server, call: &str, traffic: &str) {
    let what = format!("{call} ... {traffic}");
    server.stderr().wait_until(&what, |log| {
        let mut lines = log.lines();
        lines.any(|line| line.starts_with(call) && line.contains(traffic))
    });
}

#[test]
fn a_call_is_a_line_with_the_size_of_its_messages() {
    let people = "2 received (10 B), 2 sent (";
    let person_in_json = "1 received (16 B), 1 sent (129 B)";
    let person = "1 received (7 B), 1 sent (55 B)";
    for version in VERSIONS {
        for (request, call, traffic) in [
            (get_alice(), "* /RouteGuide/GetPerson OK", person_in_json),
            (
                Request::post(GET_PERSON, PROTO, ALICE_PROTO),
                "* /RouteGuide/GetPerson OK",
                person,
            ),
            (
                Request::get(&format!("{GET_PERSON}?encoding=proto&message=%0A%05Alice")),
                "* /RouteGuide/GetPerson OK",
                person,
            ),
            (
                Request::post(GET_PERSON, WEB, enveloped(0, ALICE_PROTO)),
                "* /RouteGuide/GetPerson OK",
                person,
            ),
            (
                Request::post(GET_PEOPLE, WEB, enveloped(0, b"\n\x03Bob").repeat(2)),
                "* /RouteGuide/GetPeople OK",
                people,
            ),
            (
                Request::post("/grpc.health.v1.Health/Check", PROTO, b"\n\x01x"),
                "* /grpc.health.v1.Health/Check NOT_FOUND",
                "1 received (3 B), 0 sent (0 B)",
            ),
            (
                Request::post(GET_PERSON, JSON, "{"),
                "* /RouteGuide/GetPerson INVALID_ARGUMENT",
                "0 received",
            ),
            (
                Request::post(GET_PERSON, "text/plain", "Alice"),
                "* /RouteGuide/GetPerson UNKNOWN",
                "0 received",
            ),
        ] {
            let server = Server::started(["-v"]);
            request.over(version, server.addr());
            logs(&server, call, traffic);
        }
    }
}

/// Its messages are counted, whatever the base64 around them.
#[test]
fn a_call_in_text_is_a_line_too() {
    use base64::Engine as _;
    let server = Server::started(["-v"]);
    let body = base64::engine::general_purpose::STANDARD.encode(enveloped(0, ALICE_PROTO));
    for version in VERSIONS {
        let request = Request::post(GET_PERSON, WEB_TEXT, body.clone());
        request.over(version, server.addr()).is(200);
    }
    server.stderr().wait_until("two calls", |log| {
        log.matches("* /RouteGuide/GetPerson OK").count() == 2
    });
}

#[test]
fn an_id_of_the_client_is_in_the_line() {
    let server = Server::started(["-v"]);
    for version in VERSIONS {
        let id = format!("id-{version:?}");
        let request = get_alice().header("x-request-id", &id);
        request.over(version, server.addr()).is(200);
        server.stderr().wait_for(&id);
    }
}

#[test]
fn a_client_that_leaves_is_a_line() {
    let server = Server::started(["-v"]);
    let mut client = Http1::connect(server.addr());
    let request = Request::post(GET_PEOPLE, STREAM_JSON, "");
    client
        .send(request.start() + "transfer-encoding: chunked\r\n\r\n")
        .send_chunk(enveloped(0, ALICE_NAME));
    client.head().is(200);
    drop(client);
    logs(
        &server,
        "* /RouteGuide/GetPeople cancelled",
        "1 received (16 B)",
    );
}

/// The figures of a server.
#[track_caller]
fn page(server: &Server) -> String {
    let metrics = server.metrics();
    let response = Request::get("/metrics").over(VERSIONS[0], &metrics);
    response.is(200).text()
}

/// Waits for a line of the figures.
#[track_caller]
pub fn shows(server: &Server, line: &str) {
    super::super::harness::wait_for(line, || page(server).lines().any(|it| it == line));
}

#[test]
fn calls_are_counted_whatever_their_protocol() {
    let server = Server::started(["--metrics", "127.0.0.1:0"]);
    for version in VERSIONS {
        for request in [
            get_alice(),
            Request::post(GET_PERSON, WEB, enveloped(0, ALICE_PROTO)),
            get_people(&[ALICE_NAME, ALICE_NAME]),
            Request::post(GET_PERSON, JSON, "{"),
            Request::post("/RouteGuide/Other", JSON, "{}"),
        ] {
            request.over(version, server.addr());
        }
    }
    let person = r#"grpc_type="unary",grpc_service="RouteGuide",grpc_method="GetPerson""#;
    let people = r#"grpc_type="bidi_stream",grpc_service="RouteGuide",grpc_method="GetPeople""#;
    let unknown = r#"grpc_type="unknown",grpc_service="unknown",grpc_method="unknown""#;
    for (name, labels, value) in [
        ("started_total", person.to_owned(), 6),
        ("handled_total", format!(r#"{person},grpc_code="OK""#), 4),
        (
            "handled_total",
            format!(r#"{person},grpc_code="InvalidArgument""#),
            2,
        ),
        ("msg_received_total", people.to_owned(), 4),
        ("msg_sent_total", people.to_owned(), 4),
        (
            "handled_total",
            format!(r#"{unknown},grpc_code="Unimplemented""#),
            2,
        ),
    ] {
        shows(&server, &format!("grpc_server_{name}{{{labels}}} {value}"));
    }
    shows(&server, "routeguide_connections_accepted_total 10");
    shows(&server, "routeguide_connections 0");
    shows(&server, "routeguide_streams 0");
}
