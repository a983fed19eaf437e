//! Lookups in a database, batched: the names of all calls that wait go into one statement, and no call waits for others to
//! come.
//!
//! A call puts its names into a queue. A task takes what is in the queue and runs a statement; it is started when a name comes
//! and not too many statements are under way, and runs after the calls that have arrived together have added theirs. While
//! all statements are under way, names gather for the next one.
//!
//! - `queue`: the names that wait, and how many of them a statement takes;
//! - `statement`: names of several calls in one statement, and its answer dealt out to them.

mod queue;
mod statement;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{Notify, oneshot};

use self::queue::{Ask, Queue};
use self::statement::Statement;
use super::store::{Failure, Name, Store, StoreError};

/// Looks names up in a database. Clones share the queue.
#[derive(Clone)]
pub struct Lookups(Arc<Shared>);

struct Shared {
    store: Box<dyn Store>,
    queue: Mutex<Queue>,
    /// A statement has failed.
    failed: Notify,
    /// How many statements have not.
    answered: AtomicU64,
}

/// How large an answer may be.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// How many bytes of people it has at most.
    pub len: usize,
    /// Or one person, however large.
    pub or_one: bool,
}

impl Room {
    pub const ONE: Self = Self {
        len: 0,
        or_one: true,
    };
}

/// What was found for the names of a call.
#[derive(Debug, Default)]
pub struct Found {
    /// The encoded Person messages, in the order of the names, up to the failure if there is one. They keep less than twice
    /// their size in memory.
    pub people: Vec<Option<Bytes>>,
    /// How many bytes they have.
    pub len: usize,
    /// The names after them, for which there was no room. There are none if anything has failed.
    pub rest: Vec<Name>,
    pub failure: Option<StoreError>,
}

impl Found {
    fn failed(failure: StoreError) -> Self {
        Self {
            failure: Some(failure),
            ..Self::default()
        }
    }
}

/// An answer that has not come yet. When it is dropped, its names leave the queue, unless they are in a statement.
pub struct Pending {
    lookups: Lookups,
    /// Where it is in the queue.
    place: u64,
    answer: oneshot::Receiver<Found>,
    has_come: bool,
}

impl Pending {
    /// Waits for the answer. It may be given up, and waited for again.
    pub async fn found(&mut self) -> Found {
        let answer = (&mut self.answer).await;
        self.has_come = true;
        answer.unwrap_or_else(|_| Found::failed(lost()))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.has_come {
            // First, so that it is not put back into the queue.
            self.answer.close();
            let ask = self.lookups.0.queue().remove(self.place);
            drop(ask);
        }
    }
}

fn lost() -> StoreError {
    StoreError::new(Failure::Other, "the lookup ended without an answer")
}

impl Lookups {
    pub fn new(store: Box<dyn Store>) -> Self {
        Self(Arc::new(Shared {
            store,
            queue: Mutex::default(),
            failed: Notify::new(),
            answered: AtomicU64::new(0),
        }))
    }

    pub fn store(&self) -> &dyn Store {
        &*self.0.store
    }

    /// How many statements were answered so far.
    pub fn answered(&self) -> u64 {
        self.0.answered.load(Ordering::Relaxed)
    }

    /// Waits until a statement has failed.
    pub async fn failed(&self) {
        self.0.failed.notified().await;
    }

    /// Looks up at most [`MOST_NAMES`](super::MOST_NAMES) names, together with those of others.
    pub fn ask(&self, names: Vec<Name>, room: Room) -> Pending {
        let (reply, answer) = oneshot::channel();
        let (place, is_free) = self.0.queue().add(Ask::new(names, room, reply));
        if is_free {
            let task = UnderWay {
                shared: Arc::clone(&self.0),
                is_over: false,
            };
            // It runs after the tasks that are ready, whose names it takes, too.
            tokio::spawn(task.run());
        }
        Pending {
            lookups: self.clone(),
            place,
            answer,
            has_come: false,
        }
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, mut statement: Statement) {
        let found = match self.store.find(statement.take_names()).await {
            Ok(found) if !found.is_empty() => found,
            result => {
                self.failed.notify_one();
                return statement.fail(&result.err().unwrap_or_else(lost));
            }
        };
        self.answered.fetch_add(1, Ordering::Relaxed);
        let size = statement.len();
        let (len, unanswered) = statement.deal_out(&found);
        let mut queue = self.queue();
        queue.learn(size, found.len(), len);
        for (place, ask) in unanswered {
            queue.put_back(place, ask);
        }
    }
}

/// Runs statements. It is counted in the queue until it finds that empty.
struct UnderWay {
    shared: Arc<Shared>,
    is_over: bool,
}

impl UnderWay {
    /// Runs statements until nobody waits.
    async fn run(mut self) {
        loop {
            let next = self.shared.queue().next();
            let Some((batch, most)) = next else {
                self.is_over = true;
                return;
            };
            self.shared.answer(Statement::new(batch, most)).await;
        }
    }
}

/// Whom a panic, or the end of the runtime, has interrupted leaves those that wait to the others. If there are none, a lookup
/// fails: this runtime may take no more tasks, and the others have none of ours.
impl Drop for UnderWay {
    fn drop(&mut self) {
        if !self.is_over {
            let left = self.shared.queue().interrupted();
            drop(left);
        }
    }
}
