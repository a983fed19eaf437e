//! A call that the peer resets: the error code of the RST_STREAM becomes a status (PROTOCOL-HTTP2.md, "Errors") at every
//! stage of the call.

use h2::Reason;

use super::super::harness::{RawCall, RawPeer, routeguide};
use super::{answered, call_with_request, printed, reply};

/// The status for each error code.
const MAPPING: [(Reason, &str); 11] = [
    (Reason::NO_ERROR, "INTERNAL"),
    (Reason::PROTOCOL_ERROR, "INTERNAL"),
    (Reason::INTERNAL_ERROR, "INTERNAL"),
    (Reason::FLOW_CONTROL_ERROR, "INTERNAL"),
    (Reason::FRAME_SIZE_ERROR, "INTERNAL"),
    (Reason::REFUSED_STREAM, "UNAVAILABLE"),
    (Reason::CANCEL, "CANCELLED"),
    (Reason::COMPRESSION_ERROR, "INTERNAL"),
    (Reason::CONNECT_ERROR, "INTERNAL"),
    (Reason::ENHANCE_YOUR_CALM, "RESOURCE_EXHAUSTED"),
    (Reason::INADEQUATE_SECURITY, "PERMISSION_DENIED"),
];

/// For each error code, starts a call with `script`, resets it and checks the status. The call prints `stdout`.
#[track_caller]
fn every_code(method: &str, script: impl Fn(&RawCall), stdout: &str) {
    for (reason, status) in MAPPING {
        let outcome = answered(method, |call| {
            script(call);
            call.reset(reason);
        });
        outcome.fails(status).prints(stdout);
    }
}

#[test]
fn before_the_response_headers() {
    every_code("Echo/Unary", |_| {}, "");
    every_code("Repeat", |_| {}, "");
}

#[test]
fn after_the_response_headers() {
    every_code("Echo/Unary", RawCall::open, "");
}

#[test]
fn after_a_reply() {
    let script = |call: &RawCall| {
        call.open();
        call.data(reply(1));
    };
    every_code("Repeat", script, &printed(1));
    every_code("Echo/Unary", script, "");
}

#[test]
fn inside_a_reply() {
    let script = |call: &RawCall| {
        call.open();
        call.data(reply(1));
        call.data(&reply(2)[..6]);
    };
    every_code("Repeat", script, &printed(1));
}

#[test]
fn after_the_client_has_half_closed() {
    every_code("Chat", RawCall::wait_for_half_close, "");
}

#[test]
fn while_stdin_is_open() {
    for (reason, status) in MAPPING {
        let peer = RawPeer::start();
        let mut run = routeguide(["get-people"]).at(peer.addr()).start();
        run.write("Alice\n");
        let call = peer.accept_call();
        call.wait_for_names(1);
        call.open();
        call.reply("Alice");
        call.reset(reason);
        run.wait().fails(status).prints("name: \"Alice\"\n");
    }
}

#[test]
fn while_the_window_is_full() {
    for (reason, status) in MAPPING {
        let peer = RawPeer::with_window(0);
        let run = call_with_request("Chat").at(peer.addr()).start();
        let call = peer.accept_call();
        call.open();
        call.connection.sync();
        call.reset(reason);
        run.wait().fails(status).prints("");
    }
}

/// A server may answer before it has read the request, and ask the client to stop sending (RFC 9113, section 8.1).
#[test]
fn the_status_of_a_server_that_finishes_early_counts() {
    for (code, exit) in [(0, 0), (7, 71)] {
        for window in [0, 65_535, 1 << 30] {
            let peer = RawPeer::with_window(window);
            let mut run = routeguide(["get-people", "-q"]).at(peer.addr()).start();
            run.feed_for_ever("Alice\n");
            let call = peer.accept_call();
            call.open();
            call.reply("Alice");
            call.end(code);
            call.reset(Reason::NO_ERROR);
            run.wait().exits(exit).prints("name: \"Alice\"\n");
        }
    }
}
