//! The servers of `--in-process`: where the client's side and the server's meet.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::net::ByteStream;
use crate::server::{Missing, Peer, People, Place, Server, Setup, Source, StoreError, open_store};
use crate::transport::{Dialer, Endpoint, InProcess};

/// How much the pipe of `--in-process` buffers in each direction, in bytes.
const PIPE: usize = 256 * 1024;

/// The people in a file or a database, or the built-in ones.
///
/// # Errors
/// When the file or the database cannot be used.
async fn people(place: Option<&Path>) -> Result<Source> {
    let Some(place) = place else {
        return Ok(People::built_in().into());
    };
    let path = match Place::parse(place.as_os_str())? {
        Place::File(path) => path,
        Place::Database(database) => {
            let store = open_store(&database).map_err(StoreError::into_error)?;
            store.check().await.map_err(StoreError::into_error)?;
            return Ok(Source::Database(store));
        }
    };
    // On a thread, which may wait for ever: a file may be a FIFO that nobody writes to.
    tokio::task::spawn_blocking(move || People::load(&path).map(Source::from))
        .await
        .unwrap_or_else(|error| Err(Error::failed("cannot load the people file").caused_by(error)))
}

/// The servers of `--in-process`, by where their people are.
#[derive(Default)]
pub struct Servers(Vec<(Option<PathBuf>, Endpoint)>);

impl Servers {
    /// The server with these people, started if it is not running.
    ///
    /// # Errors
    /// When the file or the database cannot be used.
    pub async fn endpoint(&mut self, file: Option<&Path>) -> Result<Endpoint> {
        if let Some((_, endpoint)) = self.0.iter().find(|(known, _)| known.as_deref() == file) {
            return Ok(endpoint.clone());
        }
        let server = Server::new(Setup::new(people(file).await?, Missing::Reply))?;
        let open = move || -> Box<dyn ByteStream> {
            let (ours, theirs) = tokio::io::duplex(PIPE);
            server.serve_connection(theirs, Peer::InProcess);
            Box::new(ours)
        };
        let endpoint = Endpoint::new(Dialer::InProcess(InProcess::new(open)));
        self.0.push((file.map(Path::to_owned), endpoint.clone()));
        Ok(endpoint)
    }
}
