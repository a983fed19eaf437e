//! `call`: any method of any server.

use std::fs::File;
use std::io::IsTerminal as _;

use bytes::Bytes;
use futures_util::StreamExt as _;
use prost_reflect::MethodDescriptor;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::cli::{CallArgs, Format, InputFormat};
use crate::error::{Error, Result};
use crate::input::{self, Chunks, Failure, Json, Messages, Requests, Stdin, Text, arguments};
use crate::output::{self, Console, Renderer};
use crate::protobuf::json::read::Options;
use crate::protobuf::layout::{LayoutId, Layouts};
use crate::schema::resolve_method;
use crate::schema::source::DescriptorSource;
use crate::session::batch::Batch;
use crate::session::drive::{End, Exchange, with_stdout};
use crate::session::interrupt::Interrupt;
use crate::session::replies::Printed;
use crate::session::schema as source;
use crate::session::target::{self as client, Session, Target};

pub fn run(args: &CallArgs, console: Console) -> Result<()> {
    let format = client::format(&args.output, Format::Json)?;
    let data = Data::new(args)?;
    let target = Target::new(&args.connection)?;
    crate::session::block_on(async {
        let interrupt = Interrupt::listen()?;
        let session = interrupt.or(target.connect(console)).await?;
        let result = called(args, format, data, &session, &interrupt, console).await;
        session.connection.close().await;
        result
    })
}

async fn called(
    args: &CallArgs,
    format: output::Format,
    data: Data,
    session: &Session,
    interrupt: &Interrupt,
    console: Console,
) -> Result<()> {
    let mut source = source::with_session(&args.schema, session)?;
    let method = interrupt
        .or(resolved(source.as_mut(), &args.method))
        .await?;
    drop(source);
    let path = client::path(&method)?;
    console.detail('>', || path.to_string());
    client::show_metadata(console, '>', &session.metadata);

    let mut layouts = Layouts::new(method.parent_pool().clone());
    let input = layouts.compile(&method.input());
    let mut renderer = Renderer::new(&method, format);
    let (requests, failure) = data.open(args, layouts, input, console, &method)?;
    let exchange = Exchange {
        console,
        interrupt,
        show_progress: client::shows_progress(&args.output),
    };
    if !method.is_client_streaming() {
        let batch = Batch {
            session,
            path,
            exchange,
            format,
            single: !method.is_server_streaming(),
            concurrency: usize::from(args.concurrency),
            keep_going: args.keep_going,
            numbered: args.data.is_some(),
            max_messages: args.max_messages,
            default: Some(Bytes::new()),
        };
        return with_stdout(interrupt, async |stdout| {
            batch.run(requests, failure, &mut renderer, stdout).await
        })
        .await;
    }

    let (sender, sent) = mpsc::unbounded_channel();
    let sender = format.shows_everything().then_some(sender);
    let requests = requests.inspect(move |message| {
        if let Some(sender) = &sender {
            // Whoever would print them is gone with the call.
            let _ = sender.send((Instant::now(), vec![message.clone()]));
        }
    });
    let call = session.call(path, requests);
    let mut printed = Printed::new(&mut renderer, format, !method.is_server_streaming())
        .at_most(args.max_messages);
    let end = with_stdout(interrupt, async |stdout| {
        exchange
            .drive(call, failure, Some(sent), &mut printed, stdout)
            .await
    })
    .await?;
    match end {
        End::Status(status) => printed.judge(&status),
        End::Stopped => Ok(()),
    }
}

/// The method that a user means, with everything that may be in its messages.
async fn resolved(source: &mut dyn DescriptorSource, text: &str) -> Result<MethodDescriptor> {
    let (method, schema) = resolve_method(source, text).await?;
    let mut layouts = Layouts::new(schema.pool);
    for message in [method.input(), method.output()] {
        layouts.compile(&message);
    }
    if !layouts.has_any() {
        return Ok(method);
    }
    // What an Any may hold is not among the method's imports. A source that cannot tell everything it knows leaves some
    // of them as bytes.
    let Ok(everything) = source.all().await else {
        return Ok(method);
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

/// Where requests come from, opened before anything is connected to.
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
            // A lone @ is grpcurl's way to say it, and a lone - nobody's JSON.
            Some("@-" | "@" | "-") => Self::Stdin,
            Some(data) => match data.strip_prefix('@') {
                Some(path) => {
                    let file = File::open(path).map_err(|error| {
                        Error::failed(format!("cannot read {path}")).caused_by(error)
                    })?;
                    Self::Chunks(Chunks::of_file(path, file))
                }
                None => Self::Chunks(Chunks::of_bytes("-d", data.to_owned())),
            },
        })
    }

    fn open(
        self,
        args: &CallArgs,
        mut layouts: Layouts,
        message: LayoutId,
        console: Console,
        method: &MethodDescriptor,
    ) -> Result<(Requests, Failure)> {
        let options = Options {
            allow_unknown_fields: args.allow_unknown_fields,
        };
        let chunks = match self {
            Self::None => return Ok(input::given([])),
            Self::Fields => {
                let bytes = arguments::parse(&mut layouts, message, &args.fields, options)?;
                return Ok(input::given([bytes.into()]));
            }
            Self::Stdin => {
                if std::io::stdin().is_terminal() {
                    let input = method.input();
                    console.notice(&format!(
                        "reading {} messages from the keyboard; Ctrl-D ends",
                        input.full_name()
                    ));
                }
                Stdin::new().chunks()
            }
            Self::Chunks(chunks) => chunks,
        };
        let name = chunks.name().to_owned();
        Ok(match args.input {
            InputFormat::Json => {
                let format = Json::new(options);
                input::read(chunks, Messages::new(format, name, layouts, message))
            }
            InputFormat::Text => input::read(chunks, Messages::new(Text, name, layouts, message)),
        })
    }
}
