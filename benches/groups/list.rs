//! `list` on a server with reflection, as a whole process as in a shell script, compared with grpcurl on the same server.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::Group;
use crate::Result;
use crate::client::{self, Client};
use crate::report::{Report, Samples, Target};
use crate::server::Server;
use crate::tools::Tool;

pub const GROUP: Group = Group {
    name: "list",
    about: "list by reflection as a whole process, and with grpcurl",
    run,
};

const ROUNDS: usize = 60;
/// Runs that do not count: the first ones read the programs from the disk.
const WARM_UP: usize = 3;
const LIMIT: Duration = Duration::from_secs(10);

fn run(report: &mut Report) -> Result<()> {
    let Some(grpcurl) = Tool::grpcurl_or_skip(GROUP.name, report) else {
        return Ok(());
    };
    let server = Server::routeguide()?;
    let addr = server.addr().to_string();
    let mut ours = Samples::default();
    let mut theirs = Samples::default();
    for round in 0..WARM_UP + ROUNDS {
        let our_time = list(client::routeguide(&["list", "-a", &addr]))?;
        let their_time = list(grpcurl.command(&["-plaintext", &addr, "list"]))?;
        if round >= WARM_UP {
            ours.add(our_time);
            theirs.add(their_time);
        }
    }
    report.beside(
        "list: by reflection, milliseconds",
        &ours,
        grpcurl.name,
        &theirs,
        Some(Target::AtMost(1.0)),
    );
    Ok(())
}

fn list(mut command: Command) -> Result<f64> {
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let (printed, done) = Client::spawn(command, LIMIT)?.output()?;
    // The second is known only by reflection; our program has the schema of the first built in.
    for service in ["RouteGuide", "grpc.health.v1.Health"] {
        if !printed.lines().any(|line| line == service) {
            return Err(format!("list printed {printed:?}").into());
        }
    }
    Ok(done.elapsed.as_secs_f64() * 1e3)
}
