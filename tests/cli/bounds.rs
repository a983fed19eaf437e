//! What the client holds in memory when its output is not read: little, however much there is.

use super::harness::{Stdout, routeguide, wait_for, wait_until_settled};
use super::wire::{reply, unread_stream};

/// All that the program may have in memory.
const MEMORY: u64 = 64 << 20;

/// Input that pipes, buffers and windows may have taken in together.
const INPUT: usize = 16 << 20;

/// Feeds requests until no more are taken, and looks at what that took.
#[track_caller]
fn takes_only_so_much(args: &[&str], input: &str) {
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

/// Requests are large, so that bytes add up faster than messages. The server has no reply to them.
#[test]
fn an_envelope_that_is_not_read_stops_requests_though_no_reply_comes() {
    let request = format!("{{\"name\":\"{}\"}}\n", "x".repeat(4_000));
    let args = ["call", "RouteGuide/GetPeople", "-d", "@-"];
    takes_only_so_much(&[&args[..], &["-o", "envelope"]].concat(), &request);
}

#[test]
fn replies_that_are_not_read_stop_requests() {
    for format in ["json", "text", "envelope"] {
        takes_only_so_much(&["get-people", "-o", format], "Alice\n");
    }
}

#[test]
fn a_batch_whose_replies_are_not_read_stops() {
    let request = format!("{{\"name\":\"{}\"}}\n", "x".repeat(4_000));
    for concurrency in ["1", "8"] {
        let args = ["call", "RouteGuide/GetPerson", "-d", "@-"];
        let more = ["-o", "envelope", "--concurrency", concurrency];
        takes_only_so_much(&[&args[..], &more].concat(), &request);
    }
}

#[test]
fn small_replies_that_are_not_read_cost_little() {
    let (run, call) = unread_stream();
    // As many as the client takes, which is as many as its window holds and those that it read before.
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
