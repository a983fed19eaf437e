//! The connections that lookups share.
//!
//! Not deadpool-postgres, nor sqlx's pool: they lend a connection to one statement at a time, so that each statement in flight
//! needs a connection, which is a process of the server. Here several statements are under way on each connection, one behind
//! the other, and a few connections keep all cores busy. sqlx would also bring a second driver and its own TLS.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_postgres::error::SqlState;

use super::super::store::{Failure, STATEMENT_LIMIT, StoreError};
use super::connect::connect;
use super::connection::Connection;
use super::error::Explain;
use super::session::Purpose;
use super::settings::Settings;

/// How many connections there are at most. They are opened when those that are open have something to do.
pub const CONNECTIONS: usize = 4;

/// How many statements are under way on all of them. Others wait, so that memory is bounded: a statement has at most the
/// people of one batch.
const STATEMENTS: usize = 8 * CONNECTIONS;

/// How long no attempt to connect is made after the first that failed; twice as long after each further one.
const BACKOFF: Duration = Duration::from_millis(50);
const LONGEST_BACKOFF: Duration = Duration::from_secs(2);

/// A few connections to one database. They are opened when they are needed, again if they are lost.
pub struct Pool {
    pub settings: Settings,
    pub explain: Explain,
    state: Mutex<State>,
    /// An attempt to connect is over.
    attempted: Notify,
    statements: Arc<Semaphore>,
    /// A prepared statement was not there: something passes them on to other sessions.
    is_multiplexed: AtomicBool,
}

#[derive(Default)]
struct State {
    open: Vec<Arc<Connection>>,
    is_connecting: bool,
    failed: Option<Failed>,
}

/// The last attempt to connect has failed.
struct Failed {
    error: StoreError,
    backoff: Duration,
    retry_at: Instant,
}

/// What to do for a connection.
enum Choice {
    Use(Arc<Connection>),
    Wait,
    Fail(StoreError),
}

impl Pool {
    pub fn new(settings: Settings, explain: Explain) -> Arc<Self> {
        Arc::new(Self {
            settings,
            explain,
            state: Mutex::default(),
            attempted: Notify::new(),
            statements: Arc::new(Semaphore::new(STATEMENTS)),
            is_multiplexed: AtomicBool::new(false),
        })
    }

    /// Whether statements of a connection may be prepared.
    pub fn may_prepare(&self, connection: &Connection) -> bool {
        connection.is_own_session && !self.is_multiplexed.load(Ordering::Relaxed)
    }

    /// Makes a statement that failed because it was prepared work when it is tried again. `false` if that is not why it failed.
    pub fn mend_prepared(&self, connection: &Connection, code: &SqlState) -> bool {
        match *code {
            // The types of the columns have changed since then.
            SqlState::FEATURE_NOT_SUPPORTED if connection.has_prepared() => connection.retire(),
            SqlState::INVALID_SQL_STATEMENT_NAME | SqlState::DUPLICATE_PSTATEMENT => {
                self.is_multiplexed.store(true, Ordering::Relaxed);
            }
            _ => return false,
        }
        true
    }

    /// The right to have a statement under way.
    pub async fn admit(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        let waited = timeout(
            STATEMENT_LIMIT,
            Arc::clone(&self.statements).acquire_owned(),
        )
        .await;
        waited.ok().and_then(Result::ok).ok_or_else(|| {
            let place = self.explain.place();
            StoreError::new(Failure::Timeout, format!("{place} is too busy"))
        })
    }

    /// The connection with the least to do. Soon after a failure to connect, the same failure: there is no point in a
    /// queue in front of a server that is down.
    pub async fn connection(self: &Arc<Self>) -> Result<Arc<Connection>, StoreError> {
        let chosen = timeout(STATEMENT_LIMIT, async {
            loop {
                let mut attempted = std::pin::pin!(self.attempted.notified());
                attempted.as_mut().enable();
                match self.choose() {
                    Choice::Use(connection) => return Ok(connection),
                    Choice::Fail(error) => return Err(error),
                    Choice::Wait => attempted.await,
                }
            }
        });
        chosen.await.unwrap_or_else(|_| {
            let place = self.explain.place();
            Err(StoreError::new(
                Failure::Unavailable,
                format!("{place} does not answer"),
            ))
        })
    }

    fn choose(self: &Arc<Self>) -> Choice {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.open.retain(|connection| connection.is_usable());
        let unanswered =
            |connection: &Arc<Connection>| connection.unanswered.load(Ordering::Relaxed);
        let best = state
            .open
            .iter()
            .min_by_key(|connection| unanswered(connection))
            .cloned();
        let is_idle = best
            .as_ref()
            .is_some_and(|connection| unanswered(connection) == 0);
        let may_retry = state
            .failed
            .as_ref()
            .is_none_or(|failed| failed.retry_at <= Instant::now());
        if !is_idle && state.open.len() < CONNECTIONS && !state.is_connecting && may_retry {
            state.is_connecting = true;
            // Not in the future of who asks: that may be dropped, and then no host but the first would ever be tried.
            tokio::spawn(Arc::clone(self).open_one());
        }
        match (best, &state.failed) {
            (Some(connection), _) => Choice::Use(connection),
            (None, Some(failed)) if !state.is_connecting => Choice::Fail(failed.error.clone()),
            (None, _) => Choice::Wait,
        }
    }

    async fn open_one(self: Arc<Self>) {
        // If the runtime ends, somebody else has to connect.
        let attempt = Connecting(&self);
        let connected = connect(&self.settings, &self.explain, Purpose::Lookups).await;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match connected {
            Ok(connection) => {
                state.open.push(Arc::new(connection));
                state.failed = None;
            }
            Err(error) => {
                let backoff = state
                    .failed
                    .as_ref()
                    .map_or(BACKOFF, |failed| failed.backoff * 2);
                let backoff = backoff.min(LONGEST_BACKOFF);
                state.failed = Some(Failed {
                    error,
                    backoff,
                    // Many clients of a server that comes back should not connect at once.
                    retry_at: Instant::now() + backoff.mul_f64(0.5 + fastrand::f64() / 2.0),
                });
            }
        }
        drop(state);
        drop(attempt);
    }
}

/// An attempt to connect, which is over when this is dropped.
struct Connecting<'p>(&'p Pool);

impl Drop for Connecting<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_connecting = false;
        drop(state);
        self.0.attempted.notify_waiters();
    }
}
