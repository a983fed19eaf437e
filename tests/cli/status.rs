//! How a call that the server ends becomes an exit code and a line on stderr.

use super::harness::{CODES, Peer, frame, routeguide};
use http::HeaderMap;

#[test]
fn get_person_exits_64_plus_the_status() {
    for (code, name) in (0..).zip(CODES).skip(1) {
        let peer = Peer::failing(code, "because");
        routeguide(["get-person", "Alice"])
            .at(peer.addr())
            .run()
            .exits(64 + code)
            .prints("")
            .says_one_error()
            .mentions(&format!("error: {name}: because\n"));
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
            .says_one_error()
            .mentions(&format!("error: {name}: because\n"));
    }
}

#[test]
fn a_status_that_grpc_does_not_know_is_unknown() {
    let peer = Peer::failing(99, "odd");
    routeguide(["get-person", "Alice"])
        .at(peer.addr())
        .run()
        .exits(66)
        .says("error: UNKNOWN: odd\n");
}

#[test]
fn a_status_without_a_message_is_just_its_name() {
    let peer = Peer::failing(10, "");
    routeguide(["get-person", "Alice"])
        .at(peer.addr())
        .run()
        .exits(74)
        .says("error: ABORTED\n");
}

#[test]
fn a_servers_words_cannot_act_on_a_terminal() {
    // ESC [2J, a C1 control, a bidirectional override, a newline: percent-encoded as gRPC sends them.
    let peer = Peer::failing(13, "%1B[2J%C2%9B1m%E2%80%AEtxt%0Aerror: faked");
    let outcome = routeguide(["get-person", "Alice"]).at(peer.addr()).run();
    outcome
        .exits(77)
        .prints("")
        .says("error: INTERNAL: \\u{1b}[2J\\u{9b}1m\\u{202e}txt\\nerror: faked\n");
}

#[test]
fn a_unary_call_that_ends_well_without_a_reply_is_unimplemented() {
    let peer = Peer::failing(0, "");
    routeguide(["get-person", "Alice"])
        .at(peer.addr())
        .run()
        .fails("UNIMPLEMENTED")
        .prints("");
}

#[test]
fn a_unary_call_with_two_replies_is_unimplemented_and_prints_neither() {
    let peer = Peer::playing(|mut call| async move {
        call.open();
        call.reply("Alice");
        call.reply("Alice");
        call.end(0, "");
    });
    routeguide(["get-person", "Alice"])
        .at(peer.addr())
        .run()
        .fails("UNIMPLEMENTED")
        .prints("");
}

#[test]
fn a_unary_reply_that_an_error_follows_is_not_printed() {
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
fn malformed_status_details_do_no_harm() {
    for details in ["!!", "a", "====", "\u{7f}"] {
        let peer = Peer::playing(move |call| async move {
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", 5.into());
            trailers.insert("grpc-message", "no such thing".parse().unwrap());
            if let Ok(details) = details.parse() {
                trailers.insert("grpc-status-details-bin", details);
            }
            call.end_with(trailers);
        });
        for command in ["get-person", "get-people"] {
            routeguide([command, "Alice"])
                .at(peer.addr())
                .run()
                .exits(69)
                .says("error: NOT_FOUND: no such thing\n");
        }
    }
}

#[test]
fn malformed_status_details_after_replies_do_no_harm() {
    let peer = Peer::playing(|mut call| async move {
        call.open();
        call.reply("Alice");
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", 5.into());
        trailers.insert("grpc-status-details-bin", "!!".parse().unwrap());
        call.end_with(trailers);
    });
    routeguide(["get-people", "Alice"])
        .at(peer.addr())
        .run()
        .exits(69)
        .prints("name: \"Alice\"\n")
        .says("error: NOT_FOUND\n");
}

#[test]
fn a_stream_cut_off_within_a_message_is_no_success() {
    let peer = Peer::playing(|mut call| async move {
        call.open();
        call.reply("Alice");
        call.send(&[0, 0, 0, 0, 9, 0x0a, 7, b'B'][..]);
        call.end(0, "");
    });
    routeguide(["get-people", "Alice", "Bob"])
        .at(peer.addr())
        .run()
        .exits(77)
        .prints("name: \"Alice\"\n")
        .says_one_error();
}

#[test]
fn a_stream_cut_off_within_a_message_prefix_is_no_success() {
    let peer = Peer::playing(|mut call| async move {
        call.open();
        call.send(&[0, 0, 0][..]);
        call.end(0, "");
    });
    for command in ["get-person", "get-people"] {
        routeguide([command, "Alice"])
            .at(peer.addr())
            .run()
            .exits(77)
            .prints("")
            .says_one_error();
    }
}

#[test]
fn a_stream_that_ends_without_a_status_is_no_success() {
    let peer = Peer::playing(|mut call| async move {
        call.open();
        call.reply("Alice");
        call.end_without_status();
    });
    routeguide(["get-people", "Alice"])
        .at(peer.addr())
        .run()
        .exits(66)
        .prints("name: \"Alice\"\n")
        .says_one_error();
    routeguide(["get-person", "Alice"])
        .at(peer.addr())
        .run()
        .exits(66)
        .prints("")
        .says_one_error();
}

#[test]
fn a_reply_that_is_no_person_ends_the_run_after_those_before_it() {
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
        .prints("name: \"Alice\"\n")
        .mentions("Person");
}

#[test]
fn a_message_that_is_not_utf_8_does_not_hide_the_status() {
    let peer = Peer::failing(5, "no caf%E9 here");
    routeguide(["get-person", "Alice"])
        .at(peer.addr())
        .run()
        .exits(69)
        .says_one_error()
        .mentions("error: NOT_FOUND");
}
