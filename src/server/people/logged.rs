//! A store whose lookups say in the log why they fail: clients are not told.

use std::mem::{Discriminant, discriminant};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::mpsc::Receiver;

use super::store::{
    Answer, Failure, Import, ImportOptions, Looked, Migrated, Name, Store, StoreError,
};

/// How often a kind of failure is said: a server makes thousands of lookups a second, which may all fail.
const PAUSE: Duration = Duration::from_secs(1);

/// A store, and what was said of its failures.
pub struct Logged {
    store: Box<dyn Store>,
    said: Mutex<Vec<Said>>,
}

/// The last time that a kind of failure was said.
struct Said {
    kind: Discriminant<Failure>,
    at: Instant,
    /// How many were not said since.
    left_out: u64,
}

impl Logged {
    pub fn new(store: Box<dyn Store>) -> Self {
        Self {
            store,
            said: Mutex::default(),
        }
    }

    fn say(&self, error: &StoreError) {
        let Some(left_out) = self.left_out(error.failure(), Instant::now()) else {
            return;
        };
        let mut why = error.clone().into_error().message_with_causes();
        if left_out > 0 {
            why = format!("{why} ({left_out} more like it since the last line)");
        }
        tracing::warn!(target: "routeguide::people", "a lookup failed: {why}");
    }

    /// How many failures of this kind were not said since the last one that was; `None` if this one is not said either.
    fn left_out(&self, failure: &Failure, now: Instant) -> Option<u64> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = discriminant(failure);
        let Some(last) = said.iter_mut().find(|last| last.kind == kind) else {
            said.push(Said {
                kind,
                at: now,
                left_out: 0,
            });
            return Some(0);
        };
        if now.saturating_duration_since(last.at) < PAUSE {
            last.left_out += 1;
            return None;
        }
        last.at = now;
        Some(std::mem::take(&mut last.left_out))
    }
}

impl Store for Logged {
    fn find(&self, names: Vec<Name>) -> Answer<'_, Vec<Looked>> {
        Box::pin(async move {
            let found = self.store.find(names).await;
            match &found {
                Ok(looked) => {
                    for error in looked.iter().filter_map(|looked| looked.as_ref().err()) {
                        self.say(error);
                    }
                }
                Err(error) => self.say(error),
            }
            found
        })
    }

    fn check(&self) -> Answer<'_, ()> {
        self.store.check()
    }

    fn probe(&self) -> Answer<'_, ()> {
        self.store.probe()
    }

    fn count(&self) -> Answer<'_, u64> {
        self.store.count()
    }

    fn migrate(&self) -> Answer<'_, Migrated> {
        self.store.migrate()
    }

    fn export(&self) -> Answer<'_, Receiver<Result<Vec<Bytes>, StoreError>>> {
        self.store.export()
    }

    fn import(&self, options: ImportOptions) -> Answer<'_, Box<dyn Import>> {
        self.store.import(options)
    }

    fn stop_imports(&self) -> Answer<'_, ()> {
        self.store.stop_imports()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::sqlite::Sqlite;
    use super::*;

    #[test]
    fn each_kind_is_said_once_a_second_and_the_others_are_counted() {
        let logged = Logged::new(Box::new(Sqlite::new(Path::new("nowhere"))));
        let start = Instant::now();
        let left_out =
            |failure, millis| logged.left_out(&failure, start + Duration::from_millis(millis));
        assert_eq!(left_out(Failure::Timeout, 0), Some(0));
        assert_eq!(left_out(Failure::Timeout, 10), None);
        assert_eq!(left_out(Failure::Locked, 10), Some(0));
        assert_eq!(left_out(Failure::Person { index: 1 }, 10), Some(0));
        assert_eq!(left_out(Failure::Person { index: 2 }, 999), None);
        assert_eq!(left_out(Failure::Timeout, 999), None);
        assert_eq!(left_out(Failure::Timeout, 1000), Some(2));
        assert_eq!(left_out(Failure::Timeout, 2000), Some(0));
    }
}
