//! The people the server answers about, in a `directory` while it runs. In memory they are a `table`, made from those that are
//! built in (`memory`) or from a file (`file`). In a database, `lookups` ask for many at once:
//!
//! - `place`: where people are, by a file name or a URL;
//! - `store`: what every database can do, and how it fails; `contract`: the tests of that;
//! - `logged`: one whose failures are in the log;
//! - `columns`: the columns of a person → an encoded message;
//! - `sqlite`: the one in a file; `postgres`: one of a server.

mod columns;
#[cfg(test)]
mod contract;
mod directory;
mod file;
mod logged;
mod lookups;
mod memory;
pub mod place;
mod postgres;
mod sqlite;
pub mod store;
mod table;

pub use self::directory::{Directory, Replaceable, Source};
pub use self::lookups::{Found, Lookups, Pending, Room};
pub use self::store::{Failure, MOST_NAMES, Name, Store, StoreError};
pub use self::table::People;

use self::place::Database;
use self::postgres::Postgres;
use self::sqlite::Sqlite;

/// The name in the reply about an unknown person. The tutorial's server answers with it, so no person can have it.
pub const NOT_FOUND: &str = "Not Found";

/// Whether a person may have this name.
///
/// # Errors
/// Why not.
pub fn check_name(name: &str) -> Result<(), String> {
    match name {
        "" => Err("the person has no name".to_owned()),
        NOT_FOUND => Err(format!(
            "the name {NOT_FOUND:?} is reserved for unknown people"
        )),
        _ => Ok(()),
    }
}

/// Makes the store of a database. Nothing is opened or connected yet.
pub fn open(database: &Database) -> Result<Box<dyn Store>, StoreError> {
    match database {
        Database::Sqlite(path) => Ok(Box::new(Sqlite::new(path))),
        Database::Postgres(url) => Ok(Box::new(Postgres::open(url)?)),
    }
}
