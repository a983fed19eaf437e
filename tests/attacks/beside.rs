//! What an attack may do to others: a client beside it makes calls, none of which may fail and few of which may be late,
//! and the server's memory is watched.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::client::Client;
use super::harness::{Running, Server, wait_for};

/// Calls of the honest client before an attack, and at least as many during it.
const CALLS: usize = 200;

/// The time between two of them.
const PAUSE: Duration = Duration::from_millis(5);

/// A call is late when it takes this many times longer than 99 of 100 without an attack...
const TIMES: u32 = 10;

/// ...and longer than this, which a busy machine explains.
const NOISE: Duration = Duration::from_millis(50);

/// One of so many calls may be late.
const LATE_ONE_OF: usize = 100;

/// By how much the server's memory may grow.
const MEMORY: u64 = 64 << 20;

/// Attacks are made one after the other: each would be noise to the next.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A server under attack.
pub struct Victim {
    pub server: Server,
    calls: AtomicUsize,
    _alone: MutexGuard<'static, ()>,
}

impl Victim {
    /// A server with these arguments.
    #[track_caller]
    pub fn with<'a>(args: impl IntoIterator<Item = &'a str>) -> Self {
        Self::of(Server::started(args))
    }

    pub fn of(server: Server) -> Self {
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        Self {
            server,
            calls: AtomicUsize::new(0),
            _alone: alone,
        }
    }

    pub fn addr(&self) -> &str {
        self.server.addr()
    }

    /// Whether the honest client has not made enough calls yet: an attack that is over is made again.
    pub fn goes_on(&self) -> bool {
        self.calls.load(Ordering::Relaxed) < CALLS
    }

    /// Waits until the honest client has made enough calls.
    #[track_caller]
    pub fn hold(&self) {
        wait_for("the calls of the honest client", || !self.goes_on());
    }

    /// Makes an attack, and checks what it did to others.
    #[track_caller]
    pub fn withstands(&self, attack: impl FnOnce(&Self) + Send) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let mut client = runtime.block_on(Client::connect(self.addr()));
        let mut call = || {
            std::thread::sleep(PAUSE);
            let start = Instant::now();
            let answer = runtime.block_on(client.get_person());
            (answer, start.elapsed())
        };

        let mut quiet: Vec<Duration> = (0..CALLS)
            .map(|_| {
                let (answer, took) = call();
                answer.expect("a call without an attack");
                took
            })
            .collect();
        quiet.sort_unstable();
        let late = (quiet[CALLS * 99 / 100] * TIMES).max(NOISE);
        let before = self.server.memory();
        forget_peak(&self.server);

        let (mut failures, mut times) = (Vec::new(), Vec::new());
        let over = AtomicBool::new(false);
        let outcome = std::thread::scope(|scope| {
            let attack = scope.spawn(|| {
                // An attacker has a machine of its own.
                let _ = rustix::process::nice(10);
                let _end = OnDrop(|| over.store(true, Ordering::Relaxed));
                attack(self);
            });
            while !over.load(Ordering::Relaxed) || self.goes_on() {
                let (answer, took) = call();
                failures.extend(answer.err());
                times.push(took);
                self.calls.fetch_add(1, Ordering::Relaxed);
            }
            attack.join()
        });
        let grown = peak(&self.server).saturating_sub(before);
        let made = NonZeroUsize::new(times.len()).unwrap();
        let late_calls = times.iter().filter(|took| **took > late).count();
        let report = format!(
            "{made} calls, {late_calls} later than {late:?}, at most {:?}; {} failed, first {:?}; {} KiB more memory",
            times.iter().max().unwrap(),
            failures.len(),
            failures.first(),
            grown >> 10
        );
        if let Err(panic) = outcome {
            let message = panic.downcast_ref::<String>();
            panic!("{message:?}; beside it: {report}");
        }
        assert!(failures.is_empty(), "calls failed: {report}");
        assert!(late_calls * LATE_ONE_OF <= made.get(), "late: {report}");
        assert!(grown <= MEMORY, "memory: {report}");
    }
}

/// Runs something when it is dropped, also by a panic.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Makes the peak of resident memory start again (proc_pid_clear_refs(5)).
fn forget_peak(server: &Running) {
    std::fs::write(format!("/proc/{}/clear_refs", server.id()), "5").unwrap();
}

/// The most resident memory since then, in bytes.
fn peak(server: &Running) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.unwrap().trim().trim_end_matches(" kB");
    kilobytes.parse::<u64>().unwrap() * 1024
}
