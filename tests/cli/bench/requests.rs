//! What is sent.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::super::harness::{Folder, Outcome, Peer, Server, routeguide};
use super::{Figures as _, PROTOS, answering, bench, number};

/// Calls once with a header `x-test`, and returns what arrived of it.
fn sent_header(header: &str, variable: &str) -> (Outcome, Vec<String>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let peer = Peer::playing(move |mut call| {
        log.lock().unwrap().push(call.header("x-test"));
        async move {
            call.open();
            call.reply("Alice");
            call.end(0, "");
        }
    });
    let outcome = routeguide(["bench", "GetPerson", "-n", "1", "-c", "1", "-H", header])
        .args(PROTOS)
        .env("TEST_VARIABLE", variable)
        .at(peer.addr())
        .run();
    let seen = seen.lock().unwrap().clone();
    (outcome, seen)
}

#[test]
fn the_value_of_a_variable_has_no_placeholders() {
    for variable in ["s{{cret", "{{call}}"] {
        let (outcome, seen) = sent_header("x-test: ${TEST_VARIABLE}", variable);
        outcome.exits(0);
        assert_eq!(seen, [variable]);
    }
    let (outcome, seen) = sent_header("x-test: ${TEST_VARIABLE}-{{call}}", "{{uuid}}");
    outcome.exits(0);
    assert_eq!(seen, ["{{uuid}}-0"]);
    let (outcome, _) = sent_header("x-test: ${TEST_VARIABLE}{{cal}}", "s3cret");
    outcome.exits(2);
    assert!(outcome.stderr.contains("{{cal}}"), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("s3cret"), "{}", outcome.stderr);
}

#[test]
fn names_that_end_with_bin_have_no_placeholders() {
    let (outcome, _) = sent_header("x-test-bin: {{uuid}}", "");
    outcome.exits(2);
    let hint = "placeholders of bench are for the other names";
    assert!(outcome.stderr.contains(hint), "{}", outcome.stderr);
}

/// A setting that does not apply is ignored.
#[test]
fn retries_of_the_environment_are_not_made() {
    let peer = Peer::failing(14, "busy");
    let outcome = bench(peer.addr(), "-n 5")
        .env("ROUTEGUIDE_RETRY", "3")
        .run();
    assert_eq!(number(&outcome.figures(), "/calls/started"), 5.0);
}

#[test]
fn rows_that_no_placeholder_takes_are_an_error() {
    let folder = Folder::new();
    let rows = folder
        .write("rows.csv", "name\nAlice\n")
        .display()
        .to_string();
    let peer = answering();
    let run = |args: &[&str]| {
        routeguide(["bench", "GetPerson", "-n", "1", "-c", "1", "--csv", &rows])
            .args(args)
            .args(PROTOS)
            .at(peer.addr())
            .run()
    };
    let outcome = run(&["name=Alice"]);
    outcome.exits(2);
    assert!(outcome.stderr.contains("--csv"), "{}", outcome.stderr);
    assert_eq!(peer.seen(), []);
    run(&["name={{csv name}}"]).exits(0);
    run(&["-H", "x-name: {{csv name}}"]).exits(0);
}

#[test]
fn a_request_that_is_empty_text_is_an_error() {
    let folder = Folder::new();
    let file = format!("@{}", folder.write("empty", "\n").display());
    let peer = answering();
    for (data, code, error) in [("", 2, "-d is empty"), (&*file, 1, "has no messages")] {
        let outcome = routeguide(["bench", "GetPerson", "-d", data])
            .args(PROTOS)
            .at(peer.addr())
            .run();
        outcome.exits(code);
        assert!(outcome.stderr.contains(error), "{}", outcome.stderr);
    }
    assert_eq!(peer.seen(), []);
}

/// A request that makes a URL longer than any.
fn too_long(folder: &Folder) -> String {
    let request = folder.write("request", json!({ "name": "x".repeat(66_000) }).to_string());
    format!("@{}", request.display())
}

#[test]
fn a_request_that_cannot_be_sent_is_not_counted_as_sent() {
    let server = Server::start();
    let folder = Folder::new();
    let request = too_long(&folder);
    let run = routeguide([
        "bench",
        "GetPerson",
        "-d",
        &request,
        "-n",
        "3",
        "-o",
        "json",
    ])
    .args(["--protocol", "connect", "--get"])
    .at(server.addr())
    .run();
    let figures: Value = serde_json::from_str(&run.exits(77).stdout).unwrap();
    assert_eq!(figures["calls"]["failed"], 3);
    assert_eq!(figures["messages"]["sent"], 0);
}

/// Such calls end at once, and a thread that makes one after the other would do nothing else.
#[test]
fn a_run_whose_requests_cannot_be_sent_ends_in_its_time() {
    let server = Server::start();
    let folder = Folder::new();
    let request = too_long(&folder);
    for load in ["-c 1", "--rate 200000/s"] {
        let run = routeguide(["bench", "GetPerson", "-d", &request, "-D", "500ms"])
            .args(load.split(' '))
            .args(["--protocol", "connect", "--get"])
            .at(server.addr())
            .run();
        let error = "error: INTERNAL: no call succeeded; most often: INTERNAL: cannot send the request: uri too long\n";
        assert_eq!(run.exits(77).stderr, error);
    }
}
