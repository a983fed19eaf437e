//! An import, on a thread that has the connection and the transaction of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use rusqlite::{Transaction, TransactionBehavior, params};
use tokio::sync::oneshot;

use super::super::store::{Answer, Counts, Import, ImportOptions, OnConflict, StoreError};
use super::connection::{Connection, Purpose};
use super::{DatabaseFile, ended, failure, spawn};
use crate::proto::Person;

const INSERT: &str = "INSERT INTO people (name, age, gender, hobbies, has_address, street, city)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (name) DO NOTHING";

const UPDATE: &str = "UPDATE people
SET age = ?2, gender = ?3, hobbies = ?4, has_address = ?5, street = ?6, city = ?7 WHERE name = ?1";

type Reply = oneshot::Sender<Result<Counts, StoreError>>;

/// What the thread is asked for.
enum Step {
    Add(Vec<Person>, Reply),
    Finish(Reply),
}

/// How long to wait for the end of a step that is given up. It may be waiting for a lock.
const PATIENCE: Duration = Duration::from_millis(500);

/// An import that runs.
struct Running {
    file: Arc<DatabaseFile>,
    /// Dropped first, which ends the thread.
    steps: Option<Sender<Step>>,
    /// Sends nothing, and is closed at the end of the thread.
    ended: Receiver<()>,
    /// A step is under way.
    is_busy: bool,
    /// Nobody wants what is under way: it is undone.
    is_given_up: Arc<AtomicBool>,
    /// What is under way is not undone any more.
    is_committing: Arc<AtomicBool>,
}

impl Drop for Running {
    /// Waits for the connection to be closed: a process that ends before would leave files beside the database.
    fn drop(&mut self) {
        self.steps = None;
        if self.is_busy {
            self.is_given_up.store(true, Ordering::Relaxed);
            let _ = self.ended.recv_timeout(PATIENCE);
        } else {
            let _ = self.ended.recv();
        }
    }
}

impl Running {
    async fn ask(&mut self, step: impl FnOnce(Reply) -> Step) -> Result<Counts, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.is_busy = true;
        let sent = self.steps.as_ref().map(|steps| steps.send(step(reply)));
        let answer = match sent {
            Some(Ok(())) => answer.await.unwrap_or_else(|_| Err(ended(&self.file))),
            _ => Err(ended(&self.file)),
        };
        self.is_busy = false;
        answer
    }
}

impl Import for Running {
    fn add(&mut self, people: Vec<Person>) -> Answer<'_, Counts> {
        Box::pin(self.ask(|reply| Step::Add(people, reply)))
    }

    fn may_have_committed(&self) -> bool {
        self.is_committing.load(Ordering::SeqCst)
    }

    fn finish(mut self: Box<Self>) -> Answer<'static, Counts> {
        Box::pin(async move { self.ask(Step::Finish).await })
    }
}

/// Begins an import.
pub async fn start(
    file: &Arc<DatabaseFile>,
    options: ImportOptions,
) -> Result<Box<dyn Import>, StoreError> {
    let (steps, asked) = mpsc::channel();
    let (begun, has_begun) = oneshot::channel();
    let (is_open, ended_sign) = mpsc::channel();
    let thread_file = Arc::clone(file);
    let is_given_up = Arc::<AtomicBool>::default();
    let stop = Arc::clone(&is_given_up);
    let is_committing = Arc::<AtomicBool>::default();
    let commits = Arc::clone(&is_committing);
    spawn(file, move || {
        let _is_open: Sender<()> = is_open;
        let mut begun = Some(begun);
        let outcome = Connection::open(&thread_file, Purpose::Write).and_then(|mut connection| {
            connection.stop_at(stop)?;
            let on_conflict = options.on_conflict;
            let outcome = if options.replace {
                replace(&connection, on_conflict, &mut begun, &asked)
            } else {
                add(&connection, on_conflict, &mut begun, &asked, &commits)
            };
            let outcome = outcome.map_err(|error| connection.explain(error));
            connection.close();
            outcome
        });
        if let (Err(error), Some(begun)) = (outcome, begun) {
            // Whoever asked may be gone.
            let _ = begun.send(Err(error));
        }
    })?;
    let mut running = Running {
        file: Arc::clone(file),
        steps: Some(steps),
        ended: ended_sign,
        is_busy: true,
        is_given_up,
        is_committing,
    };
    let has_begun = has_begun.await;
    running.is_busy = false;
    has_begun.unwrap_or_else(|_| Err(ended(file)))?;
    Ok(Box::new(running))
}

type Begun = Option<oneshot::Sender<Result<(), StoreError>>>;

fn tell(begun: &mut Begun) {
    if let Some(begun) = begun.take() {
        let _ = begun.send(Ok(()));
    }
}

/// Takes the lock first: who reads first, and writes then, may find that another has written.
fn begin(connection: &Connection) -> rusqlite::Result<Transaction<'_>> {
    Transaction::new_unchecked(connection, TransactionBehavior::Immediate)
}

/// Adds people, each time in a transaction.
fn add(
    connection: &Connection,
    on_conflict: OnConflict,
    begun: &mut Begun,
    asked: &Receiver<Step>,
    is_committing: &AtomicBool,
) -> rusqlite::Result<()> {
    // Whether it can be written to is known from the start.
    begin(connection)?.rollback()?;
    tell(begun);
    let mut total = Counts::default();
    while let Ok(step) = asked.recv() {
        match step {
            Step::Add(people, reply) => {
                let added = begin(connection).and_then(|transaction| {
                    let added = insert(&transaction, &people, on_conflict)?;
                    // Before the reply is looked at: who gives it up looks at this afterwards.
                    is_committing.store(added.is_ok(), Ordering::SeqCst);
                    if added.is_err() || reply.is_closed() {
                        is_committing.store(false, Ordering::SeqCst);
                        transaction.rollback()?;
                    } else {
                        transaction.commit()?;
                    }
                    Ok(added)
                });
                let added = added.unwrap_or_else(|error| Err(connection.explain(error)));
                if let Ok(added) = &added {
                    total += *added;
                }
                if reply.send(added).is_ok() {
                    is_committing.store(false, Ordering::SeqCst);
                }
            }
            Step::Finish(reply) => {
                let _ = reply.send(Ok(total));
                break;
            }
        }
    }
    Ok(())
}

/// Adds people in the place of all who were there, in one transaction.
fn replace(
    connection: &Connection,
    on_conflict: OnConflict,
    begun: &mut Begun,
    asked: &Receiver<Step>,
) -> rusqlite::Result<()> {
    let transaction = begin(connection)?;
    let removed = transaction.execute("DELETE FROM people", [])?;
    tell(begun);
    let mut total = Counts {
        removed: removed as u64,
        ..Counts::default()
    };
    while let Ok(step) = asked.recv() {
        match step {
            Step::Add(people, reply) => {
                let added = insert(&transaction, &people, on_conflict);
                match added.unwrap_or_else(|error| Err(connection.explain(error))) {
                    Ok(added) => {
                        total += added;
                        let _ = reply.send(Ok(added));
                    }
                    Err(error) => {
                        // Before the answer: then nothing has changed.
                        let _ = transaction.rollback();
                        let _ = reply.send(Err(error));
                        return Ok(());
                    }
                }
            }
            Step::Finish(reply) if reply.is_closed() => break,
            Step::Finish(reply) => {
                let committed = transaction.commit();
                let committed = committed.map_err(|error| connection.explain(error));
                let _ = reply.send(committed.map(|()| total));
                return Ok(());
            }
        }
    }
    transaction.rollback()
}

fn insert(
    transaction: &Transaction<'_>,
    people: &[Person],
    on_conflict: OnConflict,
) -> rusqlite::Result<Result<Counts, StoreError>> {
    let mut insert = transaction.prepare_cached(INSERT)?;
    let mut update = transaction.prepare_cached(UPDATE)?;
    let mut counts = Counts::default();
    let mut json = Vec::new();
    for (index, person) in people.iter().enumerate() {
        json.clear();
        // Strings are always JSON, and a vector takes all of it.
        let _ = serde_json::to_writer(&mut json, &person.hobbies);
        let hobbies = std::str::from_utf8(&json).unwrap_or("[]");
        let address = person.address.as_ref();
        let values = params![
            person.name,
            person.age,
            person.gender,
            hobbies,
            address.is_some(),
            address.map_or("", |it| it.street.as_str()),
            address.map_or("", |it| it.city.as_str()),
        ];
        let inserted = match insert.execute(values) {
            Err(error) if failure::code(&error) == Some(rusqlite::ErrorCode::TooBig) => {
                return Ok(Err(StoreError::person(
                    index,
                    "the person is larger than a row may be",
                )));
            }
            inserted => inserted?,
        };
        match on_conflict {
            _ if inserted == 1 => counts.inserted += 1,
            OnConflict::Error => return Ok(Err(StoreError::duplicate(index, &person.name))),
            OnConflict::Skip => counts.skipped += 1,
            OnConflict::Update => {
                update.execute(values)?;
                counts.updated += 1;
            }
        }
    }
    Ok(Ok(counts))
}
