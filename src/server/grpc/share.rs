//! Memory that the calls of a connection share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many bytes the calls of a connection hold of something. Clones share the count.
#[derive(Clone, Debug, Default)]
pub struct Total(Arc<AtomicUsize>);

/// What one of them holds. It is not counted any more once this is dropped.
#[derive(Debug)]
pub struct Share {
    total: Total,
    len: usize,
}

impl Total {
    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// A share that is empty.
    pub fn share(&self) -> Share {
        Share {
            total: self.clone(),
            len: 0,
        }
    }
}

impl Share {
    pub fn total(&self) -> usize {
        self.total.get()
    }

    pub fn set(&mut self, len: usize) {
        let before = std::mem::replace(&mut self.len, len);
        // All calls of a connection are on one thread, so this needs no locked instruction.
        let all = (self.total.get() + len).saturating_sub(before);
        self.total.0.store(all, Ordering::Relaxed);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.set(0);
    }
}
