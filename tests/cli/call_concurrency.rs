//! `call --concurrency`: several calls of a batch in flight at once.

use h2::Reason;

use super::harness::{Echo, RawPeer, routeguide};
use super::wire::{call, printed, succeed};

#[test]
fn replies_are_in_the_order_of_the_messages() {
    let peer = RawPeer::start();
    let mut run = call("Echo/Unary")
        .args(["-d", "@-", "--concurrency", "10"])
        .at(peer.addr())
        .start();
    run.feed("{}".repeat(40).into());
    let connection = peer.accept();
    let mut numbers = 1..=40;
    while !numbers.is_empty() {
        let calls: Vec<_> = numbers
            .by_ref()
            .take(10)
            .map(|n| (connection.call(), n))
            .collect();
        for (call, n) in calls.iter().rev() {
            succeed(call, *n);
        }
    }
    let all: String = (1..=40).map(printed).collect();
    run.wait().exits(0).prints(&all).says("");
}

#[test]
fn as_many_calls_are_in_flight_as_requested() {
    let peer = RawPeer::start();
    let mut run = call("Echo/Unary")
        .args(["-d", "@-", "--concurrency", "2"])
        .at(peer.addr())
        .start();
    run.feed("{}".repeat(10).into());
    let connection = peer.accept();
    let mut oldest = connection.call();
    for n in 1..10 {
        let next = connection.call();
        // Any other stream would have been opened before the answer to a PING.
        connection.sync();
        assert_eq!(connection.calls(), usize::from(n) + 1);
        succeed(&oldest, n);
        oldest = next;
    }
    succeed(&oldest, 10);
    let all: String = (1..=10).map(printed).collect();
    run.wait().exits(0).prints(&all).says("");
}

#[test]
fn a_failure_waits_for_the_replies_before_it_and_cancels_the_calls_after_it() {
    let peer = RawPeer::start();
    let run = call("Echo/Unary")
        .args(["-d", "{} {} {}", "--concurrency", "3"])
        .at(peer.addr())
        .start();
    let connection = peer.accept();
    let [first, second, third] = [connection.call(), connection.call(), connection.call()];
    second.end_at_once(5);
    connection.sync();
    succeed(&first, 1);
    assert_eq!(third.wait_for_reset(), Reason::CANCEL);
    run.wait()
        .exits(69)
        .prints(&printed(1))
        .says("error: request 2: NOT_FOUND\n");
}

#[test]
fn no_more_calls_are_made_than_replies_are_wanted() {
    for wanted in [1, 3] {
        let echo = Echo::start();
        let mut run = routeguide(["call", "Echo/Unary", "-d", "@-", "--concurrency", "10"])
            .args(["-n", &wanted.to_string()])
            .at(echo.addr())
            .start();
        run.feed("{}".repeat(20).into());
        let outcome = run.wait();
        outcome.exits(0).says("");
        assert_eq!(outcome.stdout.lines().count(), wanted);
        assert_eq!(echo.arrivals("Echo/Unary").len(), wanted);
    }
}

#[test]
fn a_failed_call_does_not_count_as_a_reply() {
    let echo = Echo::start();
    let data = r#"{"age":1} {"fail":{"code":5}} {"age":3} {"age":4}"#;
    let outcome = routeguide(["call", "Echo/Unary", "-n2", "--keep-going", "-d", data])
        .args(["--concurrency", "10"])
        .at(echo.addr())
        .run();
    outcome
        .exits(69)
        .says("error: request 2: NOT_FOUND\n1 of 3 requests failed\n");
    assert_eq!(outcome.stdout.lines().count(), 2, "{outcome:#?}");
    assert_eq!(echo.arrivals("Echo/Unary").len(), 3);
}
