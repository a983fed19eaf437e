//! The request arguments → request messages.

use bytes::Bytes;
use prost_reflect::MethodDescriptor;

use super::Context;
use super::target::Session;
use crate::cli::{InputFormat, RequestArgs};
use crate::error::{Error, Result};
use crate::input::arguments::Files;
use crate::input::{self, Chunks, Failure, Json, Messages, Requests, Text, arguments};
use crate::output::Console;
use crate::protobuf::json::ReadOptions;
use crate::protobuf::{LayoutId, Layouts};

/// Refuses a request that is given in both ways.
///
/// # Errors
/// When it is.
pub fn refuse_both(args: &RequestArgs) -> Result<()> {
    if let (Some(field), Some(_)) = (args.fields.first(), &args.data) {
        return Err(
            Error::usage(format!("{field:?} cannot be used together with -d"))
                .hinted("a request comes either from FIELD arguments or from -d"),
        );
    }
    Ok(())
}

/// What is said of a -d that is empty.
pub const EMPTY: &str = "-d is empty; is a variable unset? The empty message is {}";

pub fn is_empty(args: &RequestArgs) -> bool {
    args.data.as_deref().map(str::trim) == Some("")
}

/// Whether the data looks like the name of a file, and cannot be a message: a name has neither braces nor colons, and a
/// number is one.
fn is_file_name(data: &str) -> bool {
    data.contains('.') && !data.contains(['{', '[', '"', ':', ' ']) && data.parse::<f64>().is_err()
}

/// Where requests come from. Opened before connecting, so that a missing file is reported first.
pub enum Data {
    None,
    Fields,
    Stdin,
    Chunks(Chunks),
}

impl Data {
    /// # Errors
    /// When a file cannot be opened, or the data is no message for sure.
    pub async fn new(args: &RequestArgs) -> Result<Self> {
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

    /// The messages, and what is wrong with them as soon as it is known.
    ///
    /// # Errors
    /// When FIELD arguments do not fit the message.
    pub async fn open(
        self,
        args: &RequestArgs,
        method: &MethodDescriptor,
        console: &Console,
        session: &Session,
        context: &Context,
    ) -> Result<(Requests, Failure)> {
        let options = read_options(args);
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
        Ok(decode(args, chunks, layouts, message, max_size))
    }
}

/// The messages in the format of `args`.
pub fn decode(
    args: &RequestArgs,
    chunks: Chunks,
    layouts: Layouts,
    message: LayoutId,
    max_size: usize,
) -> (Requests, Failure) {
    let name = chunks.name().to_owned();
    match args.input {
        InputFormat::Json => {
            let format = Json::new(read_options(args));
            input::read(
                chunks,
                Messages::new(format, name, layouts, message, max_size),
            )
        }
        InputFormat::Text => input::read(
            chunks,
            Messages::new(Text, name, layouts, message, max_size),
        ),
    }
}

pub fn read_options(args: &RequestArgs) -> ReadOptions {
    ReadOptions {
        allow_unknown_fields: args.allow_unknown_fields,
        ..ReadOptions::default()
    }
}
