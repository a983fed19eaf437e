//! A terminal in raw mode echoes nothing and starts no line at its left edge. A panic must not leave it like that, not even
//! one in another thread that ends the process while this one waits for a key.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, TryLockError};

use crossterm::terminal::disable_raw_mode;

/// What the panic hook stops: the read that runs, if any.
static RUNNING: Mutex<Option<Arc<AtomicBool>>> = Mutex::new(None);

/// Another thread has panicked during the read that runs.
static HAS_PANICKED: AtomicBool = AtomicBool::new(false);

/// While it lives, a panic in any thread turns raw mode off, and stops the read if it is in another thread.
pub(super) struct Reading;

impl Reading {
    pub(super) fn begin(stop: &Arc<AtomicBool>) -> Self {
        install_hook();
        HAS_PANICKED.store(false, Ordering::Relaxed);
        if let Ok(mut running) = RUNNING.lock() {
            *running = Some(Arc::clone(stop));
        }
        Self
    }

    /// Whether the terminal has been given back because of a panic. It must stay so: the process may be ending.
    #[expect(clippy::unused_self, reason = "there is an answer only during a read")]
    pub(super) fn has_panicked(&self) -> bool {
        HAS_PANICKED.load(Ordering::Relaxed)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Ok(mut running) = RUNNING.lock() {
            *running = None;
        }
        if std::thread::panicking() {
            let _ = disable_raw_mode();
        }
    }
}

/// Goes around the hook that prints the message, which would otherwise run down the screen like stairs. The read ends after
/// it: the next one would draw over it.
fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let running = running();
            if running.is_some() {
                let _ = disable_raw_mode();
            }
            print(panic);
            if let Some(stop) = running {
                HAS_PANICKED.store(true, Ordering::Relaxed);
                stop.store(true, Ordering::Release);
            }
        }));
    });
}

/// A hook must not wait: the lock may be held by the thread that panics.
fn running() -> Option<Arc<AtomicBool>> {
    match RUNNING.try_lock() {
        Ok(running) => running.clone(),
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().clone(),
        Err(TryLockError::WouldBlock) => None,
    }
}
