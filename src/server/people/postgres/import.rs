//! People into the table: one statement for each batch, with an array for each column.
//!
//! A batch is a transaction, which is tried again when the database asks for that (40001). With `replace`, the whole import is one
//! transaction, whose earlier batches are gone, so that it cannot be tried again. The old people are removed with DELETE:
//! TRUNCATE would lock readers out until the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::sleep;
use tokio_postgres::types::{ToSql, Type};

use super::super::store::{Answer, Counts, Failure, Import, ImportOptions, OnConflict, StoreError};
use super::batch::{Batch, columns_of};
use super::connection::Connection;
use super::error::{Explain, is_outcome_unknown, is_retryable};
use crate::proto::Person;

/// How often a transaction is tried.
const TRIES: u32 = 10;

/// hobbies is an array of arrays of different lengths, which SQL does not have, so each comes as the text of an array.
macro_rules! insert {
    ($then:literal) => {
        concat!(
            "INSERT INTO people (name, age, gender, hobbies, street, city, has_address) ",
            "SELECT n, a, g, h::text[], s, c, has FROM unnest",
            "($1::text[], $2::int4[], $3::int4[], $4::text[], $5::text[], $6::text[], $7::boolean[]) ",
            "AS t (n, a, g, h, s, c, has) ON CONFLICT (name) DO ",
            $then
        )
    };
}

const INSERT_NEW: &str = insert!("NOTHING");

/// Those that are not returned exist. An error (23505) would end a transaction that cannot be tried again.
const INSERT_NEW_NAMED: &str = insert!("NOTHING RETURNING name");

const INSERT_OR_UPDATE: &str = insert!(
    "UPDATE SET age = excluded.age, gender = excluded.gender, hobbies = excluded.hobbies, \
     street = excluded.street, city = excluded.city, has_address = excluded.has_address"
);

const COUNT_EXISTING: &str = "SELECT count(*) FROM people WHERE name = ANY($1)";

/// An import under way.
pub struct PostgresImport {
    connection: Arc<Connection>,
    explain: Explain,
    options: ImportOptions,
    total: Counts,
    /// A `replace` that failed.
    has_failed: bool,
    /// The server was asked to commit, and has not answered.
    is_committing: AtomicBool,
}

/// Why a batch did not go in.
enum Refusal {
    Postgres(tokio_postgres::Error),
    Exists(usize),
    /// The server was asked to commit, and did not say whether it has.
    Unknown(tokio_postgres::Error),
}

/// What holds for locks if the options of the connection did not arrive: PgBouncer may drop them. It is for the transaction
/// alone, and leaves a limit that the URL or the role has.
macro_rules! begin {
    ($isolation:literal) => {
        concat!(
            "BEGIN",
            $isolation,
            "; SELECT set_config('lock_timeout', '30s', true) WHERE current_setting('lock_timeout') = '0'"
        )
    };
}
const BEGIN: &str = begin!("");

/// For everyone at once: of two that do so at the same time, the second would keep what the first has added, and does not see.
const BEGIN_ALONE: &str = begin!(" ISOLATION LEVEL SERIALIZABLE");

impl From<tokio_postgres::Error> for Refusal {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

impl PostgresImport {
    /// Begins an import on its own connection.
    pub async fn begin(
        connection: Arc<Connection>,
        explain: Explain,
        options: ImportOptions,
    ) -> Result<Self, StoreError> {
        let mut total = Counts::default();
        if options.replace {
            let removed = async {
                connection.client.batch_execute(BEGIN_ALONE).await?;
                connection
                    .client
                    .execute_typed("DELETE FROM people", &[])
                    .await
            };
            let removed = removed.await;
            total.removed = removed.map_err(|error| explain.statement("remove people", &error))?;
        }
        Ok(Self {
            connection,
            explain,
            options,
            total,
            has_failed: false,
            is_committing: AtomicBool::new(false),
        })
    }

    async fn add_batch(&mut self, people: Vec<Person>) -> Result<Counts, StoreError> {
        if self.has_failed {
            return Err(self.ended());
        }
        let added = self.try_batch(&people).await;
        match &added {
            Ok(counts) => self.total += *counts,
            Err(_) => self.has_failed = self.options.replace,
        }
        added
    }

    fn ended(&self) -> StoreError {
        let message = format!(
            "the import into {} has ended with an error",
            self.explain.place()
        );
        StoreError::new(Failure::Other, message)
    }

    async fn try_batch(&self, people: &[Person]) -> Result<Counts, StoreError> {
        let batch = columns_of(people, self.options.on_conflict)?;
        if batch.names.is_empty() {
            return Ok(Counts::default());
        }
        let mut tries = 1;
        loop {
            match self.insert(&batch).await {
                Ok(counts) => return Ok(counts),
                Err(Refusal::Exists(index)) => {
                    let name = people.get(index).map_or("", |person| person.name.as_str());
                    return Err(StoreError::duplicate(index, name));
                }
                Err(Refusal::Unknown(error)) => {
                    let again = "import again with --on-conflict skip, or update";
                    return Err(self.explain.commit(&error, again));
                }
                Err(Refusal::Postgres(error)) => {
                    if self.options.replace || tries == TRIES || !is_retryable(&error) {
                        return Err(self.explain.statement("import people", &error));
                    }
                    // Both may be tried again at once otherwise, and meet again.
                    sleep(Duration::from_millis(fastrand::u64(
                        1..(20 << tries.min(5)),
                    )))
                    .await;
                    tries += 1;
                }
            }
        }
    }

    /// Inserts a batch in a transaction: its own, or that of the import.
    async fn insert(&self, batch: &Batch<'_>) -> Result<Counts, Refusal> {
        if self.options.replace {
            return self.insert_rows(batch).await;
        }
        let client = &self.connection.client;
        client.batch_execute(BEGIN).await?;
        let inserted = self.insert_rows(batch).await;
        if inserted.is_err() {
            // What has failed is what is told.
            let _ = client.batch_execute("ROLLBACK").await;
            return inserted;
        }
        match self.commit().await {
            Ok(()) => inserted,
            Err((error, true)) => Err(Refusal::Unknown(error)),
            Err((error, false)) => Err(Refusal::Postgres(error)),
        }
    }

    /// Commits. An error comes with whether it may have been done.
    async fn commit(&self) -> Result<(), (tokio_postgres::Error, bool)> {
        let client = &self.connection.client;
        let was_closed = client.is_closed();
        self.is_committing.store(true, Ordering::Relaxed);
        let committed = client.batch_execute("COMMIT").await;
        self.is_committing.store(false, Ordering::Relaxed);
        committed.map_err(|error| {
            let is_unknown = !was_closed && is_outcome_unknown(&error);
            (error, is_unknown)
        })
    }

    async fn insert_rows(&self, batch: &Batch<'_>) -> Result<Counts, Refusal> {
        let client = &self.connection.client;
        let all = batch.people;
        let count = |rows: usize| u64::try_from(rows).unwrap_or(u64::MAX);
        match self.options.on_conflict {
            OnConflict::Error => {
                let rows = client
                    .query_typed(INSERT_NEW_NAMED, &batch.parameters())
                    .await?;
                if rows.len() < batch.names.len() {
                    let mut new = hashbrown::HashSet::with_capacity(rows.len());
                    for row in &rows {
                        new.insert(row.try_get::<_, &str>(0)?);
                    }
                    if let Some(index) = batch.first_missing(|name| new.contains(name)) {
                        return Err(Refusal::Exists(index));
                    }
                }
                Ok(Counts {
                    inserted: count(all),
                    ..Counts::default()
                })
            }
            OnConflict::Skip => {
                let inserted = client
                    .execute_typed(INSERT_NEW, &batch.parameters())
                    .await?;
                Ok(Counts {
                    inserted,
                    skipped: count(all).saturating_sub(inserted),
                    ..Counts::default()
                })
            }
            OnConflict::Update => {
                let names: (&(dyn ToSql + Sync), Type) = (&batch.names, Type::TEXT_ARRAY);
                let existing = client.query_typed_one(COUNT_EXISTING, &[names]).await?;
                let existing: i64 = existing.try_get(0)?;
                client
                    .execute_typed(INSERT_OR_UPDATE, &batch.parameters())
                    .await?;
                let existing = usize::try_from(existing).unwrap_or(0);
                let inserted = batch.names.len().saturating_sub(existing);
                Ok(Counts {
                    inserted: count(inserted),
                    updated: count(all.saturating_sub(inserted)),
                    ..Counts::default()
                })
            }
        }
    }
}

impl Import for PostgresImport {
    fn add(&mut self, people: Vec<Person>) -> Answer<'_, Counts> {
        Box::pin(self.add_batch(people))
    }

    fn give_up(&self) -> bool {
        self.is_committing.load(Ordering::Relaxed)
    }

    fn finish(self: Box<Self>) -> Answer<'static, Counts> {
        Box::pin(async move {
            if self.has_failed {
                return Err(self.ended());
            }
            if self.options.replace {
                self.commit().await.map_err(|(error, is_unknown)| {
                    if is_unknown {
                        self.explain.commit(&error, "import again with --replace")
                    } else {
                        self.explain.statement("import people", &error)
                    }
                })?;
            }
            Ok(self.total)
        })
    }
}
