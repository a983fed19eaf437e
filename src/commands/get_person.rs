//! `get-person`: one unary GetPerson call.

use bytes::Bytes;
use prost::Message as _;
use tokio::time::Instant;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use crate::cli::{Format, GetPersonArgs};
use crate::error::{Error, Result};
use crate::input::{self, names};
use crate::output::{Console, Renderer};
use crate::proto::Person;
use crate::schema;
use crate::session::drive::{End, Exchange, Replies, Then, with_stdout};
use crate::session::interrupt::Interrupt;
use crate::session::replies::Printed;
use crate::session::target::{self as client, Target};

/// Who the tutorial's server says an unknown person is.
pub const NOT_FOUND: &str = "Not Found";

pub fn run(args: &GetPersonArgs, console: Console) -> Result<()> {
    let method = schema::bundled_method("GetPerson")?;
    let format = client::format(&args.output, Format::Text)?;
    let target = Target::new(&args.connection)?;
    let request = names::encode(&args.name);
    let mut renderer = Renderer::new(&method, format);
    crate::session::block_on(async {
        let interrupt = Interrupt::listen()?;
        let session = interrupt.or(target.connect(console)).await?;
        let (requests, failure) = input::given([request.clone()]);
        let call = session.call(client::path(&method)?, requests);
        let exchange = Exchange {
            console,
            interrupt: &interrupt,
            show_progress: false,
        };
        let mut reply = Reply {
            printed: Printed::new(&mut renderer, format, true),
            asked: &args.name,
            nobody: false,
        };
        let end = with_stdout(&interrupt, async |stdout| {
            reply.request(Instant::now(), &request, stdout.buffer())?;
            exchange
                .drive(call, failure, None, &mut reply, stdout)
                .await
        })
        .await;
        // A call that is over leaves nothing that the server would have to be told.
        if !matches!(end, Ok(End::Status(_))) {
            session.connection.close().await;
        }
        match end? {
            End::Status(status) => reply.judge(&status),
            End::Stopped => Ok(()),
        }
    })
}

/// The reply, which may say that there is no such person.
struct Reply<'a> {
    printed: Printed<'a>,
    asked: &'a str,
    nobody: bool,
}

impl Reply<'_> {
    fn judge(&self, status: &Status) -> Result<()> {
        self.printed.judge(status)?;
        if self.nobody {
            let why = format!("no person named {:?}", self.asked);
            return Err(Error::status(Code::NotFound, why));
        }
        Ok(())
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

impl Replies for Reply<'_> {
    fn request(&mut self, at: Instant, message: &Bytes, out: &mut Vec<u8>) -> Result<()> {
        self.printed.request(at, message, out)
    }

    fn headers(&mut self, metadata: &MetadataMap, out: &mut Vec<u8>) {
        self.printed.headers(metadata, out);
    }

    fn message(&mut self, message: &Bytes, out: &mut Vec<u8>) -> Result<Then> {
        self.nobody |= is_nobody(message, || self.asked == NOT_FOUND);
        self.printed.message(message, out)
    }

    fn ended(&mut self, status: &Status, out: &mut Vec<u8>) -> Result<()> {
        if self.nobody {
            self.printed.withhold();
        }
        self.printed.ended(status, out)
    }

    fn is_settled(&self) -> bool {
        true
    }

    fn counts(&self) -> (u64, u64) {
        self.printed.counts()
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
