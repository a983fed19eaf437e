//! How names are batched, with a store that does as it is told.

use std::sync::Weak;

use tokio::sync::Semaphore;
use tokio::sync::mpsc::Receiver;
use tokio::task::yield_now;

use super::super::store::{
    Answer, Import, ImportOptions, Looked, MOST_BYTES, MOST_NAMES, Migrated,
};
use super::queue::STATEMENTS;
use super::*;

/// Room for whatever is asked for.
const ANY: Room = Room {
    len: usize::MAX,
    or_one: true,
};

/// Answers each name with itself in capitals, but for those that nobody has (`-`) or that fail (`!`), or with as many bytes as
/// it says (`*1000`). A statement waits for a permit.
struct Fake {
    statements: Arc<Mutex<Vec<usize>>>,
    permits: Arc<Semaphore>,
    /// The memory of the last answer.
    memory: Arc<Mutex<Weak<Vec<u8>>>>,
}

/// The memory of an answer.
struct Memory(Arc<Vec<u8>>);

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Store for Fake {
    fn find(&self, names: Vec<Name>) -> Answer<'_, Vec<Looked>> {
        self.statements.lock().unwrap().push(names.len());
        Box::pin(async move {
            self.permits.acquire().await.unwrap().forget();
            assert!(!names.iter().any(|name| &**name == "panic"));
            if names.iter().any(|name| &**name == "down") {
                return Err(StoreError::new(Failure::Unavailable, "down"));
            }
            let (mut bytes, mut ends) = (Vec::new(), Vec::new());
            for name in &names {
                if bytes.len() >= MOST_BYTES {
                    break;
                }
                match name.split_once('*') {
                    Some((_, len)) => {
                        bytes.resize(bytes.len() + len.parse::<usize>().unwrap(), b'x');
                    }
                    None => bytes.extend(name.to_uppercase().bytes()),
                }
                ends.push(bytes.len());
            }
            let memory = Arc::new(bytes);
            *self.memory.lock().unwrap() = Arc::downgrade(&memory);
            let bytes = Bytes::from_owner(Memory(memory));
            let mut start = 0;
            let found = names
                .iter()
                .zip(ends)
                .enumerate()
                .map(|(index, (name, end))| {
                    let person = bytes.slice(std::mem::replace(&mut start, end)..end);
                    if name.contains('!') {
                        return Err(Box::new(StoreError::person(index, "bad")));
                    }
                    Ok((!name.contains('-')).then_some(person))
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
    memory: Arc<Mutex<Weak<Vec<u8>>>>,
}

impl Fixture {
    fn new(permits: usize) -> Self {
        let permits = Arc::new(Semaphore::new(permits));
        let statements = Arc::<Mutex<Vec<usize>>>::default();
        let memory = Arc::<Mutex<Weak<Vec<u8>>>>::default();
        let fake = Fake {
            statements: Arc::clone(&statements),
            permits: Arc::clone(&permits),
            memory: Arc::clone(&memory),
        };
        Self {
            lookups: Lookups::new(Box::new(fake)),
            statements,
            permits,
            memory,
        }
    }

    fn ask(&self, names: &[&str]) -> Pending {
        self.ask_with(names, ANY)
    }

    fn ask_with(&self, names: &[&str], room: Room) -> Pending {
        let names = names.iter().map(|&name| name.into()).collect();
        self.lookups.ask(names, room)
    }

    /// Statements that wait for permits, as many as there may be.
    async fn busy(&self, name: &str) -> Vec<Pending> {
        let mut busy = Vec::new();
        for _ in 0..STATEMENTS {
            busy.push(self.ask(&[name]));
            yield_now().await;
        }
        assert_eq!(self.statements(), [1; STATEMENTS]);
        busy
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
    let mut pending = fixture.busy("a").await;
    for number in 0..10 {
        pending.push(fixture.ask(&[&number.to_string()]));
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
    let mut pending: Vec<_> = (0..3)
        .map(|ask| {
            let names: Vec<String> = (0..300).map(|number| format!("{ask} {number}")).collect();
            fixture.ask(&names.iter().map(String::as_str).collect::<Vec<_>>())
        })
        .collect();
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
    assert_eq!(fixture.statements(), [7]);
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

#[tokio::test]
async fn a_name_is_in_a_statement_once_and_its_answer_is_shared() {
    let fixture = Fixture::new(100);
    let mut first = fixture.ask(&["a", "b", "a"]);
    let mut second = fixture.ask(&["c", "b"]);
    let (first, second) = (first.found().await, second.found().await);
    assert_eq!(texts(&first), [Some("A"), Some("B"), Some("A")]);
    assert_eq!(texts(&second), [Some("C"), Some("B")]);
    assert_eq!(fixture.statements(), [3]);
    let at = |index: usize| first.people[index].as_ref().unwrap().as_ptr();
    assert_eq!(at(0), at(2));
}

#[tokio::test]
async fn an_answer_has_no_more_people_than_there_is_room_for() {
    let fixture = Fixture::new(100);
    let room = Room {
        len: 250,
        or_one: false,
    };
    let mut pending = fixture.ask_with(&["a*100", "-", "b*100", "c*100", "d"], room);
    let found = pending.found().await;
    assert_eq!((found.people.len(), found.len), (3, 200));
    assert_eq!(found.rest, ["c*100", "d"].map(Name::from));
    assert!(found.failure.is_none());
}

#[tokio::test]
async fn a_person_without_room_is_only_given_to_who_takes_one_at_least() {
    let fixture = Fixture::new(100);
    let names = ["-", "a*100", "b*100"];
    let found = fixture.ask_with(&names, Room::ONE).found().await;
    assert_eq!(
        (found.people.len(), found.len, found.rest.len()),
        (2, 100, 1)
    );
    let room = Room {
        or_one: false,
        ..Room::ONE
    };
    let found = fixture.ask_with(&names, room).found().await;
    assert_eq!((found.people.len(), found.len, found.rest.len()), (1, 0, 2));
}

#[tokio::test]
async fn those_that_a_large_answer_does_not_reach_are_asked_for_again() {
    let fixture = Fixture::new(100);
    let names = |ask: usize| (0..6).map(move |number| format!("{ask}.{number}*{}", MOST_BYTES / 4));
    let mut pending: Vec<_> = (0..4)
        .map(|ask| {
            fixture
                .lookups
                .ask(names(ask).map(Into::into).collect(), ANY)
        })
        .collect();
    let mut answered = Vec::new();
    for pending in &mut pending {
        let found = pending.found().await;
        assert!(found.len <= MOST_BYTES);
        answered.push((found.people.len(), found.rest.len()));
    }
    assert_eq!(answered, [(4, 2); 4]);
    // After the first, they are as small as people are large.
    assert_eq!(fixture.statements(), [24, 4, 4, 4]);
}

#[tokio::test]
async fn statements_grow_again_when_people_are_small() {
    let fixture = Fixture::new(100);
    let large: Vec<Name> = (0..MOST_NAMES)
        .map(|number| format!("{number}*{MOST_BYTES}").into())
        .collect();
    let found = fixture.lookups.ask(large, ANY).found().await;
    assert_eq!((found.people.len(), found.rest.len()), (1, 511));
    let mut names: Vec<Name> = (0..2048).map(|number| number.to_string().into()).collect();
    while !names.is_empty() {
        let rest = names.split_off(names.len().min(MOST_NAMES));
        let found = fixture.lookups.ask(names, ANY).found().await;
        names = [found.rest, rest].concat();
    }
    let sizes = fixture.statements();
    assert_eq!(sizes[..11], [512, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
}

#[tokio::test]
async fn a_small_answer_does_not_keep_the_memory_of_a_large_one() {
    let fixture = Fixture::new(100);
    let mut small = fixture.ask(&["a"]);
    let mut large = fixture.ask(&["b*1000"]);
    let (small, large) = (small.found().await, large.found().await);
    assert_eq!(fixture.statements(), [2]);
    drop(large);
    assert!(fixture.memory.lock().unwrap().upgrade().is_none());
    assert_eq!(texts(&small), [Some("A")]);
}

#[tokio::test]
async fn names_of_a_statement_have_few_bytes() {
    let fixture = Fixture::new(100);
    let long = |ask: usize| format!("{ask}{}", "-".repeat(100 << 10));
    let mut pending: Vec<_> = (0..4).map(|ask| fixture.ask(&[&long(ask)])).collect();
    for pending in &mut pending {
        pending.found().await;
    }
    assert_eq!(fixture.statements(), [2, 2]);
}

#[tokio::test]
async fn names_that_nobody_waits_for_leave_the_queue_at_once() {
    let fixture = Fixture::new(0);
    let _busy = fixture.busy("a").await;
    let name = Name::from("b");
    let held = Arc::downgrade(&name);
    let pending = fixture.lookups.ask(vec![name], ANY);
    assert!(held.upgrade().is_some());
    drop(pending);
    assert!(held.upgrade().is_none());
}

#[tokio::test]
async fn nobody_waits_for_a_statement_that_panics() {
    let fixture = Fixture::new(0);
    let busy = fixture.busy("panic").await;
    let mut waiting = fixture.ask(&["a"]);
    fixture.permits.add_permits(100);
    for mut pending in busy {
        assert!(pending.found().await.failure.is_some());
    }
    assert!(waiting.found().await.failure.is_some());
    assert_eq!(texts(&fixture.ask(&["b"]).found().await), [Some("B")]);
}

#[tokio::test]
async fn nobody_waits_for_a_runtime_that_has_ended() {
    let fixture = Fixture::new(0);
    let (mut busy, mut waiting) = std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            runtime.block_on(async {
                let busy = fixture.busy("a").await;
                (busy, fixture.ask(&["b"]))
            })
        });
        thread.join().unwrap()
    });
    for pending in &mut busy {
        assert!(pending.found().await.failure.is_some());
    }
    assert!(waiting.found().await.failure.is_some());
    fixture.permits.add_permits(100);
    assert_eq!(texts(&fixture.ask(&["c"]).found().await), [Some("C")]);
}
