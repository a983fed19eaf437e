//! What else ends `call`: Ctrl-C, a closed stdout, a bad reply, enough replies.

use h2::Reason;
#[cfg(unix)]
use rustix::process::Signal;

use super::harness::{Echo, Peer, Seen, Stdout, frame, routeguide};
#[cfg(unix)]
use super::harness::{LIMIT, wait_for};

const A: &str = "{\"request\":{\"name\":\"a\"},\"received\":1}\n";

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_call_of_every_kind() {
    let echo = Echo::start();
    for method in ["Echo/Unary", "Collect", "Repeat", "Chat"] {
        let mut run = routeguide(["call", method, "-d", "@-"])
            .at(echo.addr())
            .start();
        run.write(r#"{"delayMs":60000}"#);
        wait_for("the call", || {
            !echo.arrivals(method.rsplit('/').next().unwrap()).is_empty()
        });
        run.signal(Signal::INT);
        run.wait().exits(130).prints("").says("");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_batch_that_waits_for_input_and_keeps_its_replies() {
    for concurrency in ["1", "4"] {
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
        run.write(r#"{"name":"a"}"#).stdout().wait_for(A);
        run.signal(Signal::INT);
        run.wait().exits(130).prints(A).says("");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_reflection_that_never_answers() {
    let (asked, was_asked) = std::sync::mpsc::channel();
    let asked = std::sync::Mutex::new(asked);
    let peer = Peer::playing(move |call| {
        let _ = asked.lock().unwrap().send(());
        async move { call.wait_for_reset().await }
    });
    for command in [&["list"][..], &["describe", "A"], &["call", "a.B/C"]] {
        let run = routeguide(command).at(peer.addr()).start();
        was_asked.recv_timeout(LIMIT).unwrap();
        run.signal(Signal::INT);
        run.wait().exits(130).prints("").says("");
    }
}

#[test]
fn a_closed_stdout_ends_the_run_quietly() {
    for (method, data) in [
        ("Repeat", r#"{"replies":10000000}"#),
        ("Chat", r#"{"name":"a"}"#),
        ("Echo/Unary", r#"{"name":"a"}"#),
    ] {
        for concurrency in ["1", "4"] {
            let echo = Echo::start();
            let mut run = routeguide(["call", method, "-d", "@-", "--concurrency", concurrency])
                .at(echo.addr())
                .stdout(Stdout::Unread)
                .start();
            run.write(data);
            assert!(run.head().starts_with("{\"request\":"));
            run.wait().exits(0).says("");
        }
    }
}

#[test]
fn text_from_a_server_does_not_act_on_the_terminal() {
    let echo = Echo::start();
    let outcome = routeguide(["call", "Repeat", "-d"])
        .arg(r#"{"fail":{"code":13,"message":"\u001b[2J\u202etxt\nerror: faked"}}"#)
        .at(echo.addr())
        .run();
    outcome.exits(77).says_one_error();
    assert!(
        !outcome
            .stderr
            .trim_end()
            .contains(['\u{1b}', '\u{202e}', '\n']),
        "{outcome:#?}"
    );
}

#[test]
fn a_malformed_reply_is_an_error_and_cancels_the_call() {
    let peer = Peer::playing(|mut call| async move {
        call.open();
        call.send(frame(b"\x0a\xff"));
        call.wait_for_reset().await;
    });
    routeguide(["call", "RouteGuide/GetPeople", "-d", r#"{"name":"a"}"#])
        .args(["--reflection", "off"])
        .at(peer.addr())
        .run()
        .fails("INTERNAL")
        .prints("");
    peer.wait_for(&Seen::Reset(Reason::CANCEL));
}

#[test]
fn enough_replies_cancel_the_call() {
    let peer = Peer::echoing();
    let mut run = routeguide(["call", "RouteGuide/GetPeople", "-n1", "-d", "@-"])
        .args(["--reflection", "off"])
        .at(peer.addr())
        .start();
    run.write(r#"{"name":"a"}"#);
    run.wait().exits(0).prints("{\"name\":\"a\"}\n").says("");
    assert_eq!(peer.wait_for_end(), Seen::Reset(Reason::CANCEL));
}
