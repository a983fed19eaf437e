//! The RouteGuide service: names in, people out.

use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll, ready};

use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

use super::Missing;
use super::people::{NOT_FOUND, People};
use crate::proto::route_guide_server::{RouteGuide, RouteGuideServer};
use crate::proto::{Name, Person};

/// A name of 64 KiB, the most our own client sends, with its field's tag and length.
const REQUEST_LIMIT: usize = 64 * 1024 + 16;

/// The people to answer from, replaceable while calls are under way.
pub struct Directory {
    people: RwLock<Arc<People>>,
    missing: Missing,
}

impl Directory {
    pub fn new(people: People, missing: Missing) -> Self {
        Self {
            people: RwLock::new(Arc::new(people)),
            missing,
        }
    }

    /// Answers from `people` from now on.
    pub fn replace(&self, people: People) {
        *self.people.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(people);
    }

    fn find(&self, name: &str) -> Option<Person> {
        let people = self.people.read().unwrap_or_else(PoisonError::into_inner);
        people.get(name).cloned()
    }
}

/// The service for `directory`.
pub fn service(directory: Arc<Directory>) -> RouteGuideServer<Handler> {
    RouteGuideServer::new(Handler(directory)).max_decoding_message_size(REQUEST_LIMIT)
}

/// The handler of both methods.
pub struct Handler(Arc<Directory>);

#[tonic::async_trait]
impl RouteGuide for Handler {
    async fn get_person(&self, request: Request<Name>) -> Result<Response<Person>, Status> {
        let name = request.into_inner().name;
        match (self.0.find(&name), self.0.missing) {
            (Some(person), _) => Ok(Response::new(person)),
            (None, Missing::Reply) => Ok(Response::new(Person {
                name: NOT_FOUND.to_owned(),
                ..Person::default()
            })),
            (None, Missing::Status) => Err(Status::not_found(format!("no person named {name:?}"))),
        }
    }

    type GetPeopleStream = GetPeople;

    async fn get_people(
        &self,
        request: Request<Streaming<Name>>,
    ) -> Result<Response<GetPeople>, Status> {
        Ok(Response::new(GetPeople {
            names: request.into_inner(),
            directory: Arc::clone(&self.0),
        }))
    }
}

/// The replies of one GetPeople call: each name's person as the name comes. Reads a name only when the reply before
/// it has been taken, so that a client that does not read is not read from either.
pub struct GetPeople {
    names: Streaming<Name>,
    directory: Arc<Directory>,
}

impl Stream for GetPeople {
    type Item = Result<Person, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(Pin::new(&mut self.names).poll_next(cx)) {
                None => return Poll::Ready(None),
                Some(Err(status)) => return Poll::Ready(Some(Err(status))),
                Some(Ok(name)) => {
                    // Unknown names are skipped: a status would end the stream for the names after them.
                    if let Some(person) = self.directory.find(&name.name) {
                        return Poll::Ready(Some(Ok(person)));
                    }
                }
            }
        }
    }
}
