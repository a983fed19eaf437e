//! `get-people`: one GetPeople stream, names from the arguments or from stdin.

use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use super::get_person::{NOT_FOUND, is_nobody};
use crate::cli::{Format, GetPeopleArgs};
use crate::error::{Error, Result};
use crate::input::names::{self, Names, Separator};
use crate::input::{self, Failure, Requests, Stdin};
use crate::output::{Console, Renderer};
use crate::schema;
use crate::session::drive::{End, Exchange, Replies, Then, with_stdout};
use crate::session::interrupt::Interrupt;
use crate::session::replies::Printed;
use crate::session::target::{self as client, Target};
use crate::session::unanswered::Unanswered;

pub fn run(args: GetPeopleArgs, console: Console) -> Result<()> {
    let method = schema::bundled_method("GetPeople")?;
    let format = client::format(&args.output, Format::Text)?;
    let names = names_from(args.names, args.null);
    let target = Target::new(&args.connection)?;
    let mut renderer = Renderer::new(&method, format);
    crate::session::block_on(async {
        let interrupt = Interrupt::listen()?;
        let session = interrupt.or(target.connect(console)).await?;
        let tally = Tally::default();
        let (sender, sent) = mpsc::unbounded_channel();
        let sender = format.shows_everything().then_some(sender);
        let (requests, failure) = names.open(console);
        let requests = requests.inspect(tell(tally.clone(), sender));
        let call = session.call(client::path(&method)?, requests);
        let exchange = Exchange {
            console,
            interrupt: &interrupt,
            show_progress: client::shows_progress(&args.output),
        };
        let mut people = People {
            printed: Printed::new(&mut renderer, format, false).at_most(args.max_messages),
            tally,
        };
        let end = with_stdout(&interrupt, async |stdout| {
            exchange
                .drive(call, failure, Some(sent), &mut people, stdout)
                .await
        })
        .await;
        session.connection.close().await;
        match end? {
            End::Status(status) => {
                people.printed.judge(&status)?;
                judge(&people.tally, args.strict, console)
            }
            End::Stopped => Ok(()),
        }
    })
}

/// What the replies came to: names without a reply are told, and fail a strict run.
fn judge(tally: &Tally, strict: bool, console: Console) -> Result<()> {
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
    fn open(self, console: Console) -> (Requests, Failure) {
        match self {
            Self::Given(given) => input::given(given.iter().map(|name| names::encode(name))),
            Self::Stdin(separator) => {
                if std::io::stdin().is_terminal() {
                    console.notice("reading names from the keyboard, one a line; Ctrl-D ends");
                }
                input::read(Stdin::new().chunks(), Names::new(separator))
            }
        }
    }
}

/// Notes each name as it goes out.
fn tell(
    tally: Tally,
    sent: Option<mpsc::UnboundedSender<(Instant, Vec<Bytes>)>>,
) -> impl FnMut(&Bytes) {
    move |message| {
        tally.lock().ask(names::first_field(message));
        if let Some(sent) = &sent {
            // Whoever would print them is gone with the call.
            let _ = sent.send((Instant::now(), vec![message.clone()]));
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

struct People<'a> {
    printed: Printed<'a>,
    tally: Tally,
}

impl Replies for People<'_> {
    fn request(&mut self, at: Instant, message: &Bytes, out: &mut Vec<u8>) -> Result<()> {
        self.printed.request(at, message, out)
    }

    fn headers(&mut self, metadata: &MetadataMap, out: &mut Vec<u8>) {
        self.printed.headers(metadata, out);
    }

    fn message(&mut self, message: &Bytes, out: &mut Vec<u8>) -> Result<Then> {
        let mut unanswered = self.tally.lock();
        if is_nobody(message, || unanswered.is_waiting(NOT_FOUND.as_bytes())) {
            return Ok(Then::Continue);
        }
        unanswered.answer(names::first_field(message));
        drop(unanswered);
        self.printed.message(message, out)
    }

    fn stopped(&mut self, out: &mut Vec<u8>) {
        self.printed.stopped(out);
    }

    fn ended(&mut self, status: &Status, out: &mut Vec<u8>) -> Result<()> {
        self.printed.ended(status, out)
    }

    fn is_settled(&self) -> bool {
        self.tally.lock().is_settled()
    }

    fn counts(&self) -> (u64, u64) {
        let unanswered = self.tally.lock();
        (unanswered.asked(), unanswered.answered())
    }
}
