//! `call`: any method of any server.

use std::fs::File;
use std::path::Path;

use bytes::Bytes;
use prost_reflect::MethodDescriptor;
use tokio::time::Instant;

use crate::cli::{CallArgs, Format, InputFormat};
use crate::error::{Error, Result};
use crate::input::{self, Chunks, Failure, Json, Messages, Requests, Text, arguments};
use crate::output::{Console, Renderer};
use crate::protobuf::Layouts;
use crate::protobuf::json::ReadOptions;
use crate::schema::resolve_method;
use crate::schema::source::DescriptorSource;
use crate::session::batch::Batch;
use crate::session::drive::Driver;
use crate::session::export::{Export, takes_stdout};
use crate::session::printer::CallPrinter;
use crate::session::schema::{Lent, lend};
use crate::session::target::{Method, Session, Target, not_called, refuse_address};
use crate::session::{Context, output};

pub async fn run(args: &CallArgs, context: &mut Context) -> Result<()> {
    let console = output::console(&args.output.console, context);
    let format = output::format(&args.output, Format::Json, context)?;
    refuse_address(&args.method, &args.fields)?;
    if takes_stdout(&args.export) {
        return Err(
            Error::usage("--protoset-out - and the replies cannot both go to stdout")
                .hinted(format!("use describe {} --protoset-out -", args.method)),
        );
    }
    let export = Export::new(&args.export, &console, context)?;
    let data = Data::new(args)?;
    let target = Target::new(&args.connection, context)?;
    let started = Instant::now();
    let session = target.connect_for(format, context, &console).await?;

    let mut schema = lend(&args.schema, Some(&session), context)?;
    let resolved = resolve(schema.source(), &args.method, &export, &console);
    let resolved = context.interrupt.or(resolved).await;
    schema.detach();
    let descriptor = match resolved {
        Ok(descriptor) => descriptor,
        Err(error) => {
            schema.give_back(context);
            not_called(format, started, &error, context).await;
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
    session.show_request(&method, &console);

    let (requests, failure) = data.open(args, descriptor, &console, context)?;
    let mut renderer = Renderer::new(descriptor, format).asking();
    let driver = Driver {
        console: console.clone(),
        interrupt: context.interrupt.clone(),
        show_progress: output::shows_progress(&args.output, context),
    };
    if args.data.is_none() || descriptor.is_client_streaming() {
        let call = session.call(&method, requests);
        let mut printer = CallPrinter::new(&mut renderer, method.single_reply)
            .at_most(args.max_messages)
            .resolving(Some(schema));
        return driver
            .with_stdout(&mut context.stdout, async |stdout| {
                driver.drive(call, failure, &mut printer, stdout).await
            })
            .await;
    }

    let batch = Batch {
        session,
        method,
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
        console.notice(&format!(
            "did not call {}: the input has no messages",
            descriptor.full_name()
        ));
    }
    Ok(())
}

/// Finds the method that `text` names, and writes its schema where it is wanted.
async fn resolve(
    source: &mut dyn DescriptorSource,
    text: &str,
    export: &Export<'_>,
    console: &Console,
) -> Result<MethodDescriptor> {
    let (method, schema) = resolve_method(source, text).await?;
    export.write(&schema)?;
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

/// Whether the data is the name of a file, and cannot be a message: a name has neither braces nor colons.
fn is_file_name(data: &str) -> bool {
    data.contains('.') && !data.contains(['{', '[', '"', ':', ' ']) && Path::new(data).is_file()
}

/// Where requests come from. Opened before connecting, so that a missing file is reported first.
enum Data {
    None,
    Fields,
    Stdin,
    Chunks(Chunks),
}

impl Data {
    fn new(args: &CallArgs) -> Result<Self> {
        Ok(match args.data.as_deref() {
            None if args.fields.is_empty() => Self::None,
            None => Self::Fields,
            // As in grpcurl, @ alone is stdin; so is -, which is not JSON.
            Some("@-" | "@" | "-") => Self::Stdin,
            Some(data) => match data.strip_prefix('@') {
                Some(path) => {
                    let file = File::open(path).map_err(|error| {
                        Error::failed(format!("cannot read {path}")).caused_by(error)
                    })?;
                    Self::Chunks(Chunks::of_file(path, file))
                }
                None if is_file_name(data) => {
                    return Err(Error::failed(format!("-d: {data:?} is not a message"))
                        .hinted(format!("to read the file, write -d @{data}")));
                }
                None => Self::Chunks(Chunks::of_bytes("-d", data.to_owned())),
            },
        })
    }

    fn open(
        self,
        args: &CallArgs,
        method: &MethodDescriptor,
        console: &Console,
        context: &Context,
    ) -> Result<(Requests, Failure)> {
        let options = ReadOptions {
            allow_unknown_fields: args.allow_unknown_fields,
        };
        let max_size = args.connection.max_message_size;
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
                let bytes =
                    arguments::parse(&mut layouts, message, &args.fields, options, max_size)?;
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
