//! `call`: any method of any server.

use prost_reflect::MethodDescriptor;
use tokio::time::Instant;

use crate::cli::{CallArgs, Format};
use crate::error::{Error, Result};
use crate::output::{NotCalled, Renderer};
use crate::session::batch::Batch;
use crate::session::drive::Driver;
use crate::session::export::{Export, takes_stdout};
use crate::session::find::Find;
use crate::session::misplaced::refuse_address;
use crate::session::printer::CallPrinter;
use crate::session::request::{Data, EMPTY, is_empty, refuse_both};
use crate::session::schema::Lent;
use crate::session::target::{Session, Target, not_called};
use crate::session::{Context, output};

pub async fn run(args: &CallArgs, context: &mut Context) -> Result<()> {
    let console = output::console(&args.output.console, context);
    let format = output::format(&args.output, Format::Json, context)?;
    refuse_address(&args.method, &args.request.fields)?;
    refuse_both(&args.request)?;
    if takes_stdout(&args.export) {
        return Err(
            Error::usage("--protoset-out - and the replies cannot both go to stdout")
                .hinted(format!("use describe {} --protoset-out -", args.method)),
        );
    }
    let export = Export::new(&args.export, &console, context)?;
    let data = context.interrupt.or(Data::new(&args.request)).await?;
    let target = Target::new(&args.connection, context).await?;
    let started = Instant::now();
    let session = target.connect_for(format, context, &console).await?;

    let find = Find {
        args: &args.schema,
        method: &args.method,
        export: Some(&export),
        console: &console,
    };
    let (mut schema, found) = find.run(&session, context).await?;
    let descriptor = match found {
        Ok(descriptor) => descriptor,
        Err(error) => {
            schema.give_back(context);
            not_called(format, started, NotCalled::NoMethod, &error, context).await;
            return Err(error);
        }
    };
    let result = call(args, &descriptor, data, &session, &mut schema, context).await;
    schema.give_back(context);
    result
}

/// Calls the method.
async fn call(
    args: &CallArgs,
    descriptor: &MethodDescriptor,
    data: Data,
    session: &Session,
    schema: &mut Lent,
    context: &mut Context,
) -> Result<()> {
    let console = output::console(&args.output.console, context);
    let format = output::format(&args.output, Format::Json, context)?;
    let method = session.method(descriptor)?;
    if args.keep_going && descriptor.is_client_streaming() {
        return Err(Error::usage(format!(
            "--keep-going is for batches, and {} takes a stream: all of its messages are one call",
            descriptor.full_name()
        )));
    }
    let is_batch = args.request.data.is_some() && !descriptor.is_client_streaming();
    // A batch shows it for each of its calls.
    if !is_batch {
        session.show_request(&method, &console);
    }

    let started = Instant::now();
    let opened = data.open(&args.request, descriptor, &console, session, context);
    let (requests, failure) = match context.interrupt.or(opened).await {
        Ok(input) => input,
        Err(error) => {
            not_called(format, started, NotCalled::BadRequest, &error, context).await;
            return Err(error);
        }
    };
    let mut renderer = Renderer::new(descriptor, format).asking();
    let driver = Driver {
        console: console.clone(),
        interrupt: context.interrupt.clone(),
        show_progress: output::shows_progress(&args.output, context),
    };
    if !is_batch {
        if is_empty(&args.request) {
            console.notice(&format!(
                "no messages for {}: {EMPTY}",
                descriptor.full_name()
            ));
        }
        let at_hand = requests.at_hand();
        let again = at_hand.map(|all| session.again(&method, move || all.requests()));
        let call = session.call(&method, requests);
        let mut printer = CallPrinter::new(&mut renderer, method.single_reply)
            .at_most(args.max_messages)
            .recording(context.recorder.call(descriptor))
            .resolving(Some(schema));
        return driver
            .with_stdout(&mut context.stdout, async |stdout| {
                driver
                    .drive_again(call, again, failure, &mut printer, stdout)
                    .await
            })
            .await;
    }

    let batch = Batch {
        session,
        method,
        descriptor: descriptor.clone(),
        recorder: context.recorder.clone(),
        driver: driver.clone(),
        format,
        concurrency: usize::from(args.concurrency),
        keep_going: args.keep_going,
        max_messages: args.max_messages,
    };
    let summary = driver
        .with_stdout(&mut context.stdout, async |stdout| {
            batch
                .run(requests, failure, schema, &mut renderer, stdout)
                .await
        })
        .await?;
    if summary.calls == 0 {
        let why = if is_empty(&args.request) {
            EMPTY
        } else {
            "the input has no messages"
        };
        console.notice(&format!("did not call {}: {why}", descriptor.full_name()));
    }
    Ok(())
}
