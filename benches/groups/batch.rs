//! Many unary calls from a script: one `call` with all requests on stdin, compared with a load generator, which always sends
//! the same request and ignores replies, and with grpcurl, which needs a process for each request.

use std::fs::File;
use std::io::BufReader;
use std::process::Stdio;
use std::time::Duration;

use super::Group;
use super::h2load::H2Load;
use crate::Result;
use crate::client::{self, Client};
use crate::names;
use crate::report::{Report, Samples, Target};
use crate::server::Server;
use crate::tools::Tool;

pub const GROUP: Group = Group {
    name: "batch",
    about: "100,000 unary calls in one batch, and with h2load and a grpcurl process for each",
    run,
};

const METHOD: &str = "RouteGuide/GetPerson";
const REQUESTS: u32 = 100_000;
/// Calls in flight at once on the connection.
const CONCURRENCY: usize = 100;
const ROUNDS: u32 = 7;
/// In each round, 210 in total; 100,000 would take hours on a slow machine.
const PROCESSES: u32 = 30;
/// For a run of a second, or a process of some milliseconds.
const LIMIT: Duration = Duration::from_mins(1);

fn run(report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let input = folder.path().join("requests");
    let output = folder.path().join("people");
    names::write_json(File::create(&input)?, REQUESTS)?;
    let grpcurl = Tool::grpcurl_or_skip(GROUP.name, report);
    let h2load = H2Load::new_or_skip(GROUP.name, report)?;

    let server = Server::routeguide()?;
    let addr = server.addr().to_string();
    let mut ours = Samples::default();
    let mut loads = Samples::default();
    let mut processes = Samples::default();
    let mut peak = None;
    for round in 1..=ROUNDS {
        eprintln!("  round {round} of {ROUNDS}");
        let concurrency = CONCURRENCY.to_string();
        let mut command = client::routeguide(&[
            "call",
            METHOD,
            "-d",
            "@-",
            "--concurrency",
            &concurrency,
            "-a",
            &addr,
        ]);
        command.stdin(File::open(&input)?);
        command.stdout(File::create(&output)?);
        let done = Client::spawn(command, LIMIT)?.finish()?;
        names::check_people(BufReader::new(File::open(&output)?), REQUESTS, |_| {})?;
        ours.add(f64::from(REQUESTS) / done.elapsed.as_secs_f64());
        peak = peak.max(done.peak);

        if let Some(h2load) = &h2load {
            loads.add(h2load.rate(&server, REQUESTS, 1, CONCURRENCY)?);
        }
        if let Some(grpcurl) = &grpcurl {
            let mut elapsed = Duration::ZERO;
            for _ in 0..PROCESSES {
                elapsed += one(grpcurl, &addr)?;
            }
            processes.add(f64::from(PROCESSES) / elapsed.as_secs_f64());
        }
    }
    let measure = "batch: 100,000 unary calls, calls/s";
    if h2load.is_some() {
        report.beside(measure, &ours, "h2load", &loads, Some(Target::AtLeast(0.8)));
    }
    if let Some(grpcurl) = &grpcurl {
        report.beside(measure, &ours, grpcurl.name, &processes, None);
        report.note(format!(
            "batch: grpcurl's rate is that of {} processes, one after another; ours has {CONCURRENCY} calls in flight",
            ROUNDS * PROCESSES
        ));
    }
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
