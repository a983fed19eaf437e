//! Several `serve` on one database, and the database on several machines: HAProxy in front, as packaging/haproxy has it, and
//! PostgreSQL's replicas and PgBouncer behind.
//!
//! Needs Debian's packages haproxy, postgresql and pgbouncer.

mod balancer;

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::ops::{Deref, Range};

use rustix::process::Signal;
use serde_json::Value;

use super::harness::postgres::{ADMIN, Database, Instance, PgBouncer};
use super::harness::{Outcome, Program, Running, Server, routeguide, wait_for};
use balancer::Balancer;

/// How many people there are: `p0` and so on.
const PEOPLE: usize = 1000;

/// Any of them.
const ANYONE: &str = "name=p{{random 0 999}}";

/// A server whose calls can be counted.
struct Replica {
    server: Server,
    metrics: String,
}

impl Replica {
    #[track_caller]
    fn start(url: &str) -> Self {
        Self::with(url, &[])
    }

    #[track_caller]
    fn with(url: &str, args: &[&str]) -> Self {
        let always = ["--metrics", "127.0.0.1:0", "--people", url];
        let server = Server::started([&always[..], args].concat());
        Self {
            metrics: server.metrics(),
            server,
        }
    }

    /// How many calls of a method have ended with this code, or with any.
    #[track_caller]
    fn ended(&self, method: &str, code: Option<&str>) -> u64 {
        let mut connection = TcpStream::connect(&self.metrics).unwrap();
        write!(connection, "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        let mut page = String::new();
        connection.read_to_string(&mut page).unwrap();
        let method = format!("grpc_method=\"{method}\"");
        let code = code.map_or_else(String::new, |code| format!("grpc_code=\"{code}\""));
        page.lines()
            .filter(|line| line.starts_with("grpc_server_handled_total{"))
            .filter(|line| line.contains(&method) && line.contains(&code))
            .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
            .sum()
    }

    /// How many calls of a method were answered.
    #[track_caller]
    fn answered(&self, method: &str) -> u64 {
        self.ended(method, Some("OK"))
    }

    /// Waits until it has answered this many more.
    #[track_caller]
    fn wait_for_more(&self, method: &str, more: u64) {
        let before = self.answered(method);
        wait_for("more calls", || self.answered(method) >= before + more);
    }
}

impl Deref for Replica {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

/// Their names, a line each.
fn names(of: Range<usize>) -> String {
    of.fold(String::new(), |mut lines, number| {
        writeln!(lines, "p{number}").unwrap();
        lines
    })
}

/// They themselves in JSON, a line each.
fn in_json(of: Range<usize>) -> String {
    of.fold(String::new(), |mut lines, number| {
        let age = number + 1;
        writeln!(lines, "{{\"name\":\"p{number}\",\"age\":{age}}}").unwrap();
        lines
    })
}

/// A database of its own with the people.
fn people(instance: &Instance) -> Database<'_> {
    let database = instance.database();
    routeguide(["people", "import", "-q", "--to", &database.url()])
        .run_with(in_json(0..PEOPLE))
        .exits(0);
    database
}

/// A load of one connection, with its figures in JSON.
fn bench(addr: &str, method: &str, args: &str) -> Program {
    routeguide(["bench", method, ANYONE, "-o", "json"])
        .args(args.split_whitespace())
        .at(addr)
}

/// The same, until it is interrupted.
fn load(addr: &str, method: &str, args: &str) -> Running {
    bench(addr, method, args).args(["-D", "1h"]).start()
}

/// Ends a load. Returns its figures.
#[track_caller]
fn end(load: Running) -> Value {
    load.signal(Signal::INT);
    let outcome = load.wait();
    outcome.exits(130);
    figures(&outcome)
}

#[track_caller]
fn figures(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:#?}"))
}

#[track_caller]
fn count(figures: &Value, path: &str) -> u64 {
    let found = figures.pointer(path).and_then(Value::as_u64);
    found.unwrap_or_else(|| panic!("no {path} in {figures:#}"))
}

/// Of eight calls and four streams at once.
#[track_caller]
fn lost_no_more_than_it_had(calls: Running, streams: Running) {
    for (load, in_flight) in [(calls, 8), (streams, 4)] {
        let figures = end(load);
        let failed = count(&figures, "/calls/failed");
        assert!(failed <= in_flight, "{failed}: {}", figures["errors"]);
        assert_eq!(count(&figures, "/connections/lost"), 0, "{figures:#}");
    }
}

#[track_caller]
fn nothing_failed(figures: &Value) {
    assert_eq!(count(figures, "/calls/failed"), 0, "{}", figures["errors"]);
    assert_eq!(count(figures, "/connections/lost"), 0, "{figures:#}");
}

/// One call after the other, so that it does not depend on how fast they are.
#[test]
fn calls_and_streams_of_one_connection_are_spread_over_the_servers() {
    let database = people(Instance::shared());
    let replicas = [(); 2].map(|()| Replica::start(&database.url()));
    let balancer = Balancer::in_front_of(&replicas);
    for (method, args) in [
        ("GetPerson", "-c 1 -n 100"),
        ("GetPeople", "-c 1 -n 100 --messages 10"),
    ] {
        let outcome = bench(balancer.addr(), method, args).run();
        outcome.exits(0);
        let figures = figures(&outcome);
        assert_eq!(count(&figures, "/calls/ok"), 100);
        assert_eq!(count(&figures, "/connections/opened"), 1);
        let answered = || replicas.each_ref().map(|replica| replica.answered(method));
        // A call is counted after its last frame.
        wait_for("all calls to be counted", || {
            answered().iter().sum::<u64>() == 100
        });
        assert!(
            answered().iter().all(|share| *share >= 40),
            "{method}: {:?}",
            answered()
        );
    }
}

#[test]
fn replies_come_through_the_balancer_as_they_are() {
    let database = people(Instance::shared());
    let replicas = [(); 2].map(|()| Replica::start(&database.url()));
    let balancer = Balancer::in_front_of(&replicas);
    routeguide(["get-people", "-o", "json"])
        .at(balancer.addr())
        .run_with(names(0..PEOPLE))
        .exits(0)
        .prints(&in_json(0..PEOPLE));
    routeguide(["get-person", "nobody"])
        .at(balancer.addr())
        .run()
        .exits(69);
    routeguide(["health"]).at(balancer.addr()).run().exits(0);
}

/// A reply does not wait for more of them, or for the end of the requests.
#[test]
fn a_stream_through_the_balancer_is_answered_message_by_message() {
    let database = people(Instance::shared());
    let replicas = [(); 2].map(|()| Replica::start(&database.url()));
    let balancer = Balancer::in_front_of(&replicas);
    let mut stream = routeguide(["get-people", "-o", "json"])
        .at(balancer.addr())
        .start();
    for number in 0..5 {
        stream.write(names(number..number + 1));
        stream.stdout().wait_for(&in_json(number..number + 1));
    }
    stream.close_stdin();
    stream.wait().exits(0);
}

#[test]
fn a_server_that_drains_under_load_loses_no_call() {
    let database = people(Instance::shared());
    let replicas = [(); 2].map(|()| Replica::start(&database.url()));
    let balancer = Balancer::in_front_of(&replicas);
    let calls = load(balancer.addr(), "GetPerson", "-c 8");
    let streams = load(balancer.addr(), "GetPeople", "-c 4 --messages 20");
    for replica in &replicas {
        replica.wait_for_more("GetPerson", 50);
        replica.wait_for_more("GetPeople", 10);
    }
    let [drained, other] = replicas;
    drained.signal(Signal::TERM);
    let outcome = drained.server.into_running().wait();
    outcome.exits(0);
    assert!(!outcome.stderr.contains("unfinished"), "{outcome:#?}");
    other.wait_for_more("GetPerson", 50);
    other.wait_for_more("GetPeople", 10);
    for load in [calls, streams] {
        nothing_failed(&end(load));
    }
}

#[test]
fn a_server_that_is_killed_under_load_loses_no_call_but_those_it_had() {
    let database = people(Instance::shared());
    let replicas = [(); 2].map(|()| Replica::start(&database.url()));
    let balancer = Balancer::in_front_of(&replicas);
    let calls = load(balancer.addr(), "GetPerson", "-c 8");
    let streams = load(balancer.addr(), "GetPeople", "-c 4 --messages 20");
    for replica in &replicas {
        replica.wait_for_more("GetPerson", 50);
        replica.wait_for_more("GetPeople", 10);
    }
    let [killed, other] = replicas;
    killed.server.into_running().kill();
    other.wait_for_more("GetPerson", 50);
    other.wait_for_more("GetPeople", 10);
    lost_no_more_than_it_had(calls, streams);
}

#[test]
fn a_server_that_is_about_to_stop_gets_no_new_calls() {
    let database = people(Instance::shared());
    let url = database.url();
    let replicas = [
        Replica::with(&url, &["--drain-delay", "1h"]),
        Replica::start(&url),
    ];
    let balancer = Balancer::in_front_of(&replicas);
    let [stopping, other] = &replicas;
    stopping.signal(Signal::TERM);
    balancer.log().wait_for("Server routeguide/guide1 is DOWN");
    let outcome = bench(balancer.addr(), "GetPerson", "-c 4 -n 100").run();
    nothing_failed(&figures(outcome.exits(0)));
    assert_eq!(stopping.ended("GetPerson", None), 0);
    wait_for("all calls to be counted", || {
        other.answered("GetPerson") == 100
    });
}

/// Its database is another one, which is gone: the server lives, and says NOT_SERVING.
#[test]
fn a_server_without_its_database_gets_no_new_calls() {
    let gone = Instance::start(&[]);
    let (lost, kept) = (people(&gone), people(Instance::shared()));
    let replicas = [Replica::start(&lost.url()), Replica::start(&kept.url())];
    let balancer = Balancer::in_front_of(&replicas);
    gone.kill();
    balancer.log().wait_for("Server routeguide/guide1 is DOWN");
    let outcome = bench(balancer.addr(), "GetPerson", "-c 4 -n 100").run();
    nothing_failed(&figures(outcome.exits(0)));
    gone.start_again();
    balancer.log().wait_for("Server routeguide/guide1 is UP");
}

#[test]
fn reads_go_on_from_a_replica_when_the_primary_is_gone() {
    let primary = Instance::start(&[]);
    let database = people(&primary);
    let replica = primary.replica();
    let server = Replica::start(&format!(
        "postgres://{ADMIN}@127.0.0.1:{},127.0.0.1:{}/{}",
        primary.port(),
        replica.port(),
        database.name
    ));
    let connections = |instance: &Instance| {
        let ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'routeguide'";
        instance.sql("postgres", ours)
    };
    let calls = load(server.addr(), "GetPerson", "-c 8");
    let streams = load(server.addr(), "GetPeople", "-c 4 --messages 20");
    server.wait_for_more("GetPerson", 50);
    server.wait_for_more("GetPeople", 10);
    assert_eq!(connections(&replica), "0");
    primary.kill();
    server.wait_for_more("GetPerson", 200);
    server.wait_for_more("GetPeople", 50);
    assert_ne!(connections(&replica), "0");
    for (load, in_flight) in [(calls, 8), (streams, 4)] {
        let figures = end(load);
        let failed = count(&figures, "/calls/failed");
        assert!(failed <= in_flight, "{failed}: {}", figures["errors"]);
    }
    routeguide(["health"]).at(server.addr()).run().exits(0);
}

/// In transaction mode, with fewer connections to PostgreSQL than the servers have together.
#[test]
fn many_calls_go_through_pgbouncer() {
    let instance = Instance::shared();
    let database = people(instance);
    let bouncer = PgBouncer::start(instance, "");
    let replicas = [(); 2].map(|()| Replica::start(&bouncer.url(&database.name)));
    let mut loads = Vec::new();
    for replica in &replicas {
        loads.push(bench(replica.addr(), "GetPerson", "-c 64 -n 2000").start());
        loads.push(bench(replica.addr(), "GetPeople", "-c 8 -n 80 --messages 100").start());
    }
    for replica in &replicas {
        routeguide(["get-people", "-o", "json"])
            .at(replica.addr())
            .run_with(names(0..PEOPLE))
            .exits(0)
            .prints(&in_json(0..PEOPLE));
    }
    for load in loads {
        nothing_failed(&figures(load.wait().exits(0)));
    }
}
