//! A million names from a file through `get-people` into a file, compared with a bare tonic client that sends the same
//! names to the same server and drops every reply.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;

use super::Group;
use crate::Result;
use crate::client::{self, Client};
use crate::names;
use crate::peer::Runtime;
use crate::report::{Report, Samples, Target};
use crate::server::Server;

pub const GROUP: Group = Group {
    name: "stream",
    about: "1,000,000 names, file to file",
    run,
};

const NAMES: u32 = 1_000_000;
const ROUNDS: usize = 11;
/// For a run of several seconds.
const LIMIT: Duration = Duration::from_mins(2);

fn run(report: &mut Report) -> Result<()> {
    let folder = in_memory()?;
    let input = folder.path().join("names");
    let output = folder.path().join("people");
    let mut file = BufWriter::new(File::create(&input)?);
    names::write(&mut file, NAMES)?;
    file.flush()?;

    let server = Server::routeguide()?;
    let addr = server.addr().to_string();
    let mut ours = Samples::default();
    let mut peers = Runtime::ALL.map(|runtime| (runtime, Samples::default()));
    let mut peak = None;
    for round in 1..=ROUNDS {
        eprintln!("  round {round} of {ROUNDS}");
        let mut command = client::routeguide(&["get-people", "--addr", &addr, "-o", "json"]);
        command.stdin(File::open(&input)?);
        command.stdout(File::create(&output)?);
        let done = Client::spawn(command, LIMIT)?.finish()?;
        ours.add(done.elapsed.as_secs_f64());
        peak = peak.max(done.peak);
        names::check_people(BufReader::new(File::open(&output)?), NAMES, |_| {})?;

        for (runtime, samples) in &mut peers {
            let mut command = client::peer("get-people", *runtime);
            command.arg(&addr).arg(&input);
            command.stdin(Stdio::null()).stdout(Stdio::piped());
            let (printed, done) = Client::spawn(command, LIMIT)?.output()?;
            if printed.trim() != NAMES.to_string() {
                return Err(format!("the bare client got {} replies", printed.trim()).into());
            }
            samples.add(done.elapsed.as_secs_f64());
        }
    }
    report.ratio(
        "stream: 1,000,000 names, seconds",
        &ours,
        &peers,
        Target::AtMost(0.8),
    );
    report.memory("stream: client, peak", peak);
    report.memory("stream: server, peak", server.peak());
    Ok(())
}

/// A folder in memory where the system has one. Only one of the clients writes, and how fast a disk takes a hundred
/// megabytes differs more from machine to machine than what is measured.
pub(super) fn in_memory() -> Result<TempDir> {
    let shared = Path::new("/dev/shm");
    Ok(if shared.is_dir() {
        tempfile::tempdir_in(shared)?
    } else {
        tempfile::tempdir()?
    })
}
