//! `--retry`: which calls are made again, when, and what shows of it.

use super::harness::{
    END_STREAM, Outcome, Program, RawCall, RawPeer, ReservedPort, Running, routeguide,
};

/// Answers with a status and these trailers.
fn fail(call: &RawCall, trailers: &[(&str, &str)]) {
    let fields = [(":status", "200"), ("content-type", "application/grpc")];
    call.headers(&[&fields, trailers].concat(), END_STREAM);
}

const UNAVAILABLE: (&str, &str) = ("grpc-status", "14");

/// At once: the pause is not what these tests are about.
const NOW: (&str, &str) = ("grpc-retry-pushback-ms", "0");

fn get_alice(peer: &RawPeer) -> Program {
    routeguide(["get-person", "Alice"]).at(peer.addr())
}

/// Runs a command whose first call fails so, and whose next one succeeds.
fn after(command: Program, trailers: &[(&str, &str)]) -> Outcome {
    let peer = RawPeer::start();
    let run: Running = command.at(peer.addr()).start();
    let connection = peer.accept();
    let first = connection.call();
    first.wait_for_half_close();
    fail(&first, trailers);
    let second = connection.call();
    second.wait_for_half_close();
    second.answer("Alice");
    run.wait()
}

#[test]
fn an_unavailable_call_is_made_again() {
    for command in [
        &["get-person", "Alice"][..],
        &["get-people", "Alice"],
        &["call", "GetPerson", "name=Alice", "--reflection", "off"],
        &["call", "GetPerson", "-d", "{}", "--reflection", "off"],
        &[
            "call",
            "GetPerson",
            "-d",
            "{}",
            "--reflection",
            "off",
            "--concurrency",
            "4",
        ],
    ] {
        let outcome = after(
            routeguide(command).args(["--retry", "1"]),
            &[UNAVAILABLE, NOW],
        );
        outcome.exits(0).says("");
        assert_eq!(outcome.stdout.lines().count(), 1, "{outcome:#?}");
    }
}

#[test]
fn calls_are_made_again_as_often_as_asked() {
    let peer = RawPeer::start();
    let run = get_alice(&peer).args(["--retry", "2"]).start();
    let connection = peer.accept();
    for _ in 0..3 {
        fail(
            &connection.call(),
            &[UNAVAILABLE, ("grpc-message", "busy"), NOW],
        );
    }
    run.wait()
        .exits(78)
        .prints("")
        .says("error: UNAVAILABLE: busy\n");
}

#[test]
fn without_retry_there_is_one_attempt() {
    let peer = RawPeer::start();
    let run = get_alice(&peer).start();
    fail(&peer.accept_call(), &[UNAVAILABLE, NOW]);
    run.wait().exits(78).prints("");
}

#[test]
fn another_status_is_not_tried_again() {
    let peer = RawPeer::start();
    let run = get_alice(&peer).args(["--retry", "5"]).start();
    fail(&peer.accept_call(), &[("grpc-status", "13")]);
    run.wait().exits(77).prints("");
}

#[test]
fn a_server_may_ask_not_to_be_called_again() {
    for pushback in ["-1", "never"] {
        let peer = RawPeer::start();
        let run = get_alice(&peer).args(["--retry", "5"]).start();
        let trailers = [UNAVAILABLE, ("grpc-retry-pushback-ms", pushback)];
        fail(&peer.accept_call(), &trailers);
        run.wait().exits(78).prints("");
    }
}

#[test]
fn a_call_is_not_made_again_after_a_reply_was_printed() {
    let peer = RawPeer::start();
    let run = routeguide(["get-people", "Alice", "Bob", "--retry", "5"])
        .at(peer.addr())
        .start();
    let call = peer.accept_call();
    call.open();
    call.reply("Alice");
    call.headers(&[UNAVAILABLE, NOW], END_STREAM);
    run.wait().exits(78).prints("name: \"Alice\"\n");
}

#[test]
fn requests_from_stdin_are_not_sent_again() {
    let peer = RawPeer::start();
    let mut run = routeguide(["get-people", "--retry", "5"])
        .at(peer.addr())
        .start();
    run.write("Alice\n");
    let call = peer.accept_call();
    call.wait_for_names(1);
    fail(&call, &[UNAVAILABLE, NOW]);
    run.wait().exits(78).prints("");
}

#[test]
fn a_refused_stream_is_tried_again() {
    let peer = RawPeer::start();
    let run = get_alice(&peer).args(["--retry", "1"]).start();
    let connection = peer.accept();
    connection.call().reset(h2::Reason::REFUSED_STREAM);
    let second = connection.call();
    second.wait_for_half_close();
    second.answer("Alice");
    run.wait().exits(0);
}

#[test]
fn connecting_is_tried_again() {
    let port = ReservedPort::new();
    let outcome = routeguide(["get-person", "Alice", "--retry", "2", "-v"])
        .at(port.addr())
        .run();
    outcome.exits(1);
    let attempts = outcome.stderr.matches("* attempt ").count();
    assert_eq!(attempts, 2, "{outcome:#?}");
}

#[test]
fn the_deadline_counts_for_all_attempts() {
    let peer = RawPeer::start();
    let run = get_alice(&peer)
        .args(["--retry", "5", "--timeout", "60s"])
        .start();
    let trailers = [UNAVAILABLE, ("grpc-retry-pushback-ms", "100000")];
    fail(&peer.accept_call(), &trailers);
    run.wait().exits(78).prints("");
}

#[test]
fn ctrl_c_ends_the_pause() {
    let peer = RawPeer::start();
    let run = get_alice(&peer).args(["--retry", "5", "-v"]).start();
    let trailers = [UNAVAILABLE, ("grpc-retry-pushback-ms", "100000")];
    fail(&peer.accept_call(), &trailers);
    run.stderr().wait_for("trying again in 100.0s\n");
    #[cfg(unix)]
    run.signal(rustix::process::Signal::INT);
    run.wait().exits(130).prints("");
}

#[test]
fn an_envelope_tells_each_attempt() {
    let command = [
        "call",
        "GetPerson",
        "name=Alice",
        "--reflection",
        "off",
        "-o",
        "envelope",
    ];
    for concurrency in ["1", "4"] {
        let data = ["-d", "{}", "--concurrency", concurrency];
        let batch = ["call", "GetPerson", "--reflection", "off", "-o", "envelope"];
        for run in [routeguide(command), routeguide(batch).args(data)] {
            let outcome = after(run.args(["--retry", "1"]), &[UNAVAILABLE, NOW]);
            outcome.exits(0);
            let events = outcome.events();
            let kinds: Vec<&str> = events
                .iter()
                .map(|it| it["event"].as_str().unwrap())
                .collect();
            assert_eq!(
                kinds,
                [
                    "request", "retry", "request", "headers", "message", "trailers", "status"
                ],
                "{outcome:#?}"
            );
            let retry = &events[1];
            assert_eq!(retry["attempt"], 1);
            assert_eq!(retry["status"], "UNAVAILABLE");
            assert_eq!(retry["origin"], "server");
            assert_eq!(retry["pause_ms"], 0);
        }
    }
}

#[test]
fn a_health_check_is_made_again() {
    let peer = RawPeer::start();
    let run = routeguide(["health", "--retry", "1"])
        .at(peer.addr())
        .start();
    let connection = peer.accept();
    fail(&connection.call(), &[UNAVAILABLE, NOW]);
    let second = connection.call();
    second.open();
    second.data([0, 0, 0, 0, 2, 8, 1]);
    second.headers(&[("grpc-status", "0")], END_STREAM);
    run.wait().exits(0).prints("SERVING\n");
}

/// How a server may say that it has not processed a call.
const DENIALS: [fn(&RawCall); 2] = [
    |call| call.connection.go_away(0, h2::Reason::NO_ERROR),
    |call| call.reset(h2::Reason::REFUSED_STREAM),
];

#[test]
fn a_call_with_a_reply_is_not_made_again_whatever_the_server_says_of_it() {
    for deny in DENIALS {
        let peer = RawPeer::start();
        let run = routeguide(["get-people", "Alice", "Bob", "--retry", "5"])
            .at(peer.addr())
            .start();
        let call = peer.accept_call();
        call.open();
        call.reply("Alice");
        deny(&call);
        run.wait().exits(78).prints("name: \"Alice\"\n");
    }
}

#[test]
fn a_call_that_the_server_has_begun_to_answer_is_not_free_to_make_again() {
    for deny in DENIALS {
        let peer = RawPeer::start();
        let run = get_alice(&peer).start();
        let call = peer.accept_call();
        call.open();
        deny(&call);
        run.wait().exits(78).prints("");
    }
}

#[test]
fn concurrent_calls_with_a_reply_are_not_made_again() {
    for format in ["json", "envelope"] {
        let peer = RawPeer::start();
        let command = ["call", "GetPerson", "--reflection", "off", "-d", "{}"];
        let more = ["--concurrency", "4", "--retry", "5", "-o", format];
        let run = routeguide(command).args(more).at(peer.addr()).start();
        let call = peer.accept_call();
        call.open();
        call.reply("Alice");
        call.headers(&[UNAVAILABLE, NOW], END_STREAM);
        let outcome = run.wait();
        outcome.exits(78);
        assert!(
            !outcome.stdout.contains(r#""event":"retry""#),
            "{outcome:#?}"
        );
    }
}

#[test]
fn a_closing_connection_makes_only_its_own_calls_free_to_repeat() {
    for concurrency in ["1", "2"] {
        let peer = RawPeer::start();
        let command = ["call", "GetPerson", "--reflection", "off", "-d", "{} {}"];
        let run = routeguide(command)
            .args(["--concurrency", concurrency])
            .at(peer.addr())
            .start();
        let first = peer.accept();
        first.call().connection.go_away(0, h2::Reason::NO_ERROR);
        let second = peer.accept();
        second.call().answer("Alice");
        second.call().reset(h2::Reason::REFUSED_STREAM);
        let outcome = run.wait();
        outcome.exits(78);
        assert_eq!(outcome.stdout.lines().count(), 1, "{outcome:#?}");
    }
}

#[test]
fn a_deadline_that_expires_before_the_next_attempt_is_the_status() {
    for concurrency in ["1", "2"] {
        let peer = RawPeer::start();
        let command = ["call", "GetPerson", "--reflection", "off", "-d", "{}"];
        let run = routeguide(command)
            .args(["--concurrency", concurrency, "--timeout", "1s"])
            .at(peer.addr())
            .start();
        let first = peer.accept();
        // Nobody accepts the next connection.
        first.call().connection.go_away(0, h2::Reason::NO_ERROR);
        run.wait().exits(68).prints("");
    }
}
