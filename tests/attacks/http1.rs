//! Connections of HTTP/1.1: what they may hold, and for how long.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use super::attacker::{Attacker, GET_PEOPLE, GET_PERSON, wait_for_close};
use super::beside::Victim;
use super::harness::http::{Http1, Request, enveloped};
use super::harness::{Server, people_file};

const CHUNKED: &str = "transfer-encoding: chunked\r\n\r\n";
const JSON: &str = "application/json";
const STREAM: &str = "application/connect+json";
const ALICE: &str = r#"{"name":"Alice"}"#;

/// GetPeople, whose names follow in chunks.
fn people() -> String {
    Request::post(GET_PEOPLE, STREAM, "").start() + CHUNKED
}

/// Sends as much as the server takes. `false` if that was all.
fn flood(mut socket: &TcpStream, bytes: &[u8], times: usize) -> bool {
    socket
        .set_write_timeout(Some(Duration::from_secs(2)))
        .unwrap();
    (0..times).any(|_| socket.write_all(bytes).is_err())
}

#[track_caller]
fn connect(victim: &Victim) -> TcpStream {
    let socket = TcpStream::connect(victim.addr()).unwrap();
    socket.set_nodelay(true).unwrap();
    socket
}

#[test]
fn idle_connections() {
    Victim::with(["--handshake-timeout", "2s"]).withstands(|victim| {
        let sockets: Vec<TcpStream> = (0..500)
            .map(|_| {
                let mut client = Http1::over(connect(victim));
                client.send(Request::post(GET_PERSON, JSON, ALICE).bytes());
                client.response().is(200);
                client.into_inner()
            })
            .collect();
        for socket in &sockets {
            wait_for_close(socket);
        }
        victim.hold();
    });
}

#[test]
fn heads_that_never_end() {
    Victim::with(["--handshake-timeout", "2s"]).withstands(|victim| {
        let sockets: Vec<TcpStream> = (0..500)
            .map(|number| {
                let mut socket = connect(victim);
                let name = "x".repeat(30 * number);
                write!(socket, "POST / HTTP/1.1\r\nhost: localhost\r\n{name}").unwrap();
                socket
            })
            .collect();
        for socket in &sockets {
            wait_for_close(socket);
        }
        victim.hold();
    });
}

#[test]
fn heads_without_an_end() {
    Victim::with([]).withstands(|victim| {
        while victim.goes_on() {
            let socket = connect(victim);
            flood(&socket, b"POST / HTTP/1.1\r\n", 1);
            assert!(flood(&socket, &vec![b'x'; 1 << 16], 1_000), "all is read");
        }
    });
}

/// Each connection has the beginning of a message at the limit.
#[test]
fn bodies_that_never_end() {
    Victim::with([]).withstands(|victim| {
        let sockets: Vec<TcpStream> = (0..500)
            .map(|_| {
                let socket = connect(victim);
                let head = Request::post(GET_PERSON, JSON, "").start();
                flood(
                    &socket,
                    (head + "content-length: 65536\r\n\r\n").as_bytes(),
                    1,
                );
                flood(&socket, &vec![b' '; 60_000], 1);
                socket
            })
            .collect();
        victim.hold();
        drop(sockets);
    });
}

#[test]
fn chunks_of_one_byte() {
    Victim::with([]).withstands(|victim| {
        let clients: Vec<Http1> = (0..10)
            .map(|_| {
                let mut client = Http1::over(connect(victim));
                client.send(Request::post(GET_PERSON, JSON, "").start() + CHUNKED);
                client.send(b"1\r\n \r\n".repeat(60_000));
                client
            })
            .collect();
        victim.hold();
        for mut client in clients {
            client.send_chunk(ALICE).send_chunk("");
            client.response().is(200);
        }
    });
}

/// Their extensions are no part of the message.
#[test]
fn chunks_that_are_nearly_empty() {
    Victim::with([]).withstands(|victim| {
        let socket = connect(victim);
        flood(&socket, people().as_bytes(), 1);
        let chunk = format!("1;{}\r\n \r\n", "x".repeat(8_000));
        assert!(flood(&socket, chunk.as_bytes(), 10_000), "all is read");
        victim.hold();
    });
}

#[test]
fn trailers_without_an_end() {
    Victim::with([]).withstands(|victim| {
        let socket = connect(victim);
        flood(&socket, (people() + "0\r\n").as_bytes(), 1);
        assert!(
            flood(&socket, b"x-other: value\r\n", 1 << 20),
            "all is read"
        );
        victim.hold();
    });
}

/// Names go on as long as the server reads, and nobody takes the people.
#[test]
fn replies_that_nobody_reads() {
    Victim::with([]).withstands(|victim| {
        let chunk = enveloped(0, ALICE).repeat(1_000);
        let chunk = [format!("{:x}\r\n", chunk.len()).as_bytes(), &chunk, b"\r\n"].concat();
        let sockets: Vec<TcpStream> = (0..5)
            .map(|_| {
                let socket = connect(victim);
                flood(&socket, people().as_bytes(), 1);
                assert!(flood(&socket, &chunk, 10_000), "all is read");
                socket
            })
            .collect();
        victim.hold();
        drop(sockets);
    });
}

#[test]
fn pipelined_calls_of_a_client_that_does_not_read() {
    Victim::with([]).withstands(|victim| {
        let socket = connect(victim);
        let calls = Request::post(GET_PERSON, JSON, ALICE).bytes().repeat(100);
        assert!(flood(&socket, &calls, 100_000), "all is read");
        victim.hold();
    });
}

#[test]
fn connections_of_http_1_1_count_towards_the_limit() {
    let server = Server::started(["--max-connections", "2"]);
    let clients = [(); 2].map(|()| {
        let mut client = Http1::connect(server.addr());
        client.send(people()).send_chunk(enveloped(0, ALICE));
        client.head().is(200);
        client
    });
    wait_for_close(&TcpStream::connect(server.addr()).unwrap());
    drop(clients);
    super::harness::wait_for("room for another connection", || {
        let mut client = Http1::connect(server.addr());
        client.send(Request::post(GET_PERSON, JSON, ALICE).bytes());
        client.is_answered()
    });
}

/// The larger a person, the more a reply is that waits for a client to read it: one for each stream, as in gRPC.
#[test]
fn large_replies_of_unary_calls_of_connect() {
    let hobby = "x".repeat(400_000);
    let alice = format!(r#"[{{"name":"Alice","hobbies":["{hobby}"]}}]"#);
    let (_folder, people) = people_file(alice);
    let server = Server::started(["--people".as_ref(), people.as_os_str()]);
    Victim::of(server).withstands(|victim| {
        let windows = [(super::harness::raw::frame::INITIAL_WINDOW_SIZE, 0)];
        let mut attacker = Attacker::with_settings(victim.addr(), &windows);
        for _ in 0..100 {
            attacker.post(GET_PERSON, JSON, ALICE);
        }
        victim.hold();
    });
}

/// Base64 is decoded four characters at a time, however they come.
#[test]
fn text_of_grpc_web_in_data_of_one_byte() {
    Victim::with([]).withstands(|victim| {
        let mut attacker = Attacker::connect(victim.addr());
        let name = "AAAAAAcKBUFsaWNl";
        let streams: Vec<u32> = (0..90)
            .map(|_| attacker.begin_post(GET_PEOPLE, "application/grpc-web-text"))
            .collect();
        for _ in 0..50 {
            for stream in &streams {
                for byte in name.bytes() {
                    if attacker.room(*stream) > 0 {
                        attacker.data(*stream, [byte], 0);
                    }
                }
            }
        }
        for stream in &streams {
            attacker.wait("a reply", |seen| seen.answered.contains(stream));
        }
        victim.hold();
    });
}

/// Its calls are over, so nothing but this ends it.
#[test]
fn a_client_that_never_reads_the_responses_to_its_calls_is_closed() {
    let server = Server::started(["--keepalive-interval", "1s", "--keepalive-timeout", "1s"]);
    let socket = TcpStream::connect(server.addr()).unwrap();
    let calls = Request::post(GET_PERSON, JSON, ALICE).bytes().repeat(100);
    assert!(flood(&socket, &calls, 100_000), "all is read");
    super::harness::wait_for("the end of the connection", || {
        (&socket)
            .write_all(b"x")
            .is_err_and(|error| error.kind() != std::io::ErrorKind::WouldBlock)
    });
}
