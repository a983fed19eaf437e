//! The RouteGuide service.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

use super::people::{Directory, NOT_FOUND};
use crate::proto::route_guide_server::{RouteGuide, RouteGuideServer};
use crate::proto::{Name, Person};

/// The largest request message: a name of 64 KiB, the longest that our own client sends, with its field's tag and
/// length.
const REQUEST_LIMIT: usize = 64 * 1024 + 16;

/// How GetPerson answers when it does not know the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// With a person named "Not Found".
    Reply,
    /// With status NOT_FOUND.
    Status,
}

/// The service, answering from `directory`.
pub fn service(directory: Arc<Directory>, missing: Missing) -> RouteGuideServer<Handler> {
    RouteGuideServer::new(Handler { directory, missing }).max_decoding_message_size(REQUEST_LIMIT)
}

/// Handles both methods.
pub struct Handler {
    directory: Arc<Directory>,
    missing: Missing,
}

#[tonic::async_trait]
impl RouteGuide for Handler {
    async fn get_person(&self, request: Request<Name>) -> Result<Response<Person>, Status> {
        let name = request.into_inner().name;
        match (self.directory.find(&name), self.missing) {
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
            directory: Arc::clone(&self.directory),
        }))
    }
}

/// The replies of one GetPeople call. A name is read only after the previous reply has been taken: a client that does
/// not read its replies is held back by flow control instead of filling our memory.
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
