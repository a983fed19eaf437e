//! One connection for many calls, within the peer's limits.

use super::super::harness::{RawPeer, Terms};
use super::{call, printed, succeed};

#[test]
fn calls_beyond_the_peers_limit_wait_for_their_turn() {
    let peer = RawPeer::with(Terms {
        max_concurrent_streams: Some(1),
        ..Terms::default()
    });
    let mut run = call("Echo/Unary")
        .args(["--concurrency", "8", "-d", "@-"])
        .at(peer.addr())
        .start();
    run.feed(r#"{"name":"a"}"#.repeat(8).into());
    let connection = peer.accept();
    for n in 1..=8 {
        let call = connection.call();
        call.wait_for_half_close();
        // Any other stream would have been opened before the answer to a PING.
        connection.sync();
        assert_eq!(connection.calls(), usize::from(n), "calls in flight");
        succeed(&call, n);
    }
    let all: String = (1..=8).map(printed).collect();
    run.wait().exits(0).prints(&all).says("");
}

#[test]
fn concurrent_calls_share_a_connection() {
    let peer = RawPeer::start();
    let mut run = call("Echo/Unary")
        .args(["--concurrency", "3", "-d", "@-"])
        .at(peer.addr())
        .start();
    run.feed(r#"{"name":"a"}"#.repeat(3).into());
    let connection = peer.accept();
    let calls = [connection.call(), connection.call(), connection.call()];
    // Answers may come in any order.
    for (call, n) in calls.iter().zip(1..=3).rev() {
        succeed(call, n);
    }
    let all: String = (1..=3).map(printed).collect();
    run.wait().exits(0).prints(&all).says("");
}

#[test]
fn a_run_leaves_no_call_and_no_connection() {
    let peer = RawPeer::start();
    let run = call("Echo/Unary").args(["name=a"]).at(peer.addr()).start();
    let call = peer.accept_call();
    succeed(&call, 1);
    run.wait().exits(0).prints(&printed(1));
    call.connection.wait_for_close();
    assert_eq!(call.connection.calls(), 1);
}
