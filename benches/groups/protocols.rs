//! gRPC-Web and Connect beside gRPC, on the server and in the client, and calls over HTTP/1.1 beside files of nginx.

use std::fs::{self, File};
use std::thread;

use routeguide::protocol::{Codec, Protocol, Wire};

use super::Group;
use super::call::{self, REQUESTS};
use super::h2load::{self, H2Load, Request};
use super::load;
use crate::Result;
use crate::names;
use crate::nginx;
use crate::report::{Report, Samples, Target};
use crate::server::Server;
use crate::tools::Tool;

pub const GROUP: Group = Group {
    name: "protocols",
    about: "gRPC-Web and Connect beside gRPC, and HTTP/1.1 beside nginx",
    run,
};

/// gRPC is the first: the others are measured beside it.
const PROTOCOLS: [Protocol; 3] = [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect];
const ROUNDS: usize = 7;
const CALLS: u32 = 200_000;
/// Calls in flight on each connection of HTTP/2.
const STREAMS: usize = 100;
const CONNECTIONS: [usize; 2] = [1, 8];
/// Each has one call in flight: h2load would send more of them ahead of the replies, as clients do not.
const HTTP1_CONNECTIONS: usize = 100;

fn run(report: &mut Report) -> Result<()> {
    let threads = thread::available_parallelism()?.get();
    let server = Server::routeguide_with(&["--threads", &threads.to_string()])?;
    if let Some(h2load) = H2Load::new_or_skip(GROUP.name, report)? {
        http2(report, &h2load, &server)?;
        http1(report, &h2load, &server, threads)?;
    }
    stream(report, &server)?;
    bench(report, &server)?;
    report.memory("protocols: server, peak", server.peak());
    Ok(())
}

/// Unary calls on the server.
fn http2(report: &mut Report, h2load: &H2Load, server: &Server) -> Result<()> {
    for connections in CONNECTIONS {
        let plural = if connections == 1 { "" } else { "s" };
        let what = format!("{connections} connection{plural}, calls/s");
        let target = |_| Some(Target::AtLeast(0.8));
        beside_grpc(report, &what, target, |protocol| {
            let wire = match protocol {
                Protocol::Grpc => Wire::Grpc,
                Protocol::GrpcWeb => Wire::Web,
                Protocol::Connect => Wire::ConnectUnary,
            };
            let request = h2load.get_person_in(server, wire, Codec::Proto)?;
            Ok(request.run(CALLS, connections, STREAMS)?.rate)
        })?;
    }
    Ok(())
}

/// The same over HTTP/1.1. nginx is asked with GET, because it takes no POST for a file.
fn http1(report: &mut Report, h2load: &H2Load, server: &Server, threads: usize) -> Result<()> {
    let [files, folder] = [tempfile::tempdir()?, tempfile::tempdir()?];
    let codecs = [(Codec::Proto, "/proto"), (Codec::Json, "/json")];
    for (codec, path) in codecs {
        let reply = h2load::reply(Wire::ConnectUnary, codec)?;
        fs::write(files.path().join(path.trim_start_matches('/')), reply)?;
    }
    let tool = Tool::nginx();
    if tool.is_none() {
        report.note("protocols: skipped a peer, nginx not found: `apt-get install -y nginx`");
    }
    let serve = |tool| nginx::serve(tool, files.path(), folder.path(), threads);
    let nginx = tool.as_ref().map(serve).transpose()?;
    let rate = |request: Request<'_>| {
        let run = request.over_http1().run(CALLS, HTTP1_CONNECTIONS, 1)?;
        Result::<f64>::Ok(run.rate)
    };
    let mut all = codecs.map(|_| (Samples::default(), Samples::default()));
    for round in 1..=ROUNDS {
        eprintln!("  HTTP/1.1, round {round} of {ROUNDS}");
        for ((codec, path), (ours, theirs)) in codecs.into_iter().zip(&mut all) {
            let wire = Wire::ConnectUnary;
            ours.add(rate(h2load.get_person_in(server, wire, codec)?)?);
            if let Some(nginx) = &nginx {
                let len = h2load::reply(wire, codec)?.len();
                theirs.add(rate(h2load.get_file(nginx, path, len).without_body())?);
            }
        }
    }
    for ((codec, _), (ours, theirs)) in codecs.iter().zip(&all) {
        let measure = format!("protocols: Connect, HTTP/1.1, {}, calls/s", codec.name());
        if nginx.is_some() {
            report.beside(&measure, ours, "nginx", theirs, None);
        } else {
            report.plain(&measure, ours);
        }
    }
    Ok(())
}

/// A million messages on a stream of the client.
fn stream(report: &mut Report, server: &Server) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let [input, output] = ["requests", "people"].map(|name| folder.path().join(name));
    names::write_json(File::create(&input)?, REQUESTS)?;
    let addr = server.addr().to_string();
    let target = |protocol| match protocol {
        Protocol::Connect => Some(Target::AtLeast(0.7)),
        Protocol::Grpc | Protocol::GrpcWeb => None,
    };
    let what = "call, 1,000,000 requests, requests/s";
    beside_grpc(report, what, target, |protocol| {
        let args = ["--protocol", flag(protocol)];
        Ok(call::rate(&call::call(&addr, &args, &input, &output)?))
    })
}

/// Unary calls of the client.
fn bench(report: &mut Report, server: &Server) -> Result<()> {
    let none = |_| None;
    beside_grpc(report, "bench, 100 in flight, calls/s", none, |protocol| {
        let args = ["--protocol", flag(protocol)];
        load::rate(&load::closed(server, CALLS, 1, &args)?.0)
    })
}

/// Measures each protocol in turn, and reports the others beside gRPC.
fn beside_grpc(
    report: &mut Report,
    what: &str,
    target: impl Fn(Protocol) -> Option<Target>,
    rate: impl Fn(Protocol) -> Result<f64>,
) -> Result<()> {
    let mut all = PROTOCOLS.map(|protocol| (protocol, Samples::default()));
    for round in 1..=ROUNDS {
        eprintln!("  {what}, round {round} of {ROUNDS}");
        for (protocol, rates) in &mut all {
            rates.add(rate(*protocol)?);
        }
    }
    let [(grpc, of_grpc), others @ ..] = &all;
    for (protocol, rates) in others {
        let measure = format!("protocols: {protocol}, {what}");
        report.beside(
            &measure,
            rates,
            &grpc.to_string(),
            of_grpc,
            target(*protocol),
        );
    }
    Ok(())
}

/// As `--protocol` takes it.
fn flag(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Grpc => "grpc",
        Protocol::GrpcWeb => "grpc-web",
        Protocol::Connect => "connect",
    }
}
