//! Ctrl-C: the first asks a command to stop in an orderly way, the second ends it at once. Re-armed for each command.

#[cfg(unix)]
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[cfg(unix)]
use signal_hook::flag;
#[cfg(unix)]
use tokio::signal::unix::SignalKind;
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
    /// The second one, on systems where a signal handler cannot end the process.
    second: CancellationToken,
    listeners: Vec<JoinHandle<()>>,
    #[cfg(unix)]
    handlers: Handlers,
    /// Whether SIGTERM was the first signal.
    is_terminated: bool,
}

/// Ends the process at the second signal from the signal handler, which works even while this thread is blocked, for
/// example opening a FIFO or writing to a stderr that is not read.
#[cfg(unix)]
#[derive(Default)]
struct Handlers {
    /// Set by the first signal.
    is_struck: Arc<AtomicBool>,
    ids: Vec<signal_hook::SigId>,
}

#[cfg(unix)]
impl Handlers {
    fn add(&mut self, signal: SignalKind) -> std::io::Result<()> {
        let status = i32::from(if signal == SignalKind::terminate() {
            crate::exit::TERMINATED
        } else {
            crate::exit::INTERRUPTED
        });
        let signal = signal.as_raw_value();
        // In this order: the first signal finds the flag unset.
        for id in [
            flag::register_conditional_shutdown(signal, status, Arc::clone(&self.is_struck))?,
            flag::register(signal, Arc::clone(&self.is_struck))?,
        ] {
            self.ids.push(id);
        }
        Ok(())
    }
}

impl Interrupt {
    /// Forgets earlier signals, and listens for Ctrl-C, which no longer kills the process from then on.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn arm(&self) -> Result<()> {
        let is_listening = {
            let mut state = self.state();
            state.first = CancellationToken::new();
            state.second = CancellationToken::new();
            state.is_terminated = false;
            #[cfg(unix)]
            state.handlers.is_struck.store(false, Ordering::SeqCst);
            !state.listeners.is_empty()
        };
        if is_listening {
            return Ok(());
        }
        #[cfg(unix)]
        return self.listen(SignalKind::interrupt());
        #[cfg(not(unix))]
        {
            self.listen_for_ctrl_c();
            Ok(())
        }
    }

    /// Listens for SIGTERM too, on systems that have it. Call it once.
    ///
    /// # Errors
    /// When the system refuses.
    #[cfg_attr(not(unix), expect(clippy::unnecessary_wraps, clippy::unused_self))]
    pub fn listen_for_termination(&self) -> Result<()> {
        #[cfg(unix)]
        self.listen(SignalKind::terminate())?;
        Ok(())
    }

    #[cfg(unix)]
    fn listen(&self, kind: SignalKind) -> Result<()> {
        let failed =
            |error: std::io::Error| Error::failed("cannot listen for signals").caused_by(error);
        let mut signal = tokio::signal::unix::signal(kind).map_err(failed)?;
        let this = self.clone();
        let listener = tokio::spawn(async move {
            while signal.recv().await.is_some() {
                if kind == SignalKind::terminate() && !this.is_struck() {
                    this.state().is_terminated = true;
                }
                this.strike();
            }
        });
        let mut state = self.state();
        state.listeners.push(listener);
        state.handlers.add(kind).map_err(failed)
    }

    #[cfg(not(unix))]
    fn listen_for_ctrl_c(&self) {
        let this = self.clone();
        let listener = tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                this.strike();
            }
        });
        self.state().listeners.push(listener);
    }

    /// Acts as a signal does, for a prompt that has taken Ctrl-C from the terminal.
    pub fn strike(&self) {
        let state = self.state();
        if state.first.is_cancelled() {
            state.second.cancel();
        }
        state.first.cancel();
    }

    /// Whether there was a signal since it was armed.
    pub fn is_struck(&self) -> bool {
        self.state().first.is_cancelled()
    }

    /// Whether SIGTERM was the first signal.
    pub fn is_terminated(&self) -> bool {
        self.state().is_terminated
    }

    /// Completes at the first signal.
    pub async fn wait(&self) {
        let first = self.state().first.clone();
        first.cancelled().await;
    }

    /// Completes at the second signal, if that has not ended the process.
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
        #[cfg(unix)]
        for id in state.handlers.ids.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
