//! `call`: any method of any server.

use bytes::Bytes;
use prost_reflect::MethodDescriptor;
use tokio::time::Instant;

use crate::cli::{CallArgs, Format, InputFormat};
use crate::error::{Error, Result};
use crate::input::arguments::Files;
use crate::input::{self, Chunks, Failure, Json, Messages, Requests, Text, arguments};
use crate::output::{Console, NotCalled, Renderer};
use crate::protobuf::Layouts;
use crate::protobuf::json::ReadOptions;
use crate::schema::resolve_method;
use crate::schema::source::DescriptorSource;
use crate::session::batch::Batch;
use crate::session::drive::Driver;
use crate::session::export::{Export, takes_stdout};
use crate::session::misplaced::refuse_address;
use crate::session::printer::CallPrinter;
use crate::session::schema::{Lent, lend};
use crate::session::target::{Method, Session, Target, not_called};
use crate::session::{Context, output};

pub async fn run(args: &CallArgs, context: &mut Context) -> Result<()> {
    let console = output::console(&args.output.console, context);
    let format = output::format(&args.output, Format::Json, context)?;
    refuse_address(&args.method, &args.fields)?;
    if let (Some(field), Some(_)) = (args.fields.first(), &args.data) {
        return Err(
            Error::usage(format!("{field:?} cannot be used together with -d"))
                .hinted("a request comes either from FIELD arguments or from -d"),
        );
    }
    if takes_stdout(&args.export) {
        return Err(
            Error::usage("--protoset-out - and the replies cannot both go to stdout")
                .hinted(format!("use describe {} --protoset-out -", args.method)),
        );
    }
    let export = Export::new(&args.export, &console, context)?;
    let data = context.interrupt.or(Data::new(args)).await?;
    let target = Target::new(&args.connection, context).await?;
    let started = Instant::now();
    let session = target.connect_for(format, context, &console).await?;

    let mut is_known = context.schemas.is_known();
    let (mut schema, resolved) = loop {
        let mut schema = lend(&args.schema, Some(&session), context).await?;
        let service = context.service.as_deref();
        let resolved = resolve(schema.source(), service, &args.method, &export, &console);
        let resolved = context.interrupt.or(resolved).await;
        schema.detach();
        // What was learned by an earlier line of a shell may have changed.
        if resolved.is_err() && std::mem::take(&mut is_known) && !context.interrupt.is_struck() {
            context.schemas.clear();
            continue;
        }
        break (schema, resolved);
    };
    let descriptor = match resolved {
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
    let method = Method::new(descriptor)?;
    if args.keep_going && descriptor.is_client_streaming() {
        return Err(Error::usage(format!(
            "--keep-going is for batches, and {} takes a stream: all of its messages are one call",
            descriptor.full_name()
        )));
    }
    let is_batch = args.data.is_some() && !descriptor.is_client_streaming();
    // A batch shows it for each of its calls.
    if !is_batch {
        session.show_request(&method, &console);
    }

    let started = Instant::now();
    let opened = data.open(args, descriptor, &console, session, context);
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
        if is_empty(args) {
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
        let why = if is_empty(args) {
            EMPTY
        } else {
            "the input has no messages"
        };
        console.notice(&format!("did not call {}: {why}", descriptor.full_name()));
    }
    Ok(())
}

/// What is said of a -d that is empty.
const EMPTY: &str = "-d is empty; is a variable unset? The empty message is {}";

fn is_empty(args: &CallArgs) -> bool {
    args.data.as_deref().map(str::trim) == Some("")
}

/// Finds the method that `text` names, and writes its schema where it is wanted.
async fn resolve(
    source: &mut dyn DescriptorSource,
    service: Option<&str>,
    text: &str,
    export: &Export<'_>,
    console: &Console,
) -> Result<MethodDescriptor> {
    let (method, schema) = resolve_method(source, service, text).await?;
    export.write(&schema).await?;
    let mut layouts = Layouts::new(schema.pool);
    layouts.compile(&method.input());
    if !layouts.has_any() {
        return Ok(method);
    }
    // The types in an Any need not be among the imports of the method's file.
    let everything = match source.all().await {
        Ok(everything) => everything,
        Err(error) => {
            console.warning(&format!(
                "the server's schema is incomplete, which limits the types of an Any in requests: {error}"
            ));
            return Ok(method);
        }
    };
    let service = method.parent_service();
    let known = everything
        .pool
        .get_service_by_name(service.full_name())
        .and_then(|service| {
            service
                .methods()
                .find(|other| other.name() == method.name())
        });
    Ok(known.unwrap_or(method))
}

/// Whether the data looks like the name of a file, and cannot be a message: a name has neither braces nor colons, and a
/// number is one.
fn is_file_name(data: &str) -> bool {
    data.contains('.') && !data.contains(['{', '[', '"', ':', ' ']) && data.parse::<f64>().is_err()
}

/// Where requests come from. Opened before connecting, so that a missing file is reported first.
enum Data {
    None,
    Fields,
    Stdin,
    Chunks(Chunks),
}

impl Data {
    async fn new(args: &CallArgs) -> Result<Self> {
        Ok(match args.data.as_deref() {
            None if args.fields.is_empty() => Self::None,
            None => Self::Fields,
            // As in grpcurl, @ alone is stdin; so is -, which is not JSON.
            Some("@-" | "@" | "-") => Self::Stdin,
            Some(data) => match data.strip_prefix('@') {
                Some(path) => Self::Chunks(Chunks::open(path).await?),
                None if is_file_name(data) => {
                    return Err(Error::failed(format!("-d: {data:?} is not a message"))
                        .hinted(format!("to read the file, write -d @{data}")));
                }
                None => Self::Chunks(Chunks::of_bytes("-d", data.to_owned())),
            },
        })
    }

    async fn open(
        self,
        args: &CallArgs,
        method: &MethodDescriptor,
        console: &Console,
        session: &Session,
        context: &Context,
    ) -> Result<(Requests, Failure)> {
        let options = ReadOptions {
            allow_unknown_fields: args.allow_unknown_fields,
            ..ReadOptions::default()
        };
        let max_size = session.max_message_size();
        let mut layouts = Layouts::new(method.parent_pool().clone());
        let message = layouts.compile(&method.input());
        let chunks = match self {
            Self::None => {
                if input::stdin::has_unread_bytes() {
                    console.notice("standard input was not read; -d @- reads it");
                }
                let empty = (!method.is_client_streaming()).then(Bytes::new);
                return Ok(input::given(empty));
            }
            Self::Fields => {
                let reads_stdin = |field: &String| arguments::reads_stdin(field);
                if context.terminal.stdin_is_terminal && args.fields.iter().any(reads_stdin) {
                    console.notice("reading a field from the terminal; Ctrl-D ends it");
                }
                let files = Files::new(&context.stdin, max_size);
                let fields = &args.fields;
                let bytes = arguments::parse(&mut layouts, message, fields, options, files).await?;
                return Ok(input::given([bytes.into()]));
            }
            Self::Stdin => {
                if context.terminal.stdin_is_terminal {
                    console.notice(&format!(
                        "reading {} messages from the terminal; Ctrl-D ends the input",
                        method.input().full_name()
                    ));
                }
                context.stdin.chunks()
            }
            Self::Chunks(chunks) => chunks,
        };
        let name = chunks.name().to_owned();
        Ok(match args.input {
            InputFormat::Json => {
                let format = Json::new(options);
                input::read(
                    chunks,
                    Messages::new(format, name, layouts, message, max_size),
                )
            }
            InputFormat::Text => input::read(
                chunks,
                Messages::new(Text, name, layouts, message, max_size),
            ),
        })
    }
}
