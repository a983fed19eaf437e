//! Unary calls per second on the server, under a load generator that is not ours. It also decides the server's runtime:
//! the bare servers run on both of tokio's, and ours has to come close to the better one.

use super::Group;
use super::h2load::H2Load;
use crate::Result;
use crate::peer::Runtime;
use crate::report::{Report, Samples, Target};
use crate::server::Server;

pub const GROUP: Group = Group {
    name: "unary",
    about: "unary calls per second under h2load",
    run,
};

const ROUNDS: usize = 7;
const CALLS: usize = 200_000;
/// Calls in flight on each connection.
const STREAMS: usize = 32;
const CONNECTIONS: [usize; 2] = [1, 8];

fn run(report: &mut Report) -> Result<()> {
    let Some(h2load) = H2Load::new_or_skip(GROUP.name, report)? else {
        return Ok(());
    };

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
            our_rates.add(h2load.rate(&ours, CALLS, *connections, STREAMS)?);
            for (server, (_, samples)) in peers.iter().zip(peer_rates) {
                samples.add(h2load.rate(server, CALLS, *connections, STREAMS)?);
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
