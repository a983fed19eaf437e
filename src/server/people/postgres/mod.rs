//! People in PostgreSQL, or in what speaks its protocol: CockroachDB, YugabyteDB, with or without PgBouncer in between.
//!
//! - `url` and `settings`: what a URL and the environment say; `password_file`: `.pgpass`;
//! - `tls`, `connect` and `session`: how a connection comes about; `connection`: one; `cancel`: the end of
//!   its statement; `pool`: those that lookups share;
//! - `schema`: the tables, and `migrate`, which makes them;
//! - `row`: a row → a Person message; `batch`: people → the columns of a statement;
//! - `lookup`, `export` and `import`: what is done with them;
//! - `error`: what is said when it fails.
//!
//! Nothing is set for a session, and no statement is prepared unless the session is known to be ours: in PgBouncer's transaction
//! mode, the next statement may run elsewhere.

mod batch;
mod cancel;
mod connect;
mod connection;
mod error;
mod export;
mod import;
mod lookup;
mod migrate;
mod password_file;
mod pool;
mod row;
mod schema;
mod session;
mod settings;
#[cfg(test)]
mod tests;
mod tls;
mod url;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;
use tokio::sync::mpsc::Receiver;

use super::place::PostgresUrl;
use super::store::{Answer, Import, ImportOptions, Looked, Migrated, Name, Store, StoreError};
use connect::connect;
use connection::Connection;
use error::{Explain, converted};
use import::PostgresImport;
use pool::Pool;
use session::Purpose;
use settings::Settings;

/// The version of the tables that this program needs.
const VERSION: u32 = 2;

/// All rows are read in their order in the table, which the sessions of lookups are told not to do. Statements that come
/// together are a transaction.
const COUNT: &str = "SELECT set_config('enable_seqscan', 'on', true); SELECT count(*) FROM people";

/// A database with people. Nothing is connected before it is needed; then it is on the runtime of who asks.
pub struct Postgres {
    pool: Arc<Pool>,
    /// Those of imports.
    importing: Mutex<Vec<Weak<Connection>>>,
}

impl Postgres {
    /// Reads a URL, and libpq's environment variables.
    ///
    /// # Errors
    /// When the URL is not valid, with a message that repeats no user name and no password.
    pub fn open(url: &PostgresUrl) -> Result<Self, StoreError> {
        let settings = Settings::parse(url.as_str(), &|name| std::env::var(name).ok());
        let settings = settings.map_err(|error| converted(&error))?;
        let explain = Explain::new(url.to_string(), &settings);
        Ok(Self {
            pool: Pool::new(settings, explain),
            importing: Mutex::default(),
        })
    }

    /// A connection of its own, for what takes long.
    async fn own(&self, purpose: Purpose) -> Result<Connection, StoreError> {
        connect(&self.pool.settings, &self.pool.explain, purpose).await
    }

    fn importing(&self) -> MutexGuard<'_, Vec<Weak<Connection>>> {
        self.importing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Postgres {
    fn find(&self, names: Vec<Name>) -> Answer<'_, Vec<Looked>> {
        Box::pin(lookup::find(&self.pool, names))
    }

    fn check(&self) -> Answer<'_, ()> {
        Box::pin(async {
            let found = lookup::run(&self.pool, "look at the tables", |connection| async move {
                schema::inspect(&connection).await
            });
            schema::judge(&self.pool.explain, found.await?)
        })
    }

    fn probe(&self) -> Answer<'_, ()> {
        Box::pin(async {
            let found = lookup::run(&self.pool, "look at the table", |connection| async move {
                schema::look(&connection).await
            });
            schema::judge_table(&self.pool.explain, found.await?)
        })
    }

    fn count(&self) -> Answer<'_, u64> {
        Box::pin(lookup::run(
            &self.pool,
            "count people",
            |connection| async move {
                let answer = connection.client.simple_query(COUNT).await?;
                Ok(session::value(&answer).map_or(0, |count| count.parse().unwrap_or(0)))
            },
        ))
    }

    fn migrate(&self) -> Answer<'_, Migrated> {
        Box::pin(async {
            let connection = self.own(Purpose::Write).await?;
            migrate::migrate(&connection, &self.pool.explain).await
        })
    }

    fn export(&self) -> Answer<'_, Receiver<Result<Vec<Bytes>, StoreError>>> {
        Box::pin(async {
            let connection = self.own(Purpose::Read).await?;
            schema::require(&connection, &self.pool.explain).await?;
            export::start(connection, self.pool.explain.clone()).await
        })
    }

    fn import(&self, options: ImportOptions) -> Answer<'_, Box<dyn Import>> {
        Box::pin(async move {
            let connection = Arc::new(self.own(Purpose::Write).await?);
            let explain = self.pool.explain.clone();
            schema::require(&connection, &explain).await?;
            {
                let mut importing = self.importing();
                importing.retain(|known| known.strong_count() > 0);
                importing.push(Arc::downgrade(&connection));
            }
            let import = PostgresImport::begin(connection, explain, options).await?;
            Ok(Box::new(import) as Box<dyn Import>)
        })
    }

    fn stop_imports(&self) -> Answer<'_, ()> {
        Box::pin(async {
            let open: Vec<_> = self.importing().iter().filter_map(Weak::upgrade).collect();
            for connection in open {
                connection.cancel_statement().await;
            }
            Ok(())
        })
    }
}
