//! A call that is cancelled while the peer's window is full: the reset is sent although the window stays closed.

use h2::Reason;

use super::super::harness::{RawCall, RawPeer, Running, Stdout, Terms, routeguide};
use super::{KINDS, call, call_with_request, printed, reply, succeed};

/// Ends calls that wait for the window, of every kind, before and after the response headers.
fn stuck_calls(with: &[&str], end: impl Fn(Running, &RawCall) + Sync) {
    std::thread::scope(|scope| {
        for method in KINDS {
            for responds in [false, true] {
                let end = &end;
                scope.spawn(move || {
                    let peer = RawPeer::with_window(0);
                    let run = call_with_request(method).args(with).at(peer.addr()).start();
                    let call = peer.accept_call();
                    if responds {
                        call.open();
                        call.connection.sync();
                    }
                    end(run, &call);
                });
            }
        }
    });
}

#[cfg(unix)]
#[test]
fn ctrl_c_resets_a_call_whose_window_never_opens() {
    stuck_calls(&[], |run, call| {
        run.signal(rustix::process::Signal::INT);
        assert_eq!(call.wait_for_reset(), Reason::CANCEL);
        assert_eq!(call.received(), 0);
        run.wait().exits(130).prints("").says("");
    });
}

#[test]
fn the_deadline_resets_a_call_whose_window_never_opens() {
    stuck_calls(&["--timeout", "3s"], |run, call| {
        assert_eq!(call.wait_for_reset(), Reason::CANCEL);
        assert_eq!(call.received(), 0);
        run.wait().fails("DEADLINE_EXCEEDED").prints("");
    });
}

#[cfg(unix)]
#[test]
fn ctrl_c_resets_a_call_whose_window_closes_inside_a_message() {
    let peer = RawPeer::with_window(3);
    let run = routeguide(["get-person", "Alice"]).at(peer.addr()).start();
    let call = peer.accept_call();
    call.wait_for_bytes(3);
    run.signal(rustix::process::Signal::INT);
    assert_eq!(call.wait_for_reset(), Reason::CANCEL);
    run.wait().exits(130).prints("").says("");
}

#[cfg(unix)]
#[test]
fn ctrl_c_resets_a_flood_that_filled_the_streams_or_the_connections_window() {
    for (stream_window, connection_window) in [(65_535, 1 << 30), (1 << 30, 65_535)] {
        let peer = RawPeer::with(Terms {
            stream_window,
            connection_window,
            ..Terms::default()
        });
        let mut run = routeguide(["get-people"]).at(peer.addr()).start();
        run.feed_for_ever("Alice\n");
        let call = peer.accept_call();
        call.open();
        call.reply("Alice");
        run.stdout().wait_for("name: \"Alice\"\n");
        call.wait_for_bytes(65_535);
        run.signal(rustix::process::Signal::INT);
        assert_eq!(call.wait_for_reset(), Reason::CANCEL);
        run.wait().exits(130).prints("name: \"Alice\"\n").says("");
    }
}

#[test]
fn enough_replies_reset_a_call_whose_window_never_opens() {
    let peer = RawPeer::with_window(0);
    let run = call_with_request("Chat").arg("-n1").at(peer.addr()).start();
    let call = peer.accept_call();
    call.open();
    call.data(reply(1));
    assert_eq!(call.wait_for_reset(), Reason::CANCEL);
    run.wait().exits(0).prints(&printed(1)).says("");
}

#[test]
fn a_closed_stdout_resets_a_call_whose_window_never_opens() {
    let peer = RawPeer::with_window(0);
    let mut run = call_with_request("Chat")
        .at(peer.addr())
        .stdout(Stdout::Unread)
        .start();
    let call = peer.accept_call();
    call.open();
    call.data(reply(1));
    assert_eq!(run.head(), printed(1));
    call.data(reply(2));
    assert_eq!(call.wait_for_reset(), Reason::CANCEL);
    run.wait().exits(0).says("");
}

#[test]
fn bad_input_resets_a_call_whose_window_never_opens() {
    let peer = RawPeer::with_window(0);
    let mut run = call("Collect").args(["-d", "@-"]).at(peer.addr()).start();
    run.write(r#"{"name":"Alice"} {"name":1}"#);
    let call = peer.accept_call();
    assert_eq!(call.wait_for_reset(), Reason::CANCEL);
    run.wait().exits(1).prints("").says_one_error();
}

#[test]
fn a_reset_call_makes_room_for_the_next() {
    let peer = RawPeer::with(Terms {
        stream_window: 0,
        max_concurrent_streams: Some(1),
        ..Terms::default()
    });
    let run = call("Echo/Unary")
        .args(["-d", r#"{"name":"a"}{"name":"b"}"#])
        .args(["--keep-going", "--timeout", "3s"])
        .at(peer.addr())
        .start();
    let connection = peer.accept();
    let first = connection.call();
    assert_eq!(first.wait_for_reset(), Reason::CANCEL);
    let second = connection.call();
    second.grant(100);
    second.wait_for_half_close();
    succeed(&second, 2);
    run.wait().exits(68).prints(&printed(2)).says(concat!(
        "error: request 1: DEADLINE_EXCEEDED: the deadline expired before the call completed\n",
        "1 of 2 requests failed\n",
    ));
}
