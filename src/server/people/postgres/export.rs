//! All people, as one statement whose rows are read as fast as they are wanted: one statement is one snapshot. A reader that
//! waits fills the buffers of the connection, and then the server waits.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_postgres::RowStream;

use super::super::store::{Failure, StoreError};
use super::connection::Connection;
use super::error::Explain;
use super::row::{self, Unsound, columns};

/// `name` has the order of bytes.
const ALL: &str = concat!("SELECT ", columns!(), " FROM people ORDER BY name");

const DOING: &str = "read all people";

/// A chunk is sent when it has this many bytes or people.
const CHUNK_BYTES: usize = 256 * 1024;
const CHUNK_PEOPLE: usize = 1024;

/// How many chunks wait for the reader.
const CHUNKS: usize = 2;

type Chunk = Result<Vec<Bytes>, StoreError>;

/// Starts an export on its own connection. The snapshot is that of the moment in which this returns: a server describes the
/// rows after it has taken it.
pub async fn start(
    connection: Connection,
    explain: Explain,
) -> Result<Receiver<Chunk>, StoreError> {
    let parameters: [(i32, _); 0] = [];
    let rows = connection.client.query_typed_raw(ALL, parameters).await;
    let rows = rows.map_err(|error| explain.statement(DOING, &error))?;
    let (sender, receiver) = channel(CHUNKS);
    tokio::spawn(async move {
        tokio::select! {
            // The reader went away.
            () = sender.closed() => {}
            sent = send(rows, &explain, &sender) => {
                if let Err(error) = sent {
                    let _ = sender.send(Err(error)).await;
                }
            }
        }
        // The connection is closed, and with it the statement.
        drop(connection);
    });
    Ok(receiver)
}

async fn send(
    rows: RowStream,
    explain: &Explain,
    sender: &Sender<Chunk>,
) -> Result<(), StoreError> {
    let failed = |error| explain.statement(DOING, &error);
    let mut rows = std::pin::pin!(rows);
    let mut chunk = Chunks::default();
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        row::encode(&row, &mut chunk.bytes).map_err(|unsound| match unsound {
            Unsound::Table(error) => failed(error),
            Unsound::Person(why) => {
                let name = row::name(&row).unwrap_or_default();
                StoreError::new(Failure::Corrupt, why.about(name, explain.place()))
            }
        })?;
        chunk.ends.push(chunk.bytes.len());
        if chunk.is_full() && sender.send(Ok(chunk.take())).await.is_err() {
            return Ok(());
        }
    }
    if !chunk.ends.is_empty() {
        let _ = sender.send(Ok(chunk.take())).await;
    }
    Ok(())
}

/// People one after the other, and where each of them ends.
#[derive(Default)]
struct Chunks {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Chunks {
    fn is_full(&self) -> bool {
        self.bytes.len() >= CHUNK_BYTES || self.ends.len() >= CHUNK_PEOPLE
    }

    fn take(&mut self) -> Vec<Bytes> {
        let mut bytes = Bytes::from(std::mem::take(&mut self.bytes));
        let mut start = 0;
        let people = std::mem::take(&mut self.ends).into_iter().map(|end| {
            let person = bytes.split_to(end - start);
            start = end;
            person
        });
        people.collect()
    }
}
