//! `cargo bench [-- GROUP...]`: compares the `routeguide` binary with plain tonic programs that do the same work, and with
//! other clients if they are installed.
//!
//! The programs under test are whole processes of the release build, on loopback. Runs of both sides alternate, so that a
//! machine that slows down affects both, and the table shows medians and their ratio. A missed target is printed, but is
//! not a failure, because timings are not tests; a wrong or missing reply is.
//!
//! A new comparison is a file in `groups/` and a line in `groups::ALL`. Memory is read from `/proc`, so on systems other
//! than Linux it is `n/a`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark reports on stdout, and its peers are programs of their own"
)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a benchmark that cannot continue stops"
)]

mod client;
#[cfg(target_os = "linux")]
mod databases;
mod groups;
mod guard;
mod names;
mod nginx;
mod peer;
#[cfg(target_os = "linux")]
mod people;
mod people_peer;
#[cfg(target_os = "linux")]
#[path = "../tests/cli/harness/postgres.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod postgres;
mod report;
mod server;
mod tools;

use std::process::ExitCode;
use std::{env, error, thread};

use report::Report;

type Result<T, E = Box<dyn error::Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.split_first() {
        Some((first, rest)) if first == peer::COMMAND => outcome(peer::run(rest)),
        // `cargo test --all-targets` runs this file too, without `--bench` and with an unoptimized binary.
        _ if !arguments.iter().any(|argument| argument == "--bench") => {
            println!("not measuring: run `cargo bench`");
            ExitCode::SUCCESS
        }
        _ => bench(&arguments),
    }
}

fn bench(arguments: &[String]) -> ExitCode {
    let words: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let chosen: Vec<_> = groups::ALL
        .iter()
        .filter(|group| words.is_empty() || words.iter().any(|word| group.name.contains(*word)))
        .collect();
    if chosen.is_empty() {
        eprintln!("error: no group matches; the groups are:");
        for group in groups::ALL {
            eprintln!("  {:10} {}", group.name, group.about);
        }
        return ExitCode::from(2);
    }

    let mut report = Report::default();
    let mut failed = false;
    for group in chosen {
        eprintln!("{}: {}", group.name, group.about);
        if let Err(error) = (group.run)(&mut report) {
            failed = true;
            report.note(format!("{}: FAILED: {error}", group.name));
        }
    }
    if let Ok(cores) = thread::available_parallelism() {
        report.note(format!("cores: {cores}"));
    }
    print!("{report}");
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn outcome(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
