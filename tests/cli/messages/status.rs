//! Calls that end with a status: the server's, or that of a deadline or a lost connection.

use h2::Reason;
use insta::assert_snapshot;

use super::super::harness::{Echo, Peer, RawCall, routeguide};
use super::{answers, transcript};

/// Calls a method of the test schema that fails as each of these says.
#[track_caller]
fn failing<const N: usize>(failures: [&str; N]) -> String {
    let echo = Echo::start();
    transcript(failures.map(|fail| {
        let data = format!(r#"{{"fail": {fail}}}"#);
        routeguide(["call", "Repeat", "-d", &data]).at(echo.addr())
    }))
}

#[test]
fn a_code_and_a_message() {
    assert_snapshot!(failing([
        r#"{"code": 5, "message": "no such order"}"#,
        r#"{"code": 10}"#,
    ]), @r#"
    $ routeguide call Repeat -d '{"fail": {"code": 5, "message": "no such order"}}' --addr 127.0.0.1:[PORT]
    error: NOT_FOUND: no such order
    [exit code 69]

    $ routeguide call Repeat -d '{"fail": {"code": 10}}' --addr 127.0.0.1:[PORT]
    error: ABORTED
    [exit code 74]
    "#);
}

#[test]
fn details() {
    assert_snapshot!(failing([
        r#"{"code": 8, "message": "too many", "details": true}"#,
    ]), @r#"
    $ routeguide call Repeat -d '{"fail": {"code": 8, "message": "too many", "details": true}}' --addr 127.0.0.1:[PORT]
    error: RESOURCE_EXHAUSTED: too many
      detail 1: {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"TOO_MANY","domain":"echo.test"}
      detail 2: {"@type":"type.googleapis.com/test.echo.v1.Quota","owner":"Alice","limit":"5"}
      detail 3: {"@type":"type.googleapis.com/test.unknown.Type","value":"YWJj"}
    [exit code 72]
    "#);
}

#[test]
fn text_that_would_act_on_a_terminal() {
    assert_snapshot!(failing([
        r#"{"code": 13, "message": "\u001b[2J\u202etxt\nerror: faked"}"#,
    ]), @r#"
    $ routeguide call Repeat -d '{"fail": {"code": 13, "message": "\u001b[2J\u202etxt\nerror: faked"}}' --addr 127.0.0.1:[PORT]
    error: INTERNAL: \u{1b}[2J\u{202e}txt\nerror: faked
    [exit code 77]
    "#);
}

#[test]
fn of_a_batch() {
    let echo = Echo::start();
    let data = r#"{"fail": {"code": 5}} {"fail": {"code": 7, "message": "denied"}}"#;
    let call = |args: &[&str]| {
        routeguide(["call", "Echo/Unary", "-d", data])
            .args(args)
            .at(echo.addr())
    };
    assert_snapshot!(transcript([
        call(&[]),
        call(&["--keep-going"]),
        routeguide(["call", "Echo/Unary", "-d"]).arg(r#"{} {"fail": {"code": 5}}"#).at(echo.addr()),
    ]), @r#"
    $ routeguide call Echo/Unary -d '{"fail": {"code": 5}} {"fail": {"code": 7, "message": "denied"}}' --addr 127.0.0.1:[PORT]
    error: NOT_FOUND
    [exit code 69]

    $ routeguide call Echo/Unary -d '{"fail": {"code": 5}} {"fail": {"code": 7, "message": "denied"}}' --keep-going --addr 127.0.0.1:[PORT]
    error: request 1: NOT_FOUND
    error: request 2: PERMISSION_DENIED: denied
    2 of 2 requests failed
    [exit code 69]

    $ routeguide call Echo/Unary -d '{} {"fail": {"code": 5}}' --addr 127.0.0.1:[PORT]
    [stdout]
    {"request":{},"received":1}
    [stderr]
    error: request 2: NOT_FOUND
    [exit code 69]
    "#);
}

#[test]
fn the_deadline_expires() {
    let echo = Echo::start();
    assert_snapshot!(transcript([
        routeguide(["call", "Repeat", "delay_ms=60000", "--timeout", "1s"]).at(echo.addr()),
    ]), @"
    $ routeguide call Repeat delay_ms=60000 --timeout 1s --addr 127.0.0.1:[PORT]
    error: DEADLINE_EXCEEDED: the deadline expired before the call completed
    [exit code 68]
    ");
}

#[test]
fn a_reply_is_too_large() {
    let echo = Echo::start();
    assert_snapshot!(transcript([
        routeguide(["call", "Repeat", "padding=5000", "--max-message-size", "4KiB"]).at(echo.addr()),
    ]), @"
    $ routeguide call Repeat padding=5000 --max-message-size 4KiB --addr 127.0.0.1:[PORT]
    error: RESOURCE_EXHAUSTED: the reply is too large: 5011 bytes; the limit is 4096
    hint: allow larger messages with --max-message-size
    [exit code 72]
    ");
}

#[test]
fn the_server_resets_the_call() {
    let reset = |reason: Reason| {
        move |call: &RawCall| {
            call.wait_for_half_close();
            call.open();
            call.reset(reason);
        }
    };
    assert_snapshot!(answers("Echo/Unary", &[
        ("REFUSED_STREAM", &reset(Reason::REFUSED_STREAM)),
        ("CANCEL", &reset(Reason::CANCEL)),
        ("INTERNAL_ERROR", &reset(Reason::INTERNAL_ERROR)),
        ("ENHANCE_YOUR_CALM", &reset(Reason::ENHANCE_YOUR_CALM)),
        ("an unknown code", &reset(Reason::from(99))),
    ]), @"
    # REFUSED_STREAM
    error: UNAVAILABLE: the server reset the call (REFUSED_STREAM)
    [exit code 78]

    # CANCEL
    error: CANCELLED: the server reset the call (CANCEL)
    [exit code 65]

    # INTERNAL_ERROR
    error: INTERNAL: the server reset the call (INTERNAL_ERROR)
    [exit code 77]

    # ENHANCE_YOUR_CALM
    error: RESOURCE_EXHAUSTED: the server reset the call (ENHANCE_YOUR_CALM)
    [exit code 72]

    # an unknown code
    error: UNKNOWN: the server reset the call (error code 99)
    [exit code 66]
    ");
}

#[test]
fn the_server_goes_away() {
    assert_snapshot!(answers("Echo/Unary", &[
        ("GOAWAY", &|call| call.connection.go_away(0, Reason::NO_ERROR)),
        ("GOAWAY with a reason", &|call| {
            call.connection.go_away(0, Reason::ENHANCE_YOUR_CALM);
        }),
    ]), @"
    # GOAWAY
    error: UNAVAILABLE: the server did not accept the call: the server is closing the connection
    [exit code 78]

    # GOAWAY with a reason
    error: UNAVAILABLE: the server did not accept the call: the server is closing the connection (ENHANCE_YOUR_CALM)
    [exit code 78]
    ");
}

#[test]
fn the_connection_is_closed() {
    assert_snapshot!(answers("Echo/Unary", &[
        ("before the headers", &|call| call.connection.close()),
        ("after them", &|call| {
            call.open();
            call.connection.close();
        }),
    ]), @"
    # before the headers
    error: UNAVAILABLE: the connection was lost: the server closed it
    [exit code 78]

    # after them
    error: UNAVAILABLE: the connection was lost: the server closed it
    [exit code 78]
    ");
}

#[test]
fn enough_replies_are_not_an_error() {
    let peer = Peer::echoing();
    assert_snapshot!(transcript([
        routeguide(["get-people", "-n1", "-v", "Alice"]).at(peer.addr()),
    ]), @r#"
    $ routeguide get-people -n1 -v Alice --addr 127.0.0.1:[PORT]
    [stdout]
    name: "Alice"
    [stderr]
    * connected to 127.0.0.1:[PORT] in [TIME]
    > /RouteGuide/GetPeople
    < content-type: application/grpc
    * headers after [TIME], first message after [TIME], end after [TIME]; 7 bytes sent, 7 received
    * status CANCELLED, 1 request, 1 reply
    "#);
}
