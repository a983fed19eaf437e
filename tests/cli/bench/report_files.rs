//! Files that reports are written to.

use std::time::Duration;

use rustix::process::Signal;

use super::super::harness::{Folder, Peer, ReservedPort, exit_code, routeguide};
use super::{PROTOS, answering, bench};

#[test]
fn a_usage_error_makes_no_file() {
    let folder = Folder::new();
    let file = folder.join("report.json");
    let peer = answering();
    let flags = format!("--threads 5 --json {}", file.display());
    bench(peer.addr(), &flags).run().exits(2);
    assert!(!file.exists());
}

#[test]
fn without_a_report_a_new_file_is_removed_and_an_old_one_stays() {
    let folder = Folder::new();
    let (new, old) = (folder.join("new.json"), folder.write("old.html", "before"));
    let port = ReservedPort::new();
    let flags = format!("--json {} --html {}", new.display(), old.display());
    bench(port.addr(), &flags).run().exits(1);
    assert!(!new.exists());
    assert_eq!(std::fs::read_to_string(&old).unwrap(), "before");
}

#[test]
fn a_report_takes_the_place_of_a_longer_one() {
    let folder = Folder::new();
    let file = folder.write("report.csv", "x".repeat(100_000));
    let peer = answering();
    let flags = format!("-n 5 --csv-out {}", file.display());
    bench(peer.addr(), &flags).run().exits(0);
    let report = std::fs::read_to_string(&file).unwrap();
    assert!(
        report.starts_with("second,") && !report.contains("xx"),
        "{report}"
    );
}

#[test]
fn two_reports_do_not_go_into_one_file() {
    let folder = Folder::new();
    let file = folder.join("report");
    let peer = answering();
    let same = folder.path().join(".").join("report");
    let flags = format!("--json {} --html {}", file.display(), same.display());
    let outcome = bench(peer.addr(), &flags).run();
    outcome.exits(2);
    let error = "--json and --html name the same file";
    assert!(outcome.stderr.contains(error), "{}", outcome.stderr);
    assert!(!file.exists());
    assert_eq!(peer.seen(), []);
}

/// To open it waits for a reader.
#[test]
fn a_fifo_without_a_reader_can_be_interrupted() {
    let folder = Folder::new();
    let fifo = folder.join("fifo");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, mode).unwrap();
    let peer = answering();
    let run = bench(peer.addr(), &format!("-n 1 --json {}", fifo.display())).start();
    std::thread::sleep(Duration::from_millis(500));
    run.signal(Signal::INT);
    run.wait().exits(130);
    assert!(fifo.exists());
}

#[test]
fn a_search_without_a_best_step_writes_no_report() {
    let folder = Folder::new();
    let file = folder.join("report.json");
    let peer = Peer::failing(7, "go away");
    let flags = format!(
        "--rate 2 --step 1s --warmup 0s --find-max p99<1h --json {}",
        file.display()
    );
    bench(peer.addr(), &flags)
        .run()
        .exits(exit_code("PERMISSION_DENIED"));
    assert!(!file.exists());
}

#[test]
fn only_a_run_can_be_given_up() {
    for action in ["report", "merge"] {
        routeguide(["bench", action, "run.json", "--threshold", "p99<1s"])
            .arg("--abort-on-fail")
            .run()
            .exits(2);
    }
    let peer = answering();
    routeguide(["bench", "GetPerson", "-n", "5", "--threshold", "p99<1h"])
        .args(PROTOS)
        .arg("--abort-on-fail")
        .at(peer.addr())
        .run()
        .exits(0);
}
