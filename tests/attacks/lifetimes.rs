//! How long calls and connections may last.

use super::attacker::{Attacker, GET_PEOPLE, GET_PERSON, name};
use super::client::Client;
use super::harness::raw::frame::{DATA, END_STREAM, Frame, INITIAL_WINDOW_SIZE, WINDOW_UPDATE};
use super::harness::{LIMIT, Server, block_on};
use rustix::process::Signal;
use std::time::{Duration, Instant};

const OK: Option<u32> = Some(0);
const DEADLINE_EXCEEDED: Option<u32> = Some(4);
const UNAVAILABLE: Option<u32> = Some(14);

/// A call that sends a name and then nothing, until the server ends it.
#[track_caller]
fn a_call_that_goes_on_ends(args: &[&str], headers: &[(&str, &str)], code: Option<u32>) {
    let server = Server::started(args);
    block_on(async {
        let mut client = Client::connect(server.addr()).await;
        let mut call = client.start(GET_PEOPLE, headers).await.unwrap();
        call.send(name("Alice"));
        assert!(call.reply().await.unwrap().is_some());
        assert_eq!(call.end().await.unwrap().code, code);
        client.get_person().await.unwrap();
        // The call is over for the server too: it waits for nothing.
        server.signal(Signal::TERM);
        server.into_running().wait().exits(0);
    });
}

#[test]
fn a_deadline_ends_a_stream() {
    a_call_that_goes_on_ends(
        &["--grace", "1h"],
        &[("grpc-timeout", "100m")],
        DEADLINE_EXCEEDED,
    );
}

#[test]
fn a_deadline_ends_a_call_whose_request_never_comes() {
    let server = Server::start();
    block_on(async {
        let mut client = Client::connect(server.addr()).await;
        let deadline = [("grpc-timeout", "100m")];
        for path in [GET_PERSON, GET_PEOPLE, "/grpc.health.v1.Health/Watch"] {
            let mut call = client.start(path, &deadline).await.unwrap();
            let end = call.end().await.unwrap();
            assert_eq!(end.code, DEADLINE_EXCEEDED, "{path}");
        }
        client.get_person().await.unwrap();
    });
}

#[test]
fn max_call_time_ends_a_call() {
    a_call_that_goes_on_ends(
        &["--grace", "1h", "--max-call-time", "1s"],
        &[],
        DEADLINE_EXCEEDED,
    );
}

/// Unlike the idle time, it ends a call on which messages come and go.
#[test]
fn max_call_time_ends_a_busy_call() {
    let server = Server::started(["--max-call-time", "1s", "--max-stream-idle", "1h"]);
    block_on(async {
        let mut client = Client::connect(server.addr()).await;
        let mut call = client.start(GET_PEOPLE, &[]).await.unwrap();
        call.send(name("Alice"));
        while call.reply().await.unwrap().is_some() {
            call.send(name("Alice"));
        }
        assert_eq!(call.end().await.unwrap().code, DEADLINE_EXCEEDED);
    });
}

#[test]
fn max_stream_idle_ends_a_call_without_messages() {
    a_call_that_goes_on_ends(
        &["--grace", "1h", "--max-stream-idle", "1s"],
        &[],
        UNAVAILABLE,
    );
}

/// Half a message is not a message: a byte now and then keeps no call.
#[test]
fn max_stream_idle_ends_a_call_whose_message_does_not_end() {
    let server = Server::started(["--max-stream-idle", "1s"]);
    block_on(async {
        let mut client = Client::connect(server.addr()).await;
        let mut call = client.start(GET_PERSON, &[]).await.unwrap();
        call.send(vec![0, 0, 0, 0, 100, 1]);
        assert_eq!(call.end().await.unwrap().code, UNAVAILABLE);
    });
}

/// GOAWAY, the call in flight goes on, and the end of the connection after it.
#[test]
fn a_connection_of_age_finishes_its_calls() {
    let server = Server::started([
        "--max-connection-age",
        "1s",
        "--max-connection-age-grace",
        "1h",
    ]);
    let mut client = Attacker::connect(server.addr());
    let stream = client.open(GET_PEOPLE);
    client.wait("GOAWAY", |seen| seen.goaway.is_some());
    let (code, _) = client.look(|seen| seen.goaway.clone()).unwrap();
    assert_eq!(code, 0);
    client.data(stream, name("Alice"), END_STREAM);
    client.wait("a reply", |seen| seen.answered.contains(&stream));
    client.wait("the end of the call", |seen| seen.ended.contains(&stream));
    client.answer_pings();
    client.wait_for_end();
}

/// grpcio sends a WINDOW_UPDATE with every call. The h2 crate (0.4.20) ignores the HEADERS of a stream that its final
/// GOAWAY leaves out, takes the WINDOW_UPDATE after them for one of an idle stream, and ends the connection with
/// PROTOCOL_ERROR, and with it the calls in flight.
#[test]
fn a_call_too_late_for_a_connection_of_age_does_not_disturb_the_others() {
    let server = Server::started([
        "--max-connection-age",
        "1s",
        "--max-connection-age-grace",
        "1h",
    ]);
    let mut client = Attacker::connect(server.addr());
    let stream = client.open(GET_PEOPLE);
    client.data(stream, name("Alice"), 0);
    client.wait("a reply", |seen| seen.answered.contains(&stream));
    client.wait("GOAWAY", |seen| {
        seen.goaway.is_some() && !seen.pings.is_empty()
    });
    client.answer_pings();
    let late = client.open(GET_PEOPLE);
    client.send(&Frame::new(WINDOW_UPDATE, 0, late, [0, 0, 0, 5]));
    client.data(late, name("Alice"), END_STREAM);
    // However its bytes are split.
    let update = Frame::new(WINDOW_UPDATE, 0, late, [0, 0, 0, 5]).encode();
    for at in 1..update.len() {
        let (now, then) = update.split_at(at);
        client.send_bytes(now);
        // Most likely the server reads that much by itself.
        std::thread::sleep(Duration::from_millis(10));
        client.send_bytes(then);
    }

    client.data(stream, name("Bob"), END_STREAM);
    client.wait("the end of the call", |seen| seen.is_over(stream));
    let (ended, goaway) = client.look(|seen| (seen.ended.contains(&stream), seen.goaway.clone()));
    assert!(ended, "{goaway:?}");
    assert_eq!(client.wait_for_end().unwrap().0, 0);
}

#[test]
fn a_connection_of_age_without_calls_ends() {
    let server = Server::started(["--max-connection-age", "1s"]);
    let client = Attacker::connect(server.addr());
    client.wait("GOAWAY", |seen| seen.goaway.is_some());
    client.answer_pings();
    assert_eq!(client.wait_for_end().unwrap().0, 0);
}

#[test]
fn a_connection_of_age_does_not_wait_for_ever() {
    let server = Server::started([
        "--max-connection-age",
        "1s",
        "--max-connection-age-grace",
        "1s",
    ]);
    block_on(async {
        let mut client = Client::connect(server.addr()).await;
        let mut call = client.start(GET_PEOPLE, &[]).await.unwrap();
        call.send(name("Alice"));
        assert!(call.reply().await.unwrap().is_some());
        assert_eq!(call.end().await.unwrap().code, UNAVAILABLE);
        client.connection.await.unwrap().unwrap();
    });
}

/// One call after the other: none is lost when connections end, if the client opens a new one after GOAWAY.
#[test]
fn calls_go_on_over_connections_of_age() {
    let server = Server::started(["--max-connection-age", "100ms"]);
    block_on(async {
        for _ in 0..5 {
            let mut client = Client::connect(server.addr()).await;
            // Calls that the server has not accepted fail before they are sent, or are refused.
            let end = loop {
                match client.unary(GET_PERSON, &[], name("Alice")).await {
                    Ok(end) => assert_eq!(end.code, OK),
                    Err(error) => break error,
                }
            };
            let is_safe = !end.is_go_away() || end.reason() == Some(h2::Reason::NO_ERROR);
            assert!(is_safe && !end.is_io(), "{end}");
        }
    });
}

const KEEPALIVE: [&str; 4] = ["--keepalive-interval", "1s", "--keepalive-timeout", "1s"];

#[test]
fn a_client_that_does_not_answer_pings_is_gone() {
    let server = Server::started(KEEPALIVE);
    for has_call in [false, true] {
        let mut client = Attacker::connect(server.addr());
        if has_call {
            client.open(GET_PEOPLE);
        }
        client.wait("a PING", |seen| seen.closed || !seen.pings.is_empty());
        assert!(client.look(|seen| !seen.closed));
        client.wait_for_end();
    }
}

/// Bytes that come are a sign of life, but a client that reads nothing makes the server keep what it cannot send.
#[test]
fn a_client_that_never_reads_is_closed_whatever_it_sends() {
    let server = Server::started(KEEPALIVE);
    let windows = [(INITIAL_WINDOW_SIZE, i32::MAX.cast_unsigned())];
    let mut client = Attacker::deaf(server.addr(), &windows);
    let update = (1_u32 << 30).to_be_bytes();
    client.send(&Frame::new(WINDOW_UPDATE, 0, 0, update));
    let streams: Vec<u32> = (0..90).map(|_| client.open(GET_PEOPLE)).collect();
    let names = name("Alice").repeat(1000);
    // As much as the server reads; then a byte at a time, which it always has room for.
    for stream in &streams[1..] {
        client.flood(&[Frame::new(DATA, 0, *stream, names.clone())], 1);
    }
    let give_up = Instant::now() + LIMIT;
    while client.send(&Frame::new(DATA, 0, streams[0], [])) {
        assert!(Instant::now() < give_up, "the server has not closed it");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_client_that_answers_pings_stays() {
    let server = Server::started(KEEPALIVE);
    let mut client = Attacker::connect(server.addr());
    for _ in 0..3 {
        client.wait("a PING", |seen| seen.closed || !seen.pings.is_empty());
        client.answer_pings();
    }
    assert!(client.call());
}
