//! GetPeople about people in a database, and the status of a call when the database cannot answer.

use std::collections::VecDeque;
use std::future::poll_fn;

use tonic::Status;

use super::grpc::{Call, Stop};
use super::name::name;
use super::people::{Failure, Found, Lookups, MOST_NAMES, Pending, StoreError};

/// How many questions of a stream are under way at once. With fewer, the database waits for the network between them.
const ASKED_AT_ONCE: usize = 4;

/// A longer message is one of few that a connection has room for ([`super::grpc`]). It keeps its room until it is answered.
const LONG: usize = 4 << 10;

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

/// A message that is long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Long {
    No,
    /// The next one, which is asked about when all before it are answered.
    Next,
    /// The one that is asked about. It is taken, and its room is free, once it is answered.
    Asked,
}

/// Answers the requests of GetPeople. The names that have arrived are one question, and the next ones are asked while it is
/// under way. While the client does not take replies, nothing more is read.
///
/// # Errors
/// When a request is malformed, the database cannot answer, or the client is gone.
pub async fn look_people_up(lookups: &Lookups, call: &mut Call) -> Result<(), Stop> {
    let mut asked: VecDeque<Pending> = VecDeque::new();
    let mut long = Long::No;
    // What follows the answers to all questions.
    let mut end = None;
    loop {
        if asked.is_empty() {
            match long {
                Long::No => {}
                Long::Next => {
                    let name = name(call.requests.message())?.into_owned();
                    asked.push_back(lookups.ask(vec![name]));
                    long = Long::Asked;
                }
                Long::Asked => {
                    call.requests.take();
                    long = Long::No;
                }
            }
        }
        if asked.is_empty()
            && let Some(end) = end.take()
        {
            return end;
        }
        let may_read = long == Long::No && asked.len() < ASKED_AT_ONCE;
        let first = asked.front_mut();
        let is_waiting = first.is_some();
        let found = async {
            match first {
                Some(pending) => pending.found().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            found = found, if is_waiting => {
                asked.pop_front();
                give(found, call).await?;
            }
            next = next_or_reset(call, may_read && end.is_none()) => match next {
                Ok(true) => {
                    let (names, next) = gather(call).await;
                    if !names.is_empty() {
                        asked.push_back(lookups.ask(names));
                    }
                    match next {
                        Next::Any => {}
                        Next::Long => long = Long::Next,
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

/// The next request, or the reset of the call if none is to be read.
async fn next_or_reset(call: &mut Call, may_read: bool) -> Result<bool, Stop> {
    if may_read {
        return call.next().await;
    }
    poll_fn(|cx| call.replies.poll_gone(cx)).await;
    Err(Stop::Gone)
}

/// What follows the names that were gathered.
enum Next {
    Any,
    /// A long message.
    Long,
    /// One that has no name in it.
    Bad(Status),
}

/// The names of the requests that have arrived, as far as they fit into a question.
async fn gather(call: &mut Call) -> (Vec<String>, Next) {
    let mut names = Vec::new();
    loop {
        let message = call.requests.message();
        if message.len() > LONG {
            return (names, Next::Long);
        }
        match name(message) {
            Ok(name) => names.push(name.into_owned()),
            Err(status) => return (names, Next::Bad(status)),
        }
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
async fn give(found: Found, call: &mut Call) -> Result<(), Stop> {
    for person in found.people.into_iter().flatten() {
        call.replies.packer().push(&person);
        if call.replies.is_full() {
            call.flush().await?;
        }
    }
    match found.failure {
        Some(failure) => Err(status(&failure).into()),
        None => call.flush().await,
    }
}
