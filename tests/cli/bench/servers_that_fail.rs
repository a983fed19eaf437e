//! Failures are figures.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use h2::Reason;

use super::super::harness::raw::frame::DATA;
use super::super::harness::{
    Folder, Frame, Peer, RawPeer, ReservedPort, Server, exit_code, routeguide,
};
use super::{Figures as _, PROTOS, answering, bench, number};

#[test]
fn every_status_is_counted() {
    let next = Arc::new(AtomicI32::new(0));
    let peer = Peer::playing(move |mut call| {
        let code = next.fetch_add(1, Ordering::Relaxed) % 17;
        async move {
            if code == 0 {
                let name = call.name().await.unwrap_or_default();
                call.open();
                call.reply(&name);
            }
            call.end(code, "on purpose");
        }
    });
    let outcome = bench(peer.addr(), "-n 170 -c 1").run();
    let figures = outcome.exits(0).figures();
    let codes = figures["codes"].as_object().unwrap();
    assert_eq!(codes.len(), 17, "{codes:?}");
    assert!(codes.values().all(|count| count == 10), "{codes:?}");
    assert_eq!(number(&figures, "/calls/failed"), 160.0);
    // The ten most frequent, and the others by number.
    assert_eq!(figures["errors"].as_array().unwrap().len(), 10);
    assert_eq!(number(&figures, "/other_errors"), 60.0);
    assert_eq!(figures["errors"][0]["error"], "ABORTED: on purpose");
}

#[test]
fn if_no_call_succeeds_the_exit_code_is_that_of_the_commonest_status() {
    let peer = Peer::failing(7, "go away");
    let outcome = bench(peer.addr(), "-n 20").run();
    outcome.exits(exit_code("PERMISSION_DENIED"));
    assert!(
        outcome.stderr.contains("no call succeeded"),
        "{}",
        outcome.stderr
    );
    assert_eq!(number(&outcome.figures(), "/calls/failed"), 20.0);
}

#[test]
fn a_server_that_goes_away_and_comes_back_is_called_again() {
    let folder = Folder::new();
    let socket = folder.socket("server");
    let start = || {
        let program = routeguide(["serve", "--listen", &socket]);
        Server::of(program)
    };
    let first = start();
    let run = bench(socket.clone(), "-D 4s -c 4").start();
    std::thread::sleep(Duration::from_millis(800));
    first.into_running().kill();
    let second = start();
    let outcome = run.wait();
    let figures = outcome.exits(0).figures();
    assert!(number(&figures, "/connections/lost") >= 1.0);
    assert!(number(&figures, "/connections/opened") >= 2.0);
    assert!(number(&figures, "/calls/ok") > 0.0);
    let last = figures["timeline"]["buckets"]
        .as_array()
        .unwrap()
        .last()
        .unwrap();
    assert!(number(last, "/ok") > 0.0, "{figures:#}");
    drop(second);
}

/// A call that the server has not seen is made again, but its deadline stays.
#[test]
fn a_deadline_also_holds_while_a_connection_is_replaced() {
    let peer = RawPeer::start();
    let run = bench(peer.addr(), "-n 1 -c 1 --timeout 700ms").start();
    // The first connection is not of the load.
    let first = peer.accept();
    let second = peer.accept();
    second.call();
    // It excludes the call (RFC 9113, section 6.8).
    second.go_away(0, Reason::NO_ERROR);
    // It accepts no connection until the run has ended.
    let outcome = run.wait();
    let figures = outcome.exits(exit_code("DEADLINE_EXCEEDED")).figures();
    assert!(number(&figures, "/latency/max") < 5e6, "{figures:#}");
    drop(first);
}

/// The connection ends by an error of the client's own, of which the calls after it hear at once.
#[test]
fn a_connection_that_breaks_the_rules_is_replaced() {
    let peer = RawPeer::start();
    let run = bench(peer.addr(), "-D 3s -c 2").start();
    let first = peer.accept();
    let second = peer.accept();
    second.call();
    // DATA is never of stream 0 (RFC 9113, section 6.1).
    second.send(&Frame::new(DATA, 0, 0, []));
    let third = peer.accept();
    third.call().answer("Alice");
    let figures = run.wait().exits(0).figures();
    assert_eq!(number(&figures, "/connections/lost"), 1.0, "{figures:#}");
    assert!(number(&figures, "/calls/ok") >= 1.0);
    assert!(
        number(&figures, "/calls/failed") < 10.0,
        "{}",
        figures["calls"]
    );
    drop(first);
}

/// A server that retires its connections loses no call: what it has not seen is sent again.
#[test]
fn connections_that_are_retired_lose_no_call() {
    let server = Server::started(["--max-connection-age", "300ms"]);
    let figures = bench(server.addr(), "-D 2s -c 20 --connections 2")
        .run()
        .figures();
    assert_eq!(
        number(&figures, "/calls/failed"),
        0.0,
        "{}",
        figures["errors"]
    );
    assert!(number(&figures, "/connections/opened") > 4.0);
}

/// Nothing else would end it.
#[test]
fn a_number_of_calls_is_given_up_when_the_server_is_gone_for_good() {
    let server = Server::start();
    let run = "-n 1000000000 -c 4 --connect-timeout 300ms";
    let load = bench(server.addr(), run).start();
    std::thread::sleep(Duration::from_millis(300));
    server.into_running().kill();
    let outcome = load.wait();
    outcome.exits(1).says_one_error();
    let figures = outcome.figures();
    assert_eq!(figures["ended_early"], true);
    assert!(number(&figures, "/calls/ok") > 0.0);
}

#[test]
fn a_server_that_cannot_be_reached_is_one_error_before_any_load() {
    let port = ReservedPort::new();
    let outcome = routeguide(["bench", "GetPerson", "name=Alice"])
        .args(PROTOS)
        .at(port.addr())
        .run();
    outcome.exits(1).says_one_error();
    assert!(outcome.stdout.is_empty());
}

#[test]
fn thresholds_decide_the_exit_code() {
    let peer = answering();
    bench(
        peer.addr(),
        "-n 20 --threshold errors==0 --threshold p99<1h",
    )
    .run()
    .exits(0);
    let outcome = bench(peer.addr(), "-n 20 --threshold ok>20 --threshold p99<1h").run();
    outcome.exits(3);
    assert!(outcome.stderr.contains("ok>20"), "{}", outcome.stderr);
    let verdicts = outcome.figures()["thresholds"].clone();
    assert_eq!(verdicts[0]["holds"], false);
    assert_eq!(verdicts[1]["holds"], true);
}

#[test]
fn a_run_ends_when_a_threshold_cannot_hold_any_more() {
    let peer = Peer::failing(13, "broken");
    let outcome = bench(peer.addr(), "-D 1h --threshold errors==0 --abort-on-fail").run();
    let figures = outcome.exits(3).figures();
    assert_eq!(figures["ended_early"], true);
}

/// What was counted before the server stalls is known, although nothing happens any more.
#[test]
fn a_run_ends_for_a_threshold_also_while_the_server_stalls() {
    let calls = AtomicI32::new(0);
    let peer = Peer::playing(move |call| {
        let fails = calls.fetch_add(1, Ordering::Relaxed) < 10;
        async move {
            if fails {
                call.end(13, "broken");
            } else {
                call.wait_for_reset().await;
            }
        }
    });
    let run = "-D 30s -c 3 --threshold errors==0 --abort-on-fail";
    let figures = bench(peer.addr(), run).run().exits(3).figures();
    assert_eq!(figures["ended_early"], true);
    assert_eq!(number(&figures, "/calls/failed"), 10.0);
    assert_eq!(number(&figures, "/calls/cut_off"), 3.0);
}

#[test]
fn a_rate_at_which_no_call_succeeds_is_not_found() {
    let peer = Peer::failing(7, "go away");
    let run = "--rate 2 --step 1s --warmup 0s --find-max p99<1h";
    let outcome = bench(peer.addr(), run).run();
    outcome.exits(exit_code("PERMISSION_DENIED"));
    assert_eq!(outcome.figures()["highest"], serde_json::Value::Null);
}

#[test]
fn reports_of_a_run_in_which_no_call_succeeded_have_its_exit_code() {
    let peer = Peer::failing(7, "go away");
    let folder = Folder::new();
    let file = folder.join("run.json").display().to_string();
    bench(peer.addr(), &format!("-n 5 --json {file}"))
        .run()
        .exits(exit_code("PERMISSION_DENIED"));
    for again in ["report", "merge"] {
        routeguide(["bench", again, &file])
            .run()
            .exits(exit_code("PERMISSION_DENIED"));
    }
}

#[test]
fn a_segment_that_has_no_call_is_no_failure() {
    let peer = answering();
    let figures = bench(peer.addr(), "-n 1 --segment 1/2")
        .run()
        .exits(0)
        .figures();
    assert_eq!(number(&figures, "/calls/started"), 0.0);
}
