//! `call` with input that has no message: a method that takes one is not called, and a method that takes a stream gets an
//! empty one. Without -d, the message is empty.

use super::harness::{Echo, Folder, Program, routeguide};

const TAKES_ONE: [&str; 2] = ["Echo/Unary", "Repeat"];

/// Every way to pass input without a message.
fn empty_inputs(method: &str, check: impl Fn(Program)) {
    let folder = Folder::new();
    let blank = format!("@{}", folder.write("blank.json", "\n \n").display());
    let calls = [
        routeguide(["call", method, "-d", ""]),
        routeguide(["call", method, "-d", " \n\t"]),
        routeguide(["call", method, "-d", &blank]),
        routeguide(["call", method, "-d", "@-"]),
        routeguide(["call", method, "-d", "@-", "--concurrency", "4"]),
        routeguide(["call", method, "-d", "@-", "--input", "text"]),
    ];
    for call in calls {
        check(call);
    }
}

#[test]
fn a_method_that_takes_one_message_is_not_called_and_a_notice_says_so() {
    let echo = Echo::start();
    for method in TAKES_ONE {
        empty_inputs(method, |call| {
            let outcome = call.at(echo.addr()).run();
            outcome.exits(0).prints("");
            assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:#?}");
            assert!(!outcome.stderr.starts_with("error"), "{outcome:#?}");
        });
        assert_eq!(echo.arrivals(method).len(), 0, "{method}");
    }
}

#[test]
fn quiet_hides_the_notice() {
    let echo = Echo::start();
    routeguide(["call", "Echo/Unary", "-q", "-d", ""])
        .at(echo.addr())
        .run()
        .exits(0)
        .prints("")
        .says("");
}

#[test]
fn an_envelope_without_a_call_has_no_event() {
    let echo = Echo::start();
    routeguide(["call", "Echo/Unary", "-o", "envelope", "-d", ""])
        .at(echo.addr())
        .run()
        .exits(0)
        .prints("");
}

#[test]
fn input_that_is_found_to_be_empty_later_is_not_a_message() {
    let echo = Echo::start();
    for concurrency in ["1", "4"] {
        let mut run = routeguide(["call", "Echo/Unary", "-v", "-d", "@-"])
            .args(["--concurrency", concurrency])
            .at(echo.addr())
            .start();
        run.stderr().wait_for("* connected");
        run.write("\n").close_stdin();
        run.wait().exits(0).prints("");
    }
    assert_eq!(echo.arrivals("Echo/Unary").len(), 0);
}

#[test]
fn a_method_that_takes_a_stream_is_called_with_an_empty_one() {
    for method in ["Collect", "Chat"] {
        let echo = Echo::start();
        let replies = if method == "Collect" { "{}\n" } else { "" };
        empty_inputs(method, |call| {
            call.at(echo.addr()).run().exits(0).prints(replies);
        });
        assert_eq!(echo.arrivals(method).len(), 6, "{method}");
    }
}

#[test]
fn without_data_and_fields_the_message_is_empty() {
    let echo = Echo::start();
    for method in TAKES_ONE {
        routeguide(["call", method])
            .at(echo.addr())
            .run()
            .exits(0)
            .prints("{\"request\":{},\"received\":1}\n")
            .says("");
    }
}

#[test]
fn a_stream_of_an_unset_variable_is_called_and_a_notice_says_so() {
    let echo = Echo::start();
    for method in ["Collect", "Chat"] {
        routeguide(["call", method, "-d", ""])
            .at(echo.addr())
            .run()
            .exits(0)
            .says(&format!(
                "no messages for test.echo.v1.Echo.{method}: -d is empty; is a variable unset? The empty message is {{}}\n"
            ));
        // An empty file is a stream without messages.
        routeguide(["call", method, "-d", "@-"])
            .at(echo.addr())
            .run()
            .exits(0)
            .says("");
        assert_eq!(echo.arrivals(method).len(), 2, "{method}");
    }
}
