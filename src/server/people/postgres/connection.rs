//! An open connection, whose statements go one behind the other without waiting for answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OnceCell;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::{Client, Statement};

use super::super::store::STATEMENT_LIMIT;
use super::cancel::Cancel;

/// An open connection. Dropped, it is closed at once, whatever the server is doing.
pub struct Connection {
    pub client: Client,
    /// Whether nobody else has the server's end of it, so that statements may be prepared. A pooler passes statements on to
    /// whichever server connection is free.
    pub is_own_session: bool,
    /// The statement of lookups, prepared.
    pub find: OnceCell<Statement>,
    /// How many statements it has not answered.
    pub unanswered: AtomicUsize,
    /// It is not used any more.
    retired: AtomicBool,
    /// Without this, the client waits for the answers of statements that nobody wants.
    task: AbortHandle,
    cancel: Option<Cancel>,
    /// CockroachDB differs in what it can create.
    pub is_cockroach: bool,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Connection {
    /// Runs a connection on this runtime. `cancel` stops its statements.
    pub fn start<S, T>(
        client: Client,
        connection: tokio_postgres::Connection<S, T>,
        cancel: Option<Cancel>,
    ) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let is_cockroach = connection.parameter("crdb_version").is_some();
        let task = tokio::spawn(async move {
            // Who waits for an answer gets the error, too.
            let _ = connection.await;
        });
        Self {
            client,
            is_own_session: false,
            find: OnceCell::new(),
            unanswered: AtomicUsize::new(0),
            retired: AtomicBool::new(false),
            task: task.abort_handle(),
            cancel,
            is_cockroach,
        }
    }

    pub fn is_usable(&self) -> bool {
        !self.client.is_closed() && !self.retired.load(Ordering::Relaxed)
    }

    /// Asks the server to stop what it is doing. Without an answer, nobody knows whether it has.
    pub async fn cancel_statement(&self) {
        if let Some(cancel) = &self.cancel {
            let _ = cancel.send().await;
        }
    }

    /// Whether a lookup was prepared, so that it can be outdated.
    pub fn has_prepared(&self) -> bool {
        self.find.initialized()
    }

    /// Takes no more statements. It is closed when those under way are answered.
    pub fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Asks the server to stop what it is doing, and takes no more statements: the server may be stuck or out of reach. The
    /// connection stays open until the server has stopped: PgBouncer forgets who asks when it is closed.
    pub fn give_up(self: Arc<Self>) {
        if self.retired.swap(true, Ordering::Relaxed) {
            return;
        }
        tokio::spawn(async move {
            let stopped = async {
                self.cancel_statement().await;
                // It is answered after the statement.
                let _ = self.client.check_connection().await;
            };
            let _ = timeout(STATEMENT_LIMIT, stopped).await;
        });
    }
}
