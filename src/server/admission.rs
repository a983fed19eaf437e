//! How many connections there may be: in all, and of each peer.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::limits::Limits;
use super::metrics::Limit;

/// Refused connections that are told so at the same time. Beyond them, connections are closed without a word.
const REFUSALS: usize = 64;

/// Counts connections.
#[derive(Default)]
pub struct Admission {
    connections: AtomicUsize,
    refusals: AtomicUsize,
    /// Only if their number is limited.
    by_peer: Mutex<HashMap<IpAddr, usize>>,
}

/// A place among those that are counted, given back when it is dropped.
pub struct Place {
    admission: Arc<Admission>,
    kind: Kind,
}

enum Kind {
    Connection(Option<IpAddr>),
    Refusal,
}

impl Admission {
    /// A place for a connection.
    ///
    /// # Errors
    /// When there is none, with the limit that is reached.
    pub fn enter(self: &Arc<Self>, peer: Option<IpAddr>, limits: &Limits) -> Result<Place, Limit> {
        if !take(&self.connections, limits.connections) {
            return Err(Limit::Connections);
        }
        // Gives the place back if the next limit refuses it.
        let mut place = Place {
            admission: Arc::clone(self),
            kind: Kind::Connection(None),
        };
        if let (Some(peer), Some(max)) = (peer, limits.connections_per_peer) {
            let mut by_peer = self.by_peer();
            let count = by_peer.entry(peer).or_default();
            if *count >= max {
                return Err(Limit::ConnectionsPerPeer);
            }
            *count += 1;
            place.kind = Kind::Connection(Some(peer));
        }
        Ok(place)
    }

    fn by_peer(&self) -> std::sync::MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.by_peer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for telling a client that there is none.
    pub fn refuse(self: &Arc<Self>) -> Option<Place> {
        take(&self.refusals, REFUSALS).then(|| Place {
            admission: Arc::clone(self),
            kind: Kind::Refusal,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Self { admission, kind } = self;
        let peer = match kind {
            Kind::Connection(peer) => {
                admission.connections.fetch_sub(1, Ordering::Relaxed);
                *peer
            }
            Kind::Refusal => {
                admission.refusals.fetch_sub(1, Ordering::Relaxed);
                None
            }
        };
        if let Some(peer) = peer {
            let mut by_peer = admission.by_peer();
            if let Some(count) = by_peer.get_mut(&peer) {
                *count -= 1;
                if *count == 0 {
                    by_peer.remove(&peer);
                }
            }
        }
    }
}

fn take(count: &AtomicUsize, max: usize) -> bool {
    let add = |count: usize| (count < max).then_some(count + 1);
    count
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add)
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_it_is_left() {
        let limits = Limits {
            connections: 3,
            connections_per_peer: Some(2),
            ..Limits::default()
        };
        let admission = Arc::<Admission>::default();
        let peer = |last| Some(IpAddr::from([127, 0, 0, last]));
        let enter = |last| admission.enter(peer(last), &limits);
        let (first, _second) = (enter(1).ok(), enter(1).ok());
        assert!(enter(1).is_err(), "a third of one peer");
        let third = enter(2).ok();
        assert!(enter(3).is_err(), "a fourth");
        assert!(first.is_some() && third.is_some());
        drop(first);
        let _again = enter(1).ok();
        assert!(enter(2).is_err());
        drop(third);
        assert!(enter(2).is_ok());
    }
}
