//! The server beside itself: with two threads and with one, over TLS and in plaintext, with a million people and with two.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rcgen::{CertifiedKey, generate_simple_self_signed};

use super::Group;
use super::h2load::{H2Load, Request};
use crate::Result;
use crate::client::{self, Client};
use crate::report::{Report, Samples, Target};
use crate::server::Server;

pub const GROUP: Group = Group {
    name: "serve",
    about: "the server with two threads, over TLS, and with a million people",
    run,
};

const ROUNDS: usize = 7;
const CALLS: u32 = 200_000;
/// Calls in flight on each connection.
const STREAMS: usize = 100;
const PEOPLE: u32 = 1_000_000;
const LOADS: usize = 3;
const LIMIT: Duration = Duration::from_mins(1);

fn run(report: &mut Report) -> Result<()> {
    if let Some(h2load) = H2Load::new_or_skip(GROUP.name, report)? {
        threads(report, &h2load)?;
        tls(report, &h2load)?;
    }
    people(report)
}

/// Server and generator share the machine. With one thread, the slower of both has a core to itself; with two, both cores can
/// be busy all the time. So the ceiling is what the CPU time of a call leaves, of both sides.
fn threads(report: &mut Report, h2load: &H2Load) -> Result<()> {
    const CONNECTIONS: usize = 16;

    let [one, two] = ["1", "2"].map(|count| Server::routeguide_with(&["--threads", count]));
    let (one, two) = (one?, two?);
    let (mut ones, mut twos) = (Samples::default(), Samples::default());
    let mut shares = Samples::default();
    for round in 1..=ROUNDS {
        eprintln!("  threads, round {round} of {ROUNDS}");
        let (first, server, generator) = load(h2load, &one, CONNECTIONS)?;
        let (second, ..) = load(h2load, &two, CONNECTIONS)?;
        ones.add(first);
        twos.add(second);
        let ceiling = 2.0 * server.max(generator) / (server + generator);
        shares.add(second / first / ceiling);
    }
    let measure = "serve: 16 connections, calls/s, 2 threads";
    report.beside(measure, &twos, "1 thread", &ones, None);
    report.single(
        "serve: 2 threads, share of the ceiling",
        &shares,
        Target::AtLeast(0.85),
    );
    Ok(())
}

/// The rate of a run, and seconds of CPU time for a call, of the server and of h2load.
fn load(h2load: &H2Load, server: &Server, connections: usize) -> Result<(f64, f64, f64)> {
    let before = server.cpu_time();
    let request = h2load.get_person(server)?;
    let run = request.run(CALLS, connections, STREAMS)?;
    let used = server.cpu_time().zip(before);
    let used = used.map_or(f64::NAN, |(after, before)| after - before);
    Ok((run.rate, used / f64::from(CALLS), run.cpu))
}

fn tls(report: &mut Report, h2load: &H2Load) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()])?;
    let [cert_file, key_file] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    std::fs::write(&cert_file, cert.pem())?;
    std::fs::write(&key_file, signing_key.serialize_pem())?;
    let [cert_file, key_file] = [cert_file, key_file].map(|path| path.display().to_string());

    let plain = Server::routeguide()?;
    let secure = Server::routeguide_with(&["--cert", &cert_file, "--key", &key_file])?;
    for connections in [1, 8] {
        let rate = |request: &Request<'_>| {
            let run = request.run(CALLS, connections, STREAMS)?;
            Result::<f64>::Ok(run.rate)
        };
        let (mut with, mut without) = (Samples::default(), Samples::default());
        for round in 1..=ROUNDS {
            eprintln!("  TLS, {connections} connections, round {round} of {ROUNDS}");
            with.add(rate(&h2load.get_person_over_tls(&secure)?)?);
            without.add(rate(&h2load.get_person(&plain)?)?);
        }
        report.beside(
            &format!("serve: over TLS, {connections} at once, calls/s"),
            &with,
            "plaintext",
            &without,
            Some(Target::AtLeast(0.6)),
        );
    }
    Ok(())
}

fn people(report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let [many, names, two_names] =
        ["people", "names", "two names"].map(|name| folder.path().join(name));
    write_people(&many)?;
    // In an order that no cache can guess.
    let numbers = || (0..u64::from(PEOPLE)).map(|n| n * 7_368_787 % u64::from(PEOPLE));
    let mut file = BufWriter::new(File::create(&names)?);
    for number in numbers() {
        writeln!(file, "person {number}")?;
    }
    file.flush()?;
    let mut file = BufWriter::new(File::create(&two_names)?);
    for number in numbers() {
        writeln!(file, "{}", if number % 2 == 0 { "Alice" } else { "Bob" })?;
    }
    file.flush()?;

    let few = Server::routeguide()?;
    let many_path = many.display().to_string();
    let (mut seconds, mut bytes) = (Samples::default(), Samples::default());
    let (mut of_many, mut of_few) = (Samples::default(), Samples::default());
    for round in 1..=LOADS {
        eprintln!("  a million people, round {round} of {LOADS}");
        let started = Instant::now();
        let server = Server::routeguide_with(&["--people", &many_path])?;
        seconds.add(started.elapsed().as_secs_f64());
        if let (Some(with), Some(without)) = (server.memory(), few.memory()) {
            let more = f64::from(with.saturating_sub(without)) * 1024.0;
            bytes.add(more / f64::from(PEOPLE));
        }
        of_many.add(lookups(&server, &names)?);
        of_few.add(lookups(&few, &two_names)?);
    }
    report.plain("serve: a million people, seconds to load", &seconds);
    report.plain("serve: a million people, bytes a person", &bytes);
    report.beside(
        "serve: random lookups a second, of a million",
        &of_many,
        "of two",
        &of_few,
        None,
    );
    Ok(())
}

/// People a second, on a stream, where each name has one.
fn lookups(server: &Server, names: &Path) -> Result<f64> {
    let addr = server.addr().to_string();
    let mut command = client::routeguide(&["get-people", "-a", &addr, "--strict", "-q"]);
    command.stdin(File::open(names)?).stdout(Stdio::null());
    let done = Client::spawn(command, LIMIT)?.finish()?;
    Ok(f64::from(PEOPLE) / done.elapsed.as_secs_f64())
}

fn write_people(to: &Path) -> Result<()> {
    let mut to = BufWriter::new(File::create(to)?);
    for number in 0..PEOPLE {
        writeln!(
            to,
            r#"{{"name":"person {number}","age":{},"gender":"FEMALE","hobbies":["reading","swimming"],"address":{{"street":"{number} Main St","city":"New York"}}}}"#,
            number % 100
        )?;
    }
    Ok(to.flush()?)
}
