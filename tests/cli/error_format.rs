//! `--error-format json`: errors for scripts.

use serde_json::{Value, json};

use super::harness::{Echo, Program, ReservedPort, routeguide};

/// The only line on stderr.
#[track_caller]
fn error(program: Program, exit: i32) -> Value {
    let outcome = program.args(["--error-format", "json"]).run();
    outcome.exits(exit).prints("");
    let mut lines = outcome.stderr.lines();
    let error = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!(lines.next(), None, "{outcome:#?}");
    error
}

#[test]
fn a_status_has_its_code_and_its_details() {
    let echo = Echo::start();
    let data = r#"{"fail":{"code":8,"message":"full","details":true}}"#;
    let error = error(
        routeguide(["call", "Echo/Unary", "-d", data]).at(echo.addr()),
        72,
    );
    assert_eq!(error["code"], 8);
    assert_eq!(error["status"], "RESOURCE_EXHAUSTED");
    assert_eq!(error["message"], "full");
    assert_eq!(error["kind"], "status");
    assert_eq!(error["exit"], 72);
    assert_eq!(error["details"][0]["reason"], "TOO_MANY");
    assert_eq!(error["details"][1]["owner"], "Alice");
}

#[test]
fn other_errors_have_no_code() {
    let port = ReservedPort::new();
    let failed = error(routeguide(["list"]).at(port.addr()), 1);
    assert_eq!(
        (&failed["code"], &failed["kind"]),
        (&Value::Null, &json!("failed"))
    );
    assert_eq!(
        failed["hint"],
        "is the server running, and is this its address?"
    );

    let unreadable = error(routeguide(["list", "--proto", "no-such.proto"]), 1);
    assert!(
        unreadable["message"]
            .as_str()
            .unwrap()
            .contains("no-such.proto")
    );
}

#[test]
fn a_command_line_that_is_not_valid_is_an_error_too() {
    let missing = error(routeguide(["get-person"]), 2);
    assert_eq!(missing["kind"], "usage");
    let message = "the following required arguments were not provided: <NAME>";
    assert_eq!(missing["message"], message);
    let unknown = error(routeguide(["list", "--reflecton", "v1"]), 2);
    assert_eq!(unknown["hint"], "a similar argument exists: '--reflection'");
    assert_eq!(unknown["exit"], 2);
}

#[test]
fn every_error_of_a_batch_is_a_line() {
    let echo = Echo::start();
    let data = r#"{"fail":{"code":5}}{"fail":{"code":7}}"#;
    let outcome = routeguide(["call", "Echo/Unary", "--keep-going", "-q", "-d", data])
        .args(["--error-format", "json"])
        .at(echo.addr())
        .run();
    let errors: Vec<Value> = outcome
        .exits(69)
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let messages: Vec<&Value> = errors.iter().map(|error| &error["message"]).collect();
    assert_eq!(messages, ["request 1", "request 2"]);
}
