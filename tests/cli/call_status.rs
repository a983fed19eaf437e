//! Every status of every kind of method, before and after a reply: what `call` prints and its exit code.

use super::harness::{CODES, Echo, Outcome, hint, routeguide};

/// Calls the method once for each code, four processes at a time.
fn every_code(method: &str, late: bool, check: impl Fn(&str, &Outcome) + Sync) {
    let echo = Echo::start();
    let codes: Vec<(i32, &str)> = (0..).zip(CODES).skip(1).collect();
    for some in codes.chunks(4) {
        std::thread::scope(|scope| {
            for &(code, name) in some {
                let (echo, check) = (&echo, &check);
                scope.spawn(move || {
                    let data = format!(
                        r#"{{"fail":{{"code":{code},"message":"because","late":{late},"details":true}}}}"#
                    );
                    let outcome = routeguide(["call", method, "-d", &data])
                        .at(echo.addr())
                        .run();
                    outcome
                        .exits(64 + code)
                        .says(&format!("error: {name}: because\n{DETAILS}{}", hint(name)));
                    check(&data, &outcome);
                });
            }
        });
    }
}

/// In the server's order: of google.rpc, of the schema of the call, of an unknown type.
const DETAILS: &str = concat!(
    r#"  detail 1: {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"TOO_MANY","domain":"echo.test"}"#,
    "\n",
    r#"  detail 2: {"@type":"type.googleapis.com/test.echo.v1.Quota","owner":"Alice","limit":"5"}"#,
    "\n",
    r#"  detail 3: {"@type":"type.googleapis.com/test.unknown.Type","value":"YWJj"}"#,
    "\n",
);

fn prints_nothing(_: &str, outcome: &Outcome) {
    outcome.prints("");
}

fn keeps_the_reply(_: &str, outcome: &Outcome) {
    assert_eq!(outcome.stdout.lines().count(), 1, "{outcome:#?}");
    assert!(outcome.stdout.starts_with(r#"{"request":{"fail":"#));
}

#[test]
fn a_unary_call_that_fails_prints_no_reply() {
    every_code("Echo/Unary", false, prints_nothing);
}

#[test]
fn a_unary_call_that_fails_after_its_reply_prints_no_reply() {
    every_code("Echo/Unary", true, prints_nothing);
}

#[test]
fn a_client_stream_that_fails_prints_no_reply() {
    every_code("Collect", false, prints_nothing);
}

#[test]
fn a_client_stream_that_fails_after_its_reply_prints_no_reply() {
    every_code("Collect", true, prints_nothing);
}

#[test]
fn a_server_stream_that_fails_at_once_prints_nothing() {
    every_code("Repeat", false, prints_nothing);
}

#[test]
fn a_server_stream_that_fails_keeps_the_replies_before_the_failure() {
    every_code("Repeat", true, keeps_the_reply);
}

#[test]
fn a_chat_that_fails_at_once_prints_nothing() {
    every_code("Chat", false, prints_nothing);
}

#[test]
fn a_chat_that_fails_keeps_the_replies_before_the_failure() {
    every_code("Chat", true, keeps_the_reply);
}

#[test]
fn a_chat_that_fails_ends_the_run_while_stdin_is_open() {
    let echo = Echo::start();
    let mut run = routeguide(["call", "Chat", "-d", "@-"])
        .at(echo.addr())
        .start();
    run.write(r#"{"name":"a"} {"fail":{"code":9,"message":"enough","late":true}}"#);
    let outcome = run.wait();
    outcome
        .exits(73)
        .says("error: FAILED_PRECONDITION: enough\n");
    assert_eq!(outcome.stdout.lines().count(), 2, "{outcome:#?}");
}
