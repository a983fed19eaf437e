//! Connections of HTTP/1.1: one call after the other.

use std::net::{Shutdown, TcpStream};

use super::super::harness::http::{Http1, Request, enveloped};
use super::super::harness::{Server, people_file};
use super::{
    ALICE_NAME, BOB_NAME, GET_PEOPLE, GET_PERSON, JSON, PROTO, STREAM_JSON, WEB, alice, bob,
    get_alice, get_people, stream,
};

#[test]
fn calls_follow_each_other_on_a_connection_whatever_their_protocol_and_end() {
    let server = Server::start();
    let mut connection = Http1::connect(server.addr());
    for _ in 0..3 {
        let mut ask = |request: Request| {
            connection.send(request.bytes());
            connection.response()
        };
        assert_eq!(ask(get_alice()).is(200).text(), alice());
        assert_eq!(stream(&ask(get_people(&[BOB_NAME]))).0, [bob()]);
        ask(Request::post(GET_PERSON, JSON, "{")).fails(400, "invalid_argument");
        ask(Request::post("/", JSON, "{}")).fails(404, "unimplemented");
        ask(Request::post(GET_PERSON, "text/plain", "Alice")).is(415);
        ask(Request::post(GET_PERSON, WEB, "")).is(200);
    }
}

#[test]
fn requests_may_be_sent_before_the_responses_to_others() {
    let server = Server::start();
    let mut connection = Http1::connect(server.addr());
    let requests = [
        get_alice().bytes(),
        get_people(&[BOB_NAME, ALICE_NAME]).bytes(),
        Request::post(GET_PERSON, "text/plain", "Alice").bytes(),
        get_alice().bytes(),
    ];
    connection.send(requests.concat());
    assert_eq!(connection.response().is(200).text(), alice());
    assert_eq!(stream(&connection.response()).0, [bob(), alice()]);
    connection.response().is(415);
    assert_eq!(connection.response().is(200).text(), alice());
}

/// One byte at a time.
#[test]
fn a_request_may_arrive_in_any_parts() {
    let server = Server::start();
    let mut connection = Http1::connect(server.addr());
    for byte in get_alice().bytes() {
        connection.send([byte]);
    }
    assert_eq!(connection.response().is(200).text(), alice());
    let request = Request::post(GET_PEOPLE, STREAM_JSON, "");
    connection.send(request.start() + "transfer-encoding: chunked\r\n\r\n");
    for byte in [enveloped(0, ALICE_NAME), enveloped(0, BOB_NAME)].concat() {
        connection.send_chunk([byte]);
    }
    connection.send_chunk("");
    assert_eq!(stream(&connection.response()).0, [alice(), bob()]);
}

#[test]
fn a_client_may_ask_for_the_end_of_the_connection() {
    let server = Server::start();
    let mut connection = Http1::connect(server.addr());
    connection.send(get_alice().header("connection", "close").bytes());
    let response = connection.response();
    assert_eq!(response.is(200).header("connection"), Some("close"));
    connection.is_closed();
}

#[test]
fn a_client_may_wait_for_permission_to_send_the_body() {
    let server = Server::start();
    let mut connection = Http1::connect(server.addr());
    let request = get_alice().header("expect", "100-continue");
    let len = ALICE_NAME.len();
    connection.send(format!("{}content-length: {len}\r\n\r\n", request.start()));
    connection.response().is(100);
    connection.send(ALICE_NAME);
    assert_eq!(connection.response().is(200).text(), alice());
}

#[test]
fn http_1_0_is_answered_and_closed() {
    use std::io::{Read as _, Write as _};
    let server = Server::start();
    let request = String::from_utf8(get_alice().bytes()).unwrap();
    let request = request.replace("HTTP/1.1", "HTTP/1.0");
    let mut socket = TcpStream::connect(server.addr()).unwrap();
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with(alice()), "{answer}");
}

#[test]
fn an_upgrade_to_http_2_is_not_taken() {
    let server = Server::start();
    let mut connection = Http1::connect(server.addr());
    let upgrade = get_alice()
        .header("connection", "Upgrade, HTTP2-Settings")
        .header("upgrade", "h2c")
        .header("http2-settings", "AAMAAABkAAQAoAAAAAIAAAAA");
    for _ in 0..2 {
        connection.send(upgrade.bytes());
        assert_eq!(connection.response().is(200).text(), alice());
    }
}

#[test]
fn a_connection_without_a_request_is_closed_after_the_handshake_time() {
    let server = Server::started(["--handshake-timeout", "1s"]);
    let mut connection = Http1::connect(server.addr());
    connection.send(get_alice().bytes());
    connection.response().is(200);
    connection.is_closed();
    let mut connection = Http1::connect(server.addr());
    connection.send("POST /RouteGuide/GetPerson HTTP/1.1\r\nhost: loc");
    connection.is_closed();
}

#[test]
fn a_client_that_leaves_ends_its_call() {
    let server = Server::started(["-v"]);
    let connection = TcpStream::connect(server.addr()).unwrap();
    let mut client = Http1::over(connection.try_clone().unwrap());
    let watch = "/grpc.health.v1.Health/Watch";
    client.send(Request::post(watch, STREAM_JSON, enveloped(0, "{}")).bytes());
    client.head().is(200);
    connection.shutdown(Shutdown::Both).unwrap();
    server.stderr().wait_for("Health/Watch");
}

/// By the system, as PINGs do in HTTP/2: the client's machine may be gone.
#[test]
fn a_silent_client_is_asked_whether_it_is_there() {
    let server = Server::start();
    let mut client = Http1::connect(server.addr());
    let watch = "/grpc.health.v1.Health/Watch";
    client.send(Request::post(watch, STREAM_JSON, enveloped(0, "{}")).bytes());
    client.head().is(200);
    // See proc(5): the local address, the remote one, the state (1 is ESTABLISHED), the queues, and the timer (2 is that
    // of keepalive).
    let port = format!(":{:04X}", server.port());
    super::super::harness::wait_for("the timer of keepalive", || {
        let connections = std::fs::read_to_string("/proc/net/tcp").unwrap();
        connections.lines().any(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            fields[1].ends_with(&port) && fields[3] == "01" && fields[5].starts_with("02:")
        })
    });
}

/// HTTP does not tell a client that sends no more from one that has left (RFC 9112, section 9.6).
#[test]
fn a_client_that_closes_its_side_has_left() {
    let server = Server::started(["-v"]);
    let mut client = Http1::connect(server.addr());
    let watch = "/grpc.health.v1.Health/Watch";
    client.send(Request::post(watch, STREAM_JSON, enveloped(0, "{}")).bytes());
    client.head().is(200);
    client.half_close();
    server.stderr().wait_for("Health/Watch");
}

#[test]
fn a_large_reply_arrives_in_full() {
    let hobby = "x".repeat(3 << 20);
    let alice = format!(r#"[{{"name":"Alice","hobbies":["{hobby}"]}}]"#);
    let (_folder, people) = people_file(&alice);
    let server = Server::started(["--people".as_ref(), people.as_os_str()]);
    for version in super::super::harness::http::VERSIONS {
        let response = get_alice().over(version, server.addr());
        assert_eq!(format!("[{}]", response.is(200).text()), alice);
        let proto = Request::post(GET_PERSON, PROTO, super::ALICE_PROTO);
        let response = proto.over(version, server.addr());
        assert!(response.is(200).body.ends_with(hobby.as_bytes()));
        let response = get_people(&[ALICE_NAME, ALICE_NAME]).over(version, server.addr());
        assert_eq!(stream(&response).0.len(), 2);
    }
}

#[test]
fn a_connection_of_age_answers_its_call_and_closes() {
    let server = Server::started(["--max-connection-age", "1s"]);
    let mut idle = Http1::connect(server.addr());
    idle.send(get_alice().bytes());
    idle.response().is(200);
    let mut busy = Http1::connect(server.addr());
    let request = Request::post(GET_PEOPLE, STREAM_JSON, "");
    busy.send(request.start() + "transfer-encoding: chunked\r\n\r\n");
    idle.is_closed();
    busy.send_chunk(enveloped(0, ALICE_NAME)).send_chunk("");
    assert_eq!(stream(&busy.response()).0, [alice()]);
    busy.is_closed();
}

#[test]
fn a_connection_of_age_does_not_wait_for_ever() {
    let server = Server::started([
        "--max-connection-age",
        "1s",
        "--max-connection-age-grace",
        "1s",
    ]);
    let mut connection = Http1::connect(server.addr());
    connection.send(get_people(&[]).start() + "transfer-encoding: chunked\r\n\r\n");
    connection.send_chunk(enveloped(0, ALICE_NAME));
    let (people, end) = stream(&connection.response());
    assert_eq!(people, [alice()]);
    assert_eq!(end["error"]["code"], "unavailable");
    connection.is_closed();
}
