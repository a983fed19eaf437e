//! `-o envelope` of a batch: the events of each call have its number, and end with its status.

use serde_json::{Value, json};

use super::envelope::kinds;
use super::harness::{Echo, Outcome, RawPeer, routeguide};
use super::wire::{call, reply, succeed};

#[test]
fn events_have_the_number_of_their_call() {
    let echo = Echo::start();
    for concurrency in ["1", "3"] {
        let outcome = routeguide(["call", "Echo/Unary", "-o", "envelope"])
            .args(["-d", "{} {} {}", "--concurrency", concurrency])
            .at(echo.addr())
            .run();
        outcome.exits(0);
        let calls: Vec<Option<u64>> = outcome
            .events()
            .iter()
            .map(|event| event["call"].as_u64())
            .collect();
        let expected: Vec<Option<u64>> = (1..=3).flat_map(|n| [Some(n); 5]).collect();
        assert_eq!(calls, expected, "--concurrency {concurrency}");
    }
}

/// The events of each call of a batch, in the order of the calls.
#[track_caller]
fn of_each_call(outcome: &Outcome) -> Vec<Vec<Value>> {
    let events = outcome.events();
    let number = |event: &Value| event["call"].as_u64().unwrap();
    let last = events.iter().map(number).max().unwrap_or_default();
    (1..=last)
        .map(|call| {
            let of_call = events.iter().filter(|event| number(event) == call);
            of_call.cloned().collect()
        })
        .collect()
}

/// The code, origin and exit code of each call of a batch, from its only status event, which is the last.
#[track_caller]
fn each_ends(outcome: &Outcome) -> Vec<(Value, Value, Value)> {
    let ends = of_each_call(outcome).into_iter().map(|events| {
        let kinds = kinds(&events);
        let count = kinds.iter().filter(|kind| **kind == "status").count();
        assert_eq!((count, kinds.last()), (1, Some(&"status")), "{outcome:#?}");
        let status = events.last().unwrap();
        let [code, origin, exit] = ["code", "origin", "exit"].map(|key| status[key].clone());
        (code, origin, exit)
    });
    ends.collect()
}

fn end(code: u8, origin: &str, exit: u8) -> (Value, Value, Value) {
    (json!(code), json!(origin), json!(exit))
}

#[test]
fn each_call_of_a_batch_ends_with_its_own_status() {
    let echo = Echo::start();
    let data = r#"{} {"fail":{"code":5}} {} {"fail":{"code":7}} {}"#;
    for concurrency in ["1", "3"] {
        let outcome = routeguide(["call", "Echo/Unary", "-d", data])
            .args(["-o", "envelope"])
            .args(["--keep-going", "--concurrency", concurrency])
            .at(echo.addr())
            .run();
        outcome.exits(69);
        let ok = end(0, "server", 0);
        let ends = each_ends(&outcome);
        let expected = [
            ok.clone(),
            end(5, "server", 69),
            ok.clone(),
            end(7, "server", 71),
            ok,
        ];
        assert_eq!(ends, expected, "--concurrency {concurrency}");
    }
}

#[test]
fn a_call_that_violates_the_protocol_ends_with_a_status() {
    for concurrency in ["1", "2"] {
        let peer = RawPeer::start();
        let run = call("Echo/Unary")
            .args(["-o", "envelope"])
            .args(["-d", "{} {}", "--keep-going", "--concurrency", concurrency])
            .at(peer.addr())
            .start();
        let connection = peer.accept();
        let first = connection.call();
        first.open();
        first.data(reply(1).repeat(2));
        first.end(0);
        succeed(&connection.call(), 2);
        let outcome = run.wait();
        outcome.exits(76);
        let ends = each_ends(&outcome);
        assert_eq!(ends, [end(12, "protocol", 76), end(0, "server", 0)]);
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_cancels_every_call_in_flight() {
    let peer = RawPeer::start();
    let mut run = call("Echo/Unary")
        .args(["-o", "envelope"])
        .args(["-d", "@-", "--concurrency", "3"])
        .at(peer.addr())
        .start();
    run.write("{} {} {}");
    let connection = peer.accept();
    succeed(&connection.call(), 1);
    run.stdout().wait_for("\"status\"");
    let _others = [connection.call(), connection.call()];
    run.signal(rustix::process::Signal::INT);
    let outcome = run.wait();
    outcome.exits(130);
    let cancelled = end(1, "cancelled", 130);
    let ends = each_ends(&outcome);
    assert_eq!(ends, [end(0, "server", 0), cancelled.clone(), cancelled]);
}
