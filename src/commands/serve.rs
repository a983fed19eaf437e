//! `serve`: runs the RouteGuide server until a signal.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::cli::{self, ServeArgs};
use crate::error::{Error, Result, code_name};
use crate::output::{Console, Verbosity, count};
use crate::server::{
    AcceptFailures, CallLog, CallRecord, ListenAddress, Missing, People, Server, bind,
};
use crate::session::Context;

/// The console for these arguments.
pub fn console(args: &ServeArgs, context: &Context) -> Console {
    let verbosity = if args.quiet {
        Verbosity::Quiet
    } else if args.verbose {
        Verbosity::Verbose
    } else {
        Verbosity::Normal
    };
    context.console(verbosity, None)
}

pub async fn run(args: &ServeArgs, context: &mut Context) -> Result<()> {
    let console = console(args, context);
    let addresses: Vec<ListenAddress> = args
        .listen
        .iter()
        .map(|text| text.parse())
        .collect::<Result<_>>()?;
    let missing = match args.missing {
        cli::Missing::Reply => Missing::Reply,
        cli::Missing::Status => Missing::Status,
    };
    context.interrupt.listen_for_termination()?;
    let hangup = Hangup::listen()?;
    // On another thread, like every reload: glibc frees memory in the arena it was allocated from. When the first
    // reload dropped 300,000 people from this thread's arena, allocations here were blocked for half a second.
    let people = match args.people.clone() {
        Some(path) => {
            let loading = off_thread(move || People::load(&path));
            context.interrupt.or(loading).await?
        }
        None => People::built_in(),
    };
    let number = people.len();
    let mut server = Server::new(people, missing).await?;
    if console.is_verbose() {
        server = server.logging(log(console.clone()));
    }
    let mut tasks = JoinSet::new();
    let listeners = bind(&addresses)?;
    console.notice(&format!("serving {}", people_of(number)));
    if let Some(path) = &args.people {
        warn_if_empty(path, number, &console);
    }
    for listener in listeners {
        console.notice(&format!("listening on {listener}"));
        if listener.is_public() {
            console.warning(&format!(
                "{listener} accepts plaintext connections from the network"
            ));
        }
        let server = server.clone();
        let console = console.clone();
        let report = move |failures: AcceptFailures| console.warning(&failures.to_string());
        tasks.spawn(async move { server.accept(listener, report).await });
    }
    tasks.spawn(reload(
        hangup,
        server.clone(),
        args.people.clone(),
        console.clone(),
    ));

    context.interrupt.wait().await;
    // Closes the listeners, and removes the files of Unix sockets.
    tasks.shutdown().await;
    match server.calls() {
        0 => console.notice("stopping"),
        calls => console.notice(&format!(
            "stopping: waiting up to {} for {}; a second signal exits at once",
            humantime::format_duration(args.grace),
            count(calls as u64, "call", "calls"),
        )),
    }
    match server.shut_down(args.grace).await {
        0 => {}
        calls => console.warning(&format!(
            "ended {} with UNAVAILABLE",
            count(calls as u64, "unfinished call", "unfinished calls")
        )),
    }
    Ok(())
}

/// Prints a line for every call.
fn log(console: Console) -> CallLog {
    Arc::new(move |call: &CallRecord| {
        console.detail("*", || {
            let code = call.code.map_or("cancelled", code_name);
            format!("{} {code} in {:.1?}", call.path, call.elapsed)
        });
    })
}

/// Reloads the people file at every SIGHUP, one reload at a time. Signals during a reload cause one more, so that the last
/// version of the file wins.
async fn reload(mut hangup: Hangup, server: Server, path: Option<PathBuf>, console: Console) {
    loop {
        hangup.wait().await;
        let Some(path) = path.clone() else {
            console.notice("nothing to reload: the server was started without --people");
            continue;
        };
        let server = server.clone();
        let file = path.clone();
        let loading = off_thread(move || {
            let people = People::load(&file)?;
            let count = people.len();
            server.replace_people(people);
            Ok(count)
        });
        match loading.await {
            Ok(number) => {
                console.notice(&format!(
                    "reloaded {}: {}",
                    path.display(),
                    people_of(number)
                ));
                warn_if_empty(&path, number, &console);
            }
            Err(error) => {
                console.report(&error);
                console.warning("keeping the people from before");
            }
        }
    }
}

fn people_of(number: usize) -> String {
    count(number as u64, "person", "people")
}

/// A file without people is probably not the one that was meant.
fn warn_if_empty(path: &Path, number: usize, console: &Console) {
    if number == 0 {
        console.warning(&format!("{} has no people", path.display()));
    }
}

/// Runs `work`, which is slow enough to stall calls, on a thread other than the server's.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|panic| Err(Error::failed("cannot load the people file").caused_by(panic)))
}

/// SIGHUP, on systems that have it.
struct Hangup(#[cfg(unix)] tokio::signal::unix::Signal);

#[cfg(unix)]
impl Hangup {
    fn listen() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::hangup())
            .map(Self)
            .map_err(|error| Error::failed("cannot listen for signals").caused_by(error))
    }

    async fn wait(&mut self) {
        self.0.recv().await;
    }
}

#[cfg(not(unix))]
impl Hangup {
    fn listen() -> Result<Self> {
        Ok(Self())
    }

    async fn wait(&mut self) {
        std::future::pending().await
    }
}
