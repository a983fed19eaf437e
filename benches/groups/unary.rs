//! Unary calls per second on the server, under a load generator that is not ours, beside bare tonic servers, a server of files
//! on nghttp2 and grpc-go.

use std::process::Command;

use super::Group;
use super::h2load::{H2Load, Request};
use crate::Result;
use crate::peer::Runtime;
use crate::report::{Report, Samples, Target};
use crate::server::Server;
use crate::tools::Tool;

pub const GROUP: Group = Group {
    name: "unary",
    about: "unary calls per second under h2load, and of tonic, nghttpd and grpc-go",
    run,
};

const ROUNDS: usize = 7;
const CALLS: u32 = 200_000;
/// Calls in flight on each connection.
const STREAMS: usize = 100;
const CONNECTIONS: [usize; 2] = [1, 8];
/// The length of nghttpd's file, which is about that of a reply with its headers.
const FILE: usize = 70;

const GRPC_GO: &str = "grpc-go";

/// A server of others, which does about the same.
struct Other {
    name: &'static str,
    server: Server,
    target: f64,
}

fn run(report: &mut Report) -> Result<()> {
    let Some(h2load) = H2Load::new_or_skip(GROUP.name, report)? else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("file"), [b'a'; FILE])?;

    let ours = Server::routeguide()?;
    let peers = Runtime::ALL
        .into_iter()
        .map(Server::peer)
        .collect::<Result<Vec<_>>>()?;
    let nghttpd = other(report, Tool::nghttpd(), 0.6, |tool, port| {
        let docs = folder.path().display().to_string();
        tool.command(&[
            "--no-tls",
            "-a",
            "127.0.0.1",
            "-d",
            &docs,
            &port.to_string(),
        ])
    })?;
    let grpc_go = other(report, Tool::go_interop_server(), 2.5, |tool, port| {
        tool.command(&["-port", &port.to_string()])
    })?;
    for connections in CONNECTIONS {
        let peer_requests = peers.iter().map(|server| h2load.get_person(server));
        let peer_requests = peer_requests.collect::<Result<Vec<_>>>()?;
        let mut others: Vec<(&Other, Request<'_>, Samples)> = Vec::new();
        if let Some(other) = &nghttpd {
            let request = h2load.get_file(&other.server, "/file", FILE);
            others.push((other, request, Samples::default()));
        }
        if let Some(other) = &grpc_go {
            let request = h2load.empty_call(&other.server);
            others.push((other, request, Samples::default()));
        }
        let our_request = h2load.get_person(&ours)?;
        let rate = |request: &Request<'_>| {
            let run = request.run(CALLS, connections, STREAMS)?;
            Result::<f64>::Ok(run.rate)
        };
        let mut our_rates = Samples::default();
        let mut peer_rates = Runtime::ALL.map(|runtime| (runtime, Samples::default()));
        for round in 1..=ROUNDS {
            eprintln!("  {connections} connections, round {round} of {ROUNDS}");
            our_rates.add(rate(&our_request)?);
            for (request, (_, samples)) in peer_requests.iter().zip(&mut peer_rates) {
                samples.add(rate(request)?);
            }
            for (_, request, samples) in &mut others {
                samples.add(rate(request)?);
            }
        }
        let plural = if connections == 1 { "" } else { "s" };
        let measure = format!("unary: {connections} connection{plural}, calls/s");
        report.ratio(&measure, &our_rates, &peer_rates, Target::AtLeast(1.1));
        for (other, _, rates) in &others {
            // With one connection, grpc-go is not at its limit: it has as many threads for it as for eight.
            let is_at_its_limit = connections > 1 || other.name != GRPC_GO;
            let target = is_at_its_limit.then_some(Target::AtLeast(other.target));
            report.beside(&measure, &our_rates, other.name, rates, target);
        }
    }
    report.memory("unary: server, peak", ours.peak());
    Ok(())
}

/// Starts a server if its program is there.
fn other(
    report: &mut Report,
    tool: Option<Tool>,
    target: f64,
    command: impl Fn(&Tool, u16) -> Command,
) -> Result<Option<Other>> {
    let Some(tool) = tool else {
        report.note(
            "unary: skipped a peer: nghttpd is in `nghttp2-server`, and `tests/interop/run` builds grpc-go's server",
        );
        return Ok(None);
    };
    Ok(Some(Other {
        name: tool.name,
        server: Server::foreign(|port| command(&tool, port))?,
        target,
    }))
}
