//! Whether the database of the people is there. The server's health follows it.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::Server;
use super::people::{Failure, Lookups, StoreError};

/// The time between two looks, and how long one may take: after two seconds at most, health tells of a database that is away.
const INTERVAL: Duration = Duration::from_millis(900);
const LIMIT: Duration = Duration::from_secs(1);

/// The shortest time between two looks, however many calls fail.
const PAUSE: Duration = Duration::from_millis(100);

/// What has changed.
#[derive(Debug)]
pub enum Availability {
    Lost(StoreError),
    Back,
}

impl Server {
    /// Watches the database, if the people are in one, until the future is dropped. `report` hears of what changes.
    pub async fn watch_database(&self, report: impl Fn(Availability)) {
        let Some(lookups) = self.shared.directory.database() else {
            return;
        };
        let mut is_there = true;
        loop {
            sleep(PAUSE).await;
            tokio::select! {
                () = sleep(INTERVAL.saturating_sub(PAUSE)) => {}
                () = lookups.failed() => {}
            }
            let result = look(lookups).await;
            if result.is_ok() == is_there {
                continue;
            }
            is_there = result.is_ok();
            self.shared.services.health.set_available(is_there);
            self.shared.metrics.set_available(is_there);
            report(match result {
                Ok(()) => Availability::Back,
                Err(error) => Availability::Lost(error),
            });
        }
    }
}

/// Whether the database answers.
async fn look(lookups: &Lookups) -> Result<(), StoreError> {
    let before = lookups.answered();
    match timeout(LIMIT, lookups.store().probe()).await {
        Ok(result) => result,
        // It is busy: it has answered others meanwhile.
        Err(_) if lookups.answered() != before => Ok(()),
        Err(_) => {
            let error = "the database does not answer";
            Err(StoreError::new(Failure::Timeout, error))
        }
    }
}
