//! `bench` beside h2load and ghz on our server and on grpc-go's, and the precision of its open loop.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::Group;
use super::h2load::{H2Load, Request};
use crate::Result;
use crate::client::{self, Client};
use crate::report::{Report, Samples, Target};
use crate::server::Server;
use crate::tools::Tool;

pub const GROUP: Group = Group {
    name: "load",
    about: "bench beside h2load and ghz, its open loop and its memory",
    run,
};

const ROUNDS: usize = 5;
/// The difference to see is a hundredth, and runs differ by more.
const LIVE_ROUNDS: usize = 15;
const CALLS: u32 = 200_000;
/// ghz takes ten times as long for each.
const GHZ_CALLS: u32 = 40_000;
/// Calls in flight on each connection.
const IN_FLIGHT: usize = 100;
const MANY_CALLS: u32 = 10_000_000;
const LIMIT: Duration = Duration::from_mins(5);

/// A method to call, with a request in JSON.
#[derive(Clone, Copy)]
pub(super) struct Method<'a> {
    pub name: &'static str,
    pub request: &'a str,
    /// The folder of its schema.
    pub protos: &'static str,
    pub file: &'static str,
}

pub(super) const GET_PERSON: Method<'_> = Method {
    name: "RouteGuide/GetPerson",
    request: r#"{"name":"Alice"}"#,
    protos: concat!(env!("CARGO_MANIFEST_DIR"), "/protos"),
    file: "route_guide.proto",
};
const EMPTY_CALL: Method<'_> = Method {
    name: "grpc.testing.TestService/EmptyCall",
    request: "{}",
    protos: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/protos"),
    file: "grpc/testing/test.proto",
};

/// A server under load.
struct Subject<'a> {
    server: &'a Server,
    /// What the measures start with.
    name: &'static str,
    method: Method<'static>,
    of_h2load: Request<'a>,
}

fn run(report: &mut Report) -> Result<()> {
    let server = Server::routeguide()?;
    let Some(h2load) = H2Load::new_or_skip(GROUP.name, report)? else {
        return Ok(());
    };
    let ghz = Tool::ghz();
    if ghz.is_none() {
        report.note("load: ghz not found: `tests/interop/run` installs it");
    }
    let ours = Subject {
        server: &server,
        name: "load",
        method: GET_PERSON,
        of_h2load: h2load.get_person(&server)?,
    };
    beside(report, &ours, ghz.as_ref())?;
    live_view(report, &server)?;
    eprintln!("  {MANY_CALLS} calls");
    let (_, peak) = closed(&server, MANY_CALLS, 1, &[])?;
    let mut peaks = Samples::default();
    peaks.add(f64::from(peak.unwrap_or_default()) / 1024.0);
    report.single(
        "load: 10,000,000 calls, peak, MiB",
        &peaks,
        Target::AtMost(32.0),
    );
    drop(server);

    let Some(tool) = Tool::go_interop_server() else {
        report.note("load: skipped a server: `tests/interop/run` builds grpc-go's");
        return Ok(());
    };
    let server = Server::foreign(|port| tool.command(&["-port", &port.to_string()]))?;
    let foreign = Subject {
        server: &server,
        name: "load: grpc-go",
        method: EMPTY_CALL,
        of_h2load: h2load.empty_call(&server),
    };
    beside(report, &foreign, ghz.as_ref())
}

/// A closed loop beside the others, and then an open loop at half of its rate.
fn beside(report: &mut Report, subject: &Subject<'_>, ghz: Option<&Tool>) -> Result<()> {
    let name = subject.name;
    for (connections, beside_ghz) in [(1, 5.0), (8, 8.0)] {
        let (mut ours, mut h2loads, mut ghzs) =
            (Samples::default(), Samples::default(), Samples::default());
        for round in 1..=ROUNDS {
            eprintln!("  {name}, {connections} connections, round {round} of {ROUNDS}");
            let args = loop_of(CALLS, connections);
            ours.add(rate(&bench(subject.server, subject.method, &args)?.0)?);
            let run = subject.of_h2load.run(CALLS, connections, IN_FLIGHT)?;
            h2loads.add(run.rate);
            if let Some(ghz) = ghz {
                ghzs.add(ghz_rate(ghz, subject, connections)?);
            }
        }
        let measure = format!("{name}: calls/s, {connections} at 100 in flight each");
        let target = Some(Target::AtLeast(0.8));
        report.beside(&measure, &ours, "h2load", &h2loads, target);
        if ghz.is_some() {
            let target = Some(Target::AtLeast(beside_ghz));
            report.beside(&measure, &ours, "ghz", &ghzs, target);
        }
        open_loop(report, subject, connections, ours.median() / 2.0)?;
    }
    Ok(())
}

/// The figures of a run, and its peak of memory in KiB.
pub(super) fn bench<S: AsRef<str>>(
    server: &Server,
    method: Method<'_>,
    args: &[S],
) -> Result<(Value, Option<u32>)> {
    let addr = server.addr().to_string();
    let mut command = client::routeguide(&["bench", method.name, "-d", method.request]);
    command
        .args(["-I", method.protos, "--proto", method.file])
        .args(["-o", "json", "-a", &addr])
        .args(args.iter().map(AsRef::as_ref));
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let (printed, done) = Client::spawn(command, LIMIT)?.output()?;
    let figures: Value = serde_json::from_str(&printed)?;
    if number(&figures, "/calls/failed")? > 0.0 {
        return Err(format!("calls failed: {}", figures["errors"]).into());
    }
    Ok((figures, done.peak))
}

/// As [`bench`], of so many calls of GetPerson on so many connections.
pub(super) fn closed(
    server: &Server,
    calls: u32,
    connections: usize,
    more: &[&str],
) -> Result<(Value, Option<u32>)> {
    let mut args = loop_of(calls, connections);
    args.extend(more.iter().map(|&arg| arg.to_owned()));
    bench(server, GET_PERSON, &args)
}

/// The arguments of a closed loop.
fn loop_of(calls: u32, connections: usize) -> Vec<String> {
    let in_flight = connections * IN_FLIGHT;
    [
        "-n",
        &calls.to_string(),
        "-c",
        &in_flight.to_string(),
        "--connections",
        &connections.to_string(),
    ]
    .map(str::to_owned)
    .into()
}

fn number(figures: &Value, path: &str) -> Result<f64> {
    let found = figures.pointer(path).and_then(Value::as_f64);
    found.ok_or_else(|| format!("no {path}").into())
}

pub(super) fn rate(figures: &Value) -> Result<f64> {
    number(figures, "/rate")
}

/// At half of the rate that a closed loop reaches: whether calls start when they are due.
fn open_loop(
    report: &mut Report,
    subject: &Subject<'_>,
    connections: usize,
    asked: f64,
) -> Result<()> {
    let (mut reached, mut delays) = (Samples::default(), Samples::default());
    for _ in 0..ROUNDS {
        let (asked_rate, connections) = (format!("{asked:.0}/s"), connections.to_string());
        let args = [
            "--rate",
            &asked_rate,
            "--arrival",
            "uniform",
            "--warmup",
            "500ms",
            "-D",
            "4s",
            "--connections",
            &connections,
        ];
        let (figures, _) = bench(subject.server, subject.method, &args)?;
        reached.add(rate(&figures)? / asked);
        delays.add(number(&figures, "/delay/p99")? / 1e3);
    }
    let what = format!("{}: open loop, {connections} connections", subject.name);
    report.single(
        &format!("{what}, rate reached"),
        &reached,
        Target::AtLeast(0.99),
    );
    report.single(
        &format!("{what}, delay p99, ms"),
        &delays,
        Target::AtMost(1.0),
    );
    Ok(())
}

/// A log of the live view, which has no terminal here, beside none.
fn live_view(report: &mut Report, server: &Server) -> Result<()> {
    let (mut with, mut without) = (Samples::default(), Samples::default());
    for _ in 0..LIVE_ROUNDS {
        let args = ["-D", "1500ms", "-c", "100"];
        with.add(rate(&bench(server, GET_PERSON, &args)?.0)?);
        let args = [&args[..], &["-q"]].concat();
        without.add(rate(&bench(server, GET_PERSON, &args)?.0)?);
    }
    let target = Some(Target::AtLeast(0.99));
    report.beside(
        "load: calls/s with the live view",
        &with,
        "without",
        &without,
        target,
    );
    Ok(())
}

/// Calls a second of ghz, by its own account.
fn ghz_rate(ghz: &Tool, subject: &Subject<'_>, connections: usize) -> Result<f64> {
    let addr = subject.server.addr().to_string();
    let method = subject.method;
    let (calls, all) = (GHZ_CALLS.to_string(), (connections * IN_FLIGHT).to_string());
    let connections = connections.to_string();
    let mut command = ghz.command(&[
        "--insecure",
        "-i",
        method.protos,
        "--proto",
        method.file,
        "--call",
        method.name,
        "-d",
        method.request,
        "-n",
        &calls,
        "-c",
        &all,
        "--connections",
        &connections,
        "-O",
        "json",
        &addr,
    ]);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let (printed, _) = Client::spawn(command, LIMIT)?.output()?;
    number(&serde_json::from_str(&printed)?, "/rps")
}
