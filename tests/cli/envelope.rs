//! `call -o envelope`: the whole exchange, an event a line.

use serde_json::Value;

use super::harness::{Echo, Outcome, routeguide};

fn events(outcome: &Outcome) -> Vec<Value> {
    let lines = outcome.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).expect(line))
        .collect()
}

fn names(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect()
}

fn keys(line: &str) -> Vec<String> {
    // In the order of the line, which a parsed object does not keep.
    let mut keys: Vec<(usize, String)> = serde_json::from_str::<Value>(line)
        .unwrap()
        .as_object()
        .unwrap()
        .keys()
        .map(|key| (line.find(&format!("\"{key}\":")).unwrap(), key.clone()))
        .collect();
    keys.sort();
    keys.into_iter().map(|(_, key)| key).collect()
}

#[test]
fn the_events_of_a_call_come_in_their_order_for_every_kind_of_method() {
    let echo = Echo::start();
    for method in ["Echo/Unary", "Collect", "Repeat", "Chat"] {
        let outcome = routeguide(["call", method, "name=a", "-o", "envelope"])
            .at(echo.addr())
            .run();
        outcome.exits(0).says("");
        assert_eq!(
            names(&events(&outcome)),
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
    assert_eq!(
        all,
        [
            vec!["event", "time_ms", "size", "message"],
            vec!["event", "time_ms", "metadata"],
            vec!["event", "time_ms", "size", "message"],
            vec!["event", "time_ms", "metadata"],
            vec!["event", "time_ms", "code", "status", "error", "details"],
        ]
    );
}

#[test]
fn an_event_says_what_there_is_to_say() {
    let echo = Echo::start();
    let outcome = routeguide(["call", "Repeat", "name=a", "-o", "envelope"])
        .args(["-H", "x-a: 1", "-H", "x-a: 2", "-H", "x-raw-bin: //4="])
        .at(echo.addr())
        .run();
    let events = events(&outcome);
    assert_eq!(events[0]["message"], serde_json::json!({"name": "a"}));
    assert_eq!(events[0]["size"], 3);
    assert_eq!(events[2]["message"]["request"]["name"], "a");
    assert_eq!(events[2]["size"], 7);
    for (event, name) in [(1, "initial"), (3, "trailing")] {
        let metadata = &events[event]["metadata"];
        assert_eq!(metadata[format!("{name}-server")][0], "echo");
        assert_eq!(
            metadata[format!("{name}-x-a")],
            serde_json::json!(["1", "2"])
        );
        assert_eq!(metadata[format!("{name}-x-raw-bin")][0], "//4=");
    }
    assert_eq!(events[4]["code"], 0);
    assert_eq!(events[4]["status"], "OK");
    assert_eq!(events[4]["error"], "");
    assert_eq!(events[4]["details"], serde_json::json!([]));
}

#[test]
fn time_does_not_run_backwards() {
    let echo = Echo::start();
    let outcome = routeguide(["call", "Repeat", "delay_ms=300", "-o", "envelope"])
        .at(echo.addr())
        .run();
    let times: Vec<f64> = events(&outcome)
        .iter()
        .map(|event| event["time_ms"].as_f64().unwrap())
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(times[0] < 300.0 && times[1] >= 300.0, "{times:?}");
}

#[test]
fn a_failure_is_an_event_too_and_on_stderr() {
    let echo = Echo::start();
    let data = r#"{"fail":{"code":8,"message":"full","details":true}}"#;
    for method in ["Echo/Unary", "Collect", "Repeat", "Chat"] {
        let outcome = routeguide(["call", method, "-o", "envelope", "-d", data])
            .at(echo.addr())
            .run();
        outcome
            .exits(72)
            .says_one_error()
            .mentions("error: RESOURCE_EXHAUSTED: full\n");
        let events = events(&outcome);
        let names = names(&events);
        assert_eq!(names[0], "request");
        assert_eq!(names[names.len() - 2..], ["trailers", "status"]);
        let status = events.last().unwrap();
        assert_eq!(status["code"], 8);
        assert_eq!(status["status"], "RESOURCE_EXHAUSTED");
        assert_eq!(status["error"], "full");
        assert_eq!(status["details"][0]["reason"], "TOO_MANY");
        assert_eq!(status["details"][1]["owner"], "Alice");
        assert_eq!(status["details"][2]["value"], "YWJj");
        let trailers = &events[events.len() - 2]["metadata"];
        assert_eq!(trailers["trailing-server"][0], "echo", "{method}");
    }
}

#[test]
fn a_reply_before_a_failure_is_an_event_of_a_unary_call_too() {
    let echo = Echo::start();
    let outcome = routeguide(["call", "Echo/Unary", "-o", "envelope", "-d"])
        .arg(r#"{"fail":{"code":8,"late":true}}"#)
        .at(echo.addr())
        .run();
    outcome.exits(72);
    assert_eq!(
        names(&events(&outcome)),
        ["request", "headers", "message", "trailers", "status"]
    );
}

#[test]
fn events_of_a_chat_come_while_stdin_is_open() {
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
    let events = events(&outcome);
    assert_eq!(
        names(&events),
        [
            "request", "headers", "message", "request", "message", "trailers", "status"
        ]
    );
}

#[test]
fn the_events_of_a_batch_say_which_call_they_are_of() {
    let echo = Echo::start();
    for concurrency in ["1", "3"] {
        let outcome = routeguide(["call", "Echo/Unary", "-o", "envelope"])
            .args(["-d", "{} {} {}", "--concurrency", concurrency])
            .at(echo.addr())
            .run();
        outcome.exits(0);
        let calls: Vec<Option<u64>> = events(&outcome)
            .iter()
            .map(|event| event["call"].as_u64())
            .collect();
        let expected: Vec<Option<u64>> = (1..=3).flat_map(|n| [Some(n); 5]).collect();
        assert_eq!(calls, expected, "--concurrency {concurrency}");
    }
}

#[test]
fn a_single_call_has_no_number_however_many_may_be_under_way() {
    let echo = Echo::start();
    let outcome = routeguide(["call", "Echo/Unary", "-o", "envelope", "--concurrency", "3"])
        .at(echo.addr())
        .run();
    outcome.exits(0);
    assert!(!outcome.stdout.contains("\"call\":"), "{outcome:#?}");
}
