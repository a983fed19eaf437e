//! `get-people`: one GetPeople stream, names from the arguments or from stdin.

use std::path::Path;

use tonic::Code;
use tonic::metadata::MetadataMap;

use crate::call::End;
use crate::cli::{Format, GetPeopleArgs};
use crate::error::{Error, Result};
use crate::framing::Sent;
use crate::input::names::{self, Names, Separator};
use crate::input::{self, Failure, Requests};
use crate::output::{Attempt, Renderer};
use crate::schema;
use crate::session::drive::Driver;
use crate::session::observer::{CallObserver, Then};
use crate::session::printer::CallPrinter;
use crate::session::tally::Tally;
use crate::session::target::Target;
use crate::session::unknown_person::{NOT_FOUND, is_unknown_person};
use crate::session::{Context, output};

pub async fn run(args: &GetPeopleArgs, context: &mut Context) -> Result<()> {
    let console = output::console(&args.output.console, context);
    let descriptor = schema::bundled_method("GetPeople")?;
    let format = output::format(&args.output, Format::Text, context)?;
    let target = Target::new(&args.connection, context).await?;
    let method = target.method(&descriptor)?;
    let mut renderer = Renderer::new(&descriptor, format);
    let session = target.connect_for(format, context, &console).await?;
    session.show_request(&method, &console);
    if reads_stdin(args) && context.terminal.stdin_is_terminal {
        console.notice("reading names from the terminal, one per line; Ctrl-D ends the input");
    }
    let (requests, failure) = open(args, context);
    let at_hand = requests.at_hand();
    let again = at_hand.map(|all| session.again(&method, move || all.requests()));
    let call = session.call(&method, requests);
    let driver = Driver {
        console: console.clone(),
        interrupt: context.interrupt.clone(),
        show_progress: output::shows_progress(&args.output, context),
    };
    let mut observer = People {
        printer: CallPrinter::new(&mut renderer, false)
            .at_most(args.max_messages)
            .recording(context.recorder.call(&descriptor)),
        tally: Tally::default(),
        strict: args.strict,
        report: None,
    };
    driver
        .with_stdout(&mut context.stdout, async |stdout| {
            driver
                .drive_again(call, again, failure, &mut observer, stdout)
                .await
        })
        .await?;
    if let Some(report) = observer.report {
        console.notice(&report);
        let file = args.names.iter().map(|name| name.trim_start_matches('@'));
        if let Some(file) = file.into_iter().find(|name| Path::new(name).is_file()) {
            console.notice(&format!("{file} is a file: < {file} reads names from it"));
        }
    }
    Ok(())
}

fn reads_stdin(args: &GetPeopleArgs) -> bool {
    match args.names.as_slice() {
        [] => true,
        [only] => only == "-",
        _ => false,
    }
}

fn open(args: &GetPeopleArgs, context: &Context) -> (Requests, Failure) {
    if !reads_stdin(args) {
        return input::given(args.names.iter().map(|name| names::encode(name)));
    }
    let separator = if args.null {
        Separator::Null
    } else {
        Separator::Line
    };
    input::read(context.stdin.chunks(), Names::new(separator))
}

/// Prints replies, and keeps track of the names without one.
struct People<'a> {
    printer: CallPrinter<'a>,
    tally: Tally,
    /// A name without a reply is a failure.
    strict: bool,
    /// The notice about names without a reply.
    report: Option<String>,
}

impl CallObserver for People<'_> {
    fn sent(&mut self, messages: &Sent, out: &mut Vec<u8>) -> Result<()> {
        for message in messages.messages() {
            self.tally.ask(names::first_field(&message));
        }
        self.printer.sent(messages, out)
    }

    fn headers(&mut self, metadata: &MetadataMap, out: &mut Vec<u8>) {
        self.printer.headers(metadata, out);
    }

    fn message(&mut self, message: &[u8], out: &mut Vec<u8>) -> Result<Then> {
        if is_unknown_person(message, || self.tally.is_waiting(NOT_FOUND.as_bytes())) {
            self.printer.ignored();
            return Ok(Then::Continue);
        }
        self.tally.answer(names::first_field(message));
        self.printer.message(message, out)
    }

    fn retrying(&mut self, attempt: &Attempt, out: &mut Vec<u8>) {
        self.tally = Tally::default();
        self.printer.retrying(attempt, out);
    }

    fn ended(&mut self, end: &End, failure: Option<Error>, out: &mut Vec<u8>) -> Result<()> {
        let mut judgement = Ok(());
        if failure.is_none() && end.code == Code::Ok {
            self.report = self.tally.report();
            if self.strict
                && let Some(report) = self.report.take()
            {
                judgement = Err(Error::status(Code::NotFound, report));
            }
        }
        self.printer.conclude(end, failure, judgement, out)
    }

    fn is_settled(&self) -> bool {
        self.tally.is_settled()
    }

    fn counts(&self) -> (u64, u64) {
        self.printer.counts()
    }
}
