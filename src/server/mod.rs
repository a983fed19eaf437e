//! The RouteGuide server: the service (`route_guide`) and its data (`people`), the sockets (`listen`), one connection
//! (`connection`), and what wraps every call (`layers`).

mod connection;
mod layers;
mod listen;
mod people;
mod route_guide;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::service::Routes;
use tonic_health::server::HealthReporter;
use tonic_health::{ServingStatus, pb::FILE_DESCRIPTOR_SET as HEALTH_DESCRIPTOR_SET};

pub use layers::{CallLog, CallRecord};
pub use listen::{AcceptFailures, ListenAddress, Listener, bind};
pub use people::People;
pub use route_guide::Missing;

use crate::error::{Error, Result};
use crate::proto::FILE_DESCRIPTOR_SET;
use layers::{Guarded, Logged};
use listen::FailureLog;
use people::Directory;

/// The pause after a failed attempt to accept a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A peer that has not answered for this long after the server began to drain is given up when no call is in flight.
/// grpc-go waits as long.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Time for connections to send their last frames after the last call has ended.
const FLUSH: Duration = Duration::from_millis(500);

/// Time for calls to send UNAVAILABLE after the grace.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The services and their shutdown. Clones are handles to the same server.
#[derive(Clone)]
pub struct Server {
    routes: Logged<Guarded<Routes>>,
    directory: Arc<Directory>,
    health: HealthReporter,
    calls: TaskTracker,
    connections: TaskTracker,
    accept_failures: Arc<FailureLog>,
    /// Connections send GOAWAY.
    draining: CancellationToken,
    /// Calls in flight end with UNAVAILABLE.
    ending: CancellationToken,
}

impl Server {
    /// A server for `people`, with reflection (v1 and v1alpha) and health.
    ///
    /// # Errors
    /// Only if the descriptors that are compiled into the program are invalid.
    pub async fn new(people: People, missing: Missing) -> Result<Self> {
        let directory = Arc::new(Directory::new(people));
        let (health, health_service) = tonic_health::server::health_reporter();
        health
            .set_service_status(crate::schema::ROUTE_GUIDE, ServingStatus::Serving)
            .await;

        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(HEALTH_DESCRIPTOR_SET)
        };
        let invalid = |error| Error::failed("the bundled schema is invalid").caused_by(error);
        let routes = Routes::new(route_guide::service(Arc::clone(&directory), missing))
            .add_service(health_service)
            .add_service(reflection().build_v1().map_err(invalid)?)
            .add_service(reflection().build_v1alpha().map_err(invalid)?)
            .prepare();

        let calls = TaskTracker::new();
        let ending = CancellationToken::new();
        Ok(Self {
            routes: Logged::new(Guarded::new(routes, calls.clone(), ending.clone())),
            directory,
            health,
            calls,
            connections: TaskTracker::new(),
            accept_failures: Arc::default(),
            draining: CancellationToken::new(),
            ending,
        })
    }

    /// Reports every call that starts from now on, when it is over.
    #[must_use]
    pub fn logging(mut self, log: CallLog) -> Self {
        self.routes.set_log(log);
        self
    }

    /// Answers about `people` from now on; an open stream does so from its next name.
    pub fn replace_people(&self, people: People) {
        self.directory.replace(people);
    }

    /// The number of calls in flight.
    pub fn calls(&self) -> usize {
        self.calls.len()
    }

    /// Serves one connection on its own task.
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

    /// Accepts connections until the future is dropped. `report` hears of failures to accept them, over all listeners
    /// of this server at most once a second.
    pub async fn accept(&self, listener: Listener, report: impl Fn(AcceptFailures)) {
        loop {
            match listener.accept().await {
                Ok(io) => self.serve_connection(io),
                Err(error) => {
                    if let Some(failures) = self.accept_failures.record(error, Instant::now()) {
                        report(failures);
                    }
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Drains the server: health reports NOT_SERVING, connections send GOAWAY, calls in flight have `grace` to finish,
    /// then end with UNAVAILABLE. Returns within `grace` and a second, with the number of calls that had to be ended.
    pub async fn shut_down(&self, grace: Duration) -> usize {
        for service in ["", crate::schema::ROUTE_GUIDE] {
            self.health
                .set_service_status(service, ServingStatus::NotServing)
                .await;
        }
        self.draining.cancel();
        self.calls.close();
        self.connections.close();
        let mut unfinished = 0;
        if timeout(grace, self.drained()).await.is_err() {
            unfinished = self.calls.len();
            self.ending.cancel();
            let _ = timeout(LAST_WORDS, self.calls.wait()).await;
        }
        // A peer that does not read is left behind.
        let _ = timeout(FLUSH, self.connections.wait()).await;
        unfinished
    }

    /// Waits until all connections have ended. That no call is in flight is not enough: the peer may start calls until
    /// it has received the first GOAWAY, which it shows by answering the PING after it (RFC 9113, section 6.8).
    async fn drained(&self) {
        let only_silent_peers = async {
            sleep(ANSWER_TIMEOUT).await;
            self.calls.wait().await;
        };
        tokio::select! {
            () = self.connections.wait() => {}
            () = only_silent_peers => {}
        }
    }
}
