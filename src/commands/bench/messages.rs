//! The request arguments → the messages of a load, with what differs from call to call.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderName;
use prost_reflect::MethodDescriptor;

use crate::bench::requests::{Message, Messages, Pick};
use crate::bench::rows::Rows;
use crate::bench::template::{HeaderTemplate, Holes, Template, scan};
use crate::cli::{BenchArgs, PickArg, RequestArgs};
use crate::error::{Error, Result};
use crate::input::Chunks;
use crate::input::arguments::{self, Files};
use crate::protobuf::Layouts;
use crate::session::Context;
use crate::session::headers::fill;
use crate::session::request::{EMPTY, decode, is_empty, read_options};
use crate::session::target::Session;

/// The largest input, in bytes.
const LARGEST: usize = 1 << 30;

/// What requests are made from, read before anything else happens.
pub struct Source {
    rows: Option<Arc<Rows>>,
    data: Data,
}

enum Data {
    Fields,
    /// The text of `-d`, and what errors call it.
    Text(String, String),
}

/// The messages, and how many were given.
pub struct Given {
    pub messages: Messages,
    pub count: u64,
    /// Whether some take values from the rows of a file.
    pub has_rows: bool,
}

impl Source {
    /// # Errors
    /// When a file cannot be read, or is not what it should be.
    pub async fn read(args: &BenchArgs, context: &Context) -> Result<Self> {
        let read = read(args.request.data.clone(), args.csv.clone(), context);
        context.interrupt.or(read).await
    }

    /// The rows of `--csv`.
    pub fn rows(&self) -> Option<&Arc<Rows>> {
        self.rows.as_ref()
    }

    /// Encodes the messages.
    ///
    /// # Errors
    /// When one does not fit the method, or a placeholder its place.
    pub async fn compile(
        self,
        args: &BenchArgs,
        descriptor: &MethodDescriptor,
        session: &Session,
        context: &Context,
    ) -> Result<Given> {
        let texts: Vec<&str> = match &self.data {
            Data::Fields => args.request.fields.iter().map(String::as_str).collect(),
            Data::Text(_, text) => vec![text],
        };
        let scanned = scan(&texts, self.rows.as_ref())?;
        let mut holes = scanned.holes;
        let encoded = encode(
            &args.request,
            &self.data,
            scanned.texts,
            descriptor,
            session,
            context,
        );
        let encoded = context.interrupt.or(encoded).await;
        let encoded = encoded.map_err(|error| restored(&error, &holes))?;
        self.check(args, encoded.len())?;
        let mut layouts = Layouts::new(descriptor.parent_pool().clone());
        let id = layouts.compile(&descriptor.input());
        let messages = encoded.iter().map(|bytes| {
            let template = Template::compile(bytes, &mut layouts, id, &mut holes)?;
            Ok(match template.as_fixed() {
                Some(bytes) => Message::Fixed(Bytes::copy_from_slice(bytes)),
                None => Message::Template(template),
            })
        });
        let messages = messages.collect::<Result<Vec<_>>>()?;
        holes.check()?;
        let count = messages.len().max(1) as u64;
        let pick = match args.pick {
            None | Some(PickArg::InTurn) => Pick::InTurn,
            Some(PickArg::Random) => Pick::Random,
        };
        Ok(Given {
            messages: Messages::new(messages, pick),
            count,
            has_rows: holes.has_rows(),
        })
    }

    /// Checks how many messages there are.
    fn check(&self, args: &BenchArgs, messages: usize) -> Result<()> {
        if let (Data::Text(name, _), 0) = (&self.data, messages) {
            return Err(if is_empty(&args.request) {
                Error::usage(EMPTY)
            } else {
                Error::failed(format!("{name} has no messages"))
            });
        }
        if args.pick.is_some() && messages < 2 {
            return Err(Error::usage("--pick is for several messages")
                .hinted("-d and -d @FILE may have them, one after the other"));
        }
        Ok(())
    }
}

async fn read(data: Option<String>, csv: Option<PathBuf>, context: &Context) -> Result<Source> {
    let chunks = match data.as_deref() {
        None => None,
        Some("@-" | "@" | "-") => Some(context.stdin.chunks()),
        Some(data) => Some(match data.strip_prefix('@') {
            Some(path) => Chunks::open(path).await?,
            None => Chunks::of_bytes("-d", data.to_owned()),
        }),
    };
    let data = match chunks {
        Some(chunks) => {
            let name = chunks.name().to_owned();
            let text = whole(chunks).await?;
            let text = String::from_utf8(text)
                .map_err(|_| Error::failed(format!("{name}: not valid UTF-8")))?;
            Data::Text(name, text)
        }
        None => Data::Fields,
    };
    let rows = match csv {
        Some(path) => {
            // On a thread, because the file may be a FIFO.
            let task = tokio::task::spawn_blocking(move || Rows::read(&path));
            let rows = task.await.map_err(|_| Error::interrupted())?;
            Some(Arc::new(rows?))
        }
        None => None,
    };
    Ok(Source { rows, data })
}

/// All of an input.
///
/// # Errors
/// When it cannot be read, or is too large.
pub async fn whole(chunks: Chunks) -> Result<Vec<u8>> {
    let name = chunks.name().to_owned();
    let bytes = chunks.read_all(LARGEST).await?;
    bytes.ok_or_else(|| Error::failed(format!("{name} has more than {LARGEST} bytes")))
}

/// The messages as they are encoded with sentinels.
async fn encode(
    args: &RequestArgs,
    data: &Data,
    texts: Vec<String>,
    descriptor: &MethodDescriptor,
    session: &Session,
    context: &Context,
) -> Result<Vec<Bytes>> {
    let max_size = session.max_message_size();
    let mut layouts = Layouts::new(descriptor.parent_pool().clone());
    let message = layouts.compile(&descriptor.input());
    let name = match data {
        Data::Fields if texts.is_empty() => return Ok(Vec::new()),
        Data::Fields => {
            let files = Files::new(&context.stdin, max_size);
            let options = read_options(args);
            let bytes = arguments::parse(&mut layouts, message, &texts, options, files).await?;
            return Ok(vec![bytes.into()]);
        }
        Data::Text(name, _) => name,
    };
    let text = texts.into_iter().next().unwrap_or_default();
    let chunks = Chunks::of_bytes(name, text);
    let (mut requests, mut failure) = decode(args, chunks, layouts, message, max_size);
    let mut messages = Vec::new();
    loop {
        tokio::select! {
            biased;
            next = requests.next() => match next {
                Some(message) => messages.push(message?),
                None => return Ok(messages),
            },
            error = failure.wait() => return Err(error),
        }
    }
}

/// The error with the placeholders as they were written.
fn restored(error: &Error, holes: &Holes) -> Error {
    let text = holes.restore(error.message());
    let restored = Error::new(error.kind(), text);
    match error.hint() {
        Some(hint) => restored.hinted(holes.restore(hint)),
        None => restored,
    }
}

/// The headers that have placeholders, with all their values. Only what is written has them, and not the values of variables,
/// which may be secrets.
///
/// # Errors
/// When one does not exist, or has values that a header cannot have.
pub fn headers(
    written: &[String],
    rows: Option<&Arc<Rows>>,
) -> Result<Vec<(HeaderName, Vec<HeaderTemplate>)>> {
    let mut headers: Vec<(HeaderName, Vec<HeaderTemplate>)> = Vec::new();
    for header in written {
        let (name, value) = header.split_once(':').unwrap_or((header, ""));
        let template = HeaderTemplate::new(value.trim(), rows)
            .and_then(|template| template.filled(fill))
            .map_err(|error| error.about(format_args!("-H {}", name.trim())))?;
        // It was checked to be one.
        let Ok(name) = name.trim().parse() else {
            continue;
        };
        match headers.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(template),
            None => headers.push((name, vec![template])),
        }
    }
    headers.retain(|(_, values)| !values.iter().all(HeaderTemplate::is_fixed));
    Ok(headers)
}
