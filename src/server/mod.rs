//! The RouteGuide server: what it answers (`people`, `route_guide`), where it listens (`listen`), how a connection
//! is served and drained (`connection`), and what guards each call (`guard`).

mod connection;
mod guard;
mod listen;
mod people;
mod route_guide;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::service::Routes;
use tonic_health::server::HealthReporter;
use tonic_health::{ServingStatus, pb::FILE_DESCRIPTOR_SET as HEALTH_DESCRIPTOR_SET};

pub use listen::{ListenAddress, Listener, bind};
pub use people::People;

use crate::error::{Error, Result};
use crate::proto::FILE_DESCRIPTOR_SET;
use guard::Guarded;
use route_guide::{Directory, service};

/// What the name of an unknown person is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// A person named "Not Found".
    Reply,
    /// Status NOT_FOUND.
    Status,
}

/// After the last call is over, connections have this long to take their last frames.
const FLUSH: Duration = Duration::from_millis(500);

/// After the grace, calls are ended with UNAVAILABLE and have this long to tell their clients.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The services, and everything that ends them. Clones are handles to the same server.
#[derive(Clone)]
pub struct Server {
    routes: Guarded<Routes>,
    directory: Arc<Directory>,
    health: HealthReporter,
    calls: TaskTracker,
    connections: TaskTracker,
    /// No new calls: connections say GOAWAY.
    draining: CancellationToken,
    /// No calls at all: those in flight end with UNAVAILABLE.
    ending: CancellationToken,
}

impl Server {
    /// A server for `people`, with reflection (v1 and v1alpha) and health.
    ///
    /// # Errors
    /// Only if the descriptors compiled into this program are damaged.
    pub async fn new(people: People, missing: Missing) -> Result<Self> {
        let directory = Arc::new(Directory::new(people, missing));
        let (health, health_service) = tonic_health::server::health_reporter();
        health
            .set_service_status(crate::schema::ROUTE_GUIDE, ServingStatus::Serving)
            .await;

        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(HEALTH_DESCRIPTOR_SET)
        };
        let damaged = |error| Error::failed("the bundled schema is damaged").caused_by(error);
        let routes = Routes::new(service(Arc::clone(&directory)))
            .add_service(health_service)
            .add_service(reflection().build_v1().map_err(damaged)?)
            .add_service(reflection().build_v1alpha().map_err(damaged)?)
            .prepare();

        let calls = TaskTracker::new();
        let ending = CancellationToken::new();
        Ok(Self {
            routes: Guarded::new(routes, calls.clone(), ending.clone()),
            directory,
            health,
            calls,
            connections: TaskTracker::new(),
            draining: CancellationToken::new(),
            ending,
        })
    }

    /// Answers from `people` from now on; a stream under way does so with its next name.
    pub fn replace_people(&self, people: People) {
        self.directory.replace(people);
    }

    /// Calls under way.
    pub fn calls(&self) -> usize {
        self.calls.len()
    }

    /// Serves one connection, on a task of its own.
    pub fn serve_connection<I>(&self, io: I)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.connections.spawn(connection::serve(
            io,
            self.routes.clone(),
            self.draining.clone(),
        ));
    }

    /// Accepts connections for ever.
    pub async fn accept(&self, listener: Listener) {
        loop {
            match listener.accept().await {
                Ok(io) => self.serve_connection(io),
                // Out of descriptors or memory, most likely: trying again at once would spin a core.
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Stops: health says NOT_SERVING, connections say GOAWAY, calls in flight may finish for `grace`, then are ended
    /// with UNAVAILABLE. Returns within `grace` and a second, with the number of calls that had to be ended.
    pub async fn shut_down(&self, grace: Duration) -> usize {
        for service in ["", crate::schema::ROUTE_GUIDE] {
            self.health
                .set_service_status(service, ServingStatus::NotServing)
                .await;
        }
        self.draining.cancel();
        self.calls.close();
        self.connections.close();
        let over = Instant::now() + grace;
        let mut unfinished = 0;
        if timeout_at(over, self.calls.wait()).await.is_err() {
            unfinished = self.calls.len();
            self.ending.cancel();
            let _ = timeout(LAST_WORDS, self.calls.wait()).await;
        }
        // A peer that takes nothing, or never said a word, is left behind.
        let _ = timeout(FLUSH, self.connections.wait()).await;
        unfinished
    }
}
