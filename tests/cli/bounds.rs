//! The client's memory is bounded while its output is not read.

use super::harness::{Stdout, routeguide, wait_for, wait_until_settled};
use super::wire::{reply, unread_stream};

/// The limit of the program's memory.
const MEMORY: u64 = 64 << 20;

/// How much input pipes, buffers and windows may take together.
const INPUT: usize = 16 << 20;

/// Feeds requests until no more are taken, and checks how many were, and the memory.
#[track_caller]
fn takes_bounded_input(args: &[&str], input: &str) {
    let mut run = routeguide(args)
        .arg("--in-process")
        .stdout(Stdout::Unread)
        .start();
    let feed = run.feed_for_ever(input);
    wait_for("the first input", || feed.accepted() > 0);
    wait_until_settled(|| {
        assert!(
            run.memory() < MEMORY,
            "{} KiB of memory",
            run.memory() >> 10
        );
        let accepted = feed.accepted();
        assert!(accepted < INPUT, "{} KiB of input", accepted >> 10);
        accepted
    });
}

/// Requests are large, so that bytes add up faster than messages. The server does not reply to them.
#[test]
fn an_unread_envelope_stops_requests_without_replies() {
    let request = format!("{{\"name\":\"{}\"}}\n", "x".repeat(4_000));
    let args = ["call", "RouteGuide/GetPeople", "-d", "@-"];
    takes_bounded_input(&[&args[..], &["-o", "envelope"]].concat(), &request);
}

#[test]
fn unread_replies_stop_requests() {
    for format in ["json", "text", "envelope"] {
        takes_bounded_input(&["get-people", "-o", format], "Alice\n");
    }
}

#[test]
fn unread_replies_stop_a_batch() {
    let request = format!("{{\"name\":\"{}\"}}\n", "x".repeat(4_000));
    for concurrency in ["1", "8"] {
        let args = ["call", "RouteGuide/GetPerson", "-d", "@-"];
        let more = ["-o", "envelope", "--concurrency", concurrency];
        takes_bounded_input(&[&args[..], &more].concat(), &request);
    }
}

#[test]
fn small_unread_replies_need_little_memory() {
    let (run, call) = unread_stream();
    // As many as the client takes: those in its window, and those that it read before.
    for _ in 0..200_000 {
        if call.room() < reply(1).len() && wait_until_settled(|| call.room()) < reply(1).len() {
            break;
        }
        call.data(reply(1));
    }
    call.connection.sync();
    let memory = run.memory();
    assert!(memory < MEMORY, "{} KiB", memory >> 10);
}
