//! Limits of one call and of one connection: beyond them there is an answer, and the connection goes on.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::attacker::{Attacker, GET_PEOPLE, GET_PERSON, REFUSED_STREAM, name};
use super::beside::Victim;
use super::client::Client;
use super::harness::{Server, block_on};

const RESOURCE_EXHAUSTED: Option<u32> = Some(8);

/// A stream too many is refused, which means that calling again is safe (RFC 9113, section 8.7).
#[track_caller]
fn one_stream_too_many(args: &[&str], limit: usize) {
    let server = Server::started(args);
    let mut client = Attacker::connect(server.addr());
    let streams: Vec<u32> = (0..limit).map(|_| client.open(GET_PEOPLE)).collect();
    let refused = client.open(GET_PEOPLE);
    client.wait("a stream to be refused", |seen| {
        seen.closed || seen.resets.contains_key(&refused)
    });
    let resets = client.look(|seen| seen.resets.clone());
    assert_eq!(resets, [(refused, REFUSED_STREAM)].into());
    for stream in streams {
        client.data(stream, name("Alice"), 0);
        client.wait("a reply", |seen| seen.answered.contains(&stream));
    }
}

#[test]
fn streams_are_limited_to_100() {
    one_stream_too_many(&[], 100);
}

#[test]
fn max_streams_is_the_limit_of_a_connection() {
    one_stream_too_many(&["--max-streams", "5"], 5);
}

/// A name whose message has this many bytes.
fn message_of(len: usize) -> Vec<u8> {
    let overhead = name(&"x".repeat(len)).len() - 5 - len;
    let message = name(&"x".repeat(len - overhead));
    assert_eq!(message.len(), 5 + len);
    message
}

#[track_caller]
fn messages_are_limited(args: &[&str], accepted: usize, refused: usize) {
    let server = Server::started(args);
    block_on(async {
        let mut client = Client::connect(server.addr()).await;
        for path in [GET_PERSON, GET_PEOPLE] {
            let end = client.unary(path, &[], message_of(accepted)).await;
            assert_eq!(end.unwrap().code, Some(0), "{path}");
            let end = client.unary(path, &[], message_of(refused)).await;
            assert_eq!(end.unwrap().code, RESOURCE_EXHAUSTED, "{path}");
        }
        client.get_person().await.unwrap();
    });
}

#[test]
fn messages_are_limited_to_64_kib() {
    // A name of 64 KiB fits: it is the longest line that clients send.
    messages_are_limited(&[], 64 << 10, 65 << 10);
}

#[test]
fn max_message_size_is_the_limit_of_a_message() {
    messages_are_limited(&["--max-message-size", "1KiB"], 1 << 10, (1 << 10) + 1);
}

/// The limit is checked on the length, before the message arrives.
#[test]
fn a_length_beyond_the_limit_is_refused_at_once() {
    let server = Server::start();
    block_on(async {
        let mut client = Client::connect(server.addr()).await;
        for length in [0x2_0000, u32::MAX] {
            let mut call = client.start(GET_PERSON, &[]).await.unwrap();
            let [a, b, c, d] = length.to_be_bytes();
            call.send(vec![0, a, b, c, d]);
            assert_eq!(call.end().await.unwrap().code, RESOURCE_EXHAUSTED);
        }
        client.get_person().await.unwrap();
    });
}

/// 64 KiB on the wire, 64 MiB in memory.
#[test]
fn a_compressed_message_that_is_large_in_memory() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&vec![0; 60 << 20]).unwrap();
    let bomb = gzip.finish().unwrap();
    assert!(bomb.len() < 64 << 10);
    let mut message = vec![1];
    message.extend(u32::try_from(bomb.len()).unwrap().to_be_bytes());
    message.extend(bomb);

    Victim::with([]).withstands(|victim| {
        block_on(async {
            let mut client = Client::connect(victim.addr()).await;
            while victim.goes_on() {
                let gzip = [("grpc-encoding", "gzip")];
                let end = client.unary(GET_PERSON, &gzip, message.clone()).await;
                assert_eq!(end.unwrap().code, RESOURCE_EXHAUSTED);
            }
        });
    });
}
