//! All people, on a thread that waits for whoever takes them.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::oneshot;

use super::super::store::StoreError;
use super::connection::{Connection, Purpose};
use super::{DatabaseFile, ended, read, spawn};

/// How many people a chunk has at most, and how many bytes where they are large.
const CHUNK: usize = 512;
const CHUNK_BYTES: usize = 64 << 10;

/// How many chunks are read ahead.
const AHEAD: usize = 2;

type Chunk = Result<Vec<Bytes>, StoreError>;

/// Begins an export. Its snapshot is that of now.
pub async fn start(file: &Arc<DatabaseFile>) -> Result<Receiver<Chunk>, StoreError> {
    let (chunks, receiver) = mpsc::channel(AHEAD);
    let (begun, has_begun) = oneshot::channel();
    let thread_file = Arc::clone(file);
    spawn(file, move || {
        let mut begun = Some(begun);
        let outcome = Connection::open(&thread_file, Purpose::Read).and_then(|connection| {
            let checked = read::check(&connection);
            checked.unwrap_or_else(|error| Err(connection.explain(error)))?;
            let outcome = send_all(&connection, &mut begun, &chunks);
            outcome.unwrap_or_else(|error| Err(connection.explain(error)))
        });
        // Whoever asked may be gone.
        match (outcome, begun) {
            (Err(error), Some(begun)) => drop(begun.send(Err(error))),
            (Err(error), None) => drop(chunks.blocking_send(Err(error))),
            (Ok(()), _) => {}
        }
    })?;
    has_begun.await.unwrap_or_else(|_| Err(ended(file)))?;
    Ok(receiver)
}

/// Sends all people, until nobody takes them.
fn send_all(
    connection: &Connection,
    begun: &mut Option<oneshot::Sender<Result<(), StoreError>>>,
    chunks: &Sender<Chunk>,
) -> rusqlite::Result<Result<(), StoreError>> {
    let mut statement = connection.prepare(read::ALL)?;
    let mut rows = statement.query([])?;
    let mut bytes = Vec::new();
    let mut ends = Vec::new();
    loop {
        let row = rows.next()?;
        // The first row begins the snapshot.
        if let Some(begun) = begun.take() {
            let _ = begun.send(Ok(()));
        }
        let is_last = row.is_none();
        if let Some(row) = row {
            if let Err(error) = read::encode_row(connection, row, &mut bytes)? {
                return Ok(Err(error));
            }
            ends.push(bytes.len());
        }
        if ends.len() == CHUNK || bytes.len() >= CHUNK_BYTES || (is_last && !ends.is_empty()) {
            let people = cut(std::mem::take(&mut bytes), std::mem::take(&mut ends));
            if chunks.blocking_send(Ok(people)).is_err() {
                return Ok(Ok(()));
            }
            bytes.reserve(read::USUAL * CHUNK);
        }
        if is_last {
            return Ok(Ok(()));
        }
    }
}

/// Parts of one allocation.
fn cut(bytes: Vec<u8>, ends: Vec<usize>) -> Vec<Bytes> {
    let mut bytes = Bytes::from(bytes);
    let mut start = 0;
    let parts = ends.into_iter().map(|end| {
        let part = bytes.split_to(end - start);
        start = end;
        part
    });
    parts.collect()
}
