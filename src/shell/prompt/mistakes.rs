//! The first mistake of the line, which is underlined in one place and explained in another.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Assist, LONG};

/// A place in the line, and what is wrong there.
pub(super) type Mistake = (Range<usize>, String);

/// Asks once for every line that is drawn.
pub(super) struct Mistakes {
    assist: Arc<dyn Assist>,
    last: Mutex<Option<(String, Option<Mistake>)>>,
}

impl Mistakes {
    pub(super) fn new(assist: Arc<dyn Assist>) -> Self {
        Self {
            assist,
            last: Mutex::default(),
        }
    }

    pub(super) fn first(&self, line: &str) -> Option<Mistake> {
        if line.is_empty() || line.len() > LONG {
            return None;
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, mistake)) = &*last
            && known == line
        {
            return mistake.clone();
        }
        let mistake = self.assist.check(line);
        *last = Some((line.to_owned(), mistake.clone()));
        mistake
    }

    /// The same line may be right now.
    pub(super) fn forget(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
