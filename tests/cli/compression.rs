//! Compressed requests and replies.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use super::harness::{ALICE, ALICE_JSON, END_STREAM, Echo, RawCall, RawPeer, Server, routeguide};

const ENCODINGS: [&str; 3] = ["gzip", "deflate", "zstd"];

#[test]
fn requests_and_replies_are_compressed_in_each_encoding() {
    let server = Server::start();
    for encoding in ENCODINGS {
        for command in [
            &["get-person", "Alice"][..],
            &["get-people", "Alice"],
            &["call", "GetPerson", "name=Alice", "-o", "text"],
        ] {
            let outcome = routeguide(command)
                .args(["-v", "--compress", encoding])
                .at(server.addr())
                .run();
            outcome.exits(0).prints(ALICE);
            let answered = format!("< grpc-encoding: {encoding}\n");
            assert!(outcome.stderr.contains(&answered), "{outcome:#?}");
        }
        routeguide(["health", "--compress", encoding])
            .at(server.addr())
            .run()
            .exits(0)
            .prints("SERVING\n");
    }
}

#[test]
fn a_plain_request_gets_a_plain_reply() {
    let server = Server::start();
    let outcome = routeguide(["get-person", "Alice", "-v"])
        .at(server.addr())
        .run();
    outcome.exits(0);
    assert!(!outcome.stderr.contains("grpc-encoding"), "{outcome:#?}");
}

#[test]
fn an_envelope_has_the_request_as_it_was_before_compression() {
    let outcome = routeguide(["call", "GetPerson", "name=Alice", "--in-process"])
        .args(["-o", "envelope", "--compress", "gzip"])
        .run();
    let request = &outcome.events()[0];
    assert_eq!(request["message"]["name"], "Alice");
    assert_eq!(request["size"], 7);
}

#[test]
fn a_server_that_does_not_accept_the_encoding_is_told_apart() {
    let echo = Echo::start();
    let outcome = routeguide(["call", "Echo/Unary", "--compress", "zstd"])
        .at(echo.addr())
        .run();
    outcome.exits(76);
    let hint = "hint: does the server accept this encoding? use another --compress, or none\n";
    assert!(outcome.stderr.ends_with(hint), "{outcome:#?}");
}

fn compress(encoding: &str, message: &[u8]) -> Vec<u8> {
    match encoding {
        "gzip" => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(message).unwrap();
            encoder.finish().unwrap()
        }
        "deflate" => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(message).unwrap();
            encoder.finish().unwrap()
        }
        _ => zstd::encode_all(message, 0).unwrap(),
    }
}

/// A message that is marked as compressed.
fn compressed(data: &[u8]) -> Vec<u8> {
    let len = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&[1][..], &len, data].concat()
}

/// Answers GetPerson with this data in an encoding.
fn answered(encoding: &str, data: &[u8], status: &str) -> super::harness::Outcome {
    let peer = RawPeer::start();
    let run = routeguide(["get-person", "Alice", "-o", "json"])
        .at(peer.addr())
        .start();
    let call: RawCall = peer.accept_call();
    call.headers(
        &[
            (":status", "200"),
            ("content-type", "application/grpc"),
            ("grpc-encoding", encoding),
        ],
        0,
    );
    call.data(data);
    call.headers(&[("grpc-status", status)], END_STREAM);
    run.wait()
}

#[test]
fn a_reply_may_be_compressed_or_not() {
    let alice = b"\x0a\x05Alice\x10\x1e\x18\x02\x22\x07reading\x22\x08swimming\x2a\x17\x0a\x0b123 Main St\x12\x08New York";
    for encoding in ENCODINGS {
        let data = compressed(&compress(encoding, alice));
        answered(encoding, &data, "0").exits(0).prints(ALICE_JSON);
    }
    // Several members are one message (RFC 1952, section 2.2).
    let (start, end) = alice.split_at(20);
    let members = [compress("gzip", start), compress("gzip", end)].concat();
    let outcome = answered("gzip", &compressed(&members), "0");
    outcome.exits(0).prints(ALICE_JSON);
    let plain = [&[0, 0, 0, 0, 55][..], alice].concat();
    answered("gzip", &plain, "0").exits(0).prints(ALICE_JSON);
}

#[test]
fn a_reply_that_decompresses_to_too_much_is_refused() {
    let bomb = vec![0; 64 << 20];
    for encoding in ENCODINGS {
        let data = compressed(&compress(encoding, &bomb));
        answered(encoding, &data, "0").exits(72).prints("").says(
            "error: RESOURCE_EXHAUSTED: the reply is too large: it decompresses to more than 4194304 bytes, the limit\n\
             hint: allow larger messages with --max-message-size\n",
        );
    }
}

#[test]
fn damaged_data_is_an_error() {
    for encoding in ENCODINGS {
        let data = compressed(b"not compressed");
        answered(encoding, &data, "0")
            .exits(77)
            .prints("")
            .says("error: INTERNAL: the server sent a compressed message that is damaged\n");
    }
}

#[test]
fn an_encoding_that_is_not_known_is_an_error() {
    let data = compressed(b"?");
    answered("snappy", &data, "0")
        .exits(77)
        .prints("")
        .says("error: INTERNAL: the server uses the encoding \"snappy\", which was not offered\n");
}
