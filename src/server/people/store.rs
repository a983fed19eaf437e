//! A database with people: what every engine can do, and how it fails.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::Receiver;

use crate::error::{BoxError, Error};
use crate::proto::Person;

/// How many names one call of [`Store::find`] may ask for.
pub const MOST_NAMES: usize = 512;

/// When an answer of [`Store::find`] has so many bytes, it ends.
pub const MOST_BYTES: usize = 1 << 20;

/// How long a statement of [`Store::find`], [`Store::check`] and [`Store::count`] may take.
pub const STATEMENT_LIMIT: Duration = Duration::from_secs(5);

/// What a database will have answered.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A name that is looked up. Clones share it.
pub type Name = Arc<str>;

/// Who has a name: the encoded Person message, or nobody. A person that SQL has left in a state that no message has is
/// [`Failure::Person`].
pub type Looked = Result<Option<Bytes>, Box<StoreError>>;

/// A database with people.
pub trait Store: Send + Sync {
    /// The people of at most [`MOST_NAMES`] names, in their order. An answer that has [`MOST_BYTES`] ends there, so it is
    /// only about the first of the names, and about at least one: it is no larger than that and one person.
    ///
    /// Dropping the future does not stop the statement, whose answer is then thrown away.
    fn find(&self, names: Vec<Name>) -> Answer<'_, Vec<Looked>>;

    /// Whether the database can be reached, and has the tables of this version.
    fn check(&self) -> Answer<'_, ()>;

    /// Whether people can be looked up: the database can be reached, and has the tables that this takes, of whatever version.
    /// It answers soon, or says why not: a server that runs asks each second.
    fn probe(&self) -> Answer<'_, ()> {
        self.check()
    }

    fn count(&self) -> Answer<'_, u64>;

    /// Creates or upgrades the tables. Several at once are as good as one.
    fn migrate(&self) -> Answer<'_, Migrated>;

    /// All people, encoded, ordered by the bytes of their names, in chunks of one consistent snapshot. A reader that does
    /// not take chunks holds the database back; one that goes away ends the export.
    fn export(&self) -> Answer<'_, Receiver<Result<Vec<Bytes>, StoreError>>>;

    /// Begins an import into tables that exist. With `replace`, nothing of it is seen before [`Import::finish`].
    fn import(&self, options: ImportOptions) -> Answer<'_, Box<dyn Import>>;

    /// Asks for the end of the statements of imports, which fail then, or are done. Where dropping an import does as much, this
    /// does nothing.
    fn stop_imports(&self) -> Answer<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// People on their way into a database. Dropped before [`finish`](Import::finish), a `replace` has changed nothing, and any
/// other import has changed what [`add`](Import::add) returned, and maybe what [`give_up`](Import::give_up) says.
pub trait Import: Send {
    /// Writes these people in one transaction, or in the one of the whole import with `replace`. All of them or, on an error,
    /// none. With `replace`, an error ends the import.
    ///
    /// An error that is of one person names its index in `people`.
    fn add(&mut self, people: Vec<Person>) -> Answer<'_, Counts>;

    /// Gives up an [`add`](Import::add) whose future was dropped. Returns whether it may be committed all the same: the database
    /// was asked for that.
    fn give_up(&self) -> bool;

    /// Returns the counts of the whole import.
    fn finish(self: Box<Self>) -> Answer<'static, Counts>;
}

/// How people are imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Removes everyone who is there first. `on_conflict` is then about names that are imported twice.
    pub replace: bool,
    pub on_conflict: OnConflict,
}

/// What happens to a person whose name exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// It is an error: [`Failure::Person`].
    #[default]
    Error,
    /// The one that exists stays.
    Skip,
    /// It takes the place of the one that exists.
    Update,
}

/// What an import has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub inserted: u64,
    /// Those that took the place of another, even if they are equal.
    pub updated: u64,
    pub skipped: u64,
    /// Those that `replace` removed.
    pub removed: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.skipped += other.skipped;
        self.removed += other.removed;
    }
}

/// The versions of the tables before and after [`Store::migrate`]; 0 is none. Equal if there was nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    pub from: u32,
    pub to: u32,
}

/// A failure of a database. What is said of it never has a password in it, nor the user info of a URL.
#[derive(Clone, Debug)]
pub struct StoreError {
    failure: Failure,
    message: String,
    source: Option<Arc<BoxError>>,
    hint: Option<String>,
}

/// Why a database did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It cannot be reached, or the connection to it is lost.
    Unavailable,
    /// It was asked to commit, and has not answered: what was written is in it or not.
    Uncertain,
    /// There is no such database, or no file of it.
    Missing,
    /// A statement took longer than [`STATEMENT_LIMIT`].
    Timeout,
    /// The tables are missing (0), older or newer than those of this version.
    Schema {
        found: u32,
        wanted: u32,
    },
    /// The password is wrong, or rights are missing.
    Denied,
    /// There is no space left.
    Full,
    /// Others hold a lock for too long.
    Locked,
    /// What it holds is not what it wrote, or not a database.
    Corrupt,
    /// It cannot take, or give, one person. The message is a clause about that person, such as `duplicate name "Eve"`.
    Person {
        index: usize,
    },
    Other,
}

impl StoreError {
    /// `message` starts in lowercase and has no full stop.
    pub fn new(failure: Failure, message: impl Into<String>) -> Self {
        Self {
            failure,
            message: message.into(),
            source: None,
            hint: None,
        }
    }

    /// The person at this index cannot be imported, or read.
    pub fn person(index: usize, why: impl Into<String>) -> Self {
        Self::new(Failure::Person { index }, why)
    }

    /// A person whose name exists.
    pub fn duplicate(index: usize, name: &str) -> Self {
        Self::person(index, format!("a person named {name:?} already exists"))
            .hinted("keep those that exist with --on-conflict skip, or change them with --on-conflict update")
    }

    /// The tables are not those of this version. `place` is the database as it may be shown.
    pub fn schema(place: impl fmt::Display, found: u32, wanted: u32) -> Self {
        let failure = Failure::Schema { found, wanted };
        let migrate = format!("routeguide people migrate --to {place}");
        match found {
            0 => Self::new(failure, format!("{place} has no tables for people"))
                .hinted(format!("create them with: {migrate}")),
            found if found < wanted => {
                let message = format!(
                    "the tables of {place} have version {found}, and this version of routeguide needs {wanted}"
                );
                Self::new(failure, message).hinted(format!("upgrade them with: {migrate}"))
            }
            found => {
                let message = format!(
                    "the tables of {place} have version {found}, and this version of routeguide knows only {wanted}"
                );
                Self::new(failure, message)
                    .hinted("use the version of routeguide that made them, or a newer one")
            }
        }
    }

    /// Adds the cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(Arc::new(source.into()));
        self
    }

    /// Adds what to try next.
    #[must_use]
    pub fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub fn failure(&self) -> &Failure {
        &self.failure
    }

    /// The person that it is about, by its index in what was asked for.
    pub fn person_index(&self) -> Option<usize> {
        match self.failure {
            Failure::Person { index } => Some(index),
            _ => None,
        }
    }

    /// The error as a command reports it.
    pub fn into_error(self) -> Error {
        let mut error = Error::failed(self.message);
        if let Some(source) = self.source {
            error = error.caused_by(Cause(source));
        }
        match self.hint {
            Some(hint) => error.hinted(hint),
            None => error,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.source {
            Some(source) => Some(source.as_ref().as_ref()),
            None => None,
        }
    }
}

/// A cause that several errors share.
#[derive(Debug)]
struct Cause(Arc<BoxError>);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
