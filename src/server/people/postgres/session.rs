//! What the session at the other end of a connection is: ours alone or a pooler's, and of the kind that
//! `target_session_attrs` asks for.

use std::time::Duration;

use tokio_postgres::SimpleQueryMessage;

use super::super::store::{Failure, STATEMENT_LIMIT, StoreError};
use super::connection::Connection;
use super::error::Explain;
use super::settings::Session;

/// How long a statement of an import, an export or a migration waits for a lock.
const LOCK_LIMIT: Duration = Duration::from_secs(30);

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Lookups: statements have a limit.
    Lookups,
    /// Long statements that only read. Waiting for locks has a limit.
    Read,
    /// Long statements that write. Waiting for locks has a limit.
    Write,
}

impl Purpose {
    /// What the session is told at its start.
    pub fn options(self) -> String {
        match self {
            // The plan of a prepared statement may be older than most of the people, and a sequential scan that was right
            // for a few takes minutes for a million.
            Self::Lookups => {
                let limit = STATEMENT_LIMIT.as_millis();
                format!("-c statement_timeout={limit} -c enable_seqscan=off")
            }
            Self::Read | Self::Write => format!("-c lock_timeout={}", LOCK_LIMIT.as_millis()),
        }
    }
}

/// What tells a session a number, in the startup's `options`. CockroachDB ignores settings that it does not know.
pub fn told(number: &str) -> String {
    format!(" -c routeguide.session={number}")
}

/// Whether a session has been told this number. Then it is the connection's own: PgBouncer, like most poolers, opens
/// connections of its own to a server.
pub async fn knows(connection: &Connection, number: &str) -> bool {
    let question = "SELECT current_setting('routeguide.session', true)";
    // If this fails, so will what comes next, which is explained then.
    let answer = connection.client.simple_query(question).await;
    answer.is_ok_and(|messages| value(&messages) == Some(number))
}

/// Refuses a session of another kind.
pub async fn check(
    connection: &Connection,
    session: Session,
    purpose: Purpose,
    explain: &Explain,
) -> Result<(), StoreError> {
    let (question, wanted) = match session {
        Session::Any | Session::PreferStandby => return Ok(()),
        Session::ReadWrite => ("SHOW transaction_read_only", "off"),
        Session::ReadOnly => ("SHOW transaction_read_only", "on"),
        Session::Primary => ("SELECT pg_catalog.pg_is_in_recovery()", "f"),
        Session::Standby => ("SELECT pg_catalog.pg_is_in_recovery()", "t"),
    };
    let answer = connection.client.simple_query(question).await;
    let answer = answer.map_err(|error| explain.statement("ask what the server is", &error))?;
    if value(&answer) == Some(wanted) {
        return Ok(());
    }
    if purpose == Purpose::Write {
        return Err(explain.read_only());
    }
    // It may become that: a replica takes over when its primary is gone.
    let place = explain.place();
    Err(StoreError::new(
        Failure::Unavailable,
        format!("{place} is not what target_session_attrs asks for"),
    ))
}

/// The value of the last row of an answer.
pub fn value(messages: &[SimpleQueryMessage]) -> Option<&str> {
    messages.iter().rev().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.try_get(0).ok().flatten(),
        _ => None,
    })
}
