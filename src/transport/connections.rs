//! Connections kept by endpoint: a call gets a live one, or waits for a new one.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tonic::Code;

use super::Endpoint;
use super::connection::Connection;
use super::tasks::Tasks;
use super::tls::{Configurations, Secured};
use crate::error::{Error, Result};

/// The pause between attempts to connect doubles from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long closing waits for peers to accept our last frames.
const CLOSE_GRACE: Duration = Duration::from_millis(500);

/// How long connecting may take, and who hears of it.
#[derive(Clone, Copy)]
pub struct Patience<'a> {
    /// The limit for one attempt.
    pub connect_timeout: Duration,
    /// How long to keep trying; `None` for one attempt.
    pub wait: Option<Duration>,
    /// How often to try again without `wait`.
    pub retries: u32,
    /// The call's deadline, which includes connecting.
    pub deadline: Option<Instant>,
    /// Hears which attempt failed, counted from one, and why, if another one follows.
    pub failed: &'a (dyn Fn(u32, &Error) + Sync),
}

/// The connections of a process. Clones share them.
#[derive(Clone, Default)]
pub struct Connections {
    kept: Arc<Mutex<Kept>>,
    tasks: Tasks,
}

#[derive(Default)]
struct Kept {
    by_endpoint: HashMap<Endpoint, Connection>,
    tls: Configurations,
}

impl Connections {
    /// A live connection to the endpoint, either kept or new. If several callers need a new one, only one dials.
    ///
    /// # Errors
    /// When no attempt succeeds in time: the error of the last one, or DEADLINE_EXCEEDED.
    pub async fn get(&self, endpoint: &Endpoint, patience: &Patience<'_>) -> Result<Connection> {
        let mut kept = self.kept.lock().await;
        if let Some(connection) = kept.by_endpoint.get(endpoint)
            && connection.is_usable()
        {
            return Ok(connection.clone());
        }
        kept.by_endpoint.remove(endpoint);
        // On the heap: a connection is often at hand, and the way to one is long.
        let connected = Box::pin(async {
            let secured = secured(endpoint, patience, &mut kept.tls).await?;
            connect(endpoint, patience, &secured, &self.tasks).await
        });
        let connection = connected.await?;
        kept.by_endpoint
            .insert(endpoint.clone(), connection.clone());
        Ok(connection)
    }

    /// A connection of its own, which is not kept for others.
    ///
    /// # Errors
    /// As [`Connections::get`].
    pub async fn open(&self, endpoint: &Endpoint, patience: &Patience<'_>) -> Result<Connection> {
        Box::pin(async {
            let secured = secured(endpoint, patience, &mut self.kept.lock().await.tls).await?;
            // Others do not wait for this one.
            connect(endpoint, patience, &secured, &self.tasks).await
        })
        .await
    }

    /// Closes all connections in an orderly way, so that servers see resets and GOAWAY. Waits only briefly.
    pub async fn close(&self) {
        self.kept.lock().await.by_endpoint.clear();
        let mut tasks = self.tasks.take();
        // A server that has stopped reading would keep this waiting.
        let ended = async { while tasks.join_next().await.is_some() {} };
        if timeout(CLOSE_GRACE, ended).await.is_err() {
            tasks.shutdown().await;
        }
    }
}

/// What TLS needs, from files that are read before the first attempt, whose limit is for the server.
async fn secured(
    endpoint: &Endpoint,
    patience: &Patience<'_>,
    tls: &mut Configurations,
) -> Result<Secured> {
    let secured = tls.both(endpoint.tls(), endpoint.proxy_tls());
    match patience.deadline {
        Some(deadline) => timeout_at(deadline, secured)
            .await
            .map_err(|_| expired(endpoint, None))?,
        None => secured.await,
    }
}

/// Tries to connect for as long as `patience` allows.
async fn connect(
    endpoint: &Endpoint,
    patience: &Patience<'_>,
    secured: &Secured,
    tasks: &Tasks,
) -> Result<Connection> {
    let give_up = patience.wait.map(|wait| Instant::now() + wait);
    let mut pause = FIRST_PAUSE;
    let mut last = None;
    let mut attempt = 0;
    loop {
        attempt += 1;
        let started = Instant::now();
        let limit = started + patience.connect_timeout;
        let limit = give_up.map_or(limit, |give_up| limit.min(give_up));
        let limit = patience
            .deadline
            .map_or(limit, |deadline| limit.min(deadline));
        let opened = Connection::open(endpoint, secured, tasks, patience.connect_timeout);
        let error = match timeout_at(limit, opened).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(failed)) if !failed.may_pass => return Err(failed.error),
            Ok(Err(failed)) => failed.error,
            Err(_) if patience.has_expired() => return Err(expired(endpoint, last)),
            Err(_) if last.is_some() && give_up.is_some_and(|at| at <= Instant::now()) => {
                // The end of the wait cut this attempt short; the error of the one before says more.
                return Err(last.unwrap_or_else(|| no_answer(endpoint, started.elapsed())));
            }
            Err(_) => no_answer(endpoint, limit - started),
        };
        let left = match give_up {
            Some(at) => at.saturating_duration_since(Instant::now()),
            None if attempt <= patience.retries => LONGEST_PAUSE,
            None => Duration::ZERO,
        };
        if left.is_zero() {
            return Err(error);
        }
        (patience.failed)(attempt, &error);
        let paused = sleep(pause.min(left));
        if let Some(deadline) = patience.deadline {
            if timeout_at(deadline, paused).await.is_err() {
                return Err(expired(endpoint, Some(error)));
            }
        } else {
            paused.await;
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
        last = Some(error);
    }
}

impl Patience<'_> {
    fn has_expired(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| deadline <= Instant::now())
    }
}

fn expired(endpoint: &Endpoint, last: Option<Error>) -> Error {
    let error = Error::status(
        Code::DeadlineExceeded,
        format!("the deadline expired while connecting to {endpoint}"),
    );
    match last {
        Some(last) => match last.hint().map(str::to_owned) {
            Some(hint) => error.caused_by(last).hinted(hint),
            None => error.caused_by(last),
        },
        None => error,
    }
}

fn no_answer(endpoint: &Endpoint, after: Duration) -> Error {
    let after = humantime::format_duration(Duration::from_millis(
        u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
    ));
    let through = match &endpoint.route().proxy {
        Some(proxy) => format!(" through the proxy {proxy}"),
        None => String::new(),
    };
    Error::failed(format!(
        "cannot connect to {endpoint}: no answer{through} after {after}"
    ))
    .hinted("use a longer --connect-timeout or --wait for a slow server")
    .unreachable()
}
