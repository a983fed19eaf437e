//! Lookups in a database, batched: the names of all calls that wait go into one statement, and no call waits for others to
//! come.
//!
//! A call puts its names into a queue. A task takes what is in the queue and runs a statement; it is started when a name comes
//! and not too many statements are under way, and runs after the calls that have arrived together have added theirs. While
//! all statements are under way, names gather for the next one.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{Notify, oneshot};

use super::store::{Failure, MOST_NAMES, Store, StoreError};

/// How many statements are under way at once. More keep no database busier that answers from its memory, and let fewer
/// names gather.
const STATEMENTS: usize = 4;

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

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Ask>,
    statements: usize,
}

/// The names of a call.
struct Ask {
    names: Vec<String>,
    reply: oneshot::Sender<Found>,
}

/// What was found for the names of a call.
#[derive(Debug, Default)]
pub struct Found {
    /// The encoded Person messages, in the order of the names, up to the failure if there is one.
    pub people: Vec<Option<Bytes>>,
    pub failure: Option<StoreError>,
}

/// An answer that has not come yet. When it is dropped, its names are not looked up, unless that has begun.
pub struct Pending(oneshot::Receiver<Found>);

impl Pending {
    /// Waits for the answer. It may be given up, and waited for again.
    pub async fn found(&mut self) -> Found {
        let lost = || Found {
            people: Vec::new(),
            failure: Some(StoreError::new(
                Failure::Other,
                "the lookup ended without an answer",
            )),
        };
        (&mut self.0).await.unwrap_or_else(|_| lost())
    }
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

    /// Looks up at most [`MOST_NAMES`] names, together with those of others.
    pub fn ask(&self, names: Vec<String>) -> Pending {
        let (reply, pending) = oneshot::channel();
        let is_free = {
            let mut queue = self.0.queue();
            queue.waiting.push_back(Ask { names, reply });
            let is_free = queue.statements < STATEMENTS;
            queue.statements += usize::from(is_free);
            is_free
        };
        if is_free {
            // It runs after the tasks that are ready, whose names it takes, too.
            tokio::spawn(UnderWay(Arc::clone(&self.0)).run());
        }
        Pending(pending)
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one statement, and another one for the rest if it has failed for one person.
    async fn answer(&self, batch: Vec<Ask>) {
        let mut names: Vec<String> = Vec::new();
        let asks: Vec<(usize, oneshot::Sender<Found>)> = batch
            .into_iter()
            .map(|ask| {
                let before = names.len();
                names.extend(ask.names);
                (names.len() - before, ask.reply)
            })
            .collect();
        let mut failures: Vec<(usize, StoreError)> = Vec::new();
        let mut found = loop {
            match self.store.find(names.clone()).await {
                Ok(found) => {
                    self.answered.fetch_add(1, Ordering::Relaxed);
                    break found;
                }
                Err(error) => match error.person_index() {
                    Some(index) if index < names.len() => {
                        names.remove(index);
                        // Where it was before those in front of it were removed.
                        let before = failures
                            .iter()
                            .fold(index, |at, (failed, _)| at + usize::from(*failed <= at));
                        failures.push((before, error));
                        failures.sort_by_key(|(index, _)| *index);
                    }
                    _ => {
                        self.failed.notify_one();
                        for (_, reply) in asks {
                            let failure = Some(error.clone());
                            // Whoever asked may be gone.
                            let _ = reply.send(Found {
                                failure,
                                ..Found::default()
                            });
                        }
                        return;
                    }
                },
            }
        }
        .into_iter();
        let (mut start, mut failures) = (0, failures.into_iter().peekable());
        for (len, reply) in asks {
            let end = start + len;
            let mut answer = Found::default();
            for index in start..end {
                match failures.next_if(|(failed, _)| *failed == index) {
                    Some((_, error)) if answer.failure.is_none() => answer.failure = Some(error),
                    Some(_) => {}
                    None => {
                        let person = found.next().flatten();
                        if answer.failure.is_none() {
                            answer.people.push(person);
                        }
                    }
                }
            }
            start = end;
            let _ = reply.send(answer);
        }
    }
}

/// Counts as a statement under way until it is dropped.
struct UnderWay(Arc<Shared>);

impl UnderWay {
    /// Runs statements until nobody waits.
    async fn run(self) {
        while let Some(batch) = self.next() {
            self.0.answer(batch).await;
        }
    }

    /// Those that wait, as far as they fit into a statement.
    fn next(&self) -> Option<Vec<Ask>> {
        let mut queue = self.0.queue();
        let (mut batch, mut names) = (Vec::new(), 0);
        while let Some(ask) = queue.waiting.front() {
            names += ask.names.len();
            if names > MOST_NAMES && !batch.is_empty() {
                break;
            }
            // Whose deadline has passed is gone.
            match queue.waiting.pop_front() {
                Some(ask) if !ask.reply.is_closed() => batch.push(ask),
                Some(ask) => names -= ask.names.len(),
                None => {}
            }
        }
        (!batch.is_empty()).then_some(batch)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.queue().statements -= 1;
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;
    use tokio::sync::mpsc::Receiver;
    use tokio::task::yield_now;

    use super::super::store::{Answer, Import, ImportOptions, Migrated};
    use super::*;

    /// Answers each name with itself in capitals, but for those that nobody has (`-`) or that fail (`!`). A statement waits
    /// for a permit.
    struct Fake {
        statements: Arc<Mutex<Vec<usize>>>,
        permits: Arc<Semaphore>,
    }

    impl Store for Fake {
        fn find(&self, names: Vec<String>) -> Answer<'_, Vec<Option<Bytes>>> {
            self.statements.lock().unwrap().push(names.len());
            Box::pin(async move {
                self.permits.acquire().await.unwrap().forget();
                if let Some(index) = names.iter().position(|name| name.contains('!')) {
                    return Err(StoreError::person(index, "bad"));
                }
                if names.iter().any(|name| name == "down") {
                    return Err(StoreError::new(Failure::Unavailable, "down"));
                }
                let found = names.iter().map(|name| {
                    let is_known = !name.contains('-');
                    is_known.then(|| Bytes::from(name.to_uppercase()))
                });
                Ok(found.collect())
            })
        }
        fn check(&self) -> Answer<'_, ()> {
            unimplemented!()
        }
        fn count(&self) -> Answer<'_, u64> {
            unimplemented!()
        }
        fn migrate(&self) -> Answer<'_, Migrated> {
            unimplemented!()
        }
        fn export(&self) -> Answer<'_, Receiver<Result<Vec<Bytes>, StoreError>>> {
            unimplemented!()
        }
        fn import(&self, _: ImportOptions) -> Answer<'_, Box<dyn Import>> {
            unimplemented!()
        }
    }

    struct Fixture {
        lookups: Lookups,
        statements: Arc<Mutex<Vec<usize>>>,
        permits: Arc<Semaphore>,
    }

    impl Fixture {
        fn new(permits: usize) -> Self {
            let permits = Arc::new(Semaphore::new(permits));
            let statements = Arc::<Mutex<Vec<usize>>>::default();
            let fake = Fake {
                statements: Arc::clone(&statements),
                permits: Arc::clone(&permits),
            };
            Self {
                lookups: Lookups::new(Box::new(fake)),
                statements,
                permits,
            }
        }

        fn ask(&self, names: &[&str]) -> Pending {
            self.lookups
                .ask(names.iter().map(|name| (*name).to_owned()).collect())
        }

        fn statements(&self) -> Vec<usize> {
            self.statements.lock().unwrap().clone()
        }
    }

    fn texts(found: &Found) -> Vec<Option<&str>> {
        let people = found.people.iter();
        people
            .map(|person| person.as_ref().map(|it| std::str::from_utf8(it).unwrap()))
            .collect()
    }

    #[tokio::test]
    async fn names_that_arrive_together_are_one_statement_and_answered_in_order() {
        let fixture = Fixture::new(100);
        let mut first = fixture.ask(&["a", "-", "b"]);
        let mut second = fixture.ask(&["c"]);
        assert_eq!(texts(&first.found().await), [Some("A"), None, Some("B")]);
        assert_eq!(texts(&second.found().await), [Some("C")]);
        assert_eq!(fixture.statements(), [4]);
    }

    #[tokio::test]
    async fn while_statements_are_under_way_names_gather_for_the_next() {
        let fixture = Fixture::new(0);
        let mut pending = Vec::new();
        for _ in 0..STATEMENTS {
            pending.push(fixture.ask(&["a"]));
            yield_now().await;
        }
        for _ in 0..10 {
            pending.push(fixture.ask(&["b"]));
            yield_now().await;
        }
        assert_eq!(fixture.statements(), [1; STATEMENTS]);
        fixture.permits.add_permits(100);
        for mut pending in pending {
            assert_eq!(pending.found().await.people.len(), 1);
        }
        assert_eq!(fixture.statements(), [&[1; STATEMENTS][..], &[10]].concat());
    }

    #[tokio::test]
    async fn a_statement_has_no_more_names_than_it_may() {
        let fixture = Fixture::new(100);
        let names = vec!["a"; 300];
        let mut pending: Vec<_> = (0..3).map(|_| fixture.ask(&names)).collect();
        for pending in &mut pending {
            assert_eq!(pending.found().await.people.len(), 300);
        }
        assert!(
            fixture
                .statements()
                .iter()
                .all(|names| *names <= MOST_NAMES),
            "{:?}",
            fixture.statements()
        );
    }

    #[tokio::test]
    async fn one_who_is_gone_leaves_the_batch() {
        let fixture = Fixture::new(100);
        let mut first = fixture.ask(&["a"]);
        drop(fixture.ask(&["b", "c"]));
        assert_eq!(texts(&first.found().await), [Some("A")]);
        assert_eq!(fixture.statements(), [1]);
    }

    #[tokio::test]
    async fn a_person_who_cannot_be_given_is_the_failure_of_one_call() {
        let fixture = Fixture::new(100);
        let mut first = fixture.ask(&["a", "b!", "c", "d!"]);
        let mut second = fixture.ask(&["e", "-"]);
        let mut third = fixture.ask(&["f!"]);
        let found = first.found().await;
        assert_eq!(texts(&found), [Some("A")]);
        assert!(found.failure.is_some());
        let found = second.found().await;
        assert_eq!(texts(&found), [Some("E"), None]);
        assert!(found.failure.is_none());
        assert!(third.found().await.failure.is_some());
    }

    #[tokio::test]
    async fn a_failure_is_that_of_all_who_asked_and_of_nobody_after_them() {
        let fixture = Fixture::new(100);
        let mut first = fixture.ask(&["a"]);
        let mut second = fixture.ask(&["down"]);
        assert!(first.found().await.failure.is_some());
        assert!(second.found().await.failure.is_some());
        fixture.lookups.failed().await;
        let mut third = fixture.ask(&["a"]);
        assert_eq!(texts(&third.found().await), [Some("A")]);
    }
}
