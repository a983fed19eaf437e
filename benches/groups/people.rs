//! A million people in SQLite and in PostgreSQL: imports and exports, a stream about all of them beside one about people in
//! memory, and unary calls beside a server that asks PostgreSQL once a call.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::Group;
use super::load::{self, Method, rate};
use super::stream::in_memory;
use crate::Result;
use crate::client::{self, Client, Done};
use crate::databases::Engine;
use crate::peer::Runtime;
use crate::people::{self, PEOPLE, Year};
use crate::report::{Report, Samples, Target};
use crate::server::Server;

pub const GROUP: Group = Group {
    name: "people",
    about: "1,000,000 people in SQLite and PostgreSQL: imports, a stream and unary calls",
    run,
};

const ROUNDS: usize = 5;
/// Each has three imports and three exports of everyone, in both databases.
const IMPORT_ROUNDS: usize = 3;
/// Calls in flight, on all connections together.
const IN_FLIGHT: &str = "100";
const CONNECTIONS: [usize; 2] = [1, 8];
/// For a run of some seconds, and of a minute on a slow machine.
const LIMIT: Duration = Duration::from_mins(5);

/// What servers of databases may use, in MiB.
const MEMORY: Target = Target::AtMost(128.0);

fn run(report: &mut Report) -> Result<()> {
    let files = Files::new()?;
    let folder = tempfile::tempdir()?;
    let engines = Engine::all(folder.path(), GROUP.name, report);
    imports(report, &engines, &files)?;
    for engine in &engines {
        kill_half_way(engine, &files)?;
    }
    for engine in &engines {
        eprintln!("  {}: the people of the calls", engine.name());
        engine.renew()?;
        import(engine, &files.people, &[])?;
        engine.settle();
    }
    streams(report, &engines, &files)?;
    let is_postgres = |engine: &&Engine| matches!(engine, Engine::Postgres(_));
    if let Some(postgres) = engines.iter().find(is_postgres) {
        unary(report, &postgres.url())?;
    }
    Ok(())
}

/// Files in memory, so that only the databases use the disk.
struct Files {
    people: PathBuf,
    people_next_year: PathBuf,
    names: PathBuf,
    output: PathBuf,
    _folder: TempDir,
}

impl Files {
    fn new() -> Result<Self> {
        let folder = in_memory()?;
        let at = |name: &str| folder.path().join(name);
        let files = Self {
            people: at("people"),
            people_next_year: at("people next year"),
            names: at("names"),
            output: at("output"),
            _folder: folder,
        };
        people::write(&files.people, Year::This)?;
        people::write(&files.people_next_year, Year::Next)?;
        people::write_names(&files.names)?;
        Ok(files)
    }
}

/// People a second of an engine.
#[derive(Default)]
struct Rates {
    import: Samples,
    export: Samples,
    update: Samples,
    replace: Samples,
}

fn imports(report: &mut Report, engines: &[Engine], files: &Files) -> Result<()> {
    let mut all: Vec<Rates> = engines.iter().map(|_| Rates::default()).collect();
    let mut peak = None;
    for round in 1..=IMPORT_ROUNDS {
        for (engine, rates) in engines.iter().zip(&mut all) {
            eprintln!(
                "  imports, {}, round {round} of {IMPORT_ROUNDS}",
                engine.name()
            );
            engine.renew()?;
            rates.import.add(import(engine, &files.people, &[])?);
            let done = export(engine, &files.output, Year::This)?;
            rates.export.add(a_second(&done));
            peak = peak.max(done.peak);

            let update = ["--on-conflict", "update"];
            let updated = import(engine, &files.people_next_year, &update)?;
            rates.update.add(updated);
            export(engine, &files.output, Year::Next)?;

            let replaced = import(engine, &files.people, &["--replace"])?;
            rates.replace.add(replaced);
            export(engine, &files.output, Year::This)?;
        }
    }
    for (engine, rates) in engines.iter().zip(&all) {
        let measure = |what: &str| format!("people: {}, {what}, people/s", engine.name());
        let target = Target::AtLeast(50_000.0);
        report.single(&measure("import"), &rates.import, target);
        report.plain(&measure("import --on-conflict update"), &rates.update);
        report.plain(&measure("import --replace"), &rates.replace);
        report.plain(&measure("export"), &rates.export);
    }
    report.memory("people: export, peak", peak);
    report.note(format!(
        "people: imports read {PEOPLE} people in random order; the rates include the start of the program, and for the first the tables"
    ));
    Ok(())
}

/// Imports everyone. Returns people a second.
fn import(engine: &Engine, file: &Path, args: &[&str]) -> Result<f64> {
    let (file, url) = (file.display().to_string(), engine.url());
    let command = ["people", "import", &file, "--to", &url, "-q"];
    let mut command = client::routeguide(&[&command, args].concat());
    command.stdout(Stdio::null());
    Ok(a_second(&finish(command)?))
}

/// Kills an import of everyone half-way and makes it again, after which everyone is there once.
fn kill_half_way(engine: &Engine, files: &Files) -> Result<()> {
    eprintln!("  an import that is killed, {}", engine.name());
    engine.renew()?;
    let (file, url) = (files.people.display().to_string(), engine.url());
    finish(client::routeguide(&[
        "people", "migrate", "--to", &url, "-q",
    ]))?;
    let mut command = client::routeguide(&["people", "import", &file, "--to", &url, "-q"]);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let killed = Client::spawn(command, LIMIT)?;
    while count(engine)? < PEOPLE / 2 {}
    drop(killed);
    import(engine, &files.people, &["--on-conflict", "skip"])?;
    export(engine, &files.output, Year::This)?;
    Ok(())
}

fn count(engine: &Engine) -> Result<u32> {
    let mut command = client::routeguide(&["people", "count", "--from", &engine.url()]);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let (printed, _) = Client::spawn(command, LIMIT)?.output()?;
    Ok(printed.trim().parse()?)
}

fn export(engine: &Engine, output: &Path, year: Year) -> Result<Done> {
    let mut command = client::routeguide(&["people", "export", "--from", &engine.url(), "-q"]);
    command.stdout(File::create(output)?);
    let done = finish(command)?;
    people::check_everyone(output, year)?;
    Ok(done)
}

fn finish(mut command: Command) -> Result<Done> {
    command.stdin(Stdio::null());
    Client::spawn(command, LIMIT)?.finish()
}

fn a_second(done: &Done) -> f64 {
    f64::from(PEOPLE) / done.elapsed.as_secs_f64()
}

/// A server of the million people.
struct Source {
    name: &'static str,
    server: Server,
    /// Names a second; there is none for people in memory.
    target: Option<f64>,
    rates: Samples,
}

impl Source {
    fn new(name: &'static str, people: &str, target: Option<f64>) -> Result<Self> {
        Ok(Self {
            name,
            server: Server::routeguide_with(&["--people", people])?,
            target,
            rates: Samples::default(),
        })
    }

    fn of(engine: &Engine) -> Result<Self> {
        let target = match engine {
            Engine::Sqlite(_) => 300_000.0,
            Engine::Postgres(_) => 200_000.0,
        };
        Self::new(engine.name(), &engine.url(), Some(target))
    }
}

fn streams(report: &mut Report, engines: &[Engine], files: &Files) -> Result<()> {
    let people = files.people.display().to_string();
    let mut sources = vec![Source::new("memory", &people, None)?];
    for engine in engines {
        sources.push(Source::of(engine)?);
    }
    for source in &sources {
        eprintln!("  the order of a stream, {}", source.name);
        get_people(&source.server, files, File::create(&files.output)?)?;
        people::check_asked(&files.output)?;
    }
    for round in 1..=ROUNDS {
        eprintln!("  streams, round {round} of {ROUNDS}");
        for source in &mut sources {
            let done = get_people(&source.server, files, Stdio::null())?;
            source.rates.add(a_second(&done));
        }
    }
    for source in &sources {
        let measure = format!("people: {}, get-people, names/s", source.name);
        match source.target {
            Some(target) => report.single(&measure, &source.rates, Target::AtLeast(target)),
            None => report.plain(&measure, &source.rates),
        }
    }
    for source in &sources {
        let peak = source.server.peak().map_or(f64::NAN, f64::from);
        let mut peaks = Samples::default();
        peaks.add(peak / 1024.0);
        let measure = format!("people: {}, server, peak, MiB", source.name);
        match source.target {
            Some(_) => report.single(&measure, &peaks, MEMORY),
            None => report.plain(&measure, &peaks),
        }
    }
    Ok(())
}

/// Asks for all names, and fails if one has no reply.
fn get_people(server: &Server, files: &Files, output: impl Into<Stdio>) -> Result<Done> {
    let addr = server.addr().to_string();
    let command = ["get-people", "-a", &addr, "-o", "json", "--strict", "-q"];
    let mut command = client::routeguide(&command);
    command.stdin(File::open(&files.names)?).stdout(output);
    Client::spawn(command, LIMIT)?.finish()
}

fn unary(report: &mut Report, url: &str) -> Result<()> {
    // A name that is not found fails.
    let ours = Server::routeguide_with(&["--people", url, "--missing", "status"])?;
    let peers = Runtime::ALL.map(|runtime| Server::peer_as("people-server", runtime, &[url]));
    let peers = peers.into_iter().collect::<Result<Vec<_>>>()?;
    for server in peers.iter().chain([&ours]) {
        let addr = server.addr().to_string();
        let someone = people::someone();
        let command = ["get-person", &someone, "-a", &addr, "-o", "json"];
        let mut command = client::routeguide(&command);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let (printed, _) = Client::spawn(command, LIMIT)?.output()?;
        people::check_someone(&printed)?;
    }
    for connections in CONNECTIONS {
        let mut our_rates = Samples::default();
        let mut peer_rates = Runtime::ALL.map(|runtime| (runtime, Samples::default()));
        for round in 1..=ROUNDS {
            eprintln!("  unary, {connections} connections, round {round} of {ROUNDS}");
            our_rates.add(calls(&ours, connections)?);
            for (server, (_, rates)) in peers.iter().zip(&mut peer_rates) {
                rates.add(calls(server, connections)?);
            }
        }
        let plural = if connections == 1 { "" } else { "s" };
        report.ratio(
            &format!("people: PostgreSQL, unary, {connections} connection{plural}, calls/s"),
            &our_rates,
            &peer_rates,
            Target::AtLeast(5.0),
        );
    }
    report.note(format!(
        "people: unary calls are {IN_FLIGHT} in flight on all connections together, each with a random name; the peer asks once a call, on one of 10 connections"
    ));
    Ok(())
}

/// Calls a second.
fn calls(server: &Server, connections: usize) -> Result<f64> {
    let connections = connections.to_string();
    let load = ["-c", IN_FLIGHT, "--connections", &connections];
    let args = [&load[..], &["-D", "4s", "--warmup", "1s"]].concat();
    let method = Method {
        request: &people::anyone(),
        ..load::GET_PERSON
    };
    rate(&load::bench(server, method, &args)?.0)
}
