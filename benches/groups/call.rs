//! A million JSON requests from a file through `call` into a file: the cost of reading JSON with a schema that is known
//! only at run time, compared with other clients that do so. Each prints in its default style: ours a line for each reply,
//! grpcurl an indented message, which it has no option to change.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::Group;
use crate::Result;
use crate::client::{self, Client, Done};
use crate::names;
use crate::report::{Report, Samples, Target};
use crate::server::Server;
use crate::tools::Tool;

pub const GROUP: Group = Group {
    name: "call",
    about: "1,000,000 JSON requests to GetPeople, file to file, and with grpcurl and others",
    run,
};

const METHOD: &str = "RouteGuide/GetPeople";
pub(super) const REQUESTS: u32 = 1_000_000;
/// The others take many times as long, and their time for a request does not depend on the number of requests.
const PEER_REQUESTS: u32 = 100_000;
const ROUNDS: usize = 5;
/// For a run of some seconds, and of half a minute on a slow machine.
const LIMIT: Duration = Duration::from_mins(3);

/// Another client, and its figures until it fails.
struct Peer {
    tool: Tool,
    arguments: Vec<String>,
    target: Option<Target>,
    rates: Samples,
}

fn run(report: &mut Report) -> Result<()> {
    let Some(grpcurl) = Tool::grpcurl_or_skip(GROUP.name, report) else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let output = folder.path().join("people");
    let [input, peer_input] = [REQUESTS, PEER_REQUESTS].map(|count| {
        let path = folder.path().join(count.to_string());
        (path, count)
    });
    for (path, count) in [&input, &peer_input] {
        names::write_json(File::create(path)?, *count)?;
    }

    let server = Server::routeguide()?;
    let addr = server.addr().to_string();
    let mut peers = peers(grpcurl, &addr, report);
    let names_input = folder.path().join("names");
    names::write(File::create(&names_input).map(BufWriter::new)?, REQUESTS)?;
    let mut ours = Samples::default();
    let mut get_people = Samples::default();
    let mut peak = None;
    for round in 1..=ROUNDS {
        eprintln!("  round {round} of {ROUNDS}");
        let done = call(&addr, &[], &input.0, &output)?;
        ours.add(rate(&done));
        peak = peak.max(done.peak);

        let command = client::routeguide(&["get-people", "-o", "json", "-a", &addr]);
        let done = file_to_file(command, &names_input, &output)?;
        names::check_people(BufReader::new(File::open(&output)?), REQUESTS, |_| {})?;
        get_people.add(rate(&done));

        let mut failed = Vec::new();
        for (index, peer) in peers.iter_mut().enumerate() {
            match peer.rate(&peer_input.0, &output) {
                Ok(rate) => peer.rates.add(rate),
                Err(error) => failed.push((index, error)),
            }
        }
        // From the last one, so that the indexes stay valid.
        for (index, error) in failed.into_iter().rev() {
            let peer = peers.remove(index);
            if peer.target.is_some() {
                return Err(format!("{}: {error}", peer.tool.name).into());
            }
            report.note(format!("call: skipped, {} failed: {error}", peer.tool.name));
        }
    }
    for peer in &peers {
        report.beside(
            "call: 1,000,000 requests, requests/s",
            &ours,
            peer.tool.name,
            &peer.rates,
            peer.target,
        );
    }
    if let Some(grpcurl) = peers.iter().find(|peer| peer.target.is_some()) {
        report.beside(
            "call: get-people, 1,000,000 names, names/s",
            &get_people,
            grpcurl.tool.name,
            &grpcurl.rates,
            Some(Target::AtLeast(30.0)),
        );
    }
    report.note(format!(
        "call: the others had {PEER_REQUESTS} requests per run, ours {REQUESTS}; the rates include the start of each program"
    ));
    report.memory("call: client, peak", peak);
    report.memory("call: server, peak", server.peak());
    Ok(())
}

/// The target is relative to grpcurl, which is required; the others are optional, and only for information.
fn peers(grpcurl: Tool, addr: &str, report: &mut Report) -> Vec<Peer> {
    let url = format!("http://{addr}/{METHOD}");
    let curl = ["curl", "--protocol", "grpc", "--http2-prior-knowledge"];
    let candidates = [
        (
            "grpcurl",
            Some(grpcurl),
            vec!["-plaintext", "-d", "@", addr, METHOD],
            Some(Target::AtLeast(8.0)),
        ),
        (
            "grpcurl-rs, set GRPCURL_RS",
            Tool::grpcurl_rs(),
            vec!["--plaintext", "-d", "@", addr, METHOD],
            None,
        ),
        (
            "buf, set BUF",
            Tool::buf(),
            [&curl[..], &["-d", "@-", &url]].concat(),
            None,
        ),
    ];
    let mut peers = Vec::new();
    for (wanted, tool, arguments, target) in candidates {
        let Some(tool) = tool else {
            report.note(format!("call: skipped, not found: {wanted}"));
            continue;
        };
        peers.push(Peer {
            tool,
            arguments: arguments.into_iter().map(str::to_owned).collect(),
            target,
            rates: Samples::default(),
        });
    }
    peers
}

impl Peer {
    /// Requests per second.
    fn rate(&self, input: &Path, output: &Path) -> Result<f64> {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let done = file_to_file(self.tool.command(&arguments), input, output)?;
        let replies = replies(output)?;
        if replies != PEER_REQUESTS as usize {
            return Err(format!("{PEER_REQUESTS} requests had {replies} replies").into());
        }
        Ok(f64::from(PEER_REQUESTS) / done.elapsed.as_secs_f64())
    }
}

/// Calls with [`REQUESTS`] requests in JSON, and checks the replies.
pub(super) fn call(addr: &str, more: &[&str], input: &Path, output: &Path) -> Result<Done> {
    let command = ["call", METHOD, "-d", "@-", "-a", addr];
    let done = file_to_file(
        client::routeguide(&[&command, more].concat()),
        input,
        output,
    )?;
    names::check_people(BufReader::new(File::open(output)?), REQUESTS, |_| {})?;
    Ok(done)
}

/// Requests a second.
pub(super) fn rate(done: &Done) -> f64 {
    f64::from(REQUESTS) / done.elapsed.as_secs_f64()
}

fn file_to_file(mut command: Command, input: &Path, output: &Path) -> Result<Done> {
    command.stdin(File::open(input)?);
    command.stdout(File::create(output)?);
    Client::spawn(command, LIMIT)?.finish()
}

/// Counts people in JSON of any layout: each has one member with this name. The colon after it is not matched, because
/// Go's JSON puts a space there at random.
fn replies(output: &Path) -> Result<usize> {
    let mut count = 0;
    for line in BufReader::new(File::open(output)?).lines() {
        count += line?.matches("\"name\"").count();
    }
    Ok(count)
}
