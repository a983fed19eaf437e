//! Calls that start by the clock.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::super::harness::{Peer, Server, routeguide};
use super::{Figures as _, PROTOS, answering, bench, latencies, number};

/// Seconds from the first call until the server stalls, and for how long.
const STALL_AFTER: f64 = 1.0;
const STALL: f64 = 1.0;
const RATE: f64 = 200.0;

/// A server that answers at once, but for one stall.
fn stalling() -> Peer {
    let first = Arc::new(OnceLock::new());
    Peer::playing(move |mut call| {
        let first = *first.get_or_init(Instant::now);
        async move {
            let name = call.name().await.unwrap_or_default();
            let start = first + Duration::from_secs_f64(STALL_AFTER);
            let end = start + Duration::from_secs_f64(STALL);
            if (start..end).contains(&Instant::now()) {
                tokio::time::sleep_until(end.into()).await;
            }
            call.open();
            call.reply(&name);
            call.end(0, "");
        }
    })
}

/// Of the calls that are due during the stall, those of its first half take longer than half of it. A generator that waits for
/// the server sees only the few that it had in flight ("coordinated omission").
#[test]
fn a_stall_is_seen_by_every_call_that_was_due_in_it() {
    let peer = stalling();
    let run = format!("--rate {RATE}/s --arrival uniform -D 3s --max-in-flight 20");
    let figures = bench(peer.addr(), &run).run().figures();
    let slow = latencies(&figures)
        .into_iter()
        .filter(|latency| *latency > STALL / 2.0);
    let expected = RATE * STALL / 2.0;
    let share = slow.count() as f64 / expected;
    // On a busy machine, some that were due later are slow, too: the server has much to catch up with.
    assert!((0.9..1.5).contains(&share), "{share} of {expected}");
    // What was sent late took no time of its own: here the stall is hidden.
    let service = &figures["service_time"];
    assert!(number(service, "/p95") < 0.1e6, "{service}");
    assert!(number(service, "/max") > 0.8e6, "{service}");
    assert!(
        number(&figures, "/calls/late") > expected,
        "{}",
        figures["calls"]
    );
}

#[test]
fn a_call_waits_while_too_many_are_in_flight() {
    let peer = Peer::playing(|call| async move { call.wait_for_reset().await });
    let run = "--rate 100/s --arrival uniform -D 1s --max-in-flight 5";
    let figures = bench(peer.addr(), run).run().figures();
    assert_eq!(number(&figures, "/calls/started"), 5.0);
    assert_eq!(number(&figures, "/calls/cut_off"), 5.0);
    assert_eq!(number(&figures, "/calls/dropped"), 95.0);
}

#[test]
fn the_rate_is_that_of_the_stages() {
    let peer = answering();
    let stages = "--stage 100/s:1s --stage 100..300/s:1s --arrival uniform";
    let figures = bench(peer.addr(), stages).run().figures();
    let calls = &figures["calls"];
    let due = number(calls, "/started") + number(calls, "/dropped");
    assert!((299.0..=300.0).contains(&due), "{calls}");
    let asked = |bucket: usize| number(&figures, &format!("/timeline/buckets/{bucket}/asked"));
    assert_eq!((asked(0), asked(1)), (100.0, 200.0));
    assert_eq!(number(&figures, "/elapsed"), 2.0);
}

#[test]
fn arrivals_are_random_unless_they_are_to_be_even() {
    let peer = answering();
    let figures = bench(peer.addr(), "--rate 300/s -D 1s").run().figures();
    let calls = &figures["calls"];
    let due = number(calls, "/started") + number(calls, "/dropped");
    // Five standard deviations.
    assert!((due - 300.0).abs() < 5.0 * 300_f64.sqrt(), "{calls}");
    assert_eq!(figures["load"]["arrival"], "poisson");
}

/// With a number of calls, the run ends with the last of them, and nothing else was due.
#[test]
fn a_number_of_calls_is_the_end() {
    let peer = Peer::playing(|mut call| async move {
        let name = call.name().await.unwrap_or_default();
        tokio::time::sleep(Duration::from_millis(300)).await;
        call.open();
        call.reply(&name);
        call.end(0, "");
    });
    for run in ["--rate 1000 -n 20", "--rate 1000 -n 20 -D 1h"] {
        let figures = bench(peer.addr(), run).run().figures();
        let calls = &figures["calls"];
        assert_eq!(number(calls, "/ok"), 20.0, "{calls}");
        assert_eq!(number(calls, "/dropped"), 0.0, "{calls}");
        assert_eq!(number(calls, "/cut_off"), 0.0, "{calls}");
    }
}

/// Whoever waits for room hears of the end of the last call.
#[test]
fn a_number_of_calls_is_the_end_also_with_one_in_flight() {
    let peer = answering();
    let run = "--rate 100000/s --arrival uniform -n 200 --max-in-flight 1";
    let figures = bench(peer.addr(), run).run().figures();
    assert_eq!(number(&figures, "/calls/ok"), 200.0);
    assert_eq!(number(&figures, "/calls/dropped"), 0.0);
}

#[test]
fn when_the_time_ends_before_the_number_of_calls_is_reached_nothing_more_was_due() {
    let peer = answering();
    let run = "--rate 100/s --arrival uniform -D 1s -n 1000 --connections 2 --threads 2";
    let figures = bench(peer.addr(), run).run().figures();
    let calls = &figures["calls"];
    let due = number(calls, "/started") + number(calls, "/dropped");
    assert_eq!(due, 100.0, "{calls}");
}

#[test]
fn no_more_calls_are_dropped_than_were_asked_for() {
    let peer = Peer::playing(|call| async move { call.wait_for_reset().await });
    let run = "--rate 1000/s --arrival uniform -D 1s -n 500 --max-in-flight 2 --connections 2 --threads 2";
    let figures = bench(peer.addr(), run).run().figures();
    let calls = &figures["calls"];
    let due = number(calls, "/started") + number(calls, "/dropped");
    assert_eq!(due, 500.0, "{calls}");
}

/// Calls that wait for a connection were due, too.
#[test]
fn calls_that_cannot_be_sent_are_dropped() {
    let server = Server::start();
    let run = "--rate 200 --arrival uniform -D 2s --threshold dropped==0";
    let load = bench(server.addr(), run).start();
    std::thread::sleep(Duration::from_secs(1));
    server.into_running().kill();
    let figures = load.wait().exits(3).figures();
    let calls = &figures["calls"];
    let due = number(calls, "/started") + number(calls, "/dropped");
    assert_eq!(due, 400.0, "{calls}");
    assert!(number(calls, "/dropped") > 50.0, "{calls}");
}

#[test]
fn calls_are_spread_over_the_connections_also_when_many_are_due() {
    let counts: Arc<std::sync::Mutex<std::collections::BTreeMap<String, usize>>> = Arc::default();
    let log = Arc::clone(&counts);
    let peer = Peer::playing(move |mut call| {
        *log.lock()
            .unwrap()
            .entry(call.header("x-connection"))
            .or_default() += 1;
        async move {
            let name = call.name().await.unwrap_or_default();
            call.open();
            call.reply(&name);
            call.end(0, "");
        }
    });
    // Threads share the number of calls as they come to it.
    let run = "--rate 20000 -n 800 --connections 4 --threads 1";
    routeguide([
        "bench",
        "GetPerson",
        "name=Alice",
        "-H",
        "x-connection: {{worker}}",
    ])
    .args(run.split_whitespace())
    .args(PROTOS)
    .at(peer.addr())
    .run()
    .exits(0);
    let counts = counts.lock().unwrap();
    assert!(
        counts.len() == 4 && counts.values().all(|count| *count == 200),
        "{counts:?}"
    );
}

#[test]
fn segments_share_the_load() {
    let peer = answering();
    let due: f64 = (0..4)
        .map(|index| {
            let run = format!("--rate 400/s --arrival uniform -D 1s --segment {index}/4");
            let figures = bench(peer.addr(), &run).run().figures();
            assert_eq!(number(&figures, "/load/segments/of"), 4.0);
            number(&figures, "/calls/started") + number(&figures, "/calls/dropped")
        })
        .sum();
    assert_eq!(due, 400.0);
}

/// The machines of a distributed run may differ.
#[test]
fn segments_share_the_load_also_with_different_numbers_of_threads() {
    let seen: Arc<std::sync::Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&seen);
    let peer = Peer::playing(move |mut call| {
        let log = Arc::clone(&log);
        async move {
            let name = call.name().await.unwrap_or_default();
            log.lock().unwrap().push(name.clone());
            call.open();
            call.reply(&name);
            call.end(0, "");
        }
    });
    let mut calls = 0.0;
    for (index, threads) in [(0, 1), (1, 2)] {
        let run = format!(
            "--rate 300/s --arrival uniform -D 1s --warmup 100ms --segment {index}/2 --connections 2 --threads {threads}"
        );
        let figures = routeguide(["bench", "GetPerson", "name={{call}}", "-o", "json"])
            .args(run.split_whitespace())
            .args(PROTOS)
            .at(peer.addr())
            .run()
            .figures();
        calls += number(&figures, "/calls/started") + number(&figures, "/calls/dropped");
    }
    assert_eq!(calls, 300.0);
    let mut names = seen.lock().unwrap().clone();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "no two calls have the same number");
}

#[test]
fn a_run_begins_at_its_time() {
    let peer = answering();
    let at = std::time::SystemTime::now() + Duration::from_millis(1500);
    let since_1970 = at
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs_f64();
    let figures = bench(peer.addr(), &format!("-n 10 --start-at {since_1970}"))
        .run()
        .figures();
    let started = humantime::parse_rfc3339(figures["started"].as_str().unwrap()).unwrap();
    assert!(
        started >= at - Duration::from_millis(1),
        "{started:?} {at:?}"
    );
}

/// The stage ends the run: fewer calls are due in it than were asked for.
#[test]
fn a_stage_ends_after_its_time_also_with_a_number_of_calls() {
    let peer = answering();
    let figures = bench(peer.addr(), "--stage 100..300/s:500ms -n 1000000")
        .run()
        .figures();
    assert_eq!(number(&figures, "/elapsed"), 0.5);
    assert_eq!(number(&figures, "/load/stages/0/seconds"), 0.5);
}

#[test]
fn a_rate_that_only_a_number_of_calls_ends_has_no_length() {
    let peer = answering();
    let figures = bench(peer.addr(), "--rate 1000 -n 20").run().figures();
    assert_eq!(figures["load"]["stages"][0]["to"], 1000.0);
    assert_eq!(figures["load"]["stages"][0].get("seconds"), None);
    let text = routeguide([
        "bench",
        "GetPerson",
        "name=Alice",
        "--rate",
        "1000",
        "-n",
        "20",
    ])
    .args(PROTOS)
    .at(peer.addr())
    .run();
    assert!(text.stdout.contains("Poisson: 1,000/s;"), "{}", text.stdout);
}

/// Arrivals are the same in each run, so it is known how many are due.
#[test]
fn calls_that_are_dropped_are_those_that_were_due() {
    let peer = answering();
    let calls = bench(peer.addr(), "--rate 200/s -D 1s").run().figures()["calls"].take();
    let due = number(&calls, "/started") + number(&calls, "/dropped");
    let stuck = Peer::playing(|call| async move { call.wait_for_reset().await });
    let run = "--rate 200/s -D 1s --max-in-flight 3";
    let figures = bench(stuck.addr(), run).run().figures();
    let dropped = number(&figures, "/calls/dropped");
    assert_eq!(dropped + 3.0, due, "{}", figures["calls"]);
}

#[test]
fn a_start_in_the_past_is_now_and_is_said() {
    let peer = answering();
    let outcome = bench(peer.addr(), "-n 5 --start-at 1000").run();
    outcome.exits(0);
    assert!(outcome.stderr.contains("in the past"), "{}", outcome.stderr);
}

#[test]
fn a_search_has_no_warm_up_if_none_is_wanted() {
    let peer = answering();
    let run = "--rate 4 --step 200ms --find-max max<0us";
    for (more, warmup) in [("--warmup 0s", 0.0), ("", 0.04)] {
        let outcome = bench(peer.addr(), &format!("{run} {more}")).run();
        let steps = outcome.figures();
        assert_eq!(number(&steps, "/steps/0/figures/load/warmup"), warmup);
    }
}
