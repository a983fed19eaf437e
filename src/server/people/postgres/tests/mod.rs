//! The rules of every store, and what can happen to a server and on the way to it, on real servers.
#![cfg(target_os = "linux")]

#[path = "../../../../../tests/cli/harness/postgres.rs"]
#[allow(dead_code, reason = "tests/cli uses the rest")]
mod instance;

mod failures;
mod imports;
mod poolers;
mod replicas;
mod tables;
mod tls;

use std::time::Duration;

use super::super::contract::{Fixture, add, contract, find, named};
use super::super::place::{Database as Place, PostgresUrl};
use super::super::store::Failure;
use super::*;
use instance::{Database, Held, Instance, PgBouncer};

async fn fixture() -> Option<Fixture> {
    let database = tokio::task::spawn_blocking(|| Instance::shared().database())
        .await
        .unwrap();
    Some(Fixture {
        store: Arc::new(open(&database.url())),
        takes_nul: false,
        sql: Box::new(move |text| drop(database.sql(text))),
        spoil: "ALTER TABLE people DROP CONSTRAINT people_hobbies_not_null; \
                UPDATE people SET hobbies = '{a,NULL}' WHERE name = 'Eve'",
        _keep: Box::new(()),
    })
}

contract!(fixture);

fn url(text: &str) -> PostgresUrl {
    match Place::parse(text.as_ref()).unwrap() {
        Place::Postgres(url) => url,
        Place::Sqlite(_) => panic!("{text}"),
    }
}

fn open(text: &str) -> Postgres {
    Postgres::open(&url(text))
        .map_err(|error| error.to_string())
        .unwrap()
}

/// A database with these people.
async fn database(names: &[&str]) -> (Database<'static>, Postgres) {
    let database = Instance::shared().database();
    let store = open(&database.url());
    fill(&store, names).await;
    (database, store)
}

async fn fill(store: &Postgres, names: &[&str]) {
    store.migrate().await.unwrap();
    add(store, names.iter().map(|name| named(name)).collect()).await;
}

async fn knows(store: &Postgres, name: &str) -> bool {
    find(store, &[name]).await[0].is_some()
}

async fn error_of_find(store: &Postgres) -> StoreError {
    store.find(vec!["Eve".into()]).await.unwrap_err()
}

/// All that is said of an error, on one line.
fn said(error: StoreError) -> String {
    let error = error.into_error();
    let hint = error.hint().map(|hint| format!(" (hint: {hint})"));
    error.message_with_causes() + &hint.unwrap_or_default()
}

/// Waits until something holds of a database.
async fn wait_for(database: &Database<'_>, what: &str, sql: &str) {
    let give_up = tokio::time::Instant::now() + Duration::from_mins(1);
    while database.sql(sql) != "t" {
        assert!(
            tokio::time::Instant::now() < give_up,
            "timed out waiting for {what}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A statement of `find` waits for a lock.
const IS_WAITING: &str = "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name <> 'psql' \
     AND datname = current_database() AND wait_event_type = 'Lock'";

/// Keeps even readers out of the table until this is dropped.
fn lock(database: &Database<'_>) -> Held {
    database.hold("LOCK TABLE people")
}
