//! The people of some names: one statement, on a connection that others use at the same time.
//!
//! The statement is not prepared: it goes with its values in one message (`query_typed`), under no name, which PgBouncer passes
//! on in transaction mode in every version. Parsing and planning it anew takes the server a fifth of the time that 512 people
//! take it, which is not worth a second way. `= ANY (array)` is what PostgreSQL, CockroachDB and YugabyteDB all look
//! up in the index; a join with `unnest` is no faster.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use hashbrown::HashMap;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use super::super::store::{Failure, STATEMENT_LIMIT, StoreError};
use super::connection::Connection;
use super::error::{is_connection_lost, is_retryable};
use super::pool::Pool;
use super::row::{self, columns};

const FIND: &str = concat!("SELECT ", columns!(), " FROM people WHERE name = ANY($1)");

/// The server stops a statement first, where it was told to; then the connection can be used further.
const GRACE: Duration = Duration::from_millis(500);

/// How often a statement is tried on another connection when its own is lost.
const RETRIES: usize = 2;

/// The encoded people of these names, in their order.
pub async fn find(pool: &Arc<Pool>, names: Vec<String>) -> Result<Vec<Option<Bytes>>, StoreError> {
    let names = Arc::new(names);
    run(pool, "look people up", move |connection| {
        let names = Arc::clone(&names);
        async move { read(&connection, &names).await }
    })
    .await
}

/// Runs something that only reads on a connection of the pool, within the limit, and again if the connection is lost. It is
/// read to its end even if nobody waits for it any more: an answer that is not read holds up those behind it.
pub async fn run<T, F>(
    pool: &Arc<Pool>,
    doing: &'static str,
    statement: impl Fn(Arc<Connection>) -> F + Send + 'static,
) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, tokio_postgres::Error>> + Send,
{
    let permit = pool.admit().await?;
    let pool = Arc::clone(pool);
    let task = tokio::spawn(async move {
        let answer = retry(&pool, doing, statement).await;
        drop(permit);
        answer
    });
    task.await.unwrap_or_else(|error| {
        Err(StoreError::new(Failure::Other, format!("cannot {doing}")).caused_by(error))
    })
}

async fn retry<T, F>(
    pool: &Arc<Pool>,
    doing: &str,
    statement: impl Fn(Arc<Connection>) -> F,
) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, tokio_postgres::Error>>,
{
    let mut retries = 0;
    loop {
        let connection = pool.connection().await?;
        let began = Instant::now();
        let unanswered = Unanswered::new(&connection);
        let answer = timeout(STATEMENT_LIMIT + GRACE, statement(Arc::clone(&connection))).await;
        drop(unanswered);
        match answer {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => {
                // A cancel request is for whatever a connection is doing: it may have been meant for the statement before.
                let was_another = error.code() == Some(&SqlState::QUERY_CANCELED)
                    && began.elapsed() < STATEMENT_LIMIT;
                let may_pass = was_another || is_connection_lost(&error) || is_retryable(&error);
                if retries == RETRIES || !may_pass {
                    return Err(pool.explain.statement(doing, &error));
                }
                retries += 1;
            }
            Err(_) => {
                connection.give_up();
                let place = pool.explain.place();
                return Err(StoreError::new(
                    Failure::Timeout,
                    format!("{place} took too long to {doing}"),
                ));
            }
        }
    }
}

/// Counts a statement for as long as it is under way.
struct Unanswered<'c>(&'c Connection);

impl<'c> Unanswered<'c> {
    fn new(connection: &'c Connection) -> Self {
        connection.unanswered.fetch_add(1, Ordering::Relaxed);
        Self(connection)
    }
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        self.0.unanswered.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn read(
    connection: &Connection,
    names: &[String],
) -> Result<Vec<Option<Bytes>>, tokio_postgres::Error> {
    // PostgreSQL's text has no NUL, so nobody has such a name.
    let mut asked: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| !name.contains('\0'))
        .collect();
    // Neighbors in the index are found sooner, which takes the server a fifth less time.
    asked.sort_unstable();
    let parameters = [(&asked, Type::TEXT_ARRAY)];
    let rows = connection.client.query_typed_raw(FIND, parameters).await?;
    let mut rows = std::pin::pin!(rows);
    let mut places: HashMap<&str, Option<Range<usize>>> =
        asked.iter().map(|name| (*name, None)).collect();
    let mut encoded = Vec::new();
    while let Some(row) = rows.try_next().await? {
        let start = encoded.len();
        row::encode(&row, &mut encoded)?;
        if let Some(place) = places.get_mut(row::name(&row)?) {
            *place = Some(start..encoded.len());
        }
    }
    let encoded = Bytes::from(encoded);
    let find = |name: &String| {
        let place = places.get(name.as_str())?.clone()?;
        Some(encoded.slice(place))
    };
    Ok(names.iter().map(find).collect())
}
