//! `call` with several messages for a method that takes one: a batch of calls over one connection.

use super::harness::{Echo, Peer, frame, routeguide};

fn reply(name: &str) -> String {
    format!("{{\"request\":{{\"name\":\"{name}\"}},\"received\":1}}\n")
}

/// `a`, one that fails, `b`, one that fails with another status, `c`.
const MIXED: &str = concat!(
    r#"{"name":"a"}"#,
    r#"{"fail":{"code":5,"message":"first"}}"#,
    r#"{"name":"b"}"#,
    r#"{"fail":{"code":7,"message":"second"}}"#,
    r#"{"name":"c"}"#,
);

#[test]
fn a_unary_method_is_called_once_for_each_message() {
    let echo = Echo::start();
    routeguide(["call", "Echo/Unary", "-d", r#"{"name":"a"}{"name":"b"}"#])
        .at(echo.addr())
        .run()
        .exits(0)
        .prints(&(reply("a") + &reply("b")))
        .says("");
    assert_eq!(echo.arrivals("Echo/Unary").len(), 2);
}

#[test]
fn a_server_stream_is_called_once_for_each_message() {
    let echo = Echo::start();
    routeguide(["call", "Repeat", "-d", r#"{"name":"a"}{"name":"b"}"#])
        .at(echo.addr())
        .run()
        .exits(0)
        .prints(&(reply("a") + &reply("b")));
}

#[test]
fn each_message_is_answered_while_stdin_is_open() {
    for concurrency in ["1", "3"] {
        let echo = Echo::start();
        let mut run = routeguide([
            "call",
            "Echo/Unary",
            "-d",
            "@-",
            "--concurrency",
            concurrency,
        ])
        .at(echo.addr())
        .start();
        run.write(r#"{"name":"a"}"#).stdout().wait_for(&reply("a"));
        run.write(r#"{"name":"b"}"#).stdout().wait_for(&reply("b"));
        run.close_stdin();
        run.wait().exits(0);
    }
}

#[test]
fn a_failure_has_the_number_of_its_message_and_ends_the_run() {
    for concurrency in ["1", "4"] {
        let echo = Echo::start();
        routeguide([
            "call",
            "Echo/Unary",
            "-d",
            MIXED,
            "--concurrency",
            concurrency,
        ])
        .at(echo.addr())
        .run()
        .exits(69)
        .prints(&reply("a"))
        .says("error: request 2: NOT_FOUND: first\n");
    }
}

#[test]
fn keep_going_continues_and_exits_with_the_first_failure() {
    for concurrency in ["1", "4"] {
        let echo = Echo::start();
        routeguide(["call", "Echo/Unary", "-d", MIXED, "--keep-going"])
            .args(["--concurrency", concurrency])
            .at(echo.addr())
            .run()
            .exits(69)
            .prints(&(reply("a") + &reply("b") + &reply("c")))
            .says(concat!(
                "error: request 2: NOT_FOUND: first\n",
                "error: request 4: PERMISSION_DENIED: second\n",
                "2 of 5 requests failed\n",
            ));
    }
}

#[test]
fn keep_going_continues_after_a_server_stream_that_failed() {
    let echo = Echo::start();
    routeguide(["call", "Repeat", "-d", MIXED, "--keep-going"])
        .at(echo.addr())
        .run()
        .exits(69)
        .prints(&(reply("a") + &reply("b") + &reply("c")))
        .says(concat!(
            "error: request 2: NOT_FOUND: first\n",
            "error: request 4: PERMISSION_DENIED: second\n",
            "2 of 5 requests failed\n",
        ));
}

#[test]
fn enough_replies_end_a_batch() {
    for concurrency in ["1", "4"] {
        let echo = Echo::start();
        let mut run = routeguide(["call", "Echo/Unary", "-n2", "-d", "@-"])
            .args(["--concurrency", concurrency])
            .at(echo.addr())
            .start();
        run.write(r#"{"name":"a"}{"name":"b"}{"name":"c"}"#);
        run.wait()
            .exits(0)
            .prints(&(reply("a") + &reply("b")))
            .says("");
    }
}

#[test]
fn bad_data_in_a_batch_keeps_the_replies_before_it() {
    for concurrency in ["1", "4"] {
        let echo = Echo::start();
        routeguide([
            "call",
            "Echo/Unary",
            "-d",
            "@-",
            "--concurrency",
            concurrency,
        ])
        .at(echo.addr())
        .run_with("{\"name\":\"a\"}\n{\"name\":\"b\"}\n{\"name\":1}\n{\"name\":\"c\"}\n")
        .exits(1)
        .prints(&(reply("a") + &reply("b")))
        .says(
            "error: standard input, line 3, column 9, field name: expected string, found number 1\n",
        );
    }
}

#[test]
fn keep_going_continues_after_a_server_that_answers_twice() {
    for concurrency in ["1", "4"] {
        let peer = Peer::playing(|mut call| async move {
            let name = call.name().await.unwrap_or_default();
            call.open();
            call.reply(&name);
            if name == "twice" {
                call.reply(&name);
            }
            call.end(0, "");
        });
        routeguide(["call", "RouteGuide/GetPerson", "--reflection", "off"])
            .args(["-d", r#"{"name":"a"}{"name":"twice"}{"name":"b"}"#])
            .args(["--keep-going", "--concurrency", concurrency])
            .at(peer.addr())
            .run()
            .exits(76)
            .prints("{\"name\":\"a\"}\n{\"name\":\"b\"}\n")
            .says(concat!(
                "error: request 2: UNIMPLEMENTED: ",
                "the method has one reply, but the server sent more than one\n",
                "1 of 3 requests failed\n",
            ));
    }
}

#[test]
fn keep_going_continues_after_a_message_that_does_not_fit() {
    let input = concat!(
        "{\"name\":\"a\"}\n",
        "{\"nam\":\"b\"}\n",
        "{\"fail\":{\"code\":5,\"message\":\"third\"}}\n",
        "{\"name\":4}\n",
        "{\"name\":\"c\"}\n",
        "[]\n",
    );
    for concurrency in ["1", "4"] {
        let echo = Echo::start();
        routeguide(["call", "Echo/Unary", "--keep-going", "-d", "@-"])
            .args(["--concurrency", concurrency])
            .at(echo.addr())
            .run_with(input)
            .exits(1)
            .prints(&(reply("a") + &reply("c")))
            .says(concat!(
                "error: request 2: standard input, line 2, column 2: ",
                "test.echo.v1.Request has no field \"nam\"\n",
                "hint: did you mean \"name\"?\n",
                "error: request 3: NOT_FOUND: third\n",
                "error: request 4: standard input, line 4, column 9, field name: ",
                "expected string, found number 4\n",
                "error: request 6: standard input, line 6, column 1: ",
                "expected an object for test.echo.v1.Request, found an array\n",
                "hint: write messages one after the other, without an array around them\n",
                "4 of 6 requests failed\n",
            ));
        assert_eq!(echo.arrivals("Echo/Unary").len(), 3);
    }
}

#[test]
fn keep_going_also_reports_malformed_data_that_ends_the_batch() {
    for concurrency in ["1", "4"] {
        let echo = Echo::start();
        routeguide(["call", "Echo/Unary", "--keep-going", "-d", "@-"])
            .args(["--concurrency", concurrency])
            .at(echo.addr())
            .run_with("{\"fail\":{\"code\":5,\"message\":\"first\"}}\n{\"name\":}\n{}")
            .exits(69)
            .prints("")
            .says(concat!(
                "error: request 1: NOT_FOUND: first\n",
                "error: standard input, line 2, column 9, field name: expected string, found `}`\n",
                "hint: nothing after it was read: --keep-going skips only messages that are well-formed\n",
                "1 of 1 request failed\n",
            ));
    }
}

#[test]
fn a_message_that_does_not_fit_is_a_call_without_a_code_in_an_envelope() {
    for concurrency in ["1", "4"] {
        let echo = Echo::start();
        let run = routeguide(["call", "Echo/Unary", "--keep-going", "-o", "envelope"])
            .args([
                "-d",
                "{\"nam\":1}{\"name\":\"a\"}",
                "--concurrency",
                concurrency,
            ])
            .at(echo.addr())
            .run();
        let status = run.stdout.lines().next().unwrap_or_default();
        assert!(status.contains(r#""event":"status","call":1"#), "{status}");
        assert!(status.contains(r#""origin":"input""#), "{status}");
        assert!(status.contains(r#""code":null"#), "{status}");
        run.exits(1);
    }
}

#[test]
fn a_malformed_reply_is_reported_with_the_number_of_its_message() {
    for concurrency in ["1", "4"] {
        let peer = Peer::playing(|mut call| async move {
            let name = call.name().await.unwrap_or_default();
            call.open();
            match name.as_str() {
                "bad" => call.send(frame(b"\x0a\xff")),
                name => call.reply(name),
            }
            call.end(0, "");
        });
        routeguide(["call", "RouteGuide/GetPerson", "--reflection", "off"])
            .args(["-d", r#"{"name":"a"}{"name":"bad"}"#])
            .args(["--concurrency", concurrency])
            .at(peer.addr())
            .run()
            .exits(77)
            .prints("{\"name\":\"a\"}\n")
            .says(concat!(
                "error: request 2: INTERNAL: the server's message is not a valid Person: ",
                "malformed message: a varint is truncated or too long\n"
            ));
    }
}
