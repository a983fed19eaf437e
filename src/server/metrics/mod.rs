//! What the server counts about itself, and how it is shown. A worker thread counts into its own [`Shard`]; whoever asks
//! adds the shards up. What changes rarely, such as the number of people, is in [`Metrics`] itself.

mod exposition;
mod families;
mod histogram;
mod http;
mod limit;
mod methods;
#[cfg(target_os = "linux")]
mod process;
mod shard;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub use http::MetricsListener;
pub use limit::Limit;
pub use methods::MethodIndex;
pub use shard::{Shard, Traffic};

#[cfg(feature = "otlp")]
pub use families::{call_seconds, message_sizes};
use histogram::Counter;

/// No certificate.
const NEVER: i64 = i64::MAX;

/// What can be loaded again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    People,
    Certificate,
}

/// People whose number is not known.
const UNCOUNTED: u64 = u64::MAX;

/// The figures of a server.
#[derive(Debug)]
pub struct Metrics {
    shards: Mutex<Vec<Arc<Shard>>>,
    /// [`UNCOUNTED`] if it is not known.
    people: AtomicU64,
    /// By [`Reload`]: those that worked, and those that did not.
    reloads: [[Counter; 2]; 2],
    /// In seconds since 1970.
    certificate_expiry: AtomicI64,
    is_serving: AtomicBool,
    /// The database of the people does not answer.
    is_away: AtomicBool,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            shards: Mutex::default(),
            people: AtomicU64::new(UNCOUNTED),
            reloads: Default::default(),
            certificate_expiry: AtomicI64::new(NEVER),
            is_serving: AtomicBool::default(),
            is_away: AtomicBool::default(),
        }
    }
}

impl Metrics {
    /// A shard for one more thread, which keeps it: what it has counted stays.
    pub fn shard(&self) -> Arc<Shard> {
        let shard = Arc::new(Shard::default());
        let mut shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        shards.push(Arc::clone(&shard));
        shard
    }

    pub fn set_people(&self, number: u64) {
        self.people.store(number, Ordering::Relaxed);
    }

    pub fn reloaded(&self, what: Reload, worked: bool) {
        let [people, certificate] = &self.reloads;
        let [ok, failed] = match what {
            Reload::People => people,
            Reload::Certificate => certificate,
        };
        if worked { ok } else { failed }.add(1);
    }

    /// When the certificate that is served expires, in seconds since 1970.
    pub fn certificate_expires(&self, seconds: u64) {
        let seconds = i64::try_from(seconds).unwrap_or(NEVER);
        self.certificate_expiry.store(seconds, Ordering::Relaxed);
    }

    /// Whether new calls are welcome: what `/readyz` answers.
    pub fn set_serving(&self, is_serving: bool) {
        self.is_serving.store(is_serving, Ordering::Relaxed);
    }

    pub fn set_available(&self, is_available: bool) {
        self.is_away.store(!is_available, Ordering::Relaxed);
    }

    /// How many calls of each method have started.
    #[cfg(feature = "otlp")]
    pub fn calls_started(&self) -> Vec<(&'static str, u64)> {
        families::calls_started(self)
    }

    fn is_serving(&self) -> bool {
        self.is_serving.load(Ordering::Relaxed) && !self.is_away.load(Ordering::Relaxed)
    }

    /// The number of calls that have started and not ended.
    pub fn calls_in_flight(&self) -> u64 {
        let shards = self.shards();
        shards.iter().map(|shard| shard.calls_in_flight()).sum()
    }

    fn shards(&self) -> Vec<Arc<Shard>> {
        let shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        shards.clone()
    }
}
