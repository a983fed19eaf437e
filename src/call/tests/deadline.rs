//! The deadline: what was read before it counts, whether the call goes on or its output waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::time::{Instant, sleep, timeout};

use super::peer::{Answer, Ending, Peer};
use super::{VERSIONS, call, framed, shown, start};
use crate::call::{Call, Event, Start};
use crate::net::ByteStream;
use crate::protocol::Wire;
use crate::transport::testing::connect_speaking;
use crate::transport::{HttpVersion, HttpVersions};

/// Shorter than the wait for the end of a stream.
const TIMEOUT: Duration = Duration::from_millis(500);

const DEADLINE: &str =
    "DEADLINE_EXCEEDED, deadline: the deadline expired before the call completed";

fn with_deadline(wire: Wire) -> Start {
    Start {
        deadline: Some(Instant::now() + TIMEOUT),
        ..start(wire)
    }
}

fn answer(content_type: &'static str, body: Vec<u8>, ending: Ending) -> Answer {
    Answer {
        status: 200,
        headers: vec![("content-type", content_type)],
        body,
        rest: "",
        ending,
    }
}

fn web(frames: &[Vec<u8>], ending: Ending) -> Answer {
    answer("application/grpc-web+proto", frames.concat(), ending)
}

fn connect(frames: &[Vec<u8>], ending: Ending) -> Answer {
    answer("application/connect+proto", frames.concat(), ending)
}

fn one() -> Vec<u8> {
    framed(0, b"\x10\x01")
}

fn trailers(status: &str) -> Vec<u8> {
    framed(0x80, format!("grpc-status: {status}\r\n").as_bytes())
}

fn error() -> Vec<u8> {
    framed(2, br#"{"error":{"code":"not_found"}}"#)
}

#[tokio::test(start_paused = true)]
async fn a_status_that_was_read_is_not_replaced() {
    for (wire, answer, end) in [
        (
            Wire::Web,
            web(&[one(), trailers("5")], Ending::Open),
            "NOT_FOUND, server: ",
        ),
        (
            Wire::Web,
            web(&[one(), trailers("0")], Ending::Open),
            "OK, server: ",
        ),
        (
            Wire::ConnectStream,
            connect(&[one(), error()], Ending::Open),
            "NOT_FOUND, server: ",
        ),
    ] {
        for version in VERSIONS {
            let peer = Peer::answering(version, answer.clone()).await;
            let happened = call(&peer, with_deadline(wire), &[]).await;
            assert_eq!(shown(&happened.end), end, "{wire:?} over {version}");
            assert_eq!(happened.replies.len(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn headers_that_decide_the_call_are_not_replaced() {
    let mut page = answer("text/html", b"<h1>".to_vec(), Ending::Open);
    page.status = 503;
    let mut failed = web(&[], Ending::Open);
    failed.headers.push(("grpc-status", "5"));
    for (answer, end) in [
        (page, "UNAVAILABLE, other answer: "),
        (failed, "NOT_FOUND, server: "),
    ] {
        for version in VERSIONS {
            let peer = Peer::answering(version, answer.clone()).await;
            let happened = call(&peer, with_deadline(Wire::Web), &[]).await;
            let found = shown(&happened.end);
            assert!(found.starts_with(end), "{end} over {version}: {found}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_end_is_missing_exceeds_it() {
    // A body may follow, and then the status in the headers does not count.
    let mut perhaps = web(&[], Ending::Open);
    perhaps.headers.push(("grpc-status", "0"));
    let begun = [one(), trailers("5")[..8].to_vec()];
    for answer in [perhaps, web(&begun, Ending::Open)] {
        for version in VERSIONS {
            let peer = Peer::answering(version, answer.clone()).await;
            let happened = call(&peer, with_deadline(Wire::Web), &[]).await;
            assert_eq!(shown(&happened.end), DEADLINE, "over {version}");
        }
    }
}

/// Calls, takes the first reply, and holds until well after the deadline. Returns whether that ended the hold, how many
/// replies there are in all, and the end.
async fn held(peer: &Peer, start: Start) -> (bool, usize, String) {
    let requests = tokio_stream::iter(Vec::<Bytes>::new());
    let mut call = Call::start(&peer.connection, start, requests);
    while !matches!(call.next().await, Some(Event::Message(_))) {}
    let has_ended = timeout(4 * TIMEOUT, call.hold()).await.is_ok();
    let mut replies = 1;
    loop {
        match call.next().await {
            Some(Event::Message(_)) => replies += 1,
            Some(Event::Ended(end)) => return (has_ended, replies, shown(&end)),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn output_that_waits_does_not_replace_a_status_that_is_here() {
    for (wire, answer, replies) in [
        (
            Wire::Web,
            web(&[one(), one(), trailers("5")], Ending::Open),
            2,
        ),
        (
            Wire::ConnectStream,
            connect(&[one(), error()], Ending::Open),
            1,
        ),
    ] {
        for version in VERSIONS {
            let peer = Peer::answering(version, answer.clone()).await;
            let found = held(&peer, with_deadline(wire)).await;
            let end = "NOT_FOUND, server: ".to_owned();
            assert_eq!(found, (false, replies, end), "{wire:?} over {version}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn output_that_waits_does_not_replace_the_end_of_a_unary_call() {
    for version in VERSIONS {
        let answer = answer("application/proto", b"\x10\x01".to_vec(), Ending::Whole);
        let peer = Peer::answering(version, answer).await;
        let start = with_deadline(Wire::ConnectUnary);
        let requests = tokio_stream::iter([Bytes::new()]);
        let mut call = Call::start(&peer.connection, start, requests);
        while !matches!(call.next().await, Some(Event::Message(_))) {}
        let held = timeout(4 * TIMEOUT, call.hold()).await;
        assert!(held.is_err(), "over {version}");
        let Some(Event::Ended(end)) = call.next().await else {
            panic!("no end over {version}");
        };
        assert_eq!(shown(&end), "OK, server: ", "over {version}");
    }
}

/// More than one read takes off the connection.
fn many() -> Vec<u8> {
    one().repeat(10_000)
}

#[tokio::test(start_paused = true)]
async fn a_response_arrives_while_output_waits() {
    for version in VERSIONS {
        let answer = web(&[many(), trailers("5")], Ending::Whole);
        let peer = Peer::answering(version, answer).await;
        let found = held(&peer, with_deadline(Wire::Web)).await;
        let end = "NOT_FOUND, server: ".to_owned();
        assert_eq!(found, (false, 10_000, end), "over {version}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_loss_that_is_found_while_output_waits_is_reported() {
    for (version, why) in [
        (HttpVersion::Http1, "the connection was lost"),
        (HttpVersion::Http2, "the server reset the call"),
    ] {
        let peer = Peer::answering(version, web(&[many()], Ending::Cut)).await;
        let (has_ended, replies, end) = held(&peer, with_deadline(Wire::Web)).await;
        assert_eq!((has_ended, replies), (false, 10_000), "over {version}");
        assert!(end.contains(why), "over {version}: {end}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_held_over_http_1_is_bounded() {
    let written = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&written);
    let open = move || -> Box<dyn ByteStream> {
        let (ours, mut theirs) = duplex(1 << 16);
        let count = Arc::clone(&count);
        tokio::spawn(async move {
            let _ = theirs.read(&mut [0; 4096]).await;
            let head = "HTTP/1.1 200 x\r\ncontent-type: application/grpc-web+proto\r\n\r\n";
            theirs.write_all(head.as_bytes()).await.unwrap();
            while theirs.write_all(&many()).await.is_ok() {
                count.fetch_add(many().len(), Ordering::Relaxed);
            }
        });
        Box::new(ours)
    };
    let connection = connect_speaking(HttpVersions::Http1, open).await;
    let requests = tokio_stream::iter(Vec::<Bytes>::new());
    let mut call = Call::start(&connection, with_deadline(Wire::Web), requests);
    while !matches!(call.next().await, Some(Event::Message(_))) {}
    call.hold().await;
    let written = written.load(Ordering::Relaxed);
    assert!((512 << 10..2 << 20).contains(&written), "{written}");
}

/// Calls a server that closes the connection after this time, and has answered this before.
async fn closed_after(time: Duration, answer: &'static str) -> String {
    let open = move || -> Box<dyn ByteStream> {
        let (ours, mut theirs) = duplex(1 << 16);
        tokio::spawn(async move {
            let _ = theirs.read(&mut [0; 4096]).await;
            theirs.write_all(answer.as_bytes()).await.unwrap();
            sleep(time).await;
        });
        Box::new(ours)
    };
    let connection = connect_speaking(HttpVersions::Http1, open).await;
    let requests = tokio_stream::iter(Vec::<Bytes>::new());
    let mut call = Call::start(&connection, with_deadline(Wire::Web), requests);
    loop {
        if let Event::Ended(end) = call.next().await.expect("an end") {
            return shown(&end);
        }
    }
}

/// As a server resets a call of HTTP/2.
#[tokio::test(start_paused = true)]
async fn a_connection_of_http_1_that_is_closed_at_the_deadline_exceeds_it() {
    let begun =
        "HTTP/1.1 200 x\r\ncontent-type: application/grpc-web+proto\r\ncontent-length: 9\r\n\r\n";
    for answer in ["", begun] {
        let just_before = TIMEOUT.checked_sub(Duration::from_millis(2)).unwrap();
        assert_eq!(closed_after(just_before, answer).await, DEADLINE);
        let end = closed_after(TIMEOUT / 2, answer).await;
        assert!(end.starts_with("UNAVAILABLE, connection: "), "{end}");
    }
}
