//! What holds for every [`Store`]. An engine calls [`contract!`] with a function that makes a [`Fixture`], and gets a test
//! for each rule.

mod exports;
mod imports;
mod lookups;
mod tables;

use std::sync::Arc;

use bytes::Bytes;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use prost::Message as _;

use super::store::{Counts, ImportOptions, OnConflict, Store, StoreError};
use crate::proto::Person;
use crate::proto::person::Address;

pub use exports::*;
pub use imports::*;
pub use lookups::*;
pub use tables::*;

/// An empty database, without tables.
pub struct Fixture {
    pub store: Arc<dyn Store>,
    /// Whether it can hold NUL.
    pub takes_nul: bool,
    /// Runs SQL as another program does.
    pub sql: Box<dyn Fn(&str) + Send + Sync>,
    /// SQL that leaves Eve in a state that no message has.
    pub spoil: &'static str,
    /// Dropped after the store: what the database is in.
    pub _keep: Box<dyn std::any::Any + Send>,
}

impl Fixture {
    /// The same, with tables.
    pub async fn migrated(self) -> Self {
        self.store.migrate().await.unwrap();
        self
    }
}

/// Makes a test of each rule. The function is `async fn() -> Option<Fixture>`; where it returns `None`, nothing is tested.
macro_rules! contract {
    ($fixture:path) => {
        $crate::server::people::contract::contract! {
            $fixture:
            a_database_without_tables_says_so,
            tables_are_made_once,
            several_may_make_tables_at_once,
            people_are_found_in_the_order_of_their_names,
            a_name_is_matched_byte_for_byte,
            a_name_is_never_sql,
            several_batches_at_once_get_their_own_answers,
            an_answer_ends_when_it_is_large,
            a_person_that_sql_has_spoiled_is_a_failure_of_that_name,
            an_export_names_a_person_that_sql_has_spoiled,
            any_set_of_people_goes_in_and_comes_out_equal,
            large_people_come_out_equal,
            an_export_is_ordered_by_the_bytes_of_names,
            an_export_is_of_one_moment,
            an_export_ends_when_its_reader_goes,
            a_conflict_names_the_person_and_keeps_nothing_of_its_transaction,
            a_name_may_conflict_within_a_transaction,
            who_exists_is_skipped,
            who_exists_is_updated,
            a_replace_is_seen_at_its_end,
            a_replace_that_is_dropped_changes_nothing,
            a_replace_that_fails_changes_nothing,
            an_import_that_was_killed_is_completed_with_skip,
            an_import_of_nobody_changes_nothing,
        }
    };
    ($fixture:path: $($rule:ident,)*) => {
        $(
            #[tokio::test]
            async fn $rule() {
                if let Some(fixture) = $fixture().await {
                    $crate::server::people::contract::$rule(fixture).await;
                }
            }
        )*
    };
}
pub(crate) use contract;

/// A person with that name.
pub fn named(name: &str) -> Person {
    Person {
        name: name.to_owned(),
        ..Person::default()
    }
}

/// The same, with an age.
pub fn aged(name: &str, age: i32) -> Person {
    Person { age, ..named(name) }
}

pub async fn import(
    store: &dyn Store,
    options: ImportOptions,
    people: Vec<Person>,
) -> Result<Counts, StoreError> {
    let mut import = store.import(options).await?;
    import.add(people).await?;
    import.finish().await
}

/// Adds people whom nobody knows yet.
pub async fn add(store: &dyn Store, people: Vec<Person>) {
    import(store, ImportOptions::default(), people)
        .await
        .unwrap();
}

pub fn on_conflict(on_conflict: OnConflict) -> ImportOptions {
    ImportOptions {
        on_conflict,
        replace: false,
    }
}

pub async fn find(store: &dyn Store, names: &[&str]) -> Vec<Option<Bytes>> {
    let names = names.iter().map(|&name| name.into()).collect();
    let found = store.find(names).await.unwrap().into_iter();
    found.map(Result::unwrap).collect()
}

/// All people, as an export has them.
pub async fn all(store: &dyn Store) -> Vec<Bytes> {
    let mut chunks = store.export().await.unwrap();
    let mut all = Vec::new();
    while let Some(chunk) = chunks.recv().await {
        let chunk = chunk.unwrap();
        assert!(!chunk.is_empty());
        all.extend(chunk);
    }
    all
}

/// The same, decoded.
pub async fn everyone(store: &dyn Store) -> Vec<Person> {
    let all = all(store).await;
    all.into_iter()
        .map(|bytes| Person::decode(bytes).unwrap())
        .collect()
}

/// Text as it may be in a message: short and long, of every plane, and with what SQL and JSON give a meaning.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-c]{1,3}",
        "\\PC{0,12}",
        "[\0-\u{1f}'\"\\\\{},%_$?;:\u{7f}-\u{a0}\u{300}-\u{308}\u{2028}\u{d7ff}\u{e000}\u{ffff}\u{1f600}\u{10ffff}]{1,8}",
        "[xé]{120,140}",
    ]
}

fn any_number() -> impl Strategy<Value = i32> {
    prop_oneof![
        Just(0),
        -3..100,
        Just(i32::MIN),
        Just(i32::MAX),
        any::<i32>()
    ]
}

/// A person with any fields, and with any name: the empty one, too.
pub fn any_person() -> impl Strategy<Value = Person> {
    let address = (any_text(), any_text()).prop_map(|(street, city)| Address { street, city });
    (
        any_text(),
        any_number(),
        any_number(),
        vec(any_text(), 0..4),
        proptest::option::of(address),
    )
        .prop_map(|(name, age, gender, hobbies, address)| Person {
            name,
            age,
            gender,
            hobbies,
            address,
        })
}

/// People with different names, in any order.
fn any_people() -> impl Strategy<Value = Vec<Person>> {
    let people = btree_map(any_text(), any_person(), 0..40);
    let named = people.prop_map(|people| {
        let named = people
            .into_iter()
            .map(|(name, person)| Person { name, ..person });
        named.collect::<Vec<_>>()
    });
    named.prop_shuffle()
}

/// Takes NUL out of a person, for a database that has none.
fn without_nul(mut person: Person) -> Person {
    let address = person.address.iter_mut();
    let address = address.flat_map(|it| [&mut it.street, &mut it.city]);
    for text in [&mut person.name]
        .into_iter()
        .chain(&mut person.hobbies)
        .chain(address)
    {
        *text = text.replace('\0', "\u{fffd}");
    }
    person
}
