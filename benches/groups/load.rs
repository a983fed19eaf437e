//! `bench` beside h2load and ghz on the same server, and the precision of its open loop.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::Group;
use super::h2load::H2Load;
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

fn run(report: &mut Report) -> Result<()> {
    let server = Server::routeguide()?;
    let Some(h2load) = H2Load::new_or_skip(GROUP.name, report)? else {
        return Ok(());
    };
    let ghz = Tool::ghz();
    if ghz.is_none() {
        report.note("load: ghz not found: `tests/interop/run` installs it");
    }
    for (connections, beside_ghz) in [(1, 5.0), (8, 8.0)] {
        let (mut ours, mut h2loads, mut ghzs) =
            (Samples::default(), Samples::default(), Samples::default());
        for round in 1..=ROUNDS {
            eprintln!("  {connections} connections, round {round} of {ROUNDS}");
            ours.add(rate(&closed(&server, CALLS, connections, &[])?.0)?);
            h2loads.add(h2load.rate(&server, CALLS, connections, IN_FLIGHT)?);
            if let Some(ghz) = &ghz {
                ghzs.add(ghz_rate(ghz, &server, connections)?);
            }
        }
        let measure = format!("load: calls/s, {connections} at 100 in flight each");
        report.beside(
            &measure,
            &ours,
            "h2load",
            &h2loads,
            Some(Target::AtLeast(0.8)),
        );
        if ghz.is_some() {
            let target = Some(Target::AtLeast(beside_ghz));
            report.beside(&measure, &ours, "ghz", &ghzs, target);
        }
        open_loop(report, &server, connections, ours.median() / 2.0)?;
    }
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
    Ok(())
}

/// The figures of a run that asks for Alice, and its peak of memory in KiB.
fn bench(server: &Server, args: &[&str]) -> Result<(Value, Option<u32>)> {
    bench_of(server, "name=Alice", args)
}

/// The same of a run with another request.
pub(super) fn bench_of(
    server: &Server,
    request: &str,
    args: &[&str],
) -> Result<(Value, Option<u32>)> {
    let addr = server.addr().to_string();
    let command = ["bench", "GetPerson", request, "-o", "json", "-a", &addr];
    let mut command = client::routeguide(&[&command, args].concat());
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let (printed, done) = Client::spawn(command, LIMIT)?.output()?;
    let figures: Value = serde_json::from_str(&printed)?;
    if number(&figures, "/calls/failed")? > 0.0 {
        return Err(format!("calls failed: {}", figures["errors"]).into());
    }
    Ok((figures, done.peak))
}

/// As [`bench_of`], of so many calls on so many connections.
pub(super) fn closed(
    server: &Server,
    calls: u32,
    connections: usize,
    more: &[&str],
) -> Result<(Value, Option<u32>)> {
    let (calls, all) = (calls.to_string(), (connections * IN_FLIGHT).to_string());
    let connections = connections.to_string();
    let args = ["-n", &calls, "-c", &all, "--connections", &connections];
    bench(server, &[&args, more].concat())
}

fn number(figures: &Value, path: &str) -> Result<f64> {
    let found = figures.pointer(path).and_then(Value::as_f64);
    found.ok_or_else(|| format!("no {path}").into())
}

pub(super) fn rate(figures: &Value) -> Result<f64> {
    number(figures, "/rate")
}

/// At half of the rate that a closed loop reaches: whether calls start when they are due.
fn open_loop(report: &mut Report, server: &Server, connections: usize, asked: f64) -> Result<()> {
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
        let (figures, _) = bench(server, &args)?;
        reached.add(rate(&figures)? / asked);
        delays.add(number(&figures, "/delay/p99")? / 1e3);
    }
    let what = format!("load: open loop, {connections} connections");
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
        with.add(rate(&bench(server, &args)?.0)?);
        without.add(rate(&bench(server, &[&args[..], &["-q"]].concat())?.0)?);
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
fn ghz_rate(ghz: &Tool, server: &Server, connections: usize) -> Result<f64> {
    let addr = server.addr().to_string();
    let proto = concat!(env!("CARGO_MANIFEST_DIR"), "/protos/route_guide.proto");
    let protos = concat!(env!("CARGO_MANIFEST_DIR"), "/protos");
    let (calls, all) = (GHZ_CALLS.to_string(), (connections * IN_FLIGHT).to_string());
    let connections = connections.to_string();
    let mut command = ghz.command(&[
        "--insecure",
        "--proto",
        proto,
        "-i",
        protos,
        "--call",
        "RouteGuide.GetPerson",
        "-d",
        r#"{"name":"Alice"}"#,
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
