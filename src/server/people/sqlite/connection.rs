//! A connection: the file, opened and still the one at its path, and a limit of time for statements.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{ErrorCode, OpenFlags};

use super::super::store::{Failure, StoreError};
use super::identity::{Files, Identity};
use super::{DatabaseFile, failure, schema};

/// How many steps of a statement are made before the time is looked at.
const STEPS: i32 = 1000;

/// How long a probe waits for a lock: less than who asks for it does, so that it is the lock that is said.
const BUSY_PROBE: Duration = Duration::from_millis(500);

/// The cache of a connection that writes, in KiB, and that of all that look people up together. What a cache lacks is read from
/// the file, which is mostly in the system's memory, and costs as much as all the rest of a lookup.
const CACHE: usize = 64 << 10;
const CACHES: usize = 80 << 10;

/// How long the WAL gets before its pages are written to the file, in pages. Names come in any order, so that a transaction
/// changes pages everywhere: the more of them are written together, the fewer times each is.
const WAL_PAGES: u32 = 16 << 10;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It changes nothing.
    Read,
    /// As `Read`, and a lock is not waited for much.
    Probe,
    Write,
    /// As `Write`, and the file need not exist.
    Create,
}

/// An open file.
pub struct Connection {
    sqlite: rusqlite::Connection,
    file: Arc<DatabaseFile>,
    /// Of the file, once it is known.
    identity: Option<Identity>,
    /// When the statement that runs is stopped.
    deadline: Arc<Mutex<Option<Instant>>>,
}

impl Deref for Connection {
    type Target = rusqlite::Connection;

    fn deref(&self) -> &rusqlite::Connection {
        &self.sqlite
    }
}

impl Connection {
    /// Opens the file. To be written to, it has to have the tables of this version, unless it may be created.
    pub fn open(file: &Arc<DatabaseFile>, purpose: Purpose) -> Result<Self, StoreError> {
        let connection = Self::open_current(file, purpose)?;
        if purpose == Purpose::Write {
            let found = schema::version(&connection).map_err(|error| connection.explain(error))?;
            if found != schema::VERSION {
                return Err(StoreError::schema(file, found, schema::VERSION));
            }
        }
        Ok(connection)
    }

    /// Opens the file that is at the path, even if another one is put there meanwhile. One at a time: see [`Files`].
    fn open_current(file: &Arc<DatabaseFile>, purpose: Purpose) -> Result<Self, StoreError> {
        let mut last = file.opened.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let before = Identity::of(&file.path);
            match &before {
                Err(error) if purpose != Purpose::Create => {
                    return Err(failure::unreadable(file, error));
                }
                Ok(identity) if identity.is_folder => {
                    let message = format!("{file} is a folder");
                    return Err(StoreError::new(Failure::Other, message));
                }
                Ok(identity) => {
                    if let Some(last) = last.take() {
                        last.leave(&file.path, *identity);
                    }
                }
                Err(_) => {}
            }
            let connection = Self::open_file(file, purpose)?;
            // It has been read from, so that the files beside it are there.
            let after = Files::at(&file.path).map_err(|error| failure::unreadable(file, &error))?;
            if before.is_ok_and(|before| before != after.database) {
                continue;
            }
            *last = Some(after);
            return Ok(Self {
                identity: Some(after.database),
                ..connection
            });
        }
    }

    fn open_file(file: &Arc<DatabaseFile>, purpose: Purpose) -> Result<Self, StoreError> {
        // With the right to write, a reader can complete or undo what a program that has ended began. Where there is none,
        // SQLite does without it.
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if purpose == Purpose::Create {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let opened = rusqlite::Connection::open_with_flags(&*file.path, flags);
        let mut connection = Self {
            sqlite: opened.map_err(|error| failure::explain(file, error))?,
            file: Arc::clone(file),
            identity: None,
            deadline: Arc::default(),
        };
        match connection.prepare_for(purpose) {
            Ok(()) => Ok(connection),
            Err(error) => Err(connection.explain(error)),
        }
    }

    fn prepare_for(&mut self, purpose: Purpose) -> rusqlite::Result<()> {
        let busy = match purpose {
            Purpose::Probe => self.file.busy.min(BUSY_PROBE),
            Purpose::Read | Purpose::Write | Purpose::Create => self.file.busy,
        };
        self.sqlite.busy_timeout(busy)?;
        rusqlite::vtab::array::load_module(&self.sqlite)?;
        if matches!(purpose, Purpose::Read | Purpose::Probe) {
            self.sqlite.pragma_update(None, "query_only", true)?;
            self.sqlite.set_prepared_statement_cache_capacity(8);
            let deadline = Arc::clone(&self.deadline);
            let is_late = move || {
                let deadline = deadline.lock().unwrap_or_else(PoisonError::into_inner);
                deadline.is_some_and(|deadline| Instant::now() >= deadline)
            };
            self.sqlite.progress_handler(STEPS, Some(is_late))?;
        } else {
            // Readers and a writer do not wait for each other then. It stays so in the file; a system that cannot do it,
            // or another program at work on the file right now, is no reason to fail.
            let switched = self.sqlite.pragma_update(None, "journal_mode", "wal");
            if let Err(error) = switched
                && !matches!(
                    failure::code(&error),
                    Some(ErrorCode::DatabaseBusy | ErrorCode::ReadOnly)
                )
            {
                return Err(error);
            }
            self.set_cache(CACHE)?;
            self.sqlite
                .pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
            // Nothing waits for the disk before the WAL is written to the file, as it is at the end. Until then, a loss of
            // power may undo the last transactions, but not damage the file.
            self.sqlite.pragma_update(None, "synchronous", "normal")?;
        }
        // Reads the file, which to open does not.
        self.sqlite
            .query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
    }

    /// Makes lookups faster, at the cost of memory.
    pub fn cache_for_lookups(&self) -> Result<(), StoreError> {
        let set = self.set_cache(CACHES / self.file.readers);
        set.map_err(|error| self.explain(error))
    }

    fn set_cache(&self, kib: usize) -> rusqlite::Result<()> {
        // A number below 0 is in KiB.
        let pragma = format!("PRAGMA cache_size = -{kib}");
        self.sqlite.execute_batch(&pragma)
    }

    /// Whether the file at the path is still the one that is open.
    ///
    /// # Errors
    /// When there is none.
    pub fn is_current(&self) -> Result<bool, StoreError> {
        let now = Identity::of(&self.file.path);
        let now = now.map_err(|error| failure::unreadable(&self.file, &error))?;
        Ok(Some(now) == self.identity)
    }

    /// Stops statements once this is so.
    pub fn stop_when(
        &mut self,
        is_stopped: impl FnMut() -> bool + Send + 'static,
    ) -> Result<(), StoreError> {
        let set = self.sqlite.progress_handler(STEPS, Some(is_stopped));
        set.map_err(|error| self.explain(error))
    }

    /// Stops statements that are not done in time.
    pub fn limit(&self, time: Duration) {
        let mut deadline = self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        *deadline = Instant::now().checked_add(time);
    }

    /// What an error means.
    pub fn explain(&self, error: rusqlite::Error) -> StoreError {
        if failure::may_be_the_schema(&error)
            && let Ok(found) = schema::version(self)
            && found != schema::VERSION
        {
            return StoreError::schema(&self.file, found, schema::VERSION);
        }
        failure::explain(&self.file, error)
    }

    pub fn file(&self) -> &Arc<DatabaseFile> {
        &self.file
    }

    /// Ends it, with all that was written in the file and nothing beside it, as far as others do not have it open.
    pub fn close(self) {
        // What remains to be done is done by the next one who opens it.
        let _ = self
            .sqlite
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        let _ = self.sqlite.close();
    }
}
