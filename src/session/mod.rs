//! What a command works in.

pub mod batch;
pub mod drive;
pub mod interrupt;
pub mod replies;
pub mod schema;
pub mod target;
pub mod unanswered;

use crate::error::{Error, Result};

/// Runs a command's future on a runtime of this thread alone: a client drives one connection, and on few cores the
/// hand-overs of a multi-threaded runtime cost more than they win.
pub fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::failed("cannot start the runtime").caused_by(error))?;
    let result = runtime.block_on(future);
    // A look-up of a name cannot be cancelled, and nobody waits for it any more.
    runtime.shutdown_background();
    result
}
