//! Names on stdin: their separators, and bad names.

use super::harness::{Peer, Seen, routeguide};
use h2::Reason;

/// Runs `get-people` with `input`, and returns what the server has seen.
#[track_caller]
fn seen(flags: &[&str], input: &[u8]) -> Vec<Seen> {
    let peer = Peer::echoing();
    routeguide(["get-people"])
        .args(flags)
        .at(peer.addr())
        .run_with(input)
        .exits(0)
        .says("");
    peer.seen()
}

fn names(names: &[&str]) -> Vec<Seen> {
    let mut seen: Vec<_> = names
        .iter()
        .map(|name| Seen::Name((*name).to_owned()))
        .collect();
    seen.push(Seen::HalfClose);
    seen
}

#[test]
fn each_line_is_a_name_and_the_end_half_closes() {
    assert_eq!(seen(&[], b"Alice\nBob\n"), names(&["Alice", "Bob"]));
}

#[test]
fn the_last_line_does_not_need_a_newline() {
    assert_eq!(seen(&[], b"Alice\nBob"), names(&["Alice", "Bob"]));
}

#[test]
fn carriage_returns_are_dropped_and_blank_lines_skipped() {
    assert_eq!(
        seen(&[], b"Alice\r\n\r\n\n  \n Bob B. \nCarol\r"),
        names(&["Alice", " Bob B. ", "Carol"])
    );
}

#[test]
fn names_are_utf_8() {
    assert_eq!(seen(&[], "Zoë\n名前\n".as_bytes()), names(&["Zoë", "名前"]));
}

#[test]
fn nul_separated_names_may_contain_any_other_character() {
    for flag in ["-0", "--null"] {
        assert_eq!(
            seen(&[flag], b"Alice\0New\nLine\r\n\0\0 \0Bob"),
            names(&["Alice", "New\nLine\r\n", " ", "Bob"])
        );
    }
}

#[test]
fn a_line_of_64_kib_is_a_name() {
    let line = "x".repeat(64 * 1024);
    assert_eq!(seen(&[], line.as_bytes()), names(&[&line]));
}

#[test]
fn bad_utf_8_prints_the_replies_before_it_and_cancels_the_call() {
    let peer = Peer::echoing();
    routeguide(["get-people"])
        .at(peer.addr())
        .run_with(b"Alice\nBob\nCa\xffrol\nDave\n")
        .exits(1)
        .prints("name: \"Alice\"\nname: \"Bob\"\n")
        .says("error: standard input, line 3: not valid UTF-8 (byte 3)\n");
    peer.wait_for_end();
    assert_eq!(
        peer.seen(),
        [
            Seen::Name("Alice".to_owned()),
            Seen::Name("Bob".to_owned()),
            Seen::Reset(Reason::CANCEL),
        ]
    );
}

#[test]
fn bad_utf_8_ends_the_run_while_stdin_is_open() {
    let peer = Peer::echoing();
    let mut run = routeguide(["get-people"]).at(peer.addr()).start();
    run.write("Alice\n").stdout().wait_for("name: \"Alice\"\n");
    run.write(b"\xff\n");
    run.wait()
        .exits(1)
        .prints("name: \"Alice\"\n")
        .says_one_error();
    assert_eq!(peer.wait_for_end(), Seen::Reset(Reason::CANCEL));
}

#[test]
fn bad_utf_8_on_the_first_line_cancels_a_call_without_requests() {
    let peer = Peer::echoing();
    routeguide(["get-people"])
        .at(peer.addr())
        .run_with(b"\xff\n")
        .exits(1)
        .prints("")
        .says_one_error();
    assert!(
        // The client may close the connection before the call is open, but it must not half-close the call.
        matches!(
            peer.seen().as_slice(),
            [] | [Seen::Reset(Reason::CANCEL) | Seen::Lost]
        ),
        "{:?}",
        peer.seen()
    );
}

#[test]
fn bad_input_after_a_name_without_a_reply_ends_the_run() {
    routeguide(["get-people", "--in-process"])
        .run_with(b"Zoe\nAlice\n\xff\n")
        .exits(1)
        .prints(super::harness::ALICE)
        .says("error: standard input, line 3: not valid UTF-8 (byte 1)\n");
}

#[test]
fn a_line_over_64_kib_prints_the_replies_before_it_and_cancels_the_call() {
    let too_long = "x".repeat(64 * 1024 + 1);
    let without_end = "x".repeat(1 << 20);
    for tail in [format!("{too_long}\nDave\n"), without_end] {
        let peer = Peer::echoing();
        routeguide(["get-people"])
            .at(peer.addr())
            .run_with(format!("Alice\n\nBob\n{tail}"))
            .exits(1)
            .prints("name: \"Alice\"\nname: \"Bob\"\n")
            .says(concat!(
                "error: standard input, line 4: longer than 64 KiB\n",
                "hint: names are separated by newlines; for NUL-separated names use -0\n"
            ));
        peer.wait_for_end();
        assert_eq!(
            peer.seen(),
            [
                Seen::Name("Alice".to_owned()),
                Seen::Name("Bob".to_owned()),
                Seen::Reset(Reason::CANCEL),
            ]
        );
    }
}
