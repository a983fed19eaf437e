//! `get-person`: one unary GetPerson call.

use std::sync::LazyLock;

use bytes::Bytes;
use memchr::memmem::Finder;
use prost::Message as _;
use tokio_stream::once;
use tonic::Code;
use tonic::metadata::MetadataMap;

use crate::call::End;
use crate::cli::{Format, GetPersonArgs};
use crate::error::{Error, Result};
use crate::input::{Failure, names};
use crate::output::Renderer;
use crate::proto::Person;
use crate::schema;
use crate::session::drive::{CallObserver, Driver, Then};
use crate::session::printer::CallPrinter;
use crate::session::target::{Method, Target};
use crate::session::{Context, output};

/// The name in the reply of the tutorial's server for a person that it does not know.
pub const NOT_FOUND: &str = "Not Found";

pub async fn run(args: &GetPersonArgs, context: &mut Context) -> Result<()> {
    let console = output::console(&args.output.console, context);
    let descriptor = schema::bundled_method("GetPerson")?;
    let method = Method::new(&descriptor)?;
    let format = output::format(&args.output, Format::Text, context)?;
    let target = Target::new(&args.connection, context)?;
    let mut renderer = Renderer::new(&descriptor, format);
    let session = target.connect_for(format, context, &console).await?;
    let call = session.call(&method, once(names::encode(&args.name)));
    let driver = Driver {
        console,
        interrupt: context.interrupt.clone(),
        show_progress: false,
    };
    let mut observer = OnePerson {
        printer: CallPrinter::new(&mut renderer, true),
        asked: &args.name,
        is_unknown: false,
    };
    driver
        .with_stdout(&mut context.stdout, async |stdout| {
            driver
                .drive(call, Failure::never(), &mut observer, stdout)
                .await
        })
        .await
}

/// Prints the reply, unless it is the one for an unknown person.
struct OnePerson<'a> {
    printer: CallPrinter<'a>,
    asked: &'a str,
    is_unknown: bool,
}

/// Whether a reply is the one of the tutorial's server for an unknown person. If the requested name is itself
/// "Not Found" (`asked_for`), only a reply with no other field is.
pub fn is_unknown_person(message: &[u8], asked_for: impl FnOnce() -> bool) -> bool {
    // Rules out nearly all messages without decoding them.
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(NOT_FOUND));
    if FINDER.find(message).is_none() {
        return false;
    }
    Person::decode(message).is_ok_and(|person| {
        let unknown = Person {
            name: NOT_FOUND.to_owned(),
            ..Person::default()
        };
        person == unknown || (person.name == NOT_FOUND && !asked_for())
    })
}

impl CallObserver for OnePerson<'_> {
    fn sent(&mut self, messages: &[Bytes], out: &mut Vec<u8>) -> Result<()> {
        self.printer.sent(messages, out)
    }

    fn headers(&mut self, metadata: &MetadataMap, out: &mut Vec<u8>) {
        self.printer.headers(metadata, out);
    }

    fn message(&mut self, message: &Bytes, out: &mut Vec<u8>) -> Result<Then> {
        self.is_unknown = is_unknown_person(message, || self.asked == NOT_FOUND);
        self.printer.message(message, out)
    }

    fn ended(&mut self, end: &End, failure: Option<Error>, out: &mut Vec<u8>) -> Result<()> {
        let judgement = if self.is_unknown {
            let why = format!("no person named {:?}", self.asked);
            Err(Error::status(Code::NotFound, why))
        } else {
            Ok(())
        };
        self.printer.conclude(end, failure, judgement, out)
    }

    fn is_settled(&self) -> bool {
        self.printer.is_settled()
    }

    fn counts(&self) -> (u64, u64) {
        self.printer.counts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_person_differs_from_a_person_named_not_found() {
        let person = |name: &str, age| {
            Person {
                name: name.to_owned(),
                age,
                ..Person::default()
            }
            .encode_to_vec()
        };
        assert!(is_unknown_person(&person(NOT_FOUND, 0), || false));
        assert!(is_unknown_person(&person(NOT_FOUND, 0), || true));
        assert!(is_unknown_person(&person(NOT_FOUND, -1), || false));
        assert!(
            !is_unknown_person(&person(NOT_FOUND, 30), || true),
            "a person with that name"
        );
        assert!(!is_unknown_person(&person("Alice", 30), || false));
    }
}
