//! `--timeout`: what is sent to the server (grpc-timeout), and from when it counts.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use h2::Reason;
use tokio::sync::Semaphore;

use super::harness::{
    END_STREAM, Echo, LIMIT, Peer, RawPeer, RawServer, Seen, Stdout, frame, grpc_timeout,
    routeguide, wait_until_settled,
};
use super::wire::{KINDS, call};

const TIMEOUT: Duration = Duration::from_secs(100);

/// Lets at least a second pass, by another run that ends at its deadline. Returns the rest of [`TIMEOUT`].
fn some_time_passes() -> Duration {
    let started = Instant::now();
    let server = RawServer::silent();
    routeguide(["health", "--timeout", "1s"])
        .at(server.addr())
        .run()
        .exits(68);
    TIMEOUT.checked_sub(started.elapsed()).unwrap()
}

/// A peer that reports each call's grpc-timeout, and answers it when `answers` allows.
fn reporting() -> (Peer, Receiver<Duration>, Arc<Semaphore>) {
    let (sender, timeouts) = channel();
    let sender = Mutex::new(sender);
    let answers = Arc::new(Semaphore::new(0));
    let allowed = Arc::clone(&answers);
    let peer = Peer::playing(move |mut call| {
        let timeout = grpc_timeout(&call.header("grpc-timeout"));
        sender.lock().unwrap().send(timeout).unwrap();
        let allowed = Arc::clone(&allowed);
        async move {
            allowed.acquire().await.unwrap().forget();
            call.open();
            call.send(frame(&[0x10, 1]));
            call.end(0, "");
        }
    });
    (peer, timeouts, answers)
}

#[test]
fn the_first_call_of_a_batch_does_not_count_the_wait_for_its_message() {
    for concurrency in ["1", "4"] {
        let (peer, timeouts, answers) = reporting();
        let mut run = call("Echo/Unary")
            .args(["-v", "-d", "@-", "--timeout", "100s"])
            .args(["--concurrency", concurrency])
            .at(peer.addr())
            .start();
        run.stderr().wait_for("* connected");
        let left = some_time_passes();
        answers.add_permits(1);
        run.write("{}").close_stdin();
        run.wait().exits(0);
        let sent = timeouts.recv_timeout(LIMIT).unwrap();
        assert!(left < sent && sent <= TIMEOUT, "{sent:?}, {left:?} left");
    }
}

#[test]
fn each_call_of_a_batch_has_the_whole_timeout() {
    let (peer, timeouts, answers) = reporting();
    let mut run = call("Echo/Unary")
        .args(["-d", "@-", "--timeout", "100s"])
        .at(peer.addr())
        .start();
    run.write("{} {}").close_stdin();
    timeouts.recv_timeout(LIMIT).unwrap();
    let left = some_time_passes();
    answers.add_permits(2);
    run.wait().exits(0);
    let sent = timeouts.recv_timeout(LIMIT).unwrap();
    assert!(left < sent && sent <= TIMEOUT, "{sent:?}, {left:?} left");
}

#[test]
fn a_stream_counts_the_wait_for_its_messages() {
    let peer = Peer::playing(|call| async move {
        call.wait_for_reset().await;
    });
    let run = routeguide(["get-people", "--timeout", "1s"])
        .at(peer.addr())
        .start();
    run.wait().fails("DEADLINE_EXCEEDED").prints("");
}

/// As servers built on tonic do. The client is stopped meanwhile, so that it sees both at once.
#[cfg(unix)]
#[test]
fn a_server_that_cancels_at_the_deadline_exceeds_it() {
    use rustix::process::Signal;

    let peer = RawPeer::start();
    let run = routeguide(["get-person", "Alice", "--timeout", "1s"])
        .at(peer.addr())
        .start();
    let call = peer.accept_call();
    run.signal(Signal::STOP);
    call.open();
    let status = [("grpc-status", "1"), ("grpc-message", "Timeout expired")];
    call.headers(&status, END_STREAM);
    some_time_passes();
    run.signal(Signal::CONT);
    run.wait().fails("DEADLINE_EXCEEDED").prints("");
}

#[test]
fn a_deadline_ends_a_call_of_every_kind() {
    let echo = Echo::start();
    for method in KINDS {
        routeguide(["call", method, "delay_ms=60000", "--timeout", "2s"])
            .at(echo.addr())
            .run()
            .fails("DEADLINE_EXCEEDED")
            .prints("");
    }
}

#[test]
fn a_deadline_during_a_stream_keeps_its_replies() {
    let peer = Peer::echoing();
    let mut run = routeguide(["get-people", "--timeout", "3s"])
        .at(peer.addr())
        .start();
    run.write("Alice\nBob\n");
    run.wait()
        .fails("DEADLINE_EXCEEDED")
        .prints("name: \"Alice\"\nname: \"Bob\"\n");
    assert_eq!(peer.wait_for_end(), Seen::Reset(Reason::CANCEL));
}

/// Runs a command until its deadline with more replies than it can print unread, and reads its output only then. Each
/// reply is printed as `line`.
#[track_caller]
fn unread_until_the_deadline(command: &[&str], reply: &[u8], line: &str) {
    let peer = RawPeer::start();
    let mut run = routeguide(command)
        .args(["--timeout", "3s"])
        .at(peer.addr())
        .stdout(Stdout::Unread)
        .start();
    let call = peer.accept_call();
    call.open();
    let replies = frame(reply).repeat(1_000);
    while wait_until_settled(|| call.room()) >= replies.len() {
        while call.room() >= replies.len() {
            call.data(replies.as_slice());
        }
    }
    assert_eq!(call.wait_for_reset(), Reason::CANCEL);
    run.read_stdout();
    let outcome = run.wait();
    outcome.fails("DEADLINE_EXCEEDED");
    assert!(outcome.stdout.lines().all(|printed| printed == line));
}

#[test]
fn a_deadline_cancels_a_stream_of_unread_replies() {
    // A person named "A".
    unread_until_the_deadline(&["get-people"], b"\x0a\x01A", "name: \"A\"");
}

#[test]
fn a_deadline_ends_a_watch_whose_statuses_are_not_read() {
    unread_until_the_deadline(&["health", "--watch"], b"\x08\x01", "SERVING");
}

#[test]
fn a_server_that_never_answers_exceeds_the_deadline() {
    let server = RawServer::silent();
    for command in ["get-person", "get-people"] {
        routeguide([command, "Alice", "--timeout", "300ms"])
            .at(server.addr())
            .run()
            .fails("DEADLINE_EXCEEDED")
            .prints("");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_deadline_that_expires_while_connecting_is_deadline_exceeded() {
    let port = super::harness::HalfOpenPort::new();
    routeguide(["get-person", "Alice", "--timeout", "300ms"])
        .at(port.addr())
        .run()
        .fails("DEADLINE_EXCEEDED")
        .prints("");
}
