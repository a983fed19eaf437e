//! An import, on a thread that has the connection and the transaction of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
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

/// A transaction can be given up.
const IDLE: u8 = 0;
/// It can no longer be undone.
const COMMITTING: u8 = 1;
/// Nobody wants it: it is undone, unless it could no longer be.
const GIVEN_UP: u8 = 2;

/// An import that runs.
struct Running {
    file: Arc<DatabaseFile>,
    /// Dropped first, which ends the thread.
    steps: Option<Sender<Step>>,
    /// Sends nothing, and is closed at the end of the thread.
    ended: Receiver<()>,
    /// A step is under way.
    is_busy: bool,
    /// Of what is under way: [`IDLE`], of an `add` also [`COMMITTING`], or [`GIVEN_UP`].
    stage: Arc<AtomicU8>,
}

impl Drop for Running {
    /// Waits for the connection to be closed: a process that ends before would leave files beside the database.
    fn drop(&mut self) {
        self.steps = None;
        if self.is_busy {
            self.give_up();
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
        self.stage.store(IDLE, Ordering::SeqCst);
        answer
    }
}

impl Import for Running {
    fn add(&mut self, people: Vec<Person>) -> Answer<'_, Counts> {
        Box::pin(self.ask(|reply| Step::Add(people, reply)))
    }

    fn give_up(&self) -> bool {
        self.stage.swap(GIVEN_UP, Ordering::SeqCst) == COMMITTING
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
    let stage = Arc::new(AtomicU8::new(IDLE));
    let [of_handler, of_thread] = [Arc::clone(&stage), Arc::clone(&stage)];
    spawn(file, move || {
        let _is_open: Sender<()> = is_open;
        let mut begun = Some(begun);
        let outcome = Connection::open(&thread_file, Purpose::Write).and_then(|mut connection| {
            connection.stop_when(move || of_handler.load(Ordering::SeqCst) == GIVEN_UP)?;
            let on_conflict = options.on_conflict;
            let outcome = if options.replace {
                replace(&connection, on_conflict, &mut begun, &asked)
            } else {
                add(&connection, on_conflict, &mut begun, &asked, &of_thread)
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
        stage,
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

/// Goes from one stage to the next, unless it was given up.
fn goes_on(stage: &AtomicU8, from: u8, to: u8) -> bool {
    let (set, failed) = (Ordering::SeqCst, Ordering::SeqCst);
    stage.compare_exchange(from, to, set, failed).is_ok()
}

/// Adds people, each time in a transaction.
fn add(
    connection: &Connection,
    on_conflict: OnConflict,
    begun: &mut Begun,
    asked: &Receiver<Step>,
    stage: &AtomicU8,
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
                    if added.is_ok() && goes_on(stage, IDLE, COMMITTING) {
                        transaction.commit()?;
                    } else {
                        transaction.rollback()?;
                    }
                    Ok(added)
                });
                let added = added.unwrap_or_else(|error| Err(connection.explain(error)));
                match &added {
                    Ok(added) => total += *added,
                    // Nothing was committed.
                    Err(_) => _ = goes_on(stage, COMMITTING, IDLE),
                }
                let _ = reply.send(added);
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
