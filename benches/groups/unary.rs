//! Unary calls a second on the server, under a load generator that is not ours. Chooses the server's runtime too:
//! the bare servers run on both of tokio's, and ours has to come near the better one.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use prost::Message;
use routeguide::proto::Name;
use tempfile::NamedTempFile;

use super::Group;
use crate::Result;
use crate::client::Client;
use crate::peer::{self, Runtime};
use crate::report::{Report, Samples, Target};
use crate::server::Server;

pub const GROUP: Group = Group {
    name: "unary",
    about: "unary calls a second under h2load",
    run,
};

const ROUNDS: usize = 7;
const CALLS: usize = 200_000;
/// Calls in flight on each connection.
const STREAMS: usize = 32;
const CONNECTIONS: [usize; 2] = [1, 8];
/// For a run of some seconds.
const LIMIT: Duration = Duration::from_secs(60);
/// A gRPC message's flag and length, in front of its bytes.
const PREFIX: usize = 5;

fn run(report: &mut Report) -> Result<()> {
    if Command::new("h2load").arg("--version").output().is_err() {
        report.note("unary: skipped, there is no h2load: `apt-get install -y nghttp2-client`");
        return Ok(());
    }
    let mut body = NamedTempFile::new()?;
    body.write_all(&framed(&Name {
        name: "Alice".into(),
    })?)?;
    body.flush()?;

    let ours = Server::routeguide()?;
    let peers = Runtime::ALL
        .into_iter()
        .map(Server::peer)
        .collect::<Result<Vec<_>>>()?;
    let mut rates = CONNECTIONS.map(|connections| {
        let peers = Runtime::ALL.map(|runtime| (runtime, Samples::default()));
        (connections, Samples::default(), peers)
    });
    for round in 1..=ROUNDS {
        eprintln!("  round {round} of {ROUNDS}");
        for (connections, our_rates, peer_rates) in &mut rates {
            our_rates.add(load(&ours, &body, *connections)?);
            for (server, (_, samples)) in peers.iter().zip(peer_rates) {
                samples.add(load(server, &body, *connections)?);
            }
        }
    }
    for (connections, our_rates, peer_rates) in &rates {
        let plural = if *connections == 1 { "" } else { "s" };
        report.ratio(
            &format!("unary: {connections} connection{plural}, calls/s"),
            our_rates,
            peer_rates,
            Target::AtLeast(0.9),
        );
    }
    report.memory("unary: server, peak", ours.peak());
    Ok(())
}

/// Calls a second. h2load does not look into trailers, where gRPC puts a failure; but a failed call carries no
/// message, so the bytes received show whether each reply did.
fn load(server: &Server, body: &NamedTempFile, connections: usize) -> Result<f64> {
    let calls = CALLS.to_string();
    let url = format!("http://{}/RouteGuide/GetPerson", server.addr());
    let mut command = Command::new("h2load");
    command
        .args(["-n", &calls, "-c", &connections.to_string()])
        .args(["-m", &STREAMS.to_string(), "-d"])
        .arg(body.path())
        .args(["-H", "content-type: application/grpc", "-H", "te: trailers"])
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let (printed, _) = Client::spawn(command, LIMIT)?.output()?;

    let reply = framed(&peer::alice())?.len();
    let complete = number_before(&printed, " 2xx") == Some(CALLS)
        && number_before(&printed, " succeeded") == Some(CALLS)
        && number_before(&printed, ") data") == Some(CALLS * reply);
    let rate = printed
        .split_once(" req/s")
        .and_then(|(before, _)| before.rsplit(' ').next()?.parse().ok());
    match rate {
        Some(rate) if complete => Ok(rate),
        _ => Err(format!("not every call had its reply; h2load printed:\n{printed}").into()),
    }
}

/// The number that stands before `label` in what h2load prints, as in `200000 2xx`.
fn number_before(text: &str, label: &str) -> Option<usize> {
    let (before, _) = text.split_once(label)?;
    let digits = before.rfind(|c: char| !c.is_ascii_digit())? + 1;
    before[digits..].parse().ok()
}

/// The message as it stands in an HTTP/2 body.
fn framed(message: &impl Message) -> Result<Vec<u8>> {
    let length = u32::try_from(message.encoded_len())?;
    let mut bytes = Vec::with_capacity(PREFIX + message.encoded_len());
    bytes.push(0);
    bytes.extend(length.to_be_bytes());
    message.encode(&mut bytes)?;
    Ok(bytes)
}
