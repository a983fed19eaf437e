//! The servers of `--in-process`: where the client's side and the server's meet.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::net::ByteStream;
use crate::server::{Missing, People, Server};
use crate::transport::{Dialer, Endpoint, InProcess};

/// How much the pipe of `--in-process` buffers in each direction, in bytes.
const PIPE: usize = 256 * 1024;

/// The people in a file, or the built-in ones.
///
/// # Errors
/// When the file cannot be used.
fn people(file: Option<&Path>) -> Result<People> {
    match file {
        Some(path) => People::load(path),
        None => Ok(People::built_in()),
    }
}

/// The servers of `--in-process`, by people file.
#[derive(Default)]
pub struct Servers(Vec<(Option<PathBuf>, Endpoint)>);

impl Servers {
    /// The server with these people, started if it is not running.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub async fn endpoint(&mut self, file: Option<&Path>) -> Result<Endpoint> {
        if let Some((_, endpoint)) = self.0.iter().find(|(known, _)| known.as_deref() == file) {
            return Ok(endpoint.clone());
        }
        let server = Server::new(people(file)?, Missing::Reply).await?;
        let open = move || -> Box<dyn ByteStream> {
            let (ours, theirs) = tokio::io::duplex(PIPE);
            server.serve_connection(theirs);
            Box::new(ours)
        };
        let endpoint = Endpoint::new(Dialer::InProcess(InProcess::new(open)));
        self.0.push((file.map(Path::to_owned), endpoint.clone()));
        Ok(endpoint)
    }
}
