//! DATA frames become replies, however the peer splits them, and unread replies are bounded.

use h2::Reason;

use super::super::harness::{END_STREAM, Frame, OK_HEADERS, RawPeer, frame, wait_until_settled};
use super::{answered, call_with_request, printed, reply, succeed, unread_stream};

/// The largest frame that the client allows.
const FRAME: usize = 1 << 14;

/// More unread replies than the client may hold, in bytes.
const TOO_MUCH: usize = 64 << 20;

/// A reply with this many bytes of padding in it, framed.
fn large_reply(len: usize) -> Vec<u8> {
    let mut message = vec![0x1a];
    prost::encode_length_delimiter(len, &mut message).unwrap();
    message.resize(message.len() + len, b'x');
    frame(&message).to_vec()
}

#[test]
fn replies_are_found_wherever_their_bytes_are_split() {
    let two = [reply(1), reply(2)].concat();
    let outcome = answered("Repeat", |call| {
        call.open();
        for cut in 0..=two.len() {
            let (head, tail) = two.split_at(cut);
            call.data(head);
            call.data(tail);
        }
        for byte in &two {
            call.data([*byte]);
        }
        call.end(0);
    });
    let all = (printed(1) + &printed(2)).repeat(two.len() + 2);
    outcome.exits(0).prints(&all).says("");
}

#[test]
fn a_frame_may_hold_many_replies() {
    let (replies, lines): (Vec<_>, Vec<_>) = (1..=100).map(|n| (reply(n), printed(n))).unzip();
    let outcome = answered("Repeat", |call| {
        call.open();
        call.data(replies.concat());
        call.end(0);
    });
    outcome.exits(0).prints(&lines.concat()).says("");
}

#[test]
fn padding_is_not_part_of_a_reply() {
    let outcome = answered("Repeat", |call| {
        call.open();
        let (head, tail) = (&reply(1)[..3], &reply(1)[3..]);
        for padding in [0, 1, 255] {
            call.padded(head, padding);
            call.padded(tail, padding);
            call.padded(b"", padding);
        }
        call.end(0);
    });
    outcome.exits(0).prints(&printed(1).repeat(3)).says("");
}

#[test]
fn empty_frames_change_nothing() {
    let outcome = answered("Repeat", |call| {
        call.open();
        call.data([]);
        for byte in reply(1) {
            call.data([byte]);
            call.data([]);
        }
        call.end(0);
    });
    outcome.exits(0).prints(&printed(1)).says("");
}

#[test]
fn an_empty_message_is_a_reply() {
    for method in ["Echo/Unary", "Repeat"] {
        let outcome = answered(method, |call| {
            call.open();
            call.data(frame(b""));
            call.end(0);
        });
        outcome.exits(0).prints("{}\n").says("");
    }
}

#[test]
fn headers_may_span_several_frames() {
    let outcome = answered("Repeat", |call| {
        call.headers_in_two(&OK_HEADERS, 0);
        call.data(reply(1));
        call.headers_in_two(
            &[("grpc-status", "9"), ("grpc-message", "late")],
            END_STREAM,
        );
    });
    outcome
        .exits(73)
        .prints(&printed(1))
        .says("error: FAILED_PRECONDITION: late\n");
}

#[test]
fn informational_headers_are_not_the_response() {
    let outcome = answered("Repeat", |call| {
        call.headers(&[(":status", "103"), ("link", "</style>")], 0);
        succeed(call, 1);
    });
    outcome.exits(0).prints(&printed(1)).says("");
}

#[test]
fn frames_of_other_types_change_nothing() {
    let outcome = answered("Repeat", |call| {
        let connection = &call.connection;
        call.open();
        // PRIORITY, and two types that HTTP/2 does not define (RFC 9113, section 5.5).
        connection.send(&Frame::new(2, 0, call.stream, [0, 0, 0, 0, 16]));
        connection.send(&Frame::new(0xbe, 0xff, call.stream, *b"unknown"));
        call.data(&reply(1)[..4]);
        connection.send(&Frame::new(0xbf, 0, 0, []));
        connection.send(&Frame::settings(&[(0xfe, 1)]));
        connection.sync();
        call.data(&reply(1)[4..]);
        call.end(0);
    });
    outcome.exits(0).prints(&printed(1)).says("");
}

#[test]
fn the_window_is_given_back_as_replies_are_read() {
    let peer = RawPeer::start();
    let run = call_with_request("Repeat").at(peer.addr()).start();
    let call = peer.accept_call();
    call.open();
    let reply = large_reply(4 * FRAME);
    let count = 4 * call.initial_room() / reply.len() + 1;
    for _ in 0..count {
        for part in reply.chunks(FRAME) {
            call.data(part);
        }
    }
    call.end(0);
    let outcome = run.wait();
    outcome.exits(0).says("");
    assert_eq!(outcome.stdout.lines().count(), count);
}

#[test]
fn the_window_is_given_back_for_padding() {
    let peer = RawPeer::start();
    let run = call_with_request("Repeat").at(peer.addr()).start();
    let call = peer.accept_call();
    call.open();
    let count = 2 * call.initial_room() / 256;
    for _ in 0..count {
        call.padded(&reply(1), 255);
    }
    call.end(0);
    run.wait()
        .exits(0)
        .prints(&printed(1).repeat(count))
        .says("");
}

#[test]
fn unread_replies_are_bounded_by_the_window() {
    let (mut run, call) = unread_stream();
    let reply = large_reply(FRAME - 16);
    let mut count = 0;
    while wait_until_settled(|| call.room()) >= reply.len() {
        while call.room() >= reply.len() {
            call.data(reply.as_slice());
            count += 1;
            assert!(
                count * reply.len() < TOO_MUCH,
                "the client took {count} replies"
            );
        }
    }
    run.read_stdout();
    call.end(0);
    let outcome = run.wait();
    outcome.exits(0).says("");
    assert_eq!(outcome.stdout.lines().count(), count);
}

/// A reader that pauses must not end the connection. h2 0.4.16 and later counts unread DATA frames under 256 bytes, and
/// ends a connection that has too many of them with ENHANCE_YOUR_CALM.
#[test]
fn small_unread_frames_do_not_end_the_connection() {
    let (mut run, call) = unread_stream();
    let mut count = 0;
    while call.room() >= reply(1).len() && count < 100_000 {
        call.data(reply(1));
        count += 1;
    }
    call.connection.sync();
    run.read_stdout();
    call.end(0);
    run.wait()
        .exits(0)
        .prints(&printed(1).repeat(count))
        .says("");
}

#[test]
fn a_reply_that_is_too_large_is_refused_by_its_length() {
    for (method, size, limit) in [
        ("Echo/Unary", (4 << 20) + 1, &[][..]),
        ("Collect", 101, &["--max-message-size", "100"]),
        ("Repeat", u32::MAX, &["--max-message-size", "1GiB"]),
        ("Chat", 101, &["--max-message-size", "100"]),
    ] {
        let peer = RawPeer::start();
        let run = call_with_request(method)
            .args(limit)
            .at(peer.addr())
            .start();
        let call = peer.accept_call();
        call.open();
        let mut prefix = vec![0];
        prefix.extend(u32::to_be_bytes(size));
        call.data(prefix);
        assert_eq!(call.wait_for_reset(), Reason::CANCEL, "{method}");
        run.wait().fails("RESOURCE_EXHAUSTED").prints("");
    }
}
