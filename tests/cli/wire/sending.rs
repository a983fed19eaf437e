//! Requests become DATA frames: as few as possible, at once, and never more than the peer allows.

use super::super::harness::{Folder, RawPeer, Terms, routeguide};
use super::{call, printed, succeed};

fn names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("name-{n}")).collect()
}

/// The size of these names as length-prefixed messages.
fn encoded_len(names: &[String]) -> usize {
    // A prefix of five bytes, a tag, a length.
    names.iter().map(|name| 5 + 2 + name.len()).sum()
}

#[test]
fn messages_that_are_ready_share_a_frame() {
    let names = names(10_000);
    let folder = Folder::new();
    let input = folder.write("names", names.join("\n"));
    let peer = RawPeer::start();
    let run = routeguide(["get-people", "-q"])
        .stdin(std::fs::File::open(input).unwrap())
        .at(peer.addr())
        .start();
    let call = peer.accept_call();
    call.wait_for_half_close();
    assert_eq!(call.names(), names);
    let frames = call.frames().len();
    assert!(frames < 500, "{frames} frames for 10,000 messages");
    call.end_at_once(0);
    run.wait().exits(0);
}

#[test]
fn a_message_is_sent_at_once_while_stdin_is_open() {
    let peer = RawPeer::start();
    let mut run = routeguide(["get-people"]).at(peer.addr()).start();
    let call = peer.accept_call();
    for (count, name) in (1..).zip(["Alice", "Bob", "Eve"]) {
        run.write(format!("{name}\n"));
        assert_eq!(call.wait_for_names(count)[count - 1], name);
    }
    run.close_stdin();
    call.wait_for_half_close();
    call.end_at_once(0);
    run.wait().exits(0);
}

#[test]
fn a_large_message_is_split_into_frames_of_the_size_that_the_peer_allows() {
    for max_frame_size in [1 << 14, 1 << 20] {
        let peer = RawPeer::with(Terms {
            max_frame_size,
            ..Terms::default()
        });
        let name = "x".repeat(60_000);
        let run = routeguide(["get-person", &name]).at(peer.addr()).start();
        let call = peer.accept_call();
        call.wait_for_half_close();
        assert_eq!(call.names(), [name]);
        call.answer("Alice");
        run.wait().exits(0).prints("name: \"Alice\"\n");
    }
}

#[test]
fn a_window_that_opens_a_few_bytes_at_a_time_loses_no_message() {
    let names = names(60);
    let peer = RawPeer::with_window(1);
    let run = routeguide(["get-people", "-q"])
        .args(&names)
        .at(peer.addr())
        .start();
    let call = peer.accept_call();
    let (total, mut granted, mut step) = (encoded_len(&names), 1, 1);
    call.wait_for_bytes(granted);
    while granted < total {
        call.grant(step);
        granted = total.min(granted + step as usize);
        call.wait_for_bytes(granted);
        step = step % 40 + 1;
    }
    call.wait_for_half_close();
    assert_eq!(call.names(), names);
    call.end_at_once(0);
    run.wait().exits(0);
}

#[test]
fn a_window_that_becomes_negative_is_respected() {
    let peer = RawPeer::with_window(100);
    let mut run = routeguide(["get-people", "-q"]).at(peer.addr()).start();
    run.feed("Alice\n".repeat(1_000).into());
    let call = peer.accept_call();
    call.wait_for_bytes(100);
    // 50 bytes more were sent than the window now allows.
    call.connection.set_stream_window(50);
    call.grant(50);
    call.connection.sync();
    assert_eq!(call.received(), 100);
    call.grant(10);
    call.wait_for_bytes(110);
    call.grant(1 << 20);
    call.wait_for_half_close();
    assert_eq!(call.names().len(), 1_000);
    call.end_at_once(0);
    run.wait().exits(0);
}

#[test]
fn calls_that_share_the_window_of_the_connection_all_finish() {
    let peer = RawPeer::with(Terms {
        connection_window: 65_535,
        ..Terms::default()
    });
    let name = "x".repeat(40_000);
    let run = call("Echo/Unary")
        .args(["--concurrency", "4", "-d", "@-"])
        .at(peer.addr())
        .start();
    let mut run = run;
    run.feed(format!(r#"{{"name":"{name}"}}"#).repeat(4).into());
    let connection = peer.accept();
    let calls: Vec<_> = (0..4).map(|_| connection.call()).collect();
    connection.grant(200_000);
    for (call, n) in calls.iter().zip(1..) {
        call.wait_for_half_close();
        assert_eq!(call.names(), [name.as_str()]);
        succeed(call, n);
    }
    let all: String = (1..=4).map(printed).collect();
    run.wait().exits(0).prints(&all);
}
