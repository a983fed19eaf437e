//! `serve`: the RouteGuide server, until a signal.

use std::path::PathBuf;

use tokio::task::JoinSet;

use crate::cli::{self, ServeArgs};
use crate::error::{Error, Result};
use crate::output::{Console, Verbosity};
use crate::server::{ListenAddress, Missing, People, Server, bind};
use crate::session::target::people;
use crate::session::{Context, Interrupt};

/// stderr as the arguments want it.
pub fn console(args: &ServeArgs, context: &Context) -> Console {
    let verbosity = if args.quiet {
        Verbosity::Quiet
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
    let people = people(args.people.as_deref())?;
    let missing = match args.missing {
        cli::Missing::Reply => Missing::Reply,
        cli::Missing::Status => Missing::Status,
    };
    let mut signals = Signals::listen(&context.interrupt)?;
    let server = Server::new(people, missing).await?;
    let mut accepting = JoinSet::new();
    for listener in bind(&addresses)? {
        console.notice(&format!("listening on {listener}"));
        if listener.is_public() {
            console.warning(&format!(
                "{listener} accepts plaintext connections from the network"
            ));
        }
        let server = server.clone();
        accepting.spawn(async move { server.accept(listener).await });
    }
    loop {
        match signals.next().await {
            Signal::Stop => break,
            Signal::Reload => reload(&server, args.people.as_ref(), &console),
        }
    }
    // Closes the listeners, and removes the files of those that have one.
    accepting.shutdown().await;
    match server.calls() {
        0 => console.notice("stopping"),
        calls => console.notice(&format!(
            "stopping: {calls} in flight may take {}; a second signal ends them",
            humantime::format_duration(args.grace)
        )),
    }
    match server.shut_down(args.grace).await {
        0 => {}
        calls => console.warning(&format!("{calls} in flight ended with UNAVAILABLE")),
    }
    Ok(())
}

/// Reads the people file again. A bad one changes nothing.
fn reload(server: &Server, path: Option<&PathBuf>, console: &Console) {
    let Some(path) = path else {
        return console.notice("nothing to reload: there is no --people file");
    };
    match People::load(path) {
        Ok(people) => {
            console.notice(&format!("{} people from {}", people.len(), path.display()));
            server.replace_people(people);
        }
        Err(error) => {
            console.report(&error);
            console.warning("still answering from the people read before");
        }
    }
}

enum Signal {
    Stop,
    Reload,
}

/// The signals a server answers to. The second that stops exits at once, from wherever we are.
struct Signals {
    interrupt: Interrupt,
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen(interrupt: &Interrupt) -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        interrupt.listen_for_termination()?;
        let hangup = signal(SignalKind::hangup())
            .map_err(|error| Error::failed("cannot listen for signals").caused_by(error))?;
        Ok(Self {
            interrupt: interrupt.clone(),
            hangup,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            () = self.interrupt.wait() => Signal::Stop,
            Some(()) = self.hangup.recv() => Signal::Reload,
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    fn listen(interrupt: &Interrupt) -> Result<Self> {
        interrupt.listen_for_termination()?;
        Ok(Self {
            interrupt: interrupt.clone(),
        })
    }

    async fn next(&mut self) -> Signal {
        self.interrupt.wait().await;
        Signal::Stop
    }
}
