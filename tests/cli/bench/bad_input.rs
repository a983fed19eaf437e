//! One error before any load.

use super::super::harness::{Folder, Peer, routeguide};
use super::{Figures as _, PROTOS, answering, bench, number};

/// The error of a run that has not begun: nothing was called.
#[track_caller]
fn refused(peer: &Peer, args: &[&str], code: i32, error: &str) {
    let outcome = routeguide(["bench"])
        .args(args)
        .args(PROTOS)
        .at(peer.addr())
        .run();
    outcome.exits(code);
    assert!(outcome.stdout.is_empty());
    assert!(
        outcome.stderr.contains(error),
        "{args:?}: {}",
        outcome.stderr
    );
    assert_eq!(peer.seen(), []);
}

#[test]
fn what_cannot_be_called() {
    let peer = answering();
    refused(&peer, &["GetPerso", "name=Alice"], 1, "GetPerso");
    refused(&peer, &["GetPerson", "nam=Alice"], 1, "nam");
    refused(&peer, &["GetPerson", "-d", "{"], 1, "-d");
    refused(&peer, &["GetPerson", "name=a", "-d", "{}"], 2, "-d");
    refused(&peer, &[], 2, "METHOD");
}

#[test]
fn arguments_that_contradict_one_another() {
    let peer = answering();
    for args in [
        &["--rate", "10", "--concurrency", "5"][..],
        &["--rate", "10", "--stage", "5/s:1s"],
        &["--stage", "5/s:1s", "--duration", "1s"],
        &["--threads", "3"],
        &["--connections", "9", "--concurrency", "3"],
        &["--messages", "3"],
        &["--ping-pong"],
        &["--max-in-flight", "3"],
        &["--arrival", "uniform"],
        &["--pick", "random"],
        &["--threshold", "first.p99 < 1s"],
        &["--threshold", "delay.p99 < 1s"],
        &["--find-max", "message.p99 < 1s"],
        &["--abort-on-fail"],
        &["--retry", "3"],
        &["--segment", "4/4"],
        &["--rate", "0"],
        &["--threshold", "p99"],
    ] {
        let args = [&["GetPerson", "name=Alice"], args].concat();
        refused(&peer, &args, 2, "error: ");
    }
}

#[test]
fn each_thread_needs_a_call_of_its_own() {
    let peer = answering();
    let args = "GetPerson --rate 10 --connections 4 --threads 4 --max-in-flight 3";
    let args: Vec<&str> = args.split_whitespace().collect();
    refused(&peer, &args, 2, "4 threads need at least as many calls");
    // By default there are not too many.
    let figures = bench(
        peer.addr(),
        "--rate 100 -n 5 --connections 4 --max-in-flight 1",
    )
    .run()
    .exits(0)
    .figures();
    assert_eq!(number(&figures, "/load/threads"), 1.0);
}

#[test]
fn a_file_that_cannot_be_written() {
    let peer = answering();
    let folder = Folder::new();
    let file = folder.join("no-such-folder/report").display().to_string();
    for flag in ["--json", "--html", "--csv-out", "--ghz-json"] {
        refused(&peer, &["GetPerson", flag, &file], 1, "cannot write");
    }
}

#[test]
fn flags_of_ghz_are_explained() {
    let peer = answering();
    for (flag, tip) in [
        (["--rps", "100"], "use --rate"),
        (["--total", "100"], "use -n"),
        (["--cpus", "2"], "use --threads"),
        (
            ["--call", "RouteGuide.GetPerson"],
            "the method is an argument",
        ),
        (["--load-schedule", "line"], "use --stage"),
    ] {
        refused(&peer, &[&["GetPerson"], &flag[..]].concat(), 2, tip);
    }
}
