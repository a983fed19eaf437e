//! The threads that read. Each has a connection, which is opened again when the file at the path is another one.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::super::store::{Failure, StoreError};
use super::connection::{Connection, Purpose};
use super::{DatabaseFile, spawn};

/// What a thread does.
pub type Job = Box<dyn FnOnce(&mut Reader) + Send>;

/// Threads, started as there is work for them.
pub struct Pool {
    shared: Arc<Shared>,
    file: Arc<DatabaseFile>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    /// Threads that wait for a job.
    idle: usize,
    is_closed: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job; `None` if there will be none.
    fn next(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.is_closed {
                return None;
            }
            state.idle += 1;
            state = self
                .wake
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }
}

/// Counts a thread, even one that a panic ends.
struct Counted(Arc<Shared>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.state().threads -= 1;
    }
}

impl Pool {
    pub fn new(file: Arc<DatabaseFile>) -> Self {
        Self {
            shared: Arc::default(),
            file,
        }
    }

    /// Has a thread do this.
    ///
    /// # Errors
    /// When there is no thread, and none can be started.
    pub fn run(&self, job: Job) -> Result<(), StoreError> {
        let mut state = self.shared.state();
        state.jobs.push_back(job);
        if state.jobs.len() <= state.idle || state.threads == self.file.readers {
            self.shared.wake.notify_one();
            return Ok(());
        }
        let mut reader = Reader {
            file: Arc::clone(&self.file),
            open: None,
        };
        let shared = Arc::clone(&self.shared);
        let started = spawn(&self.file, move || {
            let counted = Counted(shared);
            while let Some(job) = counted.0.next() {
                job(&mut reader);
            }
        });
        match started {
            Ok(_) => state.threads += 1,
            Err(error) if state.threads == 0 => {
                state.jobs.pop_back();
                return Err(error);
            }
            // The others will come to it.
            Err(_) => {}
        }
        Ok(())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.state().is_closed = true;
        self.shared.wake.notify_all();
    }
}

/// A thread's connection.
pub struct Reader {
    file: Arc<DatabaseFile>,
    open: Option<Connection>,
}

impl Reader {
    /// Reads from the file that is at the path now.
    pub fn read<T>(
        &mut self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        // One whose file is not there now is kept: it may come back.
        if let Some(open) = &self.open
            && !open.is_current()?
        {
            self.open = None;
        }
        let connection = if let Some(connection) = self.open.take() {
            connection
        } else {
            let connection = Connection::open(&self.file, Purpose::Read)?;
            connection.cache_for_lookups()?;
            connection
        };
        connection.limit(self.file.limit);
        let result = read(&connection);
        let result = result.unwrap_or_else(|error| Err(connection.explain(error)));
        let is_sound = match &result {
            Ok(_) => true,
            Err(error) => matches!(
                error.failure(),
                Failure::Timeout | Failure::Locked | Failure::Person { .. }
            ),
        };
        if is_sound {
            self.open = Some(connection);
        }
        result
    }
}
