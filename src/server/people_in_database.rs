//! GetPerson and GetPeople about people in a database, and the status of a call when the database cannot answer.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use bytes::Bytes;
use tonic::Status;

use super::grpc::{Call, Share, Stop};
use super::name::name;
use super::people::{Failure, Found, Lookups, MOST_NAMES, Name, Pending, Room, StoreError};

/// How many questions of a stream are under way at once. With fewer, the database waits for the network between them.
const ASKED_AT_ONCE: usize = 4;

/// How many bytes a question holds at most, with its answer.
const QUESTION: usize = 128 << 10;

/// How many bytes the questions of a connection hold, with their answers. A call whose question has no room asks about one
/// name at a time, when it holds nothing else: however many calls do not read their replies, the others go on.
const QUESTIONS: usize = 512 << 10;

/// A longer name has a request that is one of few that a connection has room for ([`super::grpc`]), unless that is compressed.
const LONG: usize = 4 << 10;

/// What a name takes beside its text, with its place in an answer.
const NAME: usize = 48;

/// How many bytes a person is expected to have, at least.
const PERSON: usize = 128;

/// The status of a call that a database cannot answer. What failed is for those who run the server, not for its clients.
pub fn status(error: &StoreError) -> Status {
    match error.failure() {
        Failure::Person { .. } => {
            Status::data_loss("the database holds a person that no message can hold")
        }
        Failure::Corrupt => Status::data_loss("the database of the people is damaged"),
        Failure::Timeout => Status::unavailable("the database of the people takes too long"),
        _ => Status::unavailable("the database of the people is not available"),
    }
}

/// What a name takes whose request stays where it is. Decompressed, it may be far larger than the room that this has.
fn kept(name: &Name, call: &mut Call) -> Result<Share, Status> {
    let mut share = call.questions.share();
    let is_larger = call.requests.is_compressed() && name.len() > LONG;
    if is_larger && share.total() + name.len() > QUESTIONS {
        let status = "the connection asks about too many long names at once";
        return Err(Status::resource_exhausted(status));
    }
    share.set(NAME + name.len());
    Ok(share)
}

/// Looks up one person, whose request keeps its room meanwhile.
///
/// # Errors
/// When the database cannot answer, or the client is gone.
pub async fn look_person_up(
    lookups: &Lookups,
    name: Name,
    call: &mut Call,
) -> Result<Option<Bytes>, Stop> {
    let _share = kept(&name, call)?;
    let mut pending = lookups.ask(vec![name], Room::ONE);
    let mut found = tokio::select! {
        biased;
        found = pending.found() => found,
        stop = call.gone() => return Err(stop),
    };
    match found.failure {
        Some(failure) => Err(status(&failure).into()),
        None => Ok(found.people.pop().flatten()),
    }
}

/// Answers the requests of GetPeople. The names that have arrived are one question, and the next ones are asked while it is
/// under way. While the client does not take replies, nothing more is read.
///
/// # Errors
/// When a request is malformed, the database cannot answer, or the client is gone.
pub async fn look_people_up(lookups: &Lookups, call: &mut Call) -> Result<(), Stop> {
    let mut asked: VecDeque<Question> = VecDeque::new();
    let mut person = PERSON;
    // Whether the next message has to wait for an answer, and what follows the answers to all questions.
    let (mut is_full, mut end) = (false, None);
    loop {
        if asked.is_empty()
            && let Some(end) = end.take()
        {
            return end;
        }
        let may_read = end.is_none() && !is_full && asked.len() < ASKED_AT_ONCE;
        let first = asked.front_mut();
        let is_waiting = first.is_some();
        let found = async {
            match first {
                Some(question) => question.pending.found().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            found = found, if is_waiting => {
                let Some(question) = asked.pop_front() else { continue };
                if found.len > 0 {
                    // Not all are as small as most are.
                    person = PERSON.max(2 * found.len / found.people.len().max(1));
                } else if !found.people.is_empty() {
                    // They are unknown. What one large person made of the others is not to last.
                    person = PERSON.max(person / 2);
                }
                // Before the people are sent: the client may not read, and others need the room.
                if question.is_in_place {
                    call.requests.take();
                }
                give(&found, call).await?;
                if let Some(question) = question.again(found, person, lookups) {
                    asked.push_front(question);
                }
                is_full = false;
            }
            next = next_or_gone(call, may_read) => match next {
                Ok(true) => {
                    let mut share = call.questions.share();
                    let (names, next) = gather(call, &mut share, person).await;
                    if !names.is_empty() {
                        let is_first = asked.is_empty();
                        asked.push_back(Question::new(names, person, is_first, share, lookups));
                    }
                    match next {
                        Next::Any => {}
                        Next::NoRoom if asked.is_empty() => {
                            let name = name(call.requests.message())?.into();
                            let share = kept(&name, call)?;
                            asked.push_back(Question::in_place(name, share, lookups));
                            is_full = true;
                        }
                        Next::NoRoom => is_full = true,
                        Next::Bad(status) => end = Some(Err(status.into())),
                    }
                }
                Ok(false) => end = Some(Ok(())),
                Err(Stop::Gone) => return Err(Stop::Gone),
                Err(stop) => end = Some(Err(stop)),
            },
        }
    }
}

/// The next request, or the end of the call if none is to be read.
async fn next_or_gone(call: &mut Call, may_read: bool) -> Result<bool, Stop> {
    if may_read {
        return call.next().await;
    }
    Err(call.gone().await)
}

/// A question that is under way.
struct Question {
    pending: Pending,
    /// Names that it is about, too, once the first of them are answered.
    later: Vec<Name>,
    /// What all this, and the answer, may hold.
    share: Share,
    /// Its only message is not taken, and keeps its room until it is answered.
    is_in_place: bool,
}

impl Question {
    /// Asks about these, who are expected to be of this size. Only the first question is answered though there is no room.
    fn new(
        mut names: Vec<Name>,
        person: usize,
        is_first: bool,
        mut share: Share,
        lookups: &Lookups,
    ) -> Self {
        let held: usize = names.iter().map(|name| NAME + name.len()).sum();
        share.set(held);
        let left = QUESTIONS.saturating_sub(share.total());
        let room = left.min(QUESTION.saturating_sub(held));
        let len = names.len().min((room / person).max(1));
        let room = room.min(len * person);
        share.set(held + room);
        let later = names.split_off(len);
        let room = Room {
            len: room,
            or_one: is_first,
        };
        Self {
            pending: lookups.ask(names, room),
            later,
            share,
            is_in_place: false,
        }
    }

    /// Asks about the name of the next message.
    fn in_place(name: Name, share: Share, lookups: &Lookups) -> Self {
        Self {
            pending: lookups.ask(vec![name], Room::ONE),
            later: Vec::new(),
            share,
            is_in_place: true,
        }
    }

    /// The first question, asked about the names that are not answered yet, if there are any.
    fn again(self, found: Found, person: usize, lookups: &Lookups) -> Option<Self> {
        let mut names = found.rest;
        names.extend(self.later);
        (!names.is_empty()).then(|| Self::new(names, person, true, self.share, lookups))
    }
}

/// What follows the names that were gathered.
enum Next {
    Any,
    /// A message for which there is no room now.
    NoRoom,
    /// One that has no name in it.
    Bad(Status),
}

/// The names of the requests that have arrived, as far as they and the people fit into a question. The share has them from
/// then on: other calls gather theirs meanwhile.
async fn gather(call: &mut Call, share: &mut Share, person: usize) -> (Vec<Name>, Next) {
    let (mut names, mut held) = (Vec::new(), 0);
    loop {
        let name: Name = match name(call.requests.message()) {
            Ok(name) => name.into(),
            Err(status) => return (names, Next::Bad(status)),
        };
        let more = NAME + name.len() + person;
        if held + more > QUESTION || share.total() + more > QUESTIONS {
            let next = if names.is_empty() {
                Next::NoRoom
            } else {
                Next::Any
            };
            return (names, next);
        }
        held += more;
        share.set(held);
        names.push(name);
        call.requests.take();
        if call.requests.is_compressed() {
            // Each may take as long to decompress as many plain ones, and other calls wait.
            tokio::task::yield_now().await;
        }
        if names.len() == MOST_NAMES || !call.requests.has_next() {
            return (names, Next::Any);
        }
    }
}

/// Sends what was found. Unknown names are skipped: a status would end the stream for the names after them.
async fn give(found: &Found, call: &mut Call) -> Result<(), Stop> {
    for person in found.people.iter().flatten() {
        call.replies.packer().push(person);
        if call.replies.is_full() {
            call.flush().await?;
        }
    }
    match &found.failure {
        Some(failure) => Err(status(failure).into()),
        None => call.flush().await,
    }
}
