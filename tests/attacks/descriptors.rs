//! More clients than the server has file descriptors for, or lets in.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::attacker::Attacker;
use super::beside::Victim;
use super::client::Client;
use super::harness::{Server, block_on, routeguide, wait_for};

/// Seconds of processor time that a process has used, in user and in kernel mode (proc_pid_stat(5)).
fn seconds_used(server: &Server) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.id())).unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let mut fields = fields.split_whitespace().skip(11);
    let mut next = || fields.next().unwrap().parse::<u64>().unwrap();
    // What programs see is always in hundredths (USER_HZ).
    Duration::from_millis(10 * (next() + next()))
}

/// Forty is enough to start, and soon used up.
#[test]
fn more_clients_than_40_descriptors() {
    let server = routeguide(["serve", "--listen", "127.0.0.1:0"]).descriptors(40);
    let victim = Victim::of(Server::ready(1, server));
    victim.withstands(|victim| {
        let (before, start) = (seconds_used(&victim.server), Instant::now());
        let clients: Vec<TcpStream> = (0..200)
            .map(|_| TcpStream::connect(victim.addr()).unwrap())
            .collect();
        victim.hold();
        let (used, took) = (
            seconds_used(&victim.server).saturating_sub(before),
            start.elapsed(),
        );
        // A loop that spins uses all of a core.
        assert!(used < took / 2, "{used:?} of {took:?}");
        let said = victim.server.stderr().text();
        let complaints = said.lines().filter(|line| line.contains("cannot accept"));
        let lines = u64::try_from(complaints.count()).unwrap();
        let at_most = start.elapsed().as_secs() + 2;
        assert!(1 <= lines && lines <= at_most, "{took:?}:\n{said}");
        drop(clients);
        wait_for("a new client to be served", || {
            routeguide(["get-person", "Alice"])
                .at(victim.addr())
                .run()
                .status
                .success()
        });
    });
}

#[test]
fn a_limit_of_connections_that_does_not_fit_is_a_warning() {
    let server = routeguide(["serve", "--listen", "127.0.0.1:0"]).descriptors(40);
    let server = Server::ready(1, server);
    let said = server.stderr().wait_for("--max-connections");
    assert!(said.contains("warning: "), "{said}");
}

/// The soft limit is raised to the hard one.
#[test]
fn a_soft_limit_of_descriptors_does_not_matter() {
    let server = routeguide(["serve", "--listen", "127.0.0.1:0"]).soft_descriptors(40);
    let server = Server::ready(1, server);
    let mut clients: Vec<Attacker> = (0..100).map(|_| Attacker::connect(server.addr())).collect();
    assert!(clients.iter_mut().all(Attacker::call));
}

/// The client is told, and those who were first are not disturbed.
#[track_caller]
fn a_fourth_connection_is_refused(flag: &str) {
    let server = Server::started([flag, "3"]);
    let mut clients: Vec<Attacker> = (0..3).map(|_| Attacker::connect(server.addr())).collect();
    assert!(clients.iter_mut().all(Attacker::call));
    for _ in 0..10 {
        let refused = Attacker::greeting(server.addr(), &[]);
        let goaway = refused.wait_for_end();
        let (_, debug) = goaway.expect("GOAWAY");
        assert!(debug.contains("connections"), "{debug:?}");
    }
    assert!(clients.iter_mut().all(Attacker::call));
    clients.pop();
    wait_for("a place", || Attacker::connect(server.addr()).call());
}

#[test]
fn max_connections_is_the_limit_of_all() {
    a_fourth_connection_is_refused("--max-connections");
}

#[test]
fn max_connections_per_peer_is_the_limit_of_an_address() {
    a_fourth_connection_is_refused("--max-connections-per-peer");
}

#[test]
fn connections_beyond_the_limit_by_the_thousand() {
    Victim::with(["--max-connections", "10"]).withstands(|victim| {
        let clients: Vec<Attacker> = (0..9).map(|_| Attacker::connect(victim.addr())).collect();
        while victim.goes_on() {
            for _ in 0..100 {
                let refused = Attacker::greeting(victim.addr(), &[]);
                assert!(refused.wait_for_end().is_some(), "no GOAWAY");
            }
        }
        drop(clients);
    });
}

/// Clients of an in-order protocol see UNAVAILABLE, and may try elsewhere.
#[test]
fn our_client_reports_a_refused_connection() {
    let server = Server::started(["--max-connections", "1"]);
    block_on(async {
        let mut first = Client::connect(server.addr()).await;
        first.get_person().await.unwrap();
        let outcome = routeguide(["get-person", "Alice"]).at(server.addr()).run();
        assert!(!outcome.status.success());
        assert!(outcome.stderr.contains("connections"), "{outcome:#?}");
    });
}
