//! The people that a server answers about while it runs: in memory, where they can be replaced, or in a database.

use arc_swap::ArcSwap;

use super::logged::Logged;
use super::lookups::Lookups;
use super::store::Store;
use super::table::People;
use crate::framing::Packer;

/// Where the people of a server come from.
pub enum Source {
    Memory(People),
    Database(Box<dyn Store>),
}

impl From<People> for Source {
    fn from(people: People) -> Self {
        Self::Memory(people)
    }
}

/// The people to answer about.
pub enum Directory {
    Memory(Replaceable),
    Database(Lookups),
}

/// People in memory, replaceable while calls are in flight. Reading takes no lock, and writes to no memory that threads
/// share.
pub struct Replaceable(ArcSwap<People>);

impl Replaceable {
    fn new(people: People) -> Self {
        Self(ArcSwap::from_pointee(people))
    }

    /// Adds the person of that name to the replies, if there is one.
    pub fn find(&self, name: &str, replies: &mut Packer) -> bool {
        let people = self.0.load();
        let person = people.get(name);
        if let Some(person) = person {
            replies.push(person);
        }
        person.is_some()
    }
}

impl Directory {
    pub fn new(source: Source) -> Self {
        match source {
            Source::Memory(people) => Self::Memory(Replaceable::new(people)),
            Source::Database(store) => Self::Database(Lookups::new(Box::new(Logged::new(store)))),
        }
    }

    /// Answers about `people` from now on, unless they are in a database.
    pub fn replace(&self, people: People) {
        if let Self::Memory(known) = self {
            known.0.store(people.into());
        }
    }

    /// The database, if they are in one.
    pub fn database(&self) -> Option<&Lookups> {
        match self {
            Self::Memory(_) => None,
            Self::Database(lookups) => Some(lookups),
        }
    }
}
