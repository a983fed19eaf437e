//! `get-person`: one unary GetPerson call.

use bytes::Bytes;
use prost::Message as _;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use super::client::{self, Target};
use super::exchange::{End, Exchange, Replies, Then};
use super::interrupt::Interrupt;
use crate::call::{Call, Start};
use crate::cli::GetPersonArgs;
use crate::error::{Error, Result};
use crate::input::{self, names};
use crate::output::{Console, Printer};
use crate::proto::Person;
use crate::schema;

/// Who the tutorial's server says an unknown person is.
pub const NOT_FOUND: &str = "Not Found";

pub fn run(args: GetPersonArgs, console: Console) -> Result<()> {
    let method = schema::bundled_method("GetPerson")?;
    let style = client::style(&args.output);
    let target = Target::new(&args.connection)?;
    let mut reply = Reply {
        asked: args.name,
        printer: Printer::new(&method.output(), style),
        messages: Vec::new(),
    };
    super::block_on(async {
        let interrupt = Interrupt::listen()?;
        let session = interrupt.or(target.connect(console)).await?;
        let (requests, failure) = input::given(vec![names::encode(&reply.asked)], |_| {});
        let call = Call::start(
            session.connection.channel(),
            Start {
                path: client::path(&method)?,
                metadata: MetadataMap::new(),
                deadline: session.deadline,
                requests,
            },
        );
        let exchange = Exchange {
            call,
            failure,
            console,
            interrupt: &interrupt,
            show_progress: false,
        };
        let end = exchange.run(&mut reply).await;
        session.connection.close().await;
        match end? {
            End::Status(status) => reply.judge(&status),
            End::Stopped => Ok(()),
        }
    })
}

/// The reply of a unary call, held back until the status says that it stands.
struct Reply {
    asked: String,
    printer: Printer,
    messages: Vec<Bytes>,
}

impl Reply {
    /// What the call came to.
    fn judge(&self, status: &Status) -> Result<()> {
        if status.code() != Code::Ok {
            return Err(client::status_error(status));
        }
        match self.messages.as_slice() {
            [message] if self.is_nobody(message) => Err(Error::status(
                Code::NotFound,
                format!("no person named {:?}", self.asked),
            )),
            [_] => Ok(()),
            messages => Err(Error::status(
                Code::Internal,
                format!(
                    "a unary call has one reply, this one had {}",
                    messages.len()
                ),
            )),
        }
    }

    fn is_nobody(&self, message: &[u8]) -> bool {
        is_nobody(message, || self.asked == NOT_FOUND)
    }
}

/// Whether a reply is the tutorial's way to say that there is no such person. If the person asked for is of that very
/// name, it is only when nothing else is known about them.
pub fn is_nobody(message: &[u8], asked_for: impl FnOnce() -> bool) -> bool {
    // Nearly no message is, and all others are told apart without decoding them.
    if memchr::memmem::find(message, NOT_FOUND.as_bytes()).is_none() {
        return false;
    }
    Person::decode(message).is_ok_and(|person| {
        let nobody = Person {
            name: NOT_FOUND.to_owned(),
            ..Person::default()
        };
        person == nobody || (person.name == NOT_FOUND && !asked_for())
    })
}

impl Replies for Reply {
    fn message(&mut self, message: &Bytes, _: &mut Vec<u8>) -> Result<Then> {
        self.messages.push(message.clone());
        Ok(match self.messages.len() {
            1 => Then::Continue,
            // Whatever else comes: the call has failed already.
            _ => Then::Stop,
        })
    }

    fn ended(&mut self, status: &Status, out: &mut Vec<u8>) -> Result<()> {
        match self.messages.as_slice() {
            [message] if status.code() == Code::Ok && !self.is_nobody(message) => {
                self.printer.print(message, out)
            }
            _ => Ok(()),
        }
    }

    fn is_settled(&self) -> bool {
        true
    }

    fn counts(&self) -> (u64, u64) {
        (1, self.messages.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_who_the_tutorials_server_says() {
        let person = |name: &str, age| {
            Person {
                name: name.to_owned(),
                age,
                ..Person::default()
            }
            .encode_to_vec()
        };
        assert!(is_nobody(&person(NOT_FOUND, 0), || false));
        assert!(is_nobody(&person(NOT_FOUND, 0), || true));
        assert!(is_nobody(&person(NOT_FOUND, -1), || false));
        assert!(
            !is_nobody(&person(NOT_FOUND, 30), || true),
            "a person of that name"
        );
        assert!(!is_nobody(&person("Alice", 30), || false));
    }
}
