//! The names that wait for a statement.

use std::collections::BTreeMap;

use tokio::sync::oneshot;

use super::super::store::{MOST_BYTES, MOST_NAMES, Name};
use super::{Found, Room};

/// How many statements are under way at once. More keep no database busier that answers from its memory, and let fewer
/// names gather.
pub const STATEMENTS: usize = 4;

/// How many bytes the names of a statement have, unless one call alone has more.
const NAMES: usize = 256 << 10;

/// The names of a call.
pub struct Ask {
    pub names: Vec<Name>,
    /// How many bytes they have.
    len: usize,
    pub room: Room,
    pub reply: oneshot::Sender<Found>,
}

impl Ask {
    pub fn new(names: Vec<Name>, room: Room, reply: oneshot::Sender<Found>) -> Self {
        Self {
            len: names.iter().map(|name| name.len()).sum(),
            names,
            room,
            reply,
        }
    }
}

/// Some that asked, each with its place in the queue.
pub type Batch = Vec<(u64, Ask)>;

/// Those that wait, first come, first served.
pub struct Queue {
    waiting: BTreeMap<u64, Ask>,
    /// The place of the next one.
    end: u64,
    statements: usize,
    /// How many names a statement takes. There are fewer where people are so large that an answer has no room for all.
    most: usize,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            waiting: BTreeMap::new(),
            end: 0,
            statements: 0,
            most: MOST_NAMES,
        }
    }
}

impl Queue {
    /// Adds one at the end. Returns its place, and whether a statement more may be under way, which is counted then.
    pub fn add(&mut self, ask: Ask) -> (u64, bool) {
        let place = self.end;
        self.end += 1;
        self.waiting.insert(place, ask);
        let is_free = self.statements < STATEMENTS;
        self.statements += usize::from(is_free);
        (place, is_free)
    }

    pub fn remove(&mut self, place: u64) -> Option<Ask> {
        self.waiting.remove(&place)
    }

    /// Puts one back where it was, unless it is gone.
    pub fn put_back(&mut self, place: u64, ask: Ask) {
        if !ask.reply.is_closed() {
            self.waiting.insert(place, ask);
        }
    }

    /// Those whose names are the next statement, and how many names it takes. If nobody waits, there is one less under way.
    pub fn next(&mut self) -> Option<(Batch, usize)> {
        let (mut batch, mut names, mut len) = (Vec::new(), 0, 0);
        while let Some(first) = self.waiting.first_entry() {
            names += first.get().names.len();
            len += first.get().len;
            if !batch.is_empty() && (names > self.most || len > NAMES) {
                break;
            }
            batch.push(first.remove_entry());
        }
        if batch.is_empty() {
            self.statements -= 1;
            return None;
        }
        Some((batch, self.most))
    }

    /// What an answer tells about the size of people: of `asked` names, it is about the first `answered`, and has `len` bytes.
    pub fn learn(&mut self, asked: usize, answered: usize, len: usize) {
        if answered < asked {
            self.most = answered;
        } else if self.most < MOST_NAMES && 2 * self.most * len <= MOST_BYTES * asked {
            self.most = MOST_NAMES.min(2 * self.most);
        }
    }

    /// A statement was interrupted. Returns those that nobody will come for.
    pub fn interrupted(&mut self) -> BTreeMap<u64, Ask> {
        self.statements -= 1;
        if self.statements == 0 {
            std::mem::take(&mut self.waiting)
        } else {
            BTreeMap::new()
        }
    }
}
