//! `-o envelope`: every event of a call, one per line. How they end is in `envelope_status`.

use std::time::Instant;

use serde_json::{Value, json};

use super::harness::{Echo, RawPeer, routeguide};
use super::wire::{KINDS, call_with_request, succeed};

/// The kinds of the events, in their order.
pub fn kinds(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect()
}

/// The keys of a line in their order, which a parsed object does not keep.
fn keys(line: &str) -> Vec<String> {
    let event: Value = serde_json::from_str(line).unwrap();
    let mut keys: Vec<(usize, String)> = event
        .as_object()
        .unwrap()
        .keys()
        .map(|key| (line.find(&format!("\"{key}\":")).unwrap(), key.clone()))
        .collect();
    keys.sort();
    keys.into_iter().map(|(_, key)| key).collect()
}

#[test]
fn events_are_in_order_for_every_kind_of_method() {
    let echo = Echo::start();
    for method in KINDS {
        let outcome = routeguide(["call", method, "name=a", "-o", "envelope"])
            .at(echo.addr())
            .run();
        outcome.exits(0).says("");
        assert_eq!(
            kinds(&outcome.events()),
            ["request", "headers", "message", "trailers", "status"],
            "{method}"
        );
    }
}

#[test]
fn an_event_has_the_keys_of_its_kind() {
    let echo = Echo::start();
    let outcome = routeguide(["call", "Repeat", "name=a", "-o", "envelope"])
        .at(echo.addr())
        .run();
    let all: Vec<Vec<String>> = outcome.stdout.lines().map(keys).collect();
    let status = [
        "event", "time_ms", "code", "status", "message", "details", "origin", "exit",
    ];
    assert_eq!(
        all,
        [
            &["event", "time_ms", "size", "message"][..],
            &["event", "time_ms", "metadata"],
            &["event", "time_ms", "size", "message"],
            &["event", "time_ms", "metadata"],
            &status,
        ]
    );
}

#[test]
fn an_event_has_what_was_sent_and_received() {
    let echo = Echo::start();
    let outcome = routeguide(["call", "Repeat", "name=a", "-o", "envelope"])
        .args(["-H", "x-a: 1", "-H", "x-a: 2", "-H", "x-raw-bin: //4="])
        .at(echo.addr())
        .run();
    let events = outcome.events();
    assert_eq!(events[0]["message"], json!({"name": "a"}));
    assert_eq!(events[0]["size"], 3);
    assert_eq!(events[2]["message"]["request"]["name"], "a");
    assert_eq!(events[2]["size"], 7);
    for (event, name) in [(1, "initial"), (3, "trailing")] {
        let metadata = &events[event]["metadata"];
        assert_eq!(metadata[format!("{name}-server")][0], "echo");
        assert_eq!(metadata[format!("{name}-x-a")], json!(["1", "2"]));
        assert_eq!(metadata[format!("{name}-x-raw-bin")][0], "//4=");
    }
}

#[test]
fn times_count_from_the_start_of_the_call_and_never_decrease() {
    let peer = RawPeer::start();
    let run = call_with_request("Repeat")
        .args(["-o", "envelope"])
        .at(peer.addr())
        .start();
    let call = peer.accept_call();
    let started = Instant::now();
    for _ in 0..50 {
        call.connection.sync();
    }
    let held = started.elapsed();
    succeed(&call, 1);
    let outcome = run.wait();
    outcome.exits(0);
    let events = outcome.events();
    let times: Vec<f64> = events
        .iter()
        .map(|event| event["time_ms"].as_f64().unwrap())
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    let headers = kinds(&events).iter().position(|kind| *kind == "headers");
    let headers = times[headers.unwrap()];
    assert!(headers >= held.as_secs_f64() * 1e3, "{headers} {held:?}");
}

#[test]
fn a_unary_reply_before_a_failure_is_an_event() {
    let echo = Echo::start();
    let outcome = routeguide(["call", "Echo/Unary", "-o", "envelope", "-d"])
        .arg(r#"{"fail":{"code":8,"late":true}}"#)
        .at(echo.addr())
        .run();
    outcome.exits(72);
    assert_eq!(
        kinds(&outcome.events()),
        ["request", "headers", "message", "trailers", "status"]
    );
}

#[test]
fn events_of_a_chat_are_printed_while_stdin_is_open() {
    let echo = Echo::start();
    let mut run = routeguide(["call", "Chat", "-o", "envelope", "-d", "@-"])
        .at(echo.addr())
        .start();
    run.write(r#"{"name":"a"}"#)
        .stdout()
        .wait_for("\"event\":\"message\"");
    run.write(r#"{"name":"b"}"#)
        .stdout()
        .wait_for("\"received\":2");
    run.close_stdin();
    let outcome = run.wait();
    outcome.exits(0);
    assert_eq!(
        kinds(&outcome.events()),
        [
            "request", "headers", "message", "request", "message", "trailers", "status"
        ]
    );
}

#[test]
fn a_single_call_has_no_number() {
    let echo = Echo::start();
    let outcome = routeguide(["call", "Echo/Unary", "-o", "envelope", "--concurrency", "3"])
        .at(echo.addr())
        .run();
    outcome.exits(0);
    assert!(!outcome.stdout.contains("\"call\":"), "{outcome:#?}");
}

/// Requests that wait for the window are not events yet.
#[cfg(unix)]
mod requests_are_events_once_they_are_sent {
    use super::*;
    use crate::wire::call;

    /// The number of request events after Ctrl-C, with two messages of twelve bytes and a window of this size.
    #[track_caller]
    fn requests_through(window: u32, method: &str) -> usize {
        let peer = RawPeer::with_window(window);
        let two = r#"{"name":"Alice"}{"name":"Clara"}"#;
        let run = call(method)
            .args(["-o", "envelope", "-d", two])
            .at(peer.addr())
            .start();
        let call = peer.accept_call();
        call.wait_for_bytes(window as usize);
        run.signal(rustix::process::Signal::INT);
        let outcome = run.wait();
        outcome.exits(130);
        let events = outcome.events();
        let requests = kinds(&events).into_iter().filter(|kind| *kind == "request");
        requests.count()
    }

    #[test]
    fn none_while_the_window_is_closed() {
        for method in KINDS {
            assert_eq!(requests_through(0, method), 0, "{method}");
        }
    }

    #[test]
    fn none_that_was_sent_in_part() {
        for method in KINDS {
            assert_eq!(requests_through(3, method), 0, "{method}");
        }
    }

    #[test]
    fn those_sent_before_the_window_was_full() {
        for method in ["Collect", "Chat"] {
            assert_eq!(requests_through(12, method), 1, "{method}");
            assert_eq!(requests_through(15, method), 1, "{method}");
            assert_eq!(requests_through(24, method), 2, "{method}");
        }
    }
}

#[test]
fn events_are_indented_on_request() {
    let line = |flag| {
        let outcome = routeguide(["call", "GetPerson", "name=Bob", "--in-process"])
            .args(["-o", "envelope", flag])
            .run();
        outcome.exits(0);
        outcome.stdout
    };
    let indented = line("--pretty");
    assert!(
        indented.starts_with("{\n  \"event\": \"request\",\n  \"time_ms\": "),
        "{indented}"
    );
    assert!(
        indented.contains("\n  \"message\": {\n    \"name\": \"Bob\"\n  }\n}\n{\n"),
        "{indented}"
    );
    let events: Vec<Value> = serde_json::Deserializer::from_str(&indented)
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(events.len(), line("--compact").lines().count());
}

#[test]
fn events_have_color_on_request() {
    for arguments in [
        ["call", "GetPerson", "--in-process"],
        // No connection, and so only a status.
        ["call", "GetPerson", "--addr=127.0.0.1:0"],
    ] {
        let outcome = routeguide(arguments)
            .args(["-o", "envelope", "--color", "always"])
            .run();
        let painted = outcome.stdout.lines().last().unwrap_or_default();
        assert!(painted.starts_with("{\u{1b}["), "{painted:?}");
        assert!(painted.contains("\"status\"\u{1b}[0m"), "{painted:?}");
    }
}
