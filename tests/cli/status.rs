//! `get-person` and `get-people`: the server's status becomes an exit code and a line on stderr.

use super::harness::{CODES, Peer, frame, hint, routeguide};

#[test]
fn get_person_exits_64_plus_the_status() {
    for (code, name) in (0..).zip(CODES).skip(1) {
        let peer = Peer::failing(code, "because");
        routeguide(["get-person", "Alice"])
            .at(peer.addr())
            .run()
            .exits(64 + code)
            .prints("")
            .says(&format!("error: {name}: because\n{}", hint(name)));
    }
}

#[test]
fn get_people_exits_64_plus_the_status_after_the_replies() {
    for (code, name) in (0..).zip(CODES).skip(1) {
        let peer = Peer::playing(move |mut call| async move {
            call.open();
            call.reply("Alice");
            call.end(code, "because");
        });
        routeguide(["get-people", "Alice", "Bob"])
            .at(peer.addr())
            .run()
            .exits(64 + code)
            .prints("name: \"Alice\"\n")
            .says(&format!("error: {name}: because\n{}", hint(name)));
    }
}

#[test]
fn a_status_without_a_message_is_only_its_name() {
    let peer = Peer::failing(10, "");
    routeguide(["get-person", "Alice"])
        .at(peer.addr())
        .run()
        .exits(74)
        .says("error: ABORTED\n");
}

#[test]
fn text_from_a_server_does_not_act_on_the_terminal() {
    // ESC [2J, a C1 control, a bidirectional override and a newline, percent-encoded as in gRPC.
    let peer = Peer::failing(13, "%1B[2J%C2%9B1m%E2%80%AEtxt%0Aerror: faked");
    let outcome = routeguide(["get-person", "Alice"]).at(peer.addr()).run();
    outcome
        .exits(77)
        .prints("")
        .says("error: INTERNAL: \\u{1b}[2J\\u{9b}1m\\u{202e}txt\\nerror: faked\n");
}

#[test]
fn a_unary_reply_before_an_error_is_not_printed() {
    let peer = Peer::playing(|mut call| async move {
        call.open();
        call.reply("Alice");
        call.end(15, "lost half of it");
    });
    routeguide(["get-person", "Alice"])
        .at(peer.addr())
        .run()
        .exits(79)
        .prints("")
        .says("error: DATA_LOSS: lost half of it\n");
}

#[test]
fn a_reply_that_is_not_a_person_ends_the_run_after_those_before_it() {
    let peer = Peer::playing(|mut call| async move {
        call.open();
        call.reply("Alice");
        call.send(frame(&[0xff; 4]));
        call.reply("Bob");
        call.wait_for_reset().await;
    });
    routeguide(["get-people", "Alice", "Eve", "Bob"])
        .at(peer.addr())
        .run()
        .fails("INTERNAL")
        .prints("name: \"Alice\"\n");
}
