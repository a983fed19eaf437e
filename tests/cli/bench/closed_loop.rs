//! So many calls in flight, all the time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::super::harness::{Peer, Server, wait_for};
use super::{Figures as _, answering, bench, latencies, number};
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
fn what_calls_went_over_is_told() {
    let server = Server::start();
    for (flags, protocol, codec) in [
        ("", "grpc", "proto"),
        ("--protocol grpc-web-text", "grpc-web", "proto"),
        ("--protocol connect --codec json", "connect", "json"),
    ] {
        let run = bench(server.addr(), &format!("-n 5 -c 1 {flags}")).run();
        let figures = run.figures();
        assert_eq!(number(&figures, "/calls/ok"), 5.0);
        assert_eq!(figures["load"]["protocol"], protocol);
        assert_eq!(figures["load"]["codec"], codec);
    }
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

/// The server says how long each call took: the client cannot have measured less. How much more it is depends on what else the
/// machine does, so the rest is that the percentiles are those of the calls themselves.
#[test]
fn the_median_is_that_of_the_calls() {
    let took = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&took);
    let peer = Peer::playing(move |mut call| {
        let log = Arc::clone(&log);
        async move {
            let start = Instant::now();
            let name = call.name().await.unwrap_or_default();
            tokio::time::sleep(Duration::from_millis(20)).await;
            log.lock().unwrap().push(start.elapsed().as_secs_f64());
            call.open();
            call.reply(&name);
            call.end(0, "");
        }
    });
    let figures = bench(peer.addr(), "-n 99 -c 2").run().figures();
    let mut took = took.lock().unwrap().clone();
    took.sort_by(f64::total_cmp);
    let mut latencies = latencies(&figures);
    latencies.sort_by(f64::total_cmp);
    let (median, shown) = (latencies[49], number(&figures, "/latency/p50") / 1e6);
    assert!((shown / median - 1.0).abs() < 2e-3, "{shown} for {median}");
    // A microsecond may be cut off.
    for (measured, took) in latencies.iter().zip(&took) {
        assert!(*measured > took - 2e-6, "{measured} for {took}");
    }
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

#[test]
fn all_values_of_a_header_are_sent_if_one_of_them_differs_from_call_to_call() {
    let seen: Arc<Mutex<Vec<Vec<String>>>> = Arc::default();
    let log = Arc::clone(&seen);
    let peer = Peer::playing(move |mut call| {
        log.lock().unwrap().push(call.headers("x-t"));
        async move {
            let name = call.name().await.unwrap_or_default();
            call.open();
            call.reply(&name);
            call.end(0, "");
        }
    });
    bench(
        peer.addr(),
        "-n 1 -c 1 -H x-t:a{{call}} -H x-t:b{{call}} -H x-t:c",
    )
    .run()
    .exits(0);
    assert_eq!(*seen.lock().unwrap(), [["a0", "b0", "c"]]);
}

#[test]
fn calls_that_are_under_way_when_the_warm_up_ends_are_counted() {
    let peer = Peer::playing(|mut call| async move {
        let name = call.name().await.unwrap_or_default();
        tokio::time::sleep(Duration::from_millis(400)).await;
        call.open();
        call.reply(&name);
        call.end(0, "");
    });
    let figures = bench(peer.addr(), "-c 5 --warmup 200ms -D 2s")
        .run()
        .figures();
    let samples = figures["samples"].as_array().unwrap();
    let before = |sample: &&Value| number(sample, "/at") < number(sample, "/latency");
    assert_eq!(samples.iter().filter(before).count(), 5, "{samples:?}");
    let ended = number(&figures, "/calls/ok") + number(&figures, "/calls/cut_off");
    assert_eq!(number(&figures, "/calls/started"), ended);
}

#[test]
fn sigterm_ends_the_run_with_its_report() {
    let peer = answering();
    let run = bench(peer.addr(), "-D 1h -c 2").start();
    wait_for("a call", || !peer.seen().is_empty());
    run.signal(Signal::TERM);
    let outcome = run.wait();
    assert_eq!(outcome.exits(143).figures()["ended_early"], true);
}

#[test]
fn a_run_that_is_interrupted_in_its_warm_up_does_not_begin_in_the_future() {
    let peer = answering();
    let run = bench(peer.addr(), "--warmup 1h -c 2").start();
    wait_for("a call", || !peer.seen().is_empty());
    run.signal(Signal::INT);
    let figures = run.wait().exits(130).figures();
    let started = humantime::parse_rfc3339(figures["started"].as_str().unwrap()).unwrap();
    assert!(started <= std::time::SystemTime::now());
    assert_eq!(number(&figures, "/elapsed"), 0.0);
}
