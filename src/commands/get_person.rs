//! `get-person`: one unary GetPerson call.

use tokio_stream::once;
use tonic::Code;
use tonic::metadata::MetadataMap;

use crate::call::End;
use crate::cli::{Format, GetPersonArgs};
use crate::error::{Error, Result};
use crate::framing::Sent;
use crate::input::{Failure, names};
use crate::output::{Attempt, Renderer};
use crate::schema;
use crate::session::drive::Driver;
use crate::session::misplaced::only_name;
use crate::session::observer::{CallObserver, Then};
use crate::session::printer::CallPrinter;
use crate::session::target::Target;
use crate::session::unknown_person::{NOT_FOUND, is_unknown_person};
use crate::session::{Context, output};

pub async fn run(args: &GetPersonArgs, context: &mut Context) -> Result<()> {
    let console = output::console(&args.output.console, context);
    only_name(&args.name, &args.rest)?;
    let format = output::format(&args.output, Format::Text, context)?;
    let target = Target::new(&args.connection, context).await?;
    let descriptor = if target.uses_get() {
        schema::bundled_method_with_options("GetPerson")?
    } else {
        schema::bundled_method("GetPerson")?
    };
    let method = target.method(&descriptor)?;
    let mut renderer = Renderer::new(&descriptor, format);
    let session = target.connect_for(format, context, &console).await?;
    session.show_request(&method, &console);
    let request = || once(names::encode(&args.name));
    let call = session.call(&method, request());
    let again = session.again(&method, request);
    let driver = Driver {
        console,
        interrupt: context.interrupt.clone(),
        show_progress: false,
    };
    let mut observer = OnePerson {
        printer: CallPrinter::new(&mut renderer, true)
            .recording(context.recorder.call(&descriptor)),
        asked: &args.name,
        is_unknown: false,
    };
    driver
        .with_stdout(&mut context.stdout, async |stdout| {
            driver
                .drive_again(call, Some(again), Failure::never(), &mut observer, stdout)
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

impl CallObserver for OnePerson<'_> {
    fn sent(&mut self, messages: &Sent, out: &mut Vec<u8>) -> Result<()> {
        self.printer.sent(messages, out)
    }

    fn headers(&mut self, metadata: &MetadataMap, out: &mut Vec<u8>) {
        self.printer.headers(metadata, out);
    }

    fn message(&mut self, message: &[u8], out: &mut Vec<u8>) -> Result<Then> {
        self.is_unknown = is_unknown_person(message, || self.asked == NOT_FOUND);
        self.printer.message(message, out)
    }

    fn retrying(&mut self, attempt: &Attempt, out: &mut Vec<u8>) {
        self.printer.retrying(attempt, out);
    }

    fn ended(&mut self, end: &End, failure: Option<Error>, out: &mut Vec<u8>) -> Result<()> {
        let judgement = if self.is_unknown {
            self.printer.forget_reply();
            let why = format!("no person named {:?}", self.asked);
            let error = Error::status(Code::NotFound, why);
            Err(match self.asked.strip_prefix("name=") {
                Some(name) => {
                    error.hinted(format!("the name alone is enough: get-person {name:?}"))
                }
                None => error,
            })
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
