//! The threads that serve connections, each with a runtime of its own: a connection and its calls stay on one core. One
//! acceptor deals connections out, each to the thread that has the fewest, because the kernel's way of sharing a port
//! (SO_REUSEPORT) spreads few connections unevenly.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::admission::{Admission, Place};
use super::listen::{AcceptFailures, Accepted, FailureLog, Listener};
use super::{Server, connection};
use crate::error::{Error, Result};

/// The pause after a failed attempt to accept a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Worker threads. They end when this is dropped.
pub struct Workers {
    server: Server,
    threads: Vec<Thread>,
    admission: Arc<Admission>,
    failures: FailureLog,
}

struct Thread {
    connections: Arc<AtomicUsize>,
    sender: UnboundedSender<Incoming>,
}

/// A connection for a thread.
struct Incoming {
    accepted: Accepted,
    _place: Place,
    load: Load,
    /// The shutdown waits for it from now on.
    tracked: TaskTrackerToken,
    is_refused: bool,
}

/// Counts a connection of a thread until it is dropped.
struct Load(Arc<AtomicUsize>);

impl Drop for Load {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Workers {
    /// Starts `count` threads, at least one.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn start(server: &Server, count: usize) -> Result<Self> {
        let failed = |error| Error::failed("cannot start a thread").caused_by(error);
        let threads = (0..count.max(1)).map(|number| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(failed)?;
            let (sender, receiver) = unbounded_channel();
            let server = server.for_thread();
            std::thread::Builder::new()
                .name(format!("serve-{number}"))
                .spawn(move || runtime.block_on(work(server, receiver)))
                .map_err(failed)?;
            Ok(Thread {
                connections: Arc::default(),
                sender,
            })
        });
        Ok(Self {
            server: server.clone(),
            threads: threads.collect::<Result<_>>()?,
            admission: Arc::default(),
            failures: FailureLog::default(),
        })
    }

    /// Accepts connections until the future is dropped. `report` hears of failures to accept them, over all listeners
    /// of this server at most once a second.
    pub async fn accept(&self, listener: Listener, report: impl Fn(AcceptFailures)) {
        loop {
            match listener.accept().await {
                Ok(accepted) => self.deal(accepted),
                Err(error) => {
                    if let Some(failures) = self.failures.record(error, Instant::now()) {
                        report(failures);
                    }
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn deal(&self, accepted: Accepted) {
        let limits = &self.server.shared.limits;
        let entered = self.admission.enter(accepted.peer().ip(), limits);
        let is_refused = entered.is_err();
        let place = entered.or_else(|limit| {
            self.server.shard.limit_hit(limit);
            self.server.shard.connection_refused();
            self.admission.refuse().ok_or(())
        });
        let Ok(place) = place else { return };
        let fewest = |thread: &&Thread| thread.connections.load(Ordering::Relaxed);
        let Some(thread) = self.threads.iter().min_by_key(fewest) else {
            return;
        };
        thread.connections.fetch_add(1, Ordering::Relaxed);
        // A thread ends only with this value.
        let _ = thread.sender.send(Incoming {
            accepted,
            _place: place,
            load: Load(Arc::clone(&thread.connections)),
            tracked: self.server.shared.connections.token(),
            is_refused,
        });
    }
}

/// A worker thread.
async fn work(server: Server, mut incoming: UnboundedReceiver<Incoming>) {
    while let Some(incoming) = incoming.recv().await {
        let server = server.clone();
        tokio::spawn(async move {
            let Incoming {
                accepted,
                _place,
                load: _load,
                tracked: _tracked,
                is_refused,
            } = incoming;
            let peer = accepted.peer();
            let has_tls = server.shared.tls.is_some() && accepted.takes_tls();
            // The peer of a connection that cannot be registered sees it closed.
            if let Ok(io) = accepted.into_stream() {
                if is_refused {
                    // It has no words before a handshake, which would cost more than it is worth.
                    if !has_tls {
                        connection::refuse(io).await;
                    }
                } else if has_tls {
                    connection::serve_tls(io, peer, server).await;
                } else {
                    connection::serve(io, peer, server).await;
                }
            }
        });
    }
}
