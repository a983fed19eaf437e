//! People in a file of SQLite. Threads of their own do the blocking, each with a connection of its own.
//!
//! - `schema`: the tables, and their versions;
//! - `connection`: the file, opened; `identity`: whether it is still the one at its path; `failure`: what went wrong with it;
//! - `pool`: the threads that read; `read`: what they read; `export`, `import`: a thread each.

mod connection;
mod export;
mod failure;
mod identity;
mod import;
mod pool;
mod read;
mod schema;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::Receiver;
use tokio::sync::{Mutex as AsyncMutex, oneshot};
use tokio::time::timeout;

use self::connection::{Connection, Purpose};
use self::identity::Files;
use self::pool::Pool;
use super::store::{
    Answer, Failure, Import, ImportOptions, Looked, MOST_NAMES, Migrated, Name, STATEMENT_LIMIT,
    Store, StoreError,
};
use crate::secret::without_password;

/// How long to wait for another's lock. In WAL mode, nobody who reads waits.
const BUSY: Duration = Duration::from_secs(4);

/// More threads than this read no faster.
const MOST_THREADS: usize = 8;

/// A database in a file.
pub struct Sqlite {
    file: Arc<DatabaseFile>,
    pool: Pool,
    /// Who probes has this, to the end: on a disk that hangs, threads would pile up.
    probing: Arc<AsyncMutex<()>>,
}

/// Where it is, and how long it may take.
#[derive(Debug)]
struct DatabaseFile {
    path: Box<Path>,
    /// For locks.
    busy: Duration,
    /// For a statement that reads.
    limit: Duration,
    /// How many threads read.
    readers: usize,
    /// What was opened last.
    opened: Mutex<Option<Files>>,
}

impl fmt::Display for DatabaseFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "sqlite:{}",
            without_password(&self.path.to_string_lossy())
        )
    }
}

impl Sqlite {
    /// Opens nothing yet.
    pub fn new(path: &Path) -> Self {
        Self::with(path, BUSY, STATEMENT_LIMIT)
    }

    fn with(path: &Path, busy: Duration, limit: Duration) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let file = Arc::new(DatabaseFile {
            path: path.into(),
            busy,
            limit,
            readers: threads.min(MOST_THREADS),
            opened: Mutex::default(),
        });
        Self {
            pool: Pool::new(Arc::clone(&file)),
            file,
            probing: Arc::default(),
        }
    }

    /// Runs this on a thread that reads.
    fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<Result<T, StoreError>> + Send + 'static,
    ) -> Answer<'_, T> {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            self.pool.run(Box::new(move |reader| {
                if !reply.is_closed() {
                    // Whoever asked may be gone.
                    let _ = reply.send(reader.read(read));
                }
            }))?;
            // A statement ends by itself at its limit, unless a read of the file hangs.
            match timeout(2 * self.file.limit, answer).await {
                Ok(Ok(result)) => result,
                Ok(Err(_)) => Err(ended(&self.file)),
                Err(_) => Err(failure::timeout(&self.file)),
            }
        })
    }

    /// Reads with a connection of its own, which is closed then: for what is rarely asked.
    fn once<T: Send + 'static>(
        &self,
        purpose: Purpose,
        read: impl FnOnce(&Connection) -> rusqlite::Result<Result<T, StoreError>> + Send + 'static,
    ) -> Answer<'_, T> {
        self.on_thread(move |file| once(file, purpose, read))
    }

    /// Runs this on a thread of its own.
    fn on_thread<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Arc<DatabaseFile>) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'_, T> {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            let file = Arc::clone(&self.file);
            spawn(&self.file, move || {
                // Whoever asked may be gone.
                let _ = reply.send(run(&file));
            })?;
            answer.await.unwrap_or_else(|_| Err(ended(&self.file)))
        })
    }
}

/// Reads with a connection that is opened for it.
fn once<T>(
    file: &Arc<DatabaseFile>,
    purpose: Purpose,
    read: impl FnOnce(&Connection) -> rusqlite::Result<Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let connection = Connection::open(file, purpose)?;
    connection.limit(file.limit);
    read(&connection).unwrap_or_else(|error| Err(connection.explain(error)))
}

/// Starts a thread.
fn spawn(
    file: &DatabaseFile,
    run: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, StoreError> {
    let thread = std::thread::Builder::new().name("sqlite".to_owned());
    thread.spawn(run).map_err(|error| {
        StoreError::new(Failure::Other, format!("cannot start a thread for {file}"))
            .caused_by(error)
    })
}

/// Only a panic ends a thread before it has answered.
fn ended(file: &DatabaseFile) -> StoreError {
    StoreError::new(Failure::Other, format!("the thread for {file} has ended"))
}

impl Store for Sqlite {
    fn find(&self, names: Vec<Name>) -> Answer<'_, Vec<Looked>> {
        debug_assert!(names.len() <= MOST_NAMES, "{}", names.len());
        self.read(move |connection| read::find(connection, &names).map(Ok))
    }

    fn check(&self) -> Answer<'_, ()> {
        self.once(Purpose::Read, read::check)
    }

    fn probe(&self) -> Answer<'_, ()> {
        Box::pin(async {
            let probing = Arc::clone(&self.probing).lock_owned().await;
            let looked = self.on_thread(move |file| {
                let _probing = probing;
                once(file, Purpose::Probe, |connection| {
                    read::look(connection).map(Ok)
                })
            });
            looked.await
        })
    }

    fn count(&self) -> Answer<'_, u64> {
        self.once(Purpose::Read, |connection| read::count(connection).map(Ok))
    }

    fn migrate(&self) -> Answer<'_, Migrated> {
        self.on_thread(|file| {
            let connection = Connection::open(file, Purpose::Create)?;
            let migrated = schema::migrate(&connection);
            let migrated = migrated.map_err(|error| connection.explain(error))?;
            let checked = read::check(&connection);
            checked.unwrap_or_else(|error| Err(connection.explain(error)))?;
            connection.close();
            Ok(migrated)
        })
    }

    fn export(&self) -> Answer<'_, Receiver<Result<Vec<Bytes>, StoreError>>> {
        Box::pin(export::start(&self.file))
    }

    fn import(&self, options: ImportOptions) -> Answer<'_, Box<dyn Import>> {
        Box::pin(import::start(&self.file, options))
    }
}
