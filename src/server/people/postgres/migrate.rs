//! Creates and upgrades the tables. Each statement commits by itself and can be run again, so that it does not matter how
//! many do it at once, or where one of them stopped: there are no locks, which poolers and CockroachDB do not have.

use std::time::Duration;

use tokio::time::sleep;
use tokio_postgres::error::SqlState;

use super::super::store::{Migrated, StoreError};
use super::VERSION;
use super::connection::Connection;
use super::error::{Explain, is_retryable};
use super::schema::{self, VERSIONS, migrations};

/// How often a statement is run that others run at the same time.
const TRIES: u32 = 20;

pub async fn migrate(connection: &Connection, explain: &Explain) -> Result<Migrated, StoreError> {
    let doing = "create the tables";
    let found = schema::inspect(connection).await;
    let (from, table) = found.map_err(|error| explain.statement("look at the tables", &error))?;
    let migrated = Migrated { from, to: VERSION };
    if from > VERSION {
        return Err(StoreError::schema(explain.place(), from, VERSION));
    }
    // The table may be lost, and its versions left.
    let done = match table {
        Ok(()) if from == VERSION => return Ok(migrated),
        Ok(()) => from,
        Err(schema::Unsound::Missing) => 0,
        Err(unsound @ schema::Unsound::Column(_)) => {
            schema::judge(explain, (from, Err(unsound)))?;
            from
        }
    };
    let run = async |statement: &str| {
        let ran = run(connection, statement).await;
        ran.map_err(|error| explain.statement(doing, &error))
    };
    run(VERSIONS).await?;
    for (version, statements) in (1..).zip(migrations(connection.is_cockroach)) {
        if version <= done {
            continue;
        }
        for statement in statements {
            run(&statement).await?;
        }
        run(&format!(
            "INSERT INTO people_schema (version) VALUES ({version}) ON CONFLICT (version) DO NOTHING"
        ))
        .await?;
    }
    Ok(migrated)
}

/// Runs a statement, again if another one got in its way.
async fn run(connection: &Connection, statement: &str) -> Result<(), tokio_postgres::Error> {
    let mut tries = 1;
    loop {
        match connection.client.batch_execute(statement).await {
            Err(error) if tries < TRIES && is_race(&error) => {
                sleep(Duration::from_millis(fastrand::u64(5..50))).await;
                tries += 1;
            }
            ran => return ran,
        }
    }
}

/// CREATE TABLE IF NOT EXISTS looks first and creates then, so that two of them can meet in the catalog, and so can two
/// comments ("tuple concurrently updated", which has the code of an internal error).
fn is_race(error: &tokio_postgres::Error) -> bool {
    let codes = [
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_OBJECT,
        SqlState::INTERNAL_ERROR,
    ];
    is_retryable(error) || error.code().is_some_and(|code| codes.contains(code))
}
