//! One `get-person` as a whole process, as in a shell script: mostly the cost of starting a larger program and its
//! runtime.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::Group;
use crate::Result;
use crate::client::{Client, Installed};
use crate::peer::Runtime;
use crate::report::{Report, Samples, Target};
use crate::server::Server;

pub const GROUP: Group = Group {
    name: "process",
    about: "one get-person as a whole process",
    run,
};

const ROUNDS: usize = 200;
/// Runs that do not count: the first ones read the programs from the disk.
const WARM_UP: usize = 5;
const LIMIT: Duration = Duration::from_secs(10);

fn run(report: &mut Report) -> Result<()> {
    let server = Server::routeguide()?;
    let addr = server.addr().to_string();
    let installed = Installed::new()?;
    let mut ours = Samples::default();
    let mut peers = Runtime::ALL.map(|runtime| (runtime, Samples::default()));
    for round in 0..WARM_UP + ROUNDS {
        let counts = round >= WARM_UP;
        let milliseconds = call(installed.routeguide(&["get-person", "Alice", "--addr", &addr]))?;
        if counts {
            ours.add(milliseconds);
        }
        for (runtime, samples) in &mut peers {
            let mut command = installed.peer("get-person", *runtime);
            command.args([&addr, "Alice"]);
            let milliseconds = call(command)?;
            if counts {
                samples.add(milliseconds);
            }
        }
    }
    report.ratio(
        "process: get-person, milliseconds",
        &ours,
        &peers,
        Target::AtMost(1.15),
    );
    Ok(())
}

fn call(mut command: Command) -> Result<f64> {
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let (printed, done) = Client::spawn(command, LIMIT)?.output()?;
    if !printed.contains("Alice") {
        return Err(format!("get-person printed {printed:?}").into());
    }
    Ok(done.elapsed.as_secs_f64() * 1e3)
}
