//! SQLite's errors → what they mean to whoever uses the database.

use std::io;

use rusqlite::ffi::ErrorCode;

use super::super::store::{Failure, StoreError};
use super::DatabaseFile;
use crate::secret::without_password;

/// The error of opening or asking for a file.
pub fn unreadable(file: &DatabaseFile, error: &io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::NotFound => {
            StoreError::new(Failure::Missing, format!("there is no file for {file}")).hinted(
                format!("create it with: routeguide people migrate --to {file}"),
            )
        }
        io::ErrorKind::PermissionDenied => denied(file),
        kind => StoreError::new(Failure::Unavailable, format!("cannot open {file}"))
            .caused_by(io::Error::from(kind)),
    }
}

fn denied(file: &DatabaseFile) -> StoreError {
    StoreError::new(
        Failure::Denied,
        format!("there is no permission to open {file}"),
    )
}

/// A statement that took too long.
pub fn timeout(file: &DatabaseFile) -> StoreError {
    let limit = file.limit.as_secs_f64();
    StoreError::new(
        Failure::Timeout,
        format!("{file} did not answer within {limit} s"),
    )
}

pub fn code(error: &rusqlite::Error) -> Option<ErrorCode> {
    match error {
        rusqlite::Error::SqliteFailure(error, _) | rusqlite::Error::SqlInputError { error, .. } => {
            Some(error.code)
        }
        _ => None,
    }
}

/// SQLite's words, without the statement and the number.
fn words(error: rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(text)) => text,
        rusqlite::Error::SqlInputError { msg, .. } => msg,
        error => error.to_string(),
    }
}

/// Whether tables or columns may be missing.
pub fn may_be_the_schema(error: &rusqlite::Error) -> bool {
    code(error) == Some(ErrorCode::Unknown)
}

/// What an error of a statement means.
pub fn explain(file: &DatabaseFile, error: rusqlite::Error) -> StoreError {
    let new = |failure, message| StoreError::new(failure, message);
    let explained = match code(&error) {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => new(
            Failure::Locked,
            format!("{file} is locked by another program"),
        ),
        Some(ErrorCode::OperationInterrupted) => return timeout(file),
        Some(ErrorCode::DiskFull) => {
            new(Failure::Full, format!("there is no space left for {file}"))
        }
        Some(ErrorCode::NotADatabase) => {
            new(Failure::Corrupt, format!("{file} is not a SQLite database"))
        }
        Some(ErrorCode::DatabaseCorrupt) => new(Failure::Corrupt, format!("{file} is damaged"))
            .hinted("sqlite3 FILE .recover prints what can be saved"),
        Some(ErrorCode::ReadOnly) => new(Failure::Denied, format!("{file} cannot be written to")),
        Some(ErrorCode::PermissionDenied) => denied(file),
        Some(ErrorCode::CannotOpen) => return cannot_open(file, error),
        Some(ErrorCode::SystemIoFailure) => new(
            Failure::Unavailable,
            format!("{file} cannot be read or written"),
        ),
        Some(ErrorCode::Unknown) => new(
            Failure::Other,
            format!("the tables of {file} are not those that routeguide makes"),
        ),
        _ => new(
            Failure::Other,
            format!("{file} does not do what it was asked"),
        ),
    };
    explained.caused_by(words(error))
}

/// Whether a file may be read. Opening it would not do: closing it again gives up all locks that this process has on it, SQLite's
/// among them (fcntl(2); sqlite.org/howtocorrupt.html, section 2.2).
fn readable(path: &std::path::Path) -> io::Result<()> {
    #[cfg(unix)]
    return Ok(rustix::fs::access(path, rustix::fs::Access::READ_OK)?);
    #[cfg(not(unix))]
    std::fs::File::open(path).map(drop)
}

/// SQLite does not say why.
fn cannot_open(file: &DatabaseFile, error: rusqlite::Error) -> StoreError {
    let parent = file.path.parent().filter(|it| !it.as_os_str().is_empty());
    if let Some(parent) = parent
        && !parent.is_dir()
    {
        let shown = without_password(&parent.to_string_lossy());
        let message = format!("cannot create {file}: there is no folder {shown}");
        return StoreError::new(Failure::Missing, message);
    }
    match readable(&file.path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => unreadable(file, &error),
        // In WAL mode, there are two more files beside it.
        _ => StoreError::new(
            Failure::Denied,
            format!(
                "{file} cannot be opened, because there is no permission to write to its folder"
            ),
        )
        .hinted("allow that, or turn WAL off: sqlite3 FILE 'PRAGMA journal_mode = delete'")
        .caused_by(words(error)),
    }
}
