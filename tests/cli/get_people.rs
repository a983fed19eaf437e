//! `get-people`: a stream of names, a stream of people, and a notice about names without a reply.

use super::harness::{
    ALICE, ALICE_JSON, BOB, BOB_JSON, Peer, Seen, Server, people_file, routeguide,
};

#[test]
fn names_come_from_the_arguments() {
    let server = Server::start();
    routeguide(["get-people", "Alice", "Bob"])
        .at(server.addr())
        .run()
        .exits(0)
        .prints(&[ALICE, BOB].concat())
        .says("");
}

#[test]
fn names_come_from_stdin_when_there_are_no_arguments() {
    let server = Server::start();
    routeguide(["get-people"])
        .at(server.addr())
        .run_with("Bob\nAlice\n")
        .exits(0)
        .prints(&[BOB, ALICE].concat())
        .says("");
}

#[test]
fn a_single_dash_is_stdin() {
    let server = Server::start();
    routeguide(["get-people", "-"])
        .at(server.addr())
        .run_with("Bob\n")
        .exits(0)
        .prints(BOB);
}

#[test]
fn names_on_stdin_are_not_read_when_there_are_arguments() {
    let server = Server::start();
    let mut run = routeguide(["get-people", "Alice"])
        .at(server.addr())
        .start();
    run.write("Bob\n");
    run.wait().exits(0).prints(ALICE);
}

#[test]
fn the_replies_are_json_lines_on_request() {
    let server = Server::start();
    routeguide(["get-people", "-o", "json", "Alice", "Bob"])
        .at(server.addr())
        .run()
        .exits(0)
        .prints(&[ALICE_JSON, BOB_JSON].concat());
}

#[test]
fn in_process_needs_no_server() {
    routeguide(["get-people", "--in-process", "Alice", "Bob"])
        .run()
        .exits(0)
        .prints(&[ALICE, BOB].concat())
        .says("");
}

#[test]
fn in_process_answers_from_a_people_file() {
    let (_folder, people) = people_file("{\"name\": \"Eve\"}\n{\"name\": \"Max\"}\n");
    routeguide(["get-people", "--in-process", "Max", "Eve", "--people"])
        .arg(&people)
        .run()
        .exits(0)
        .prints("name: \"Max\"\nname: \"Eve\"\n");
}

#[test]
fn no_names_get_no_replies_and_are_not_an_error() {
    let server = Server::start();
    for flags in [&["get-people"][..], &["get-people", "--strict"]] {
        routeguide(flags)
            .at(server.addr())
            .run()
            .exits(0)
            .prints("")
            .says("");
    }
}

#[test]
fn names_without_a_reply_are_reported_at_the_end() {
    let server = Server::start();
    routeguide(["get-people", "Zoe", "Alice", "Yan", "Bob", "Xia"])
        .at(server.addr())
        .run()
        .exits(0)
        .prints(&[ALICE, BOB].concat())
        .says("3 of 5 names had no reply: \"Zoe\", \"Yan\", \"Xia\"\n");
}

#[test]
fn quiet_hides_the_notice_about_names_without_a_reply() {
    let server = Server::start();
    routeguide(["get-people", "-q", "Alice", "Zoe"])
        .at(server.addr())
        .run()
        .exits(0)
        .prints(ALICE)
        .says("");
}

#[test]
fn strict_fails_for_a_name_without_a_reply() {
    let server = Server::start();
    for quiet in [&[][..], &["-q"]] {
        routeguide(["get-people", "--strict", "Alice", "Zoe"])
            .args(quiet)
            .at(server.addr())
            .run()
            .exits(69)
            .prints(ALICE)
            .says("error: NOT_FOUND: 1 of 2 names had no reply: \"Zoe\"\n");
    }
}

#[test]
fn strict_succeeds_if_every_name_had_a_reply() {
    let server = Server::start();
    routeguide(["get-people", "--strict", "Alice", "Alice"])
        .at(server.addr())
        .run()
        .exits(0)
        .prints(&[ALICE, ALICE].concat())
        .says("");
}

#[test]
fn a_reply_named_not_found_means_that_there_is_no_such_person() {
    let peer = Peer::playing(|mut call| async move {
        call.open();
        while let Some(name) = call.name().await {
            call.reply(if name == "Zoe" { "Not Found" } else { &name });
        }
        call.end(0, "");
    });
    routeguide(["get-people", "--strict", "Alice", "Zoe", "Bob"])
        .at(peer.addr())
        .run()
        .exits(69)
        .prints("name: \"Alice\"\nname: \"Bob\"\n")
        .says("error: NOT_FOUND: 1 of 3 names had no reply: \"Zoe\"\n");
}

#[test]
fn a_server_that_ends_early_leaves_the_rest_of_the_names_without_a_reply() {
    let peer = Peer::playing(|mut call| async move {
        call.open();
        if let Some(name) = call.name().await {
            call.reply(&name);
        }
        call.end(0, "");
    });
    routeguide(["get-people", "--strict", "Alice", "Bob"])
        .at(peer.addr())
        .run()
        .exits(69)
        .prints("name: \"Alice\"\n")
        .says("error: NOT_FOUND: 1 of 2 names had no reply: \"Bob\"\n");
}

#[test]
fn enough_replies_end_the_call_while_stdin_is_open() {
    let server = Server::start();
    for flag in ["-n2", "--max-messages=2"] {
        let mut run = routeguide(["get-people", flag]).at(server.addr()).start();
        run.write("Alice\nBob\nAlice\n");
        run.wait().exits(0).prints(&[ALICE, BOB].concat()).says("");
    }
}

#[test]
fn enough_replies_cancel_the_call() {
    let peer = Peer::echoing();
    let mut run = routeguide(["get-people", "-n1"]).at(peer.addr()).start();
    run.write("Alice\n");
    run.wait().exits(0).prints("name: \"Alice\"\n");
    assert_eq!(peer.wait_for_end(), Seen::Reset(h2::Reason::CANCEL));
}

#[test]
fn fewer_replies_than_requested_are_not_an_error() {
    let server = Server::start();
    routeguide(["get-people", "-n5", "Alice"])
        .at(server.addr())
        .run()
        .exits(0)
        .prints(ALICE)
        .says("");
}
