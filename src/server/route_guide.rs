//! The RouteGuide service.

use std::borrow::Cow;
use std::sync::Arc;

use prost::Message as _;
use tonic::Status;

use super::grpc::{Call, Stop, shortened};
use super::people::{Directory, NOT_FOUND};
use crate::framing::Packer;
use crate::proto::{Name, Person};

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
    /// Answers one request of GetPerson.
    ///
    /// # Errors
    /// When the request is malformed, or the person unknown and that is a status.
    pub fn get_person(&self, request: &[u8], replies: &mut Packer) -> Result<(), Status> {
        let name = name(request)?;
        if self.directory.find(&name, replies) {
            return Ok(());
        }
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
                let name = shortened(&name);
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
        while call.next().await? {
            let name = name(call.requests.message())?;
            // Unknown names are skipped: a status would end the stream for the names after them.
            self.directory.find(&name, call.replies.packer());
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
}

/// The key of `Name.name` on the wire: field 1, a string.
const NAME: u8 = 0x0a;

/// The name in a request. A request that is nothing but a short name is not copied.
fn name(request: &[u8]) -> Result<Cow<'_, str>, Status> {
    if let [NAME, len @ 0..0x80, name @ ..] = request
        && name.len() == usize::from(*len)
        && let Ok(name) = std::str::from_utf8(name)
    {
        return Ok(Cow::Borrowed(name));
    }
    match Name::decode(request) {
        Ok(request) => Ok(Cow::Owned(request.name)),
        Err(_) => Err(Status::internal("the request is not a valid Name message")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_prost_reads_it() {
        let named = |name: &str| {
            Name {
                name: name.to_owned(),
            }
            .encode_to_vec()
        };
        let long = "x".repeat(128);
        for text in ["", "Alice", "\u{e9}", &long[..127], &long] {
            assert_eq!(name(&named(text)).unwrap(), text);
        }
        let twice = [named("Alice"), named("Bob")].concat();
        assert_eq!(name(&twice).unwrap(), "Bob");
        let with_unknown = [&named("Alice")[..], &[0x10, 1]].concat();
        assert_eq!(name(&with_unknown).unwrap(), "Alice");
        for bad in [&[0x0a, 1, 0xff][..], &[0x0a, 5, b'x'], &[0x0a]] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
    }
}
