//! The signals that stop a command: the first asks it to stop in order, the second does not ask.

use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};
use crate::exit;

/// Completes at the first signal. Clones share it.
#[derive(Clone, Default)]
pub struct Interrupt(CancellationToken);

impl Interrupt {
    /// Listens for Ctrl-C, which from here on no longer kills the process.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn listen() -> Result<Self> {
        let interrupt = Self::default();
        #[cfg(unix)]
        interrupt.on(tokio::signal::unix::SignalKind::interrupt())?;
        #[cfg(not(unix))]
        interrupt.on_ctrl_c();
        Ok(interrupt)
    }

    /// Listens for Ctrl-C and, where there is such a thing, for SIGTERM.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn listen_for_stop() -> Result<Self> {
        let interrupt = Self::listen()?;
        #[cfg(unix)]
        interrupt.on(tokio::signal::unix::SignalKind::terminate())?;
        Ok(interrupt)
    }

    #[cfg(unix)]
    fn on(&self, kind: tokio::signal::unix::SignalKind) -> Result<()> {
        let mut signal = tokio::signal::unix::signal(kind)
            .map_err(|error| Error::failed("cannot listen for signals").caused_by(error))?;
        let this = self.clone();
        tokio::spawn(async move {
            while signal.recv().await.is_some() {
                this.strike();
            }
        });
        Ok(())
    }

    #[cfg(not(unix))]
    fn on_ctrl_c(&self) {
        let this = self.clone();
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                this.strike();
            }
        });
    }

    fn strike(&self) {
        if self.0.is_cancelled() {
            std::process::exit(i32::from(exit::INTERRUPTED));
        }
        self.0.cancel();
    }

    /// Completes at the first signal.
    pub async fn wait(&self) {
        self.0.cancelled().await;
    }

    /// Runs `work`, unless a signal comes first.
    ///
    /// # Errors
    /// Those of `work`, or that it was interrupted.
    pub async fn or<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            biased;
            () = self.wait() => Err(Error::interrupted()),
            result = work => result,
        }
    }
}
