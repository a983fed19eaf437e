//! The RouteGuide server.
//!
//! - `listen`: addresses and sockets;
//! - `tls`: the handshake on them;
//! - `admission`: how many connections there may be;
//! - `workers`: the threads that serve them;
//! - `connection`: one connection of HTTP/2 or HTTP/1.1;
//! - `grpc`: one call on it, in one of the `protocols`;
//! - `cors`: what browsers ask before their pages may call;
//! - `method`: which methods there are, and `services`, what they do: `route_guide`, with its data in `people`, `health`,
//!   `reflection`;
//! - `added`: methods beside those, which `serve` has none of;
//! - `name`: the requests of RouteGuide; `people_in_database`: how they are answered from a database, and `availability`:
//!   whether that is there;
//! - `access`: who may call;
//! - `limits`: what all of them bear;
//! - `call_log`, `metrics`, `otlp`: what is seen of all this; `peer`: who is at the other end;
//! - `watch`: when files are read again.

mod access;
mod added;
mod admission;
mod availability;
mod call_log;
mod connection;
mod cors;
mod grpc;
mod health;
mod limits;
mod listen;
mod method;
mod metrics;
mod name;
#[cfg(not(feature = "otlp"))]
mod no_otlp;
#[cfg(feature = "otlp")]
mod otlp;
mod peer;
mod people;
mod people_in_database;
mod protocols;
mod reflection;
mod route_guide;
mod services;
#[cfg(test)]
mod tests;
mod tls;
mod watch;
mod workers;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use access::{Access, Tokens};
pub use added::{Added, AddedCall, Answers};
pub use availability::Availability;
pub use call_log::{CallLog, log_call};
pub use cors::Origins;
pub use grpc::Stop;
pub use limits::Limits;
pub use listen::{AcceptFailures, ListenAddress, Listener, bind, given};
pub use metrics::{Metrics, MetricsListener, Reload};
#[cfg(not(feature = "otlp"))]
pub use no_otlp::Exporter;
#[cfg(feature = "otlp")]
pub use otlp::Exporter;
pub use peer::Peer;
pub use people::place::{Database, Place};
pub use people::store::{
    Answer, Counts, Failure, ImportOptions, Migrated, OnConflict, Store, StoreError,
};
pub use people::{People, Source, check_name, open as open_store};
pub use protocols::Protocols;
pub use route_guide::Missing;
pub use tls::{Tls, TlsFiles};
pub use watch::Watch;
pub use workers::Workers;

use crate::error::Result;
use grpc::Json;
use health::{Health, Serving};
use metrics::Shard;
use people::Directory;
use reflection::Reflection;
use route_guide::RouteGuide;
use services::Services;

/// Time for connections to send their last frames after the last call has ended.
const FLUSH: Duration = Duration::from_millis(500);

/// Time for calls to send UNAVAILABLE after the grace, and for a GOAWAY to be read.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What a server does, before it is made.
pub struct Setup {
    pub people: Source,
    pub missing: Missing,
    pub limits: Limits,
    /// Whether it describes itself.
    pub reflection: bool,
    pub access: Access,
    pub protocols: Protocols,
    /// Whose pages may call from browsers.
    pub origins: Origins,
    /// TCP connections begin with its handshake.
    pub tls: Option<Arc<Tls>>,
    pub metrics: Arc<Metrics>,
    /// Hears of every call that is over.
    pub log: Option<CallLog>,
    /// Methods beside its own, which are neither in reflection nor counted by name.
    pub added: Vec<&'static Added>,
}

impl Setup {
    /// With everything else as `serve` has it by default.
    pub fn new(people: impl Into<Source>, missing: Missing) -> Self {
        Self {
            people: people.into(),
            missing,
            limits: Limits::default(),
            reflection: true,
            access: Access::default(),
            protocols: Protocols::default(),
            origins: Origins::default(),
            tls: None,
            metrics: Arc::default(),
            log: None,
            added: Vec::new(),
        }
    }
}

/// The services and their shutdown. Clones are handles to the same server.
#[derive(Clone)]
pub struct Server {
    shared: Arc<Shared>,
    shard: Arc<Shard>,
    json: Arc<Json>,
}

/// What all threads share. Calls only read it.
struct Shared {
    services: Arc<Services>,
    directory: Arc<Directory>,
    limits: Limits,
    access: Access,
    protocols: Protocols,
    origins: Origins,
    tls: Option<Arc<Tls>>,
    log: Option<CallLog>,
    connections: TaskTracker,
    /// Connections send GOAWAY.
    draining: CancellationToken,
    /// Calls in flight end with UNAVAILABLE.
    ending: CancellationToken,
    metrics: Arc<Metrics>,
}

impl Server {
    /// # Errors
    /// Only if the descriptors that are compiled into the program are invalid.
    pub fn new(setup: Setup) -> Result<Self> {
        if let Source::Memory(people) = &setup.people {
            setup.metrics.set_people(people.count() as u64);
        }
        let directory = Arc::new(Directory::new(setup.people));
        let reflection = setup.reflection.then(Reflection::new).transpose()?;
        let services = Services {
            route_guide: RouteGuide {
                directory: Arc::clone(&directory),
                missing: setup.missing,
            },
            health: Health::default(),
            reflection,
            added: setup.added,
        };
        let metrics = setup.metrics;
        metrics.set_serving(true);
        let shard = metrics.shard();
        Ok(Self {
            shared: Arc::new(Shared {
                services: Arc::new(services),
                directory,
                limits: setup.limits,
                access: setup.access,
                protocols: setup.protocols,
                origins: setup.origins,
                tls: setup.tls,
                log: setup.log,
                connections: TaskTracker::new(),
                draining: CancellationToken::new(),
                ending: CancellationToken::new(),
                metrics,
            }),
            shard,
            json: Arc::default(),
        })
    }

    /// A handle for another thread, which counts for itself.
    fn for_thread(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            shard: self.shared.metrics.shard(),
            json: Arc::default(),
        }
    }

    /// The figures of this server.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.shared.metrics
    }

    /// Answers about `people` from now on; an open stream does so from its next name.
    pub fn replace_people(&self, people: People) {
        self.shared.metrics.set_people(people.count() as u64);
        self.shared.directory.replace(people);
    }

    /// The number of calls in flight.
    pub fn calls(&self) -> u64 {
        self.shared.metrics.calls_in_flight()
    }

    /// Serves one connection on its own task of this thread.
    pub fn serve_connection<I>(&self, io: I, peer: Peer)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let serving = connection::serve(io, peer, self.clone());
        tokio::spawn(self.shared.connections.track_future(serving));
    }

    /// Health reports NOT_SERVING from now on, so that no new clients come. Everything else goes on.
    pub fn announce_shutdown(&self) {
        self.shared.services.health.set(Serving::No);
        self.shared.metrics.set_serving(false);
    }

    /// Drains the server: health reports NOT_SERVING and watches of it end, connections send GOAWAY, calls in flight have
    /// `grace` to finish, then end with UNAVAILABLE. Returns within `grace` and a second, with the number of calls that had
    /// to be ended.
    pub async fn shut_down(&self, grace: Duration) -> u64 {
        let Shared {
            services,
            connections,
            draining,
            ending,
            ..
        } = &*self.shared;
        services.health.set(Serving::Never);
        self.shared.metrics.set_serving(false);
        draining.cancel();
        connections.close();
        let mut unfinished = 0;
        if timeout(grace, connections.wait()).await.is_err() {
            unfinished = self.calls();
            ending.cancel();
            let _ = timeout(LAST_WORDS, connections.wait()).await;
        }
        // A peer that does not read is left behind.
        let _ = timeout(FLUSH, connections.wait()).await;
        unfinished
    }
}
