//! Ctrl-C: the first asks a command to stop in an orderly way, the second ends it at once. Re-armed for each command.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};

/// Completes at the first signal. Clones share it.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// The first signal since it was armed.
    first: CancellationToken,
    /// The second one.
    second: CancellationToken,
    listeners: Vec<JoinHandle<()>>,
    listens_for_termination: bool,
}

impl Interrupt {
    /// Forgets earlier signals, and listens for Ctrl-C, which no longer kills the process from then on.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn arm(&self) -> Result<()> {
        let mut state = self.state();
        state.first = CancellationToken::new();
        state.second = CancellationToken::new();
        if state.listeners.is_empty() {
            let listener = self.listener()?;
            state.listeners.push(listener);
        }
        Ok(())
    }

    /// Listens for SIGTERM too, on systems that have it.
    ///
    /// # Errors
    /// When the system refuses.
    #[cfg_attr(not(unix), expect(clippy::unnecessary_wraps, clippy::unused_self))]
    pub fn listen_for_termination(&self) -> Result<()> {
        #[cfg(unix)]
        {
            let mut state = self.state();
            if !state.listens_for_termination {
                let listener = self.on(tokio::signal::unix::SignalKind::terminate())?;
                state.listeners.push(listener);
                state.listens_for_termination = true;
            }
        }
        Ok(())
    }

    #[cfg(unix)]
    fn listener(&self) -> Result<JoinHandle<()>> {
        self.on(tokio::signal::unix::SignalKind::interrupt())
    }

    #[cfg(unix)]
    fn on(&self, kind: tokio::signal::unix::SignalKind) -> Result<JoinHandle<()>> {
        let mut signal = tokio::signal::unix::signal(kind)
            .map_err(|error| Error::failed("cannot listen for signals").caused_by(error))?;
        let this = self.clone();
        Ok(tokio::spawn(async move {
            while signal.recv().await.is_some() {
                this.strike();
            }
        }))
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
    fn listener(&self) -> Result<JoinHandle<()>> {
        let this = self.clone();
        Ok(tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                this.strike();
            }
        }))
    }

    fn strike(&self) {
        let state = self.state();
        if state.first.is_cancelled() {
            state.second.cancel();
        }
        state.first.cancel();
    }

    /// Completes at the first signal.
    pub async fn wait(&self) {
        let first = self.state().first.clone();
        first.cancelled().await;
    }

    /// Completes at the second signal.
    pub async fn insisted(&self) {
        let second = self.state().second.clone();
        second.cancelled().await;
    }

    /// Runs `work`, unless a signal comes first.
    ///
    /// # Errors
    /// Those of `work`, or the interruption.
    pub async fn or<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            biased;
            () = self.wait() => Err(Error::interrupted()),
            result = work => result,
        }
    }

    /// Ends the tasks that listen for signals.
    pub fn stop_listening(&self) {
        let mut state = self.state();
        for listener in state.listeners.drain(..) {
            listener.abort();
        }
        state.listens_for_termination = false;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
