//! A peer that sends GOAWAY, or closes the TCP connection, at each stage of a call.

use h2::Reason;

use super::super::harness::{Outcome, RawCall, RawPeer, routeguide};
use super::{KINDS, answered, call, call_with_request, printed, reply, succeed};

#[test]
fn a_call_that_was_not_processed_is_unavailable() {
    for reason in [Reason::NO_ERROR, Reason::ENHANCE_YOUR_CALM] {
        for method in KINDS {
            let outcome = answered(method, |call| call.connection.go_away(0, reason));
            outcome.fails("UNAVAILABLE").prints("");
        }
    }
}

#[test]
fn a_call_that_waits_for_the_window_and_was_not_processed_is_unavailable() {
    let peer = RawPeer::with_window(0);
    let run = call_with_request("Chat").at(peer.addr()).start();
    let call = peer.accept_call();
    call.connection.go_away(0, Reason::NO_ERROR);
    run.wait().fails("UNAVAILABLE").prints("");
}

#[test]
fn a_call_that_is_processed_continues_to_its_end() {
    for method in KINDS {
        let outcome = answered(method, |call| {
            call.connection.go_away(call.stream, Reason::NO_ERROR);
            call.connection.sync();
            succeed(call, 1);
        });
        outcome.exits(0).prints(&printed(1)).says("");
    }
}

/// RFC 9113, section 6.8: a server first announces that it is closing the connection, then which calls it has processed.
#[test]
fn a_call_continues_through_both_steps_of_a_graceful_shutdown() {
    let peer = RawPeer::start();
    let mut run = routeguide(["get-people"]).at(peer.addr()).start();
    run.write("Alice\n");
    let call = peer.accept_call();
    call.wait_for_names(1);
    call.open();
    call.reply("Alice");
    call.connection.go_away(u32::MAX >> 1, Reason::NO_ERROR);
    call.connection.sync();
    run.write("Bob\n");
    call.wait_for_names(2);
    call.connection.go_away(call.stream, Reason::NO_ERROR);
    call.connection.sync();
    run.write("Eve\n").close_stdin();
    call.wait_for_half_close();
    assert_eq!(call.names(), ["Alice", "Bob", "Eve"]);
    call.reply("Bob");
    call.reply("Eve");
    call.end(0);
    run.wait()
        .exits(0)
        .prints("name: \"Alice\"\nname: \"Bob\"\nname: \"Eve\"\n")
        .says("");
}

#[test]
fn a_batch_continues_on_another_connection() {
    let peer = RawPeer::start();
    let mut run = call("Echo/Unary")
        .args(["-d", "@-"])
        .at(peer.addr())
        .start();
    let mut printed_so_far = String::new();
    for n in 1..=3 {
        run.write(format!(r#"{{"name":"{n}"}}"#));
        let call = peer.accept_call();
        assert_eq!(call.wait_for_names(1), [n.to_string()]);
        succeed(&call, n);
        printed_so_far += &printed(n);
        run.stdout().wait_for(&printed_so_far);
        call.connection.go_away(call.stream, Reason::NO_ERROR);
        call.connection.sync();
    }
    run.close_stdin();
    run.wait().exits(0).prints(&printed_so_far).says("");
}

#[test]
fn a_batch_continues_on_another_connection_if_one_is_closed_between_calls() {
    let peer = RawPeer::start();
    let mut run = call("Echo/Unary")
        .args(["-d", "@-"])
        .at(peer.addr())
        .start();
    for n in 1..=2 {
        run.write(format!(r#"{{"name":"{n}"}}"#));
        let call = peer.accept_call();
        succeed(&call, n);
        run.stdout().wait_for(&printed(n));
        call.connection.close();
        call.connection.wait_for_close();
    }
    run.close_stdin();
    run.wait()
        .exits(0)
        .prints(&(printed(1) + &printed(2)))
        .says("");
}

#[test]
fn processed_calls_of_a_batch_finish_and_new_ones_start_elsewhere() {
    let peer = RawPeer::start();
    let mut run = call("Echo/Unary")
        .args(["--concurrency", "2", "-d", "@-"])
        .at(peer.addr())
        .start();
    run.write(r#"{"name":"1"}{"name":"2"}"#);
    let connection = peer.accept();
    let calls = [connection.call(), connection.call()];
    connection.go_away(calls[1].stream, Reason::NO_ERROR);
    connection.sync();
    for (call, n) in calls.iter().zip(1..) {
        succeed(call, n);
    }
    run.stdout().wait_for(&printed(2));
    run.write(r#"{"name":"3"}"#).close_stdin();
    let call = peer.accept_call();
    succeed(&call, 3);
    let all: String = (1..=3).map(printed).collect();
    run.wait().exits(0).prints(&all).says("");
}

/// Closes the connection at some stage of a call.
#[track_caller]
fn closed_after(method: &str, script: impl Fn(&RawCall)) -> Outcome {
    answered(method, |call| {
        script(call);
        call.connection.close();
    })
}

#[test]
fn a_connection_closed_before_the_response_headers_is_unavailable() {
    for method in KINDS {
        closed_after(method, |_| {}).fails("UNAVAILABLE").prints("");
    }
}

#[test]
fn a_connection_closed_after_the_response_headers_is_unavailable() {
    for method in KINDS {
        closed_after(method, RawCall::open)
            .fails("UNAVAILABLE")
            .prints("");
    }
}

#[test]
fn a_connection_closed_after_a_reply_is_unavailable() {
    for (method, stdout) in [("Echo/Unary", ""), ("Repeat", &printed(1))] {
        let outcome = closed_after(method, |call| {
            call.open();
            call.data(reply(1));
        });
        outcome.fails("UNAVAILABLE").prints(stdout);
    }
}

#[test]
fn a_connection_closed_inside_a_reply_is_unavailable() {
    for part in [1, 5, 6] {
        let outcome = closed_after("Repeat", |call| {
            call.open();
            call.data(reply(1));
            call.data(&reply(2)[..part]);
        });
        outcome.fails("UNAVAILABLE").prints(&printed(1));
    }
}

#[test]
fn a_connection_closed_while_the_window_is_full_is_unavailable() {
    let peer = RawPeer::with_window(0);
    let run = call_with_request("Chat").at(peer.addr()).start();
    peer.accept_call().connection.close();
    run.wait().fails("UNAVAILABLE").prints("");
}

#[test]
fn a_connection_closed_with_an_error_is_unavailable() {
    let outcome = closed_after("Repeat", |call| {
        call.open();
        call.data(reply(1));
        call.connection
            .go_away(call.stream, Reason::ENHANCE_YOUR_CALM);
    });
    outcome.fails("UNAVAILABLE").prints(&printed(1));
}
