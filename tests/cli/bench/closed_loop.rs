//! So many calls in flight, all the time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::super::harness::{Peer, Server, wait_for};
use super::{Figures as _, answering, bench, number};
use rustix::process::Signal;
use serde_json::Value;

#[test]
fn so_many_calls_are_made_as_were_asked_for() {
    let peer = answering();
    let figures = bench(peer.addr(), "-n 500 -c 7").run().figures();
    assert_eq!(number(&figures, "/calls/ok"), 500.0);
    assert_eq!(number(&figures, "/calls/started"), 500.0);
    assert_eq!(number(&figures, "/calls/cut_off"), 0.0);
    assert_eq!(number(&figures, "/codes/OK"), 500.0);
    assert_eq!(number(&figures, "/latency/count"), 500.0);
    assert_eq!(figures["method"], "RouteGuide/GetPerson");
    assert_eq!(figures["kind"], "unary");
}

#[test]
fn never_more_calls_are_in_flight_than_were_asked_for() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (in_flight, peak) = (Arc::clone(&now), Arc::clone(&most));
    let peer = Peer::playing(move |mut call| {
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(2)).await;
            let name = call.name().await.unwrap_or_default();
            now.fetch_sub(1, Ordering::SeqCst);
            call.open();
            call.reply(&name);
            call.end(0, "");
        }
    });
    bench(peer.addr(), "-n 300 -c 6 --connections 2")
        .run()
        .exits(0);
    assert_eq!(peak.load(Ordering::SeqCst), 6);
    assert_eq!(in_flight.load(Ordering::SeqCst), 0);
}

/// The server says how long it took. A machine that is busy with other tests may add to it, but not each time.
#[test]
fn the_median_is_the_delay_of_the_server() {
    wait_for("a median within a millisecond", || {
        let (median, figures) = measure_a_delay();
        assert!(number(&figures, "/latency/min") >= 20e3);
        let measured = number(&figures, "/latency/p50") / 1e6;
        assert!(measured > median - 1e-3, "{measured} for {median}");
        measured < median + 1e-3
    });
}

/// The median of what calls took on a server that waits for 20 ms, and the figures of the run.
fn measure_a_delay() -> (f64, Value) {
    let took = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&took);
    let peer = Peer::playing(move |mut call| {
        let log = Arc::clone(&log);
        async move {
            let start = Instant::now();
            let name = call.name().await.unwrap_or_default();
            tokio::time::sleep(Duration::from_millis(20)).await;
            call.open();
            call.reply(&name);
            call.end(0, "");
            log.lock().unwrap().push(start.elapsed());
        }
    });
    let figures = bench(peer.addr(), "-n 40 -c 2").run().figures();
    let mut took = took.lock().unwrap().clone();
    took.sort_unstable();
    (took[20].as_secs_f64(), figures)
}

#[test]
fn calls_are_spread_over_the_connections() {
    let peer = answering();
    let figures = bench(peer.addr(), "-n 100 -c 8 --connections 4 --threads 2")
        .run()
        .figures();
    assert_eq!(number(&figures, "/connections/asked"), 4.0);
    assert_eq!(number(&figures, "/connections/opened"), 4.0);
    assert_eq!(number(&figures, "/connections/lost"), 0.0);
    assert_eq!(number(&figures, "/load/threads"), 2.0);
}

#[test]
fn calls_under_way_at_the_end_are_cut_off() {
    let peer = Peer::playing(|call| async move { call.wait_for_reset().await });
    let outcome = bench(peer.addr(), "-D 300ms -c 5").run();
    // No call has succeeded, and none has a status.
    let figures = outcome.exits(1).figures();
    assert_eq!(number(&figures, "/calls/cut_off"), 5.0);
    assert_eq!(number(&figures, "/calls/failed"), 0.0);
    assert_eq!(number(&figures, "/calls/ok"), 0.0);
}

#[test]
fn a_warm_up_is_not_counted() {
    let peer = answering();
    let figures = bench(peer.addr(), "-n 50 -c 2 --warmup 300ms")
        .run()
        .figures();
    assert_eq!(number(&figures, "/calls/started"), 50.0);
    assert_eq!(number(&figures, "/calls/ok"), 50.0);
    assert!(peer.seen().len() > 2 * 50 + 10, "nothing was warmed up");
}

#[test]
fn a_deadline_is_that_of_each_call() {
    let peer = Peer::playing(|call| async move { call.wait_for_reset().await });
    let outcome = bench(peer.addr(), "-n 6 -c 2 --timeout 50ms").run();
    let figures = outcome.exits(64 + 4).figures();
    assert_eq!(number(&figures, "/codes/DEADLINE_EXCEEDED"), 6.0);
    assert!(number(&figures, "/latency/min") >= 50e3);
}

#[test]
fn the_time_line_adds_up() {
    let peer = answering();
    let figures = bench(peer.addr(), "-D 2500ms -c 3").run().figures();
    let buckets = figures["timeline"]["buckets"].as_array().unwrap();
    assert_eq!(buckets.len(), 3);
    let ok: f64 = buckets.iter().map(|bucket| number(bucket, "/ok")).sum();
    assert_eq!(ok, number(&figures, "/calls/ok"));
    let started: f64 = buckets
        .iter()
        .map(|bucket| number(bucket, "/started"))
        .sum();
    assert_eq!(started, number(&figures, "/calls/started"));
}

#[test]
fn an_interrupt_ends_the_run_with_its_report() {
    let server = Server::start();
    let run = bench(server.addr(), "-D 1h -c 2").start();
    let before = server.memory();
    wait_for("calls", || {
        std::thread::sleep(Duration::from_millis(300));
        before > 0
    });
    run.signal(Signal::INT);
    let outcome = run.wait();
    let figures = outcome.exits(130).figures();
    assert!(number(&figures, "/calls/ok") > 0.0);
    assert_eq!(figures["ended_early"], true);
}
