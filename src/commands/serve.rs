//! `serve`: runs the RouteGuide server until a signal.

mod check;
mod files;
mod limits;
mod supervisor;

use std::num::NonZero;
use std::sync::Arc;

use tokio::task::JoinSet;
use tracing::Level;

use crate::cli::{self, ServeArgs};
use crate::error::Result;
use crate::output::{Console, LogFormat, Verbosity, count, log_to};
use crate::protocol::Protocol;
use crate::server::{
    AcceptFailures, Access, Availability, CallLog, Exporter, ListenAddress, Listener, Metrics,
    MetricsListener, Missing, Origins, Protocols, Server, Setup, Workers, bind, given, log_call,
};
use crate::session::Context;
use crate::session::misplaced::only_flags;
use check::check;
use files::{Files, Loaded, people_of, warn_if_empty};
use limits::{limits, raise_descriptors};
use supervisor::Supervisor;

/// The console for these arguments.
pub fn console(args: &ServeArgs, context: &Context) -> Console {
    let verbosity = if args.verbose {
        Verbosity::Verbose
    } else {
        Verbosity::Normal
    };
    let format = match args.observing.log_format {
        cli::LogFormat::Text => LogFormat::Text,
        cli::LogFormat::Json => LogFormat::Json,
    };
    let level = match args.observing.log {
        _ if args.quiet => Level::ERROR,
        cli::LogLevel::Error => Level::ERROR,
        cli::LogLevel::Warn => Level::WARN,
        cli::LogLevel::Info => Level::INFO,
        cli::LogLevel::Debug => Level::DEBUG,
    };
    context.console(verbosity, None).logging(format, level)
}

/// The protocols that are served.
fn protocols(args: &ServeArgs) -> Protocols {
    Protocols::only(args.protocols.iter().map(|protocol| match protocol {
        cli::ServedProtocol::Grpc => Protocol::Grpc,
        cli::ServedProtocol::GrpcWeb => Protocol::GrpcWeb,
        cli::ServedProtocol::Connect => Protocol::Connect,
    }))
}

pub async fn run(args: &ServeArgs, context: &mut Context) -> Result<()> {
    let console = console(args, context);
    only_flags(&args.rest)?;
    log_to(console.clone());
    let addresses: Vec<ListenAddress> = args
        .listen
        .iter()
        .map(|text| text.parse())
        .collect::<Result<_>>()?;
    let metrics_address = args.observing.metrics.as_deref();
    let metrics_address: Option<ListenAddress> = metrics_address.map(str::parse).transpose()?;
    let origins = Origins::new(&args.allow_origin)?;
    let missing = match args.missing {
        cli::Missing::Reply => Missing::Reply,
        cli::Missing::Status => Missing::Status,
    };
    context.interrupt.listen_for_termination()?;
    // Before another descriptor could be taken for one of them, and before there are other threads: the
    // environment changes.
    let given = if args.check { Vec::new() } else { given()? };
    let supervisor = Supervisor::new(console.clone());
    let files = Files::of(args)?;
    let watches = files.watch(&supervisor)?;
    let loading = files.load();
    let loaded = context.interrupt.or(loading).await?;
    raise_descriptors(args.limits.max_connections, &console);
    let exporter = args.observing.otlp.as_deref();
    let exporter = exporter.map(Exporter::new).transpose()?;
    if args.check {
        if let Some(exporter) = exporter {
            // Otherwise its end would block this thread, and the connections that it waits for.
            exporter.shut_down().await;
        }
        return check(
            &loaded,
            files.people(),
            &addresses,
            metrics_address.as_ref(),
            &console,
        );
    }
    let Loaded {
        people,
        number,
        tls,
        tokens,
    } = loaded;
    let metrics = Arc::<Metrics>::default();
    if let Some(number) = number {
        metrics.set_people(number);
    }
    let log = call_log(&console, exporter.as_ref(), &metrics);
    let server = Server::new(Setup {
        protocols: protocols(args),
        origins,
        limits: limits(&args.limits),
        reflection: !args.no_reflection,
        access: Access {
            tokens: tokens.clone(),
        },
        tls: tls.clone(),
        metrics,
        log,
        ..Setup::new(people, missing)
    })?;
    let mut tasks = JoinSet::new();
    let listeners = if given.is_empty() {
        bind(&addresses)?
    } else {
        given
    };
    let metrics = metrics_address.map(MetricsListener::bind).transpose()?;
    let threads = args.threads.unwrap_or_else(cores);
    let workers = Arc::new(Workers::start(&server, threads)?);
    let serving = format!("serving {}", people_of(number));
    console.notice(&serving);
    if let Some(place) = files.people() {
        warn_if_empty(place, number, &console);
    }
    accept(listeners, tls.is_some(), &workers, &console, &mut tasks);
    watches.start(&files, &server, tls, tokens, &console, &mut tasks);
    let (database, report) = (server.clone(), database_report(&supervisor, &console));
    tasks.spawn(async move { database.watch_database(report).await });
    // Probes ask while the server drains, too, and it has to be seen to live.
    let mut observing = JoinSet::new();
    if let Some(listener) = metrics {
        console.notice(&format!("metrics at {listener}"));
        observing.spawn(listener.serve(Arc::clone(server.metrics())));
    }

    supervisor.ready(&serving);
    supervisor.keep_alive(&mut observing);
    context.interrupt.wait().await;
    supervisor.stopping();
    stop(args, &server, tasks, &supervisor, &console).await;
    if let Some(exporter) = exporter {
        exporter.shut_down().await;
    }
    Ok(())
}

/// Says where it listens, and accepts connections there.
fn accept(
    listeners: Vec<Listener>,
    has_tls: bool,
    workers: &Arc<Workers>,
    console: &Console,
    tasks: &mut JoinSet<()>,
) {
    for listener in listeners {
        let has_tls = has_tls && listener.takes_tls();
        let scheme = if has_tls { "https://" } else { "" };
        console.notice(&format!("listening on {scheme}{listener}"));
        if listener.is_public() && !has_tls {
            console.warning(&format!(
                "{listener} accepts plaintext connections from the network"
            ));
        }
        let workers = Arc::clone(workers);
        let console = console.clone();
        let report = move |failures: AcceptFailures| console.warning(&failures.to_string());
        tasks.spawn(async move { workers.accept(listener, report).await });
    }
}

/// Tells when the database is lost, and when it is back.
fn database_report(
    supervisor: &Supervisor,
    console: &Console,
) -> impl Fn(Availability) + Send + 'static {
    let (supervisor, console) = (supervisor.clone(), console.clone());
    move |availability| {
        let status = match availability {
            Availability::Lost(error) => {
                console.report(&error.into_error());
                "not serving: the database is away"
            }
            Availability::Back => "serving again: the database is back",
        };
        console.notice(status);
        supervisor.status(status);
    }
}

/// Drains the server.
async fn stop(
    args: &ServeArgs,
    server: &Server,
    mut tasks: JoinSet<()>,
    supervisor: &Supervisor,
    console: &Console,
) {
    let say = |what: &str| {
        console.notice(what);
        supervisor.status(what);
    };
    server.announce_shutdown();
    if !args.drain_delay.is_zero() {
        say(&format!(
            "stopping in {}; a second signal exits at once",
            humantime::format_duration(args.drain_delay)
        ));
        tokio::time::sleep(args.drain_delay).await;
    }
    // Closes the listeners, and removes the files of Unix sockets.
    tasks.shutdown().await;
    match server.calls() {
        0 => say("stopping"),
        calls => say(&format!(
            "stopping: waiting up to {} for {}; a second signal exits at once",
            humantime::format_duration(args.grace),
            count(calls, "call", "calls"),
        )),
    }
    match server.shut_down(args.grace).await {
        0 => {}
        calls => console.warning(&format!(
            "ended {} with UNAVAILABLE",
            count(calls, "unfinished call", "unfinished calls")
        )),
    }
}

/// Who hears of calls.
fn call_log(
    console: &Console,
    exporter: Option<&Exporter>,
    metrics: &Arc<Metrics>,
) -> Option<CallLog> {
    let mut logs: Vec<CallLog> = Vec::new();
    if console.is_verbose() {
        logs.push(Arc::new(log_call));
    }
    if let Some(exporter) = exporter {
        logs.push(exporter.log(metrics));
    }
    to_all(logs)
}

/// One log of all.
fn to_all(mut logs: Vec<CallLog>) -> Option<CallLog> {
    let last = logs.pop()?;
    if logs.is_empty() {
        return Some(last);
    }
    Some(Arc::new(move |call| {
        last(call);
        for log in &logs {
            log(call);
        }
    }))
}

/// As many threads as there are cores that this process may use.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}
