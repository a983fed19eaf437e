//! `get-people`: one GetPeople stream, names from the arguments or from stdin.

use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use super::client::{self, Target};
use super::exchange::{End, Exchange, Replies, Then};
use super::get_person::{NOT_FOUND, is_nobody};
use super::interrupt::Interrupt;
use super::unanswered::Unanswered;
use crate::call::{Call, Start};
use crate::cli::GetPeopleArgs;
use crate::error::{Error, Result};
use crate::input::names::{self, Names, Separator};
use crate::input::{self, Failure, Requests};
use crate::output::{Console, Printer};
use crate::schema;

pub fn run(args: GetPeopleArgs, console: Console) -> Result<()> {
    let method = schema::bundled_method("GetPeople")?;
    let style = client::style(&args.output);
    let show_progress = Console::is_terminal() && !style.terminal && !args.output.quiet;
    let names = names_from(args.names, args.null);
    let target = Target::new(&args.connection)?;
    super::block_on(async {
        let interrupt = Interrupt::listen()?;
        let session = interrupt.or(target.connect(console)).await?;
        let tally = Tally::default();
        let (requests, failure) = names.open(console, tally.clone());
        let mut people = People {
            tally,
            printer: Printer::new(&method.output(), style),
            left: args.max_messages,
        };
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
            show_progress,
        };
        let end = exchange.run(&mut people).await;
        session.connection.close().await;
        match end? {
            End::Status(status) => judge(&status, &people.tally, args.strict, console),
            End::Stopped => Ok(()),
        }
    })
}

/// What the call came to: names without a reply are told, and fail a strict run.
fn judge(status: &Status, tally: &Tally, strict: bool, console: Console) -> Result<()> {
    if status.code() != Code::Ok {
        return Err(client::status_error(status));
    }
    match tally.lock().report() {
        None => Ok(()),
        Some(report) if strict => Err(Error::status(Code::NotFound, report)),
        Some(report) => {
            console.notice(&report);
            Ok(())
        }
    }
}

/// Where names come from.
enum Source {
    Given(Vec<String>),
    Stdin(Separator),
}

fn names_from(arguments: Vec<String>, null: bool) -> Source {
    let stdin = match arguments.as_slice() {
        [] => true,
        [only] => only == "-",
        _ => false,
    };
    match (stdin, null) {
        (false, _) => Source::Given(arguments),
        (true, true) => Source::Stdin(Separator::Null),
        (true, false) => Source::Stdin(Separator::Line),
    }
}

impl Source {
    fn open(self, console: Console, tally: Tally) -> (Requests, Failure) {
        let count = move |batch: &[Bytes]| {
            let mut unanswered = tally.lock();
            for message in batch {
                unanswered.ask(names::first_field(message));
            }
        };
        match self {
            Self::Given(given) => input::given(
                given.iter().map(|name| names::encode(name)).collect(),
                count,
            ),
            Self::Stdin(separator) => {
                let stdin = std::io::stdin();
                if stdin.is_terminal() {
                    console.notice("reading names from the keyboard, one a line; Ctrl-D ends");
                }
                input::read(Names::new(stdin, separator), count)
            }
        }
    }
}

/// The names asked for and answered, shared by the request stream and the replies.
#[derive(Clone, Default)]
struct Tally(Arc<Mutex<Unanswered>>);

impl Tally {
    fn lock(&self) -> MutexGuard<'_, Unanswered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct People {
    tally: Tally,
    printer: Printer,
    /// Replies still wanted.
    left: Option<u64>,
}

impl Replies for People {
    fn message(&mut self, message: &Bytes, out: &mut Vec<u8>) -> Result<Then> {
        let mut unanswered = self.tally.lock();
        if is_nobody(message, || unanswered.is_waiting(NOT_FOUND.as_bytes())) {
            return Ok(Then::Continue);
        }
        unanswered.answer(names::first_field(message));
        drop(unanswered);
        self.printer.print(message, out)?;
        match &mut self.left {
            None => Ok(Then::Continue),
            Some(left) => {
                *left -= 1;
                Ok(if *left == 0 {
                    Then::Stop
                } else {
                    Then::Continue
                })
            }
        }
    }

    fn is_settled(&self) -> bool {
        self.tally.lock().is_settled()
    }

    fn counts(&self) -> (u64, u64) {
        let unanswered = self.tally.lock();
        (unanswered.asked(), unanswered.answered())
    }
}
