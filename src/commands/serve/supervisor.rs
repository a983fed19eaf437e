//! What the server tells systemd, or whoever has started it with NOTIFY_SOCKET (sd_notify(3)). Elsewhere it tells nobody.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

use crate::output::Console;

/// Clones tell the same supervisor.
#[derive(Clone)]
pub struct Supervisor(Arc<Told>);

struct Told {
    console: Console,
    /// Reloads that are under way. SIGHUP starts one for each kind of file, and the last to end tells that all have.
    /// It is locked while the supervisor is told, so that it is told in this order.
    reloads: Mutex<u64>,
}

/// A reload that is under way, until it is dropped.
pub struct Reloading(Supervisor);

impl Supervisor {
    pub fn new(console: Console) -> Self {
        Self(Arc::new(Told {
            console,
            reloads: Mutex::default(),
        }))
    }

    /// Clients can connect.
    pub fn ready(&self, status: &str) {
        self.tell(&[State::Ready, State::Status(status)]);
    }

    /// What `systemctl status` shows.
    pub fn status(&self, status: &str) {
        self.tell(&[State::Status(status)]);
    }

    /// The server drains.
    pub fn stopping(&self) {
        self.tell(&[State::Stopping]);
    }

    /// Files are read again.
    pub fn reloading(&self) -> Reloading {
        let mut reloads = self
            .0
            .reloads
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *reloads += 1;
        if *reloads == 1 {
            self.tell_of_reload();
        }
        drop(reloads);
        Reloading(self.clone())
    }
}

impl Drop for Reloading {
    fn drop(&mut self) {
        let told = &self.0.0;
        let mut reloads = told.reloads.lock().unwrap_or_else(PoisonError::into_inner);
        *reloads -= 1;
        if *reloads == 0 {
            self.0.tell(&[State::Ready]);
        }
    }
}

#[cfg(target_os = "linux")]
use sd_notify::NotifyState as State;

#[cfg(target_os = "linux")]
impl Supervisor {
    /// Starts telling that the server lives, twice in the time after which systemd would kill it (WATCHDOG_USEC). The
    /// task has to be on the thread that accepts connections: it is that thread's life.
    pub fn keep_alive(&self, tasks: &mut JoinSet<()>) {
        let Some(patience) = sd_notify::watchdog_enabled().filter(|time| !time.is_zero()) else {
            return;
        };
        let this = self.clone();
        tasks.spawn(async move {
            let mut beats = tokio::time::interval(patience / 2);
            loop {
                beats.tick().await;
                this.tell(&[State::Watchdog]);
            }
        });
    }

    /// systemd orders reloads by their time: this one is the one it asked for.
    fn tell_of_reload(&self) {
        let now = State::monotonic_usec_now();
        self.tell(&match now {
            Ok(now) => vec![State::Reloading, now],
            Err(_) => vec![State::Reloading],
        });
    }

    fn tell(&self, state: &[State<'_>]) {
        if let Err(error) = sd_notify::notify(state) {
            let console = &self.0.console;
            console.warning(&format!("cannot tell NOTIFY_SOCKET: {error}"));
        }
    }
}

/// The states of Linux that others would be told of.
#[cfg(not(target_os = "linux"))]
enum State<'a> {
    Ready,
    Stopping,
    Status(&'a str),
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unused_self, reason = "only Linux has systemd")]
impl Supervisor {
    pub fn keep_alive(&self, _: &mut JoinSet<()>) {}

    fn tell_of_reload(&self) {}

    fn tell(&self, _: &[State<'_>]) {}
}
