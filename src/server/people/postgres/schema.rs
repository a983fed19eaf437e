//! The tables, and which version of them a database has.
//!
//! They are made of what PostgreSQL, CockroachDB and YugabyteDB have in common. CockroachDB's `integer` has 64 bits, so that
//! the columns are int4; it cannot create a column with the collation C (cockroachdb/cockroach#96828), and does not
//! need to, because it compares text by its bytes.

use std::error::Error as _;

use tokio_postgres::error::SqlState;

use super::super::store::{Failure, StoreError};
use super::VERSION;
use super::connection::Connection;
use super::error::Explain;
use super::row::{self, columns};

/// Which versions of the tables have been made; their greatest is the version of the database.
pub const VERSIONS: &str =
    "CREATE TABLE IF NOT EXISTS people_schema (version int4 NOT NULL PRIMARY KEY)";

/// The statements that lead to each version, from 1. Each of them can be run again.
pub fn migrations(is_cockroach: bool) -> [Vec<String>; VERSION as usize] {
    let collation = if is_cockroach { "" } else { "COLLATE \"C\" " };
    let people = format!(
        "CREATE TABLE IF NOT EXISTS people (
            name text {collation}NOT NULL PRIMARY KEY,
            age int4 NOT NULL DEFAULT 0,
            gender int4 NOT NULL DEFAULT 0,
            hobbies text[] NOT NULL DEFAULT '{{}}',
            street text NOT NULL DEFAULT '',
            city text NOT NULL DEFAULT '',
            has_address boolean NOT NULL DEFAULT false,
            CONSTRAINT people_hobbies_not_null CHECK (array_position(hobbies, NULL::text) IS NULL),
            CONSTRAINT people_address CHECK (has_address OR (street = '' AND city = ''))
        )"
    );
    let comments = [
        (
            "TABLE people",
            "The people that routeguide serves. They may be changed at any time.",
        ),
        (
            "COLUMN people.name",
            "What the person is asked for by, byte for byte",
        ),
        ("COLUMN people.age", "In whole years"),
        (
            "COLUMN people.gender",
            "0 unknown, 1 male, 2 female; others are passed on as they are",
        ),
        ("COLUMN people.hobbies", "In this order"),
        (
            "COLUMN people.street",
            "House number and street of the address",
        ),
        ("COLUMN people.city", "City of the address"),
        (
            "COLUMN people.has_address",
            "Whether there is an address, which may be empty",
        ),
        (
            "TABLE people_schema",
            "The versions of the table people that routeguide has made",
        ),
    ];
    let comments = comments.map(|(of, text)| format!("COMMENT ON {of} IS '{text}'"));
    [vec![people], comments.into()]
}

/// The version of the tables; 0 if there are none.
pub async fn version(connection: &Connection) -> Result<u32, tokio_postgres::Error> {
    let question = "SELECT max(version)::int4 FROM people_schema";
    match connection.client.query_typed_one(question, &[]).await {
        Ok(row) => {
            let version: Option<i32> = row.try_get(0)?;
            Ok(version.and_then(|it| u32::try_from(it).ok()).unwrap_or(0))
        }
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(0),
        Err(error) => Err(error),
    }
}

/// What is wrong with the table of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsound {
    Missing,
    /// A column is missing, or has another type.
    Column(String),
}

/// Whether the table of people is there, and can be read. It is asked for one name, by the index, because the first row of a
/// table may be behind any number of deleted ones. A row that is NULL throughout has the types, too.
pub async fn look(connection: &Connection) -> Result<Result<(), Unsound>, tokio_postgres::Error> {
    let question = concat!(
        "SELECT ",
        columns!(),
        " FROM (SELECT 1) AS always LEFT JOIN people ON name = '' LIMIT 1"
    );
    let error = match connection.client.query_typed_opt(question, &[]).await {
        Ok(None) => return Ok(Ok(())),
        Ok(Some(row)) => match row::check_types(&row) {
            Ok(()) => return Ok(Ok(())),
            Err(error) => {
                let why = error
                    .source()
                    .map_or_else(|| error.to_string(), ToString::to_string);
                return Ok(Err(Unsound::Column(why)));
            }
        },
        Err(error) => error,
    };
    match error.as_db_error() {
        Some(db) if *db.code() == SqlState::UNDEFINED_TABLE => Ok(Err(Unsound::Missing)),
        Some(db) if *db.code() == SqlState::UNDEFINED_COLUMN || is_no_text(db.code()) => {
            Ok(Err(Unsound::Column(db.message().to_owned())))
        }
        _ => Err(error),
    }
}

/// What is said of a name that is no text, and is compared with one: class 22 are data exceptions.
fn is_no_text(code: &SqlState) -> bool {
    *code == SqlState::UNDEFINED_FUNCTION || code.code().starts_with("22")
}

/// The version, and the table itself.
pub async fn inspect(
    connection: &Connection,
) -> Result<(u32, Result<(), Unsound>), tokio_postgres::Error> {
    let version = version(connection).await?;
    // What another version has is not known.
    let table = if version == VERSION {
        look(connection).await?
    } else {
        Ok(())
    };
    Ok((version, table))
}

/// What to say of what [`inspect`] has found.
pub fn judge(
    explain: &Explain,
    (version, table): (u32, Result<(), Unsound>),
) -> Result<(), StoreError> {
    let place = explain.place();
    if version != VERSION {
        return Err(StoreError::schema(place, version, VERSION));
    }
    judge_table(explain, table)
}

/// What to say of what [`look`] has found.
pub fn judge_table(explain: &Explain, table: Result<(), Unsound>) -> Result<(), StoreError> {
    let place = explain.place();
    table.map_err(|unsound| match unsound {
        Unsound::Missing => StoreError::new(
            Failure::Schema {
                found: 0,
                wanted: VERSION,
            },
            format!("{place} has lost its table people"),
        )
        .hinted(format!(
            "create it again with: routeguide people migrate --to {place}"
        )),
        Unsound::Column(why) => StoreError::new(
            Failure::Corrupt,
            format!("the table people of {place} is not the one that routeguide made: {why}"),
        ),
    })
}

/// Refuses any but this version, on a connection of its own.
pub async fn require(connection: &Connection, explain: &Explain) -> Result<(), StoreError> {
    let found = inspect(connection).await;
    judge(
        explain,
        found.map_err(|error| explain.statement("look at the tables", &error))?,
    )
}
