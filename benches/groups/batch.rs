//! Many unary calls, as a script would make them: one `call` that has all requests on stdin, beside a grpcurl for
//! each, which has no other way.

use std::fs::File;
use std::io::BufReader;
use std::process::Stdio;
use std::time::Duration;

use super::Group;
use crate::Result;
use crate::client::{self, Client};
use crate::names;
use crate::report::{Report, Samples};
use crate::server::Server;
use crate::tools::Tool;

pub const GROUP: Group = Group {
    name: "batch",
    about: "20,000 unary calls in one batch, beside a grpcurl for each",
    run,
};

const METHOD: &str = "RouteGuide/GetPerson";
const REQUESTS: u32 = 20_000;
const CONCURRENCY: &str = "32";
const ROUNDS: u32 = 5;
/// A process each, 200 in all; 20,000 would take most of an hour on a slow machine.
const PROCESSES: u32 = 40;
/// For a run of a second, or a process of some milliseconds.
const LIMIT: Duration = Duration::from_secs(60);

fn run(report: &mut Report) -> Result<()> {
    let Some(grpcurl) = Tool::grpcurl_or_skip(GROUP.name, report) else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let input = folder.path().join("requests");
    let output = folder.path().join("people");
    names::write_json(File::create(&input)?, REQUESTS)?;

    let server = Server::routeguide()?;
    let addr = server.addr().to_string();
    let mut ours = Samples::default();
    let mut theirs = Samples::default();
    let mut peak = None;
    for round in 1..=ROUNDS {
        eprintln!("  round {round} of {ROUNDS}");
        let mut command = client::routeguide(&[
            "call",
            METHOD,
            "-d",
            "@-",
            "--concurrency",
            CONCURRENCY,
            "-a",
            &addr,
        ]);
        command.stdin(File::open(&input)?);
        command.stdout(File::create(&output)?);
        let done = Client::spawn(command, LIMIT)?.finish()?;
        names::check_people(BufReader::new(File::open(&output)?), REQUESTS, |_| {})?;
        ours.add(f64::from(REQUESTS) / done.elapsed.as_secs_f64());
        peak = peak.max(done.peak);

        let mut elapsed = Duration::ZERO;
        for _ in 0..PROCESSES {
            elapsed += one(&grpcurl, &addr)?;
        }
        theirs.add(f64::from(PROCESSES) / elapsed.as_secs_f64());
    }
    report.beside(
        "batch: 20,000 unary calls, calls/s",
        &ours,
        grpcurl.name,
        &theirs,
        None,
    );
    report.note(format!(
        "batch: grpcurl is scaled from {} processes, one after the other; ours has {CONCURRENCY} calls under way",
        ROUNDS * PROCESSES
    ));
    report.memory("batch: client, peak", peak);
    Ok(())
}

fn one(grpcurl: &Tool, addr: &str) -> Result<Duration> {
    let mut command = grpcurl.command(&["-plaintext", "-d", r#"{"name":"Alice"}"#, addr, METHOD]);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let (printed, done) = Client::spawn(command, LIMIT)?.output()?;
    if printed.matches("\"name\"").count() != 1 {
        return Err(format!("grpcurl printed {printed:?}").into());
    }
    Ok(done.elapsed)
}
