//! The people the server answers about: built in (`memory`) or from a file (`file`), and the directory that holds them
//! while the server runs.

mod file;
mod memory;

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::proto::Person;

/// The name in the reply about an unknown person. The tutorial's server answers with it, so no person can have it.
pub const NOT_FOUND: &str = "Not Found";

/// People by name.
#[derive(Debug, Default)]
pub struct People {
    by_name: HashMap<String, Person>,
}

impl People {
    /// The person of that name.
    pub fn get(&self, name: &str) -> Option<&Person> {
        self.by_name.get(name)
    }

    pub fn len(&self) -> usize {
        self.by_name.len()
    }
}

/// The people to answer about, replaceable while calls are in flight.
pub struct Directory(RwLock<People>);

impl Directory {
    pub fn new(people: People) -> Self {
        Self(RwLock::new(people))
    }

    /// Answers about `people` from now on. Dropping the previous people takes time when there are many of them, and
    /// happens here, outside the lock.
    pub fn replace(&self, people: People) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let previous = std::mem::replace(&mut *current, people);
        drop(current);
        drop(previous);
    }

    pub fn find(&self, name: &str) -> Option<Person> {
        let people = self.0.read().unwrap_or_else(PoisonError::into_inner);
        people.get(name).cloned()
    }
}
