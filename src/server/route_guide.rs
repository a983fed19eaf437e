//! The RouteGuide service.

use std::sync::Arc;

use prost::Message as _;
use tonic::Status;

use super::grpc::{Call, Stop, shortened};
use super::name::name;
use super::people::{Directory, NOT_FOUND, Name, Replaceable};
use super::people_in_database::{look_people_up, look_person_up};
use crate::framing::Packer;
use crate::proto::Person;

/// How GetPerson answers when it does not know the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// With a person named "Not Found".
    Reply,
    /// With status NOT_FOUND.
    Status,
}

/// The service, answering from a directory.
pub struct RouteGuide {
    pub directory: Arc<Directory>,
    pub missing: Missing,
}

impl RouteGuide {
    /// Whether GetPerson is answered without a wait.
    pub fn is_immediate(&self) -> bool {
        matches!(*self.directory, Directory::Memory(_))
    }

    /// Answers one request of GetPerson about people in memory.
    ///
    /// # Errors
    /// When the request is malformed, the person unknown and that is a status, or people are not in memory.
    pub fn get_person(&self, request: &[u8], replies: &mut Packer) -> Result<(), Status> {
        let name = name(request)?;
        match &*self.directory {
            Directory::Memory(people) if people.find(&name, replies) => Ok(()),
            Directory::Memory(_) => self.unknown(&name, replies),
            Directory::Database(_) => Err(Status::internal("people are not in memory")),
        }
    }

    /// Answers a call of GetPerson, wherever people are.
    ///
    /// # Errors
    /// As [`RouteGuide::get_person`], or when the call does not have one request, the database cannot answer, or the client
    /// is gone.
    pub async fn get_one_person(&self, call: &mut Call) -> Result<(), Stop> {
        call.only_request_ready().await?;
        let answered = self.answer(call).await;
        call.requests.take();
        answered
    }

    /// Answers the next message of a call, which is left there.
    async fn answer(&self, call: &mut Call) -> Result<(), Stop> {
        let request = call.requests.message();
        let Directory::Database(lookups) = &*self.directory else {
            return Ok(self.get_person(request, call.replies.packer())?);
        };
        let name: Name = name(request)?.into();
        match look_person_up(lookups, Name::clone(&name), call).await? {
            Some(person) => call.replies.packer().push(&person),
            None => self.unknown(&name, call.replies.packer())?,
        }
        Ok(())
    }

    /// Answers about a person that does not exist.
    fn unknown(&self, name: &str, replies: &mut Packer) -> Result<(), Status> {
        match self.missing {
            Missing::Reply => {
                let person = Person {
                    name: NOT_FOUND.to_owned(),
                    ..Person::default()
                };
                replies.push(&person.encode_to_vec());
                Ok(())
            }
            Missing::Status => {
                let name = shortened(name);
                Err(Status::not_found(format!("no person named {name:?}")))
            }
        }
    }

    /// Answers the requests of GetPeople. A request is read only when the replies to those before it are sent or fit into a
    /// frame: a client that does not read its replies is held back by flow control instead of filling our memory.
    ///
    /// # Errors
    /// When a request is malformed, or the client is gone.
    pub async fn get_people(&self, call: &mut Call) -> Result<(), Stop> {
        match &*self.directory {
            Directory::Memory(people) => get_people(people, call).await,
            Directory::Database(lookups) => look_people_up(lookups, call).await,
        }
    }
}

/// GetPeople about people in memory.
async fn get_people(people: &Replaceable, call: &mut Call) -> Result<(), Stop> {
    while call.next().await? {
        let name = name(call.requests.message())?;
        // Unknown names are skipped: a status would end the stream for the names after them.
        people.find(&name, call.replies.packer());
        call.requests.take();
        if call.replies.is_full() {
            call.flush().await?;
        }
        if call.requests.is_compressed() {
            // Each may take as long to decompress as many plain ones, and other calls wait.
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}
