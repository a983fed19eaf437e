//! Peak memory where it could grow without bound: on a stream ten times as long, and on one whose reader pauses, so that
//! everything between the names and the reader fills up.

use std::io::{BufReader, BufWriter};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use super::Group;
use crate::Result;
use crate::client::{self, Client};
use crate::names;
use crate::report::Report;
use crate::server::Server;

pub const GROUP: Group = Group {
    name: "memory",
    about: "10,000,000 names, then 1,000,000 with a reader that pauses",
    run,
};

const PAUSE: Duration = Duration::from_secs(3);
/// Enough for ten million names on a slow machine.
const LIMIT: Duration = Duration::from_mins(10);

fn run(report: &mut Report) -> Result<()> {
    eprintln!("  10,000,000 names");
    measure(report, "10,000,000 names", 10_000_000, None)?;
    eprintln!("  1,000,000 names, paused");
    measure(report, "pausing reader", 1_000_000, Some(500_000))
}

/// Counts `names` replies, and stops reading for a while after reply `pause_after`.
fn measure(report: &mut Report, what: &str, names: u32, pause_after: Option<u32>) -> Result<()> {
    let server = Server::routeguide()?;
    let addr = server.addr().to_string();
    let mut command = client::routeguide(&["get-people", "--addr", &addr, "-o", "json"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let done = thread::scope(|scope| {
        let mut client = Client::spawn(command, LIMIT)?;
        let stdin = client.stdin()?;
        let stdout = client.stdout()?;
        // A client that fails closes its stdin; its exit code says more than the broken pipe here.
        scope.spawn(move || names::write(BufWriter::new(stdin), names).ok());
        let checked = names::check_people(BufReader::new(stdout), names, |reply| {
            if Some(reply) == pause_after {
                thread::sleep(PAUSE);
            }
        });
        match (checked, client.finish()) {
            (Ok(()), finished) => finished,
            (Err(error), Ok(_)) => Err(error),
            // Either may have caused the other.
            (Err(error), Err(failure)) => Err(format!("{error}; the client: {failure}").into()),
        }
    })?;
    report.memory(&format!("memory: {what}, client, peak"), done.peak);
    report.memory(&format!("memory: {what}, server, peak"), server.peak());
    Ok(())
}
