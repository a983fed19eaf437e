//! The names of several calls in one statement, and its answer dealt out to them.

use bytes::Bytes;
use hashbrown::HashMap;

use super::super::store::{Looked, Name, StoreError};
use super::queue::Batch;
use super::{Found, Room};

/// A statement for those that ask.
pub struct Statement {
    batch: Batch,
    /// Each name once, and at most as many as a statement takes.
    names: Vec<Name>,
    len: usize,
    /// Where the names of those that ask are among them, one after the other, up to the first that is not.
    places: Vec<usize>,
}

impl Statement {
    pub fn new(batch: Batch, most: usize) -> Self {
        let count = batch.iter().map(|(_, ask)| ask.names.len()).sum();
        let mut names = Vec::with_capacity(most.min(count));
        let mut places = Vec::with_capacity(count);
        let mut known: HashMap<&str, usize> = HashMap::with_capacity(count);
        for name in batch.iter().flat_map(|(_, ask)| &ask.names) {
            let place = *known.entry(name).or_insert(names.len());
            if place == names.len() {
                if place == most {
                    break;
                }
                names.push(Name::clone(name));
            }
            places.push(place);
        }
        drop(known);
        Self {
            len: names.len(),
            batch,
            names,
            places,
        }
    }

    /// How many names it has.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn take_names(&mut self) -> Vec<Name> {
        std::mem::take(&mut self.names)
    }

    pub fn fail(self, error: &StoreError) {
        for (_, ask) in self.batch {
            // Whoever asked may be gone.
            let _ = ask.reply.send(Found::failed(error.clone()));
        }
    }

    /// Answers those whose first name, at least, was looked up. Returns how many bytes of people there are, and the others.
    pub fn deal_out(self, found: &[Looked]) -> (usize, Batch) {
        let person = |looked: &Looked| {
            looked
                .as_ref()
                .ok()
                .and_then(Option::as_ref)
                .map(Bytes::len)
        };
        let all = found.iter().filter_map(person).sum();
        let mut places = self.places.as_slice();
        let mut unanswered = Batch::new();
        for (place, mut ask) in self.batch {
            let (own, others) = places.split_at(ask.names.len().min(places.len()));
            places = others;
            if own.first().is_none_or(|&first| first >= found.len()) {
                unanswered.push((place, ask));
                continue;
            }
            let mut answer = collect(own, found, ask.room);
            // All people of a statement may share one allocation, and this is what is left of it while others are slow.
            if 2 * answer.len < all {
                copy(&mut answer);
            }
            if answer.failure.is_none() {
                answer.rest = ask.names.split_off(answer.people.len());
            }
            let _ = ask.reply.send(answer);
        }
        (all, unanswered)
    }
}

/// The people in these places, up to a failure, or to the last that has room.
fn collect(places: &[usize], found: &[Looked], room: Room) -> Found {
    let mut answer = Found {
        people: Vec::with_capacity(places.len()),
        ..Found::default()
    };
    for looked in places.iter().map_while(|&place| found.get(place)) {
        match looked {
            Ok(person) => {
                let len = person.as_ref().map_or(0, Bytes::len);
                let is_room_for_one = answer.len == 0 && room.or_one;
                if answer.len + len > room.len && len > 0 && !is_room_for_one {
                    break;
                }
                answer.len += len;
                answer.people.push(person.clone());
            }
            Err(error) => {
                answer.failure = Some((**error).clone());
                break;
            }
        }
    }
    answer
}

/// Gives an answer memory of its own.
fn copy(answer: &mut Found) {
    let mut bytes = Vec::with_capacity(answer.len);
    for person in answer.people.iter().flatten() {
        bytes.extend_from_slice(person);
    }
    let mut bytes = Bytes::from(bytes);
    for person in answer.people.iter_mut().flatten() {
        *person = bytes.split_to(person.len());
    }
}
