//! Streams in progress: replies at once, readers that are slow or gone, servers that die.

use super::harness::{
    ALICE, ALICE_JSON, BOB, Peer, Seen, Server, Stdout, routeguide, wait_for, wait_until_settled,
};
use h2::Reason;

#[test]
fn each_name_is_answered_while_stdin_is_open() {
    let server = Server::start();
    let mut run = routeguide(["get-people"]).at(server.addr()).start();
    run.write("Alice\n").stdout().wait_for(ALICE);
    run.write("Bob\n").stdout().wait_for(BOB);
    run.close_stdin();
    run.wait().exits(0).prints(&[ALICE, BOB].concat()).says("");
}

#[test]
fn each_name_is_answered_in_process_while_stdin_is_open() {
    let mut run = routeguide(["get-people", "--in-process"]).start();
    run.write("Alice\n").stdout().wait_for(ALICE);
    run.write("Bob\n").stdout().wait_for(BOB);
    run.close_stdin();
    run.wait().exits(0);
}

#[test]
fn a_name_is_sent_only_when_its_line_is_complete() {
    let peer = Peer::echoing();
    let mut run = routeguide(["get-people"]).at(peer.addr()).start();
    run.write("Bob\nAl").stdout().wait_for("name: \"Bob\"\n");
    run.write("ice\n").stdout().wait_for("name: \"Alice\"\n");
    assert_eq!(
        peer.seen(),
        [Seen::Name("Bob".to_owned()), Seen::Name("Alice".to_owned())]
    );
}

#[test]
fn a_stdout_closed_after_a_line_ends_the_run_quietly_while_stdin_is_open() {
    let peer = Peer::echoing();
    let mut run = routeguide(["get-people"])
        .at(peer.addr())
        .stdout(Stdout::Unread)
        .start();
    run.write("Alice\nBob\n");
    assert_eq!(run.head(), "name: \"Alice\"\n");
    run.wait().exits(0).says("");
    assert_eq!(peer.wait_for_end(), Seen::Reset(Reason::CANCEL));
}

#[test]
fn a_stdout_closed_in_a_flood_ends_the_run_quietly() {
    let server = Server::start();
    let mut run = routeguide(["get-people", "-o", "json"])
        .at(server.addr())
        .stdout(Stdout::Unread)
        .start();
    run.feed_for_ever("Alice\n");
    assert_eq!(run.head(), ALICE_JSON);
    run.wait().exits(0).says("");
}

#[test]
fn a_stdout_closed_from_the_start_ends_the_run_quietly() {
    let server = Server::start();
    let mut run = routeguide(["get-people"])
        .at(server.addr())
        .stdout(Stdout::Unread)
        .start();
    drop(run.take_stdout());
    run.wait().exits(0).says("");
}

#[test]
fn a_reader_that_pauses_loses_no_reply() {
    let count = 50_000;
    let server = Server::start();
    let mut run = routeguide(["get-people", "-o", "json", "--strict"])
        .at(server.addr())
        .stdout(Stdout::Unread)
        .start();
    let feed = run.feed("Alice\n".repeat(count).into());
    wait_for("the first input", || feed.accepted() > 0);
    wait_until_settled(|| feed.accepted());
    run.read_stdout();
    let outcome = run.wait();
    outcome.exits(0).says("");
    assert_eq!(outcome.stdout.len(), ALICE_JSON.len() * count);
    assert!(
        outcome
            .stdout
            .lines()
            .all(|line| line == ALICE_JSON.trim_end())
    );
}

#[test]
fn a_flood_of_names_has_a_flood_of_replies() {
    let count = 50_000;
    let input = "Alice\nZoe\n".repeat(count);
    let outcome = routeguide(["get-people", "--in-process", "-o", "json"]).run_with(input);
    outcome.exits(0);
    let report = "50000 of 100000 names had no reply: \"Zoe\", ";
    assert!(outcome.stderr.starts_with(report), "{}", outcome.stderr);
    assert_eq!(outcome.stdout.len(), ALICE_JSON.len() * count);
}

#[test]
fn a_server_killed_during_a_stream_leaves_the_replies_before() {
    let mut server = Server::start();
    let mut run = routeguide(["get-people"]).at(server.addr()).start();
    run.write("Alice\nBob\n")
        .stdout()
        .wait_for(&[ALICE, BOB].concat());
    server.kill();
    run.wait()
        .fails("UNAVAILABLE")
        .prints(&[ALICE, BOB].concat());
}

#[test]
fn a_server_killed_in_a_flood_leaves_only_whole_lines() {
    let mut server = Server::start();
    let mut run = routeguide(["get-people", "-o", "json"])
        .at(server.addr())
        .start();
    run.feed_for_ever("Alice\n");
    run.stdout().wait_for(ALICE_JSON);
    server.kill();
    let outcome = run.wait();
    outcome.fails("UNAVAILABLE");
    assert!(
        outcome
            .stdout
            .lines()
            .all(|line| line == ALICE_JSON.trim_end())
    );
    assert!(outcome.stdout.ends_with('\n'));
}

#[test]
fn a_server_that_ends_the_call_ends_the_run_while_stdin_is_open() {
    for (code, exit) in [(0, 0), (7, 71)] {
        let peer = Peer::playing(move |mut call| async move {
            call.open();
            if let Some(name) = call.name().await {
                call.reply(&name);
            }
            call.end(code, "");
        });
        let mut run = routeguide(["get-people"]).at(peer.addr()).start();
        run.write("Alice\n");
        run.wait().exits(exit).prints("name: \"Alice\"\n");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    for command in [
        &["get-person", "Alice", "--in-process"][..],
        &["get-people", "Alice", "--in-process"],
        &["completions", "bash"],
        &["man"],
    ] {
        let full = std::fs::File::create("/dev/full").unwrap();
        routeguide(command)
            .stdout(Stdout::Given(full.into()))
            .run()
            .exits(1)
            .says_one_error();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_a_stream_while_stdin_is_open() {
    let server = Server::start();
    let full = std::fs::File::create("/dev/full").unwrap();
    let mut run = routeguide(["get-people"])
        .at(server.addr())
        .stdout(Stdout::Given(full.into()))
        .start();
    run.write("Alice\n");
    run.wait().exits(1).says_one_error();
}

#[test]
fn endless_input_is_read_only_as_far_as_needed() {
    let server = Server::start();
    let mut run = routeguide(["get-people", "-n3"]).at(server.addr()).start();
    run.feed_for_ever("Alice\n");
    run.wait().exits(0).prints(&ALICE.repeat(3)).says("");
}
