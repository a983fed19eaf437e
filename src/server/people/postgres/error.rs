//! Errors of tokio-postgres and of a server → what is said of them. A server's text may name the user, who is part of the
//! URL's user info, so it is passed on only without that.

use std::error::Error as _;
use std::fmt;

use tokio_postgres::error::{DbError, SqlState};

use super::super::store::{Failure, StoreError};
use super::VERSION;
use super::settings::Settings;
use super::tls::HandshakeError;
use crate::secret;

/// What a server said, without the user and the password.
#[derive(Debug)]
struct Said(String);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Said {}

/// Whose words are not repeated, and which database it is.
#[derive(Clone)]
pub struct Explain {
    place: String,
    user: String,
    password: Option<String>,
}

impl Explain {
    pub fn new(place: String, settings: &Settings) -> Self {
        Self {
            place,
            user: settings.user.clone(),
            password: settings.password.clone().filter(|it| !it.is_empty()),
        }
    }

    pub fn place(&self) -> &str {
        &self.place
    }

    /// What a server says of a statement. It does not name the user, whose name may be that of a table.
    fn said(&self, text: &str) -> Said {
        Said(match &self.password {
            Some(password) => secret::without(text, password),
            None => text.to_owned(),
        })
    }

    /// What a server says to somebody who wants to connect.
    fn said_at_startup(&self, text: &str) -> Said {
        let Said(text) = self.said(text);
        Said(secret::without(&text, &self.user))
    }

    /// A failure to connect. `host` is the one that was tried.
    pub fn connecting(&self, host: &str, error: &tokio_postgres::Error) -> StoreError {
        let message = format!("cannot connect to the database at {host}");
        let unavailable = StoreError::new(Failure::Unavailable, message.clone());
        if let Some(db) = error.as_db_error() {
            return self.refused(host, db);
        }
        let Some(cause) = error.source() else {
            return unavailable.caused_by(self.said_at_startup(&error.to_string()));
        };
        if cause.is::<std::io::Error>() {
            return unavailable.caused_by(self.said_at_startup(&crate::error::plain(cause)));
        }
        let handshake = cause.is::<HandshakeError>();
        match cause.to_string().as_str() {
            "server does not support TLS" => StoreError::new(
                Failure::Unavailable,
                format!("the database at {host} does not support TLS"),
            )
            .hinted("turn TLS on in the server; sslmode=prefer uses it only where there is TLS"),
            "password missing" => StoreError::new(
                Failure::Denied,
                format!("the database at {host} asks for a password"),
            )
            .hinted("give it in PGPASSWORD or in the file ~/.pgpass"),
            text if handshake => StoreError::new(
                Failure::Unavailable,
                format!("TLS with the database at {host} failed"),
            )
            .caused_by(self.said_at_startup(text)),
            text => StoreError::new(Failure::Denied, message).caused_by(self.said_at_startup(text)),
        }
    }

    /// A server's refusal to start a session.
    fn refused(&self, host: &str, db: &DbError) -> StoreError {
        let (failure, message, hint) = match *db.code() {
            SqlState::INVALID_PASSWORD => (
                Failure::Denied,
                format!("the database at {host} refuses the password"),
                Some("is the user right, and the password, from the URL, PGPASSWORD or ~/.pgpass?"),
            ),
            SqlState::INVALID_AUTHORIZATION_SPECIFICATION => (
                Failure::Denied,
                format!("the database at {host} does not let this user in"),
                Some(
                    "the server's pg_hba.conf says who may connect from where, and whether with TLS",
                ),
            ),
            SqlState::INVALID_CATALOG_NAME => (
                Failure::Missing,
                format!("the server at {host} does not have this database"),
                Some("create it with createdb, or with CREATE DATABASE"),
            ),
            SqlState::TOO_MANY_CONNECTIONS => (
                Failure::Unavailable,
                format!("the database at {host} has no connections left"),
                Some("allow more with max_connections, or put PgBouncer in front of it"),
            ),
            SqlState::INSUFFICIENT_PRIVILEGE => (
                Failure::Denied,
                format!("the database at {host} does not let this user connect"),
                Some("grant it with GRANT CONNECT ON DATABASE"),
            ),
            _ => (
                Failure::Unavailable,
                format!("cannot connect to the database at {host}"),
                None,
            ),
        };
        let error = StoreError::new(failure, message).caused_by(self.said_at_startup(db.message()));
        match hint {
            Some(hint) => error.hinted(hint),
            None => error,
        }
    }

    /// A statement that failed. `doing` completes "cannot".
    pub fn statement(&self, doing: &str, error: &tokio_postgres::Error) -> StoreError {
        let place = &self.place;
        let Some(db) = error.as_db_error() else {
            return self.broken(doing, error);
        };
        let (failure, message, hint) = match *db.code() {
            SqlState::QUERY_CANCELED => {
                return self.too_long(doing).caused_by(self.said(db.message()));
            }
            SqlState::INSUFFICIENT_PRIVILEGE => (
                Failure::Denied,
                format!("this user may not {doing} in {place}"),
                Some(
                    "grant USAGE and CREATE on the schema to create tables, SELECT on people and people_schema to serve, \
                     and INSERT, UPDATE and DELETE on people to import",
                ),
            ),
            SqlState::READ_ONLY_SQL_TRANSACTION => {
                return self.read_only().caused_by(self.said(db.message()));
            }
            SqlState::UNDEFINED_TABLE => {
                return StoreError::schema(place, 0, VERSION).caused_by(self.said(db.message()));
            }
            SqlState::UNDEFINED_COLUMN | SqlState::DATATYPE_MISMATCH | SqlState::CANNOT_COERCE => (
                Failure::Corrupt,
                format!("the table people of {place} is not the one that routeguide made"),
                None,
            ),
            SqlState::DISK_FULL => (
                Failure::Full,
                format!("{place} has no disk space left"),
                None,
            ),
            SqlState::LOCK_NOT_AVAILABLE => (
                Failure::Locked,
                format!("cannot {doing} in {place}: others hold a lock for too long"),
                Some("pg_locks and pg_stat_activity show who does"),
            ),
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => (
                Failure::Locked,
                format!("cannot {doing} in {place}: others change the same people"),
                Some("try again"),
            ),
            SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => {
                (Failure::Corrupt, format!("{place} is damaged"), None)
            }
            ref code if is_lost(code) => (
                Failure::Unavailable,
                format!("the connection to {place} is lost"),
                None,
            ),
            _ => (Failure::Other, format!("cannot {doing} in {place}"), None),
        };
        let error = StoreError::new(failure, message).caused_by(self.said(db.message()));
        match hint {
            Some(hint) => error.hinted(hint),
            None => error,
        }
    }

    /// A statement that has reached its limit. `doing` completes "took too long to".
    pub fn too_long(&self, doing: &str) -> StoreError {
        let place = &self.place;
        StoreError::new(
            Failure::Timeout,
            format!("{place} took too long to {doing}"),
        )
    }

    /// A transaction of which nobody knows whether it was committed. `again` is what to do.
    pub fn commit(&self, error: &tokio_postgres::Error, again: &str) -> StoreError {
        let place = &self.place;
        let unknown = StoreError::new(
            Failure::Uncertain,
            format!(
                "{place} may have kept the last people or not: it did not answer when it was asked to commit them"
            ),
        );
        let why = match error.as_db_error() {
            Some(db) => db.message().to_owned(),
            None => error
                .source()
                .map_or_else(|| error.to_string(), crate::error::plain),
        };
        unknown.caused_by(self.said(&why)).hinted(again)
    }

    /// No server that is left accepts writes.
    pub fn read_only(&self) -> StoreError {
        let message = format!(
            "{} accepts no writes: it is a replica, or read-only",
            self.place
        );
        StoreError::new(Failure::Denied, message).hinted(
            "name the primary in the URL; of several hosts, the one that accepts writes is taken",
        )
    }

    fn broken(&self, doing: &str, error: &tokio_postgres::Error) -> StoreError {
        let place = &self.place;
        let cause = error.source();
        if error.is_closed() || cause.is_some_and(<dyn std::error::Error>::is::<std::io::Error>) {
            let lost = StoreError::new(
                Failure::Unavailable,
                format!("the connection to {place} is lost"),
            );
            return match cause {
                Some(cause) => lost.caused_by(self.said(&crate::error::plain(cause))),
                None => lost,
            };
        }
        let text = cause.map_or_else(|| error.to_string(), ToString::to_string);
        StoreError::new(Failure::Other, format!("cannot {doing} in {place}"))
            .caused_by(self.said(&text))
    }
}

/// A mistake in a URL, or in a file that it names.
pub fn converted(error: &crate::error::Error) -> StoreError {
    let converted = StoreError::new(Failure::Other, error.message_with_causes());
    match error.hint() {
        Some(hint) => converted.hinted(hint),
        None => converted,
    }
}

/// Whether a server ends the connection with this code (class 08, and 57P01 to 57P05).
fn is_lost(code: &SqlState) -> bool {
    let code = code.code();
    code.starts_with("08") || code.starts_with("57P")
}

/// Whether the same statement may work on another connection.
pub fn is_connection_lost(error: &tokio_postgres::Error) -> bool {
    if let Some(db) = error.as_db_error() {
        return is_lost(db.code());
    }
    let is_io = |cause: &(dyn std::error::Error + 'static)| cause.is::<std::io::Error>();
    error.is_closed() || error.source().is_some_and(is_io)
}

/// Whether a COMMIT that failed so may have been carried out (40003 is CockroachDB's word for that).
pub fn is_outcome_unknown(error: &tokio_postgres::Error) -> bool {
    is_connection_lost(error) || error.code() == Some(&SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN)
}

/// Whether a transaction may work if it is tried again: CockroachDB and YugabyteDB ask for that.
pub fn is_retryable(error: &tokio_postgres::Error) -> bool {
    let codes = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ];
    error.code().is_some_and(|code| codes.contains(code))
}
