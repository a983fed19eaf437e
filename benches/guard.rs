//! Child processes that cannot outlive the benchmark or run forever, and whose memory is measured.
//!
//! One thread watches all of them, so that waiting for a child is a plain blocking wait: polling for its end would cost
//! more than some of the differences measured here.

use std::fs;
use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The peak in Linux never falls, so only growth in the last few milliseconds of a process is missed.
const POLL: Duration = Duration::from_millis(10);

static WATCHED: Mutex<Vec<Watched>> = Mutex::new(Vec::new());

struct Watched {
    id: u32,
    until: Instant,
    peak: Arc<AtomicU32>,
}

/// A running process; dropping it ends the process.
pub struct Guard {
    pub child: Child,
    /// In KiB, 0 if unknown.
    peak: Arc<AtomicU32>,
}

impl Guard {
    /// Starts `command` and kills it after `limit`.
    pub fn spawn(command: &mut Command, limit: Duration) -> io::Result<Self> {
        static WATCHER: Once = Once::new();
        WATCHER.call_once(|| {
            thread::spawn(watch);
        });
        let child = command.spawn()?;
        let peak = Arc::default();
        watched().push(Watched {
            id: child.id(),
            until: Instant::now() + limit,
            peak: Arc::clone(&peak),
        });
        Ok(Self { child, peak })
    }

    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait();
        forget(self.child.id());
        status
    }

    /// Seconds of CPU time so far. Unknown for a process that has ended.
    pub fn cpu_time(&self) -> Option<f64> {
        cpu_time(&format!("/proc/{}/stat", self.child.id()), 11)
    }

    /// Resident memory, in KiB.
    pub fn memory(&self) -> Option<u32> {
        status(self.child.id(), "VmRSS:")
    }

    /// The peak of resident memory so far, in KiB. Unknown for a process that ended at once.
    pub fn peak(&self) -> Option<u32> {
        Some(self.peak.load(Ordering::Relaxed)).filter(|&peak| peak > 0)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Fails if the process has already ended.
        self.child.kill().ok();
        self.wait().ok();
    }
}

fn watched() -> MutexGuard<'static, Vec<Watched>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn forget(id: u32) {
    watched().retain(|process| process.id != id);
}

fn watch() {
    loop {
        thread::sleep(POLL);
        watched().retain(|process| {
            if let Some(peak) = high_water_mark(process.id) {
                process.peak.store(peak, Ordering::Relaxed);
            }
            let in_time = Instant::now() < process.until;
            if !in_time {
                kill(process.id);
            }
            in_time
        });
    }
}

/// Kills by id, because the waiting thread holds the `Child`. The id is valid until that thread has reaped the child, and
/// it forgets the child right afterwards.
fn kill(id: u32) {
    eprintln!("  process {id} timed out");
    Command::new("sh")
        .args(["-c", "kill -KILL \"$0\"", &id.to_string()])
        .stderr(Stdio::null())
        .status()
        .ok();
}

/// `VmHWM`, in KiB.
fn high_water_mark(id: u32) -> Option<u32> {
    status(id, "VmHWM:")
}

/// A line of a process's status, in KiB. That of a zombie does not have those of memory.
fn status(id: u32, name: &str) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Seconds of CPU time of all children that have ended.
pub fn children_cpu_time() -> f64 {
    cpu_time("/proc/self/stat", 13).unwrap_or(f64::NAN)
}

/// The sum of a time in user mode and in the kernel. `field` is the first one's, counted from the state of the process.
fn cpu_time(stat: &str, field: usize) -> Option<f64> {
    /// Linux has no other for programs.
    const TICKS_A_SECOND: f64 = 100.0;

    let stat = fs::read_to_string(stat).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let times = fields.split_whitespace().skip(field).take(2);
    let ticks: f64 = times.filter_map(|time| time.parse::<f64>().ok()).sum();
    Some(ticks / TICKS_A_SECOND)
}
