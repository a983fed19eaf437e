//! `-o envelope`: the events of a call end with exactly one `status`, which has the code, its origin and the exit code.

use h2::Reason;
use serde_json::{Value, json};

use super::envelope::kinds;
use super::harness::{
    CODES, END_STREAM, Echo, Outcome, Program, RawCall, RawPeer, RawServer, ReservedPort, Server,
    frame, routeguide,
};
use super::wire::{KINDS, call, call_with_request, reply, succeed};

/// The status event of a single call, which is the last event and the only status.
#[track_caller]
fn status(outcome: &Outcome) -> Value {
    let events = outcome.events();
    let kinds = kinds(&events);
    let count = kinds.iter().filter(|kind| **kind == "status").count();
    assert_eq!((count, kinds.last()), (1, Some(&"status")), "{outcome:#?}");
    events.last().unwrap().clone()
}

/// Checks the status event of a single call; the name is `None` if there was no RPC.
#[track_caller]
fn ends(outcome: &Outcome, name: Option<&str>, origin: &str, exit: i32) -> Value {
    let status = status(outcome);
    let code = name.map(|name| CODES.iter().position(|code| *code == name).unwrap());
    assert_eq!(status["code"], json!(code), "{outcome:#?}");
    assert_eq!(status["status"], json!(name), "{outcome:#?}");
    assert_eq!(status["origin"], origin, "{outcome:#?}");
    assert_eq!(status["exit"], exit, "{outcome:#?}");
    assert!(status["message"].is_string(), "{outcome:#?}");
    assert!(status["details"].is_array(), "{outcome:#?}");
    outcome.exits(exit);
    status
}

fn envelope(program: Program) -> Program {
    program.args(["-o", "envelope"])
}

/// Calls a method, answers as `script` does, and expects this end.
#[track_caller]
fn answered(method: &str, name: &str, origin: &str, exit: i32, script: impl FnOnce(&RawCall)) {
    let peer = RawPeer::start();
    let run = envelope(call_with_request(method)).at(peer.addr()).start();
    let call = peer.accept_call();
    script(&call);
    ends(&run.wait(), Some(name), origin, exit);
}

#[test]
fn a_call_that_succeeds_ends_with_the_servers_ok() {
    for method in KINDS {
        answered(method, "OK", "server", 0, |call| succeed(call, 1));
    }
}

#[test]
fn a_call_that_fails_ends_with_the_servers_status() {
    let echo = Echo::start();
    let data = r#"{"fail":{"code":8,"message":"full","details":true}}"#;
    for method in KINDS {
        let outcome = envelope(routeguide(["call", method, "-d", data]))
            .at(echo.addr())
            .run();
        outcome.fails("RESOURCE_EXHAUSTED");
        let events = outcome.events();
        assert_eq!(kinds(&events)[0], "request");
        let trailers = &events[events.len() - 2];
        assert_eq!(trailers["event"], "trailers");
        assert_eq!(
            trailers["metadata"]["trailing-server"][0], "echo",
            "{method}"
        );
        let status = ends(&outcome, Some("RESOURCE_EXHAUSTED"), "server", 72);
        assert_eq!(status["message"], "full");
        assert_eq!(status["details"][0]["reason"], "TOO_MANY");
        assert_eq!(status["details"][1]["owner"], "Alice");
        assert_eq!(status["details"][2]["value"], "YWJj");
    }
}

#[test]
fn a_person_who_is_not_found_changes_the_exit_code_of_an_ok() {
    let server = Server::start();
    for command in [
        &["get-person", "Zoe"][..],
        &["get-people", "--strict", "Zoe"],
    ] {
        let outcome = envelope(routeguide(command)).at(server.addr()).run();
        ends(&outcome, Some("OK"), "server", 69);
    }
}

#[test]
fn enough_replies_end_a_call() {
    for method in ["Repeat", "Chat"] {
        let peer = RawPeer::start();
        let run = envelope(call_with_request(method))
            .arg("-n1")
            .at(peer.addr())
            .start();
        let call = peer.accept_call();
        call.open();
        call.data(reply(1));
        assert_eq!(call.wait_for_reset(), Reason::CANCEL);
        ends(&run.wait(), Some("CANCELLED"), "enough", 0);
    }
}

#[test]
fn the_deadline_ends_a_call() {
    std::thread::scope(|scope| {
        for method in KINDS {
            for window in [0, 1 << 20] {
                scope.spawn(move || {
                    let peer = RawPeer::with_window(window);
                    let run = envelope(call_with_request(method))
                        .args(["--timeout", "2s"])
                        .at(peer.addr())
                        .start();
                    let call = peer.accept_call();
                    call.open();
                    ends(&run.wait(), Some("DEADLINE_EXCEEDED"), "deadline", 68);
                });
            }
        }
    });
}

#[test]
fn the_deadline_ends_a_call_before_it_is_connected() {
    let server = RawServer::silent();
    let outcome = envelope(call_with_request("Echo/Unary"))
        .args(["--timeout", "300ms"])
        .at(server.addr())
        .run();
    ends(&outcome, Some("DEADLINE_EXCEEDED"), "deadline", 68);
}

#[test]
fn a_failed_connection_is_a_call_without_a_code() {
    let port = ReservedPort::new();
    for method in KINDS {
        let outcome = envelope(call_with_request(method)).at(port.addr()).run();
        let status = ends(&outcome, None, "connection", 1);
        assert_eq!(outcome.events().len(), 1, "{method}");
        assert!(
            status["message"].as_str().unwrap().contains("refused"),
            "{status}"
        );
    }
}

#[test]
fn a_lost_connection_ends_a_call() {
    for method in KINDS {
        answered(method, "UNAVAILABLE", "connection", 78, |call| {
            call.open();
            call.connection.close();
        });
    }
}

#[test]
fn missing_trailers_are_not_an_event() {
    for method in KINDS {
        let peer = RawPeer::start();
        let run = envelope(call_with_request(method)).at(peer.addr()).start();
        let call = peer.accept_call();
        call.wait_for_half_close();
        call.open();
        call.reset(Reason::INTERNAL_ERROR);
        let outcome = run.wait();
        outcome.fails("INTERNAL");
        let events = outcome.events();
        assert_eq!(kinds(&events), ["request", "headers", "status"], "{method}");
    }
}

#[test]
fn a_goaway_ends_a_call_that_was_not_processed() {
    answered("Echo/Unary", "UNAVAILABLE", "connection", 78, |call| {
        call.connection.go_away(0, Reason::NO_ERROR);
    });
}

#[test]
fn a_reset_ends_a_call() {
    for (reason, name, exit) in [
        (Reason::INTERNAL_ERROR, "INTERNAL", 77),
        (Reason::REFUSED_STREAM, "UNAVAILABLE", 78),
        (Reason::CANCEL, "CANCELLED", 65),
    ] {
        for method in ["Echo/Unary", "Chat"] {
            answered(method, name, "connection", exit, |call| {
                call.open();
                call.reset(reason);
            });
        }
    }
}

#[test]
fn a_malformed_reply_violates_the_protocol() {
    for method in KINDS {
        answered(method, "INTERNAL", "protocol", 77, |call| {
            call.open();
            call.data(frame(&[0xff; 4]));
            call.end(0);
        });
    }
}

#[test]
fn a_wrong_number_of_replies_violates_the_protocol() {
    for method in ["Echo/Unary", "Collect"] {
        for replies in [0, 2] {
            answered(method, "UNIMPLEMENTED", "protocol", 76, |call| {
                call.open();
                call.data(reply(1).repeat(replies));
                call.end(0);
            });
        }
    }
}

#[test]
fn an_answer_that_is_not_grpc_violates_the_protocol() {
    for method in KINDS {
        answered(method, "UNAVAILABLE", "protocol", 78, |call| {
            call.headers(
                &[(":status", "503"), ("content-type", "text/html")],
                END_STREAM,
            );
        });
    }
}

#[test]
fn a_reply_that_is_too_large_violates_the_protocol() {
    for method in KINDS {
        answered(method, "RESOURCE_EXHAUSTED", "protocol", 72, |call| {
            call.open();
            call.data([0, 0xff, 0xff, 0xff, 0xff]);
        });
    }
}

#[test]
fn half_a_message_a_flag_and_a_missing_status_violate_the_protocol() {
    answered("Repeat", "INTERNAL", "protocol", 77, |call| {
        call.open();
        call.data(&reply(1)[..6]);
        call.end(0);
    });
    answered("Repeat", "INTERNAL", "protocol", 77, |call| {
        call.open();
        call.data([1, 0, 0, 0, 0]);
        call.end(0);
    });
    answered("Repeat", "UNKNOWN", "protocol", 66, |call| {
        call.open();
        call.headers(&[("x-trace", "1")], END_STREAM);
    });
}

#[test]
fn bad_input_cancels_a_call() {
    for method in ["Collect", "Chat"] {
        let peer = RawPeer::start();
        let mut run = envelope(call(method))
            .args(["-d", "@-"])
            .at(peer.addr())
            .start();
        run.write(r#"{"name":"Alice"}"#);
        let call = peer.accept_call();
        call.wait_for_names(1);
        run.write(r#"{"name":1}"#);
        assert_eq!(call.wait_for_reset(), Reason::CANCEL);
        let status = ends(&run.wait(), Some("CANCELLED"), "input", 1);
        let text = status["message"].as_str().unwrap();
        assert!(text.starts_with("standard input, line 1"), "{text}");
    }
}

#[cfg(unix)]
mod ctrl_c {
    use super::*;
    use crate::harness::Running;
    use rustix::process::Signal;

    #[track_caller]
    fn interrupted(run: Running) {
        run.signal(Signal::INT);
        ends(&run.wait(), Some("CANCELLED"), "cancelled", 130);
    }

    #[test]
    fn cancels_a_call_of_any_kind_before_and_after_the_headers() {
        for method in KINDS {
            for responds in [false, true] {
                let peer = RawPeer::start();
                let run = envelope(call_with_request(method)).at(peer.addr()).start();
                let call = peer.accept_call();
                if responds {
                    call.open();
                    run.stdout().wait_for("\"headers\"");
                }
                interrupted(run);
            }
        }
    }

    #[test]
    fn cancels_a_call_whose_window_never_opens() {
        for method in KINDS {
            let peer = RawPeer::with_window(0);
            let run = envelope(call_with_request(method)).at(peer.addr()).start();
            let call = peer.accept_call();
            call.open();
            run.stdout().wait_for("\"headers\"");
            interrupted(run);
        }
    }
}

#[test]
fn a_field_or_method_that_the_schema_does_not_have_is_not_an_rpc() {
    let echo = Echo::start();
    for (arguments, origin, message) in [
        (["Echo/Unary", "nam=a"], "input", "has no field \"nam\""),
        (
            ["Echo/Unari", "name=a"],
            "schema",
            "no method named \"Unari\"",
        ),
    ] {
        let call = routeguide(["call"]).args(arguments);
        let outcome = envelope(call).at(echo.addr()).run();
        let status = ends(&outcome, None, origin, 1);
        let text = status["message"].as_str().unwrap();
        assert!(text.contains(message), "{outcome:#?}");
    }
}

#[test]
fn malformed_input_ends_a_batch_with_a_status_of_the_call_that_was_not_made() {
    let echo = Echo::start();
    for concurrency in ["1", "4"] {
        let call = routeguide(["call", "Echo/Unary", "-d", "{\"name\":\"a\"}{\"name\":"]);
        let outcome = envelope(call.args(["--concurrency", concurrency]))
            .at(echo.addr())
            .run();
        let events = outcome.events();
        let last = events.last().unwrap();
        assert_eq!(last["call"], 2, "{outcome:#?}");
        assert_eq!(
            (&last["event"], &last["origin"], &last["code"]),
            (&json!("status"), &json!("input"), &Value::Null),
            "{outcome:#?}"
        );
        outcome.exits(1);
    }
}
