//! `-o envelope`: every event of a call as JSON, on a line unless it is indented, for scripts that need its time, size and
//! metadata.

use std::time::Duration;

use serde::Serialize;
use tonic::Code;
use tonic::metadata::{KeyAndValueRef, MetadataMap};

use super::escape::escape_literal;
use super::indent::indent;
use super::message::Style;
use super::paint::paint;
use crate::base64;
use crate::call::{End, Origin, Over};
use crate::error::code_name;
use crate::protobuf::json::{self, WriteOptions};
use crate::protobuf::{LayoutId, Layouts, WriteError};
use crate::secret::{MASK, is_secret};

/// The start of every line.
#[derive(Serialize)]
struct Head<'a> {
    event: &'a str,
    /// The number of the call in a batch, from one. Absent if the command makes only one call.
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<u64>,
    /// Since the start of the call.
    time_ms: f64,
}

/// Appends `{"event":…,"time_ms":…` and leaves the object open.
fn open(event: &str, call: Option<u64>, at: Duration, out: &mut Vec<u8>) {
    let head = Head {
        event,
        call,
        time_ms: (at.as_secs_f64() * 1e6).round() / 1e3,
    };
    // Cannot fail: the members are numbers and strings.
    let _ = serde_json::to_writer(&mut *out, &head);
    out.pop();
}

/// Indents the event that was written from `start` on, escapes it for a terminal, and colors it, as far as the style asks
/// for it.
pub fn dress(style: Style, out: &mut Vec<u8>, start: usize) {
    if !(style.indent || style.terminal || style.color) {
        return;
    }
    let mut lines = String::from_utf8_lossy(out.get(start..).unwrap_or_default()).into_owned();
    out.truncate(start);
    if style.indent {
        let events = lines.lines().map(|event| indent(event) + "\n");
        lines = events.collect();
    }
    if style.terminal {
        lines = escape_literal(&lines, true).into_owned();
    }
    if style.color {
        lines = paint(&lines);
    }
    out.extend_from_slice(lines.as_bytes());
}

/// A request or a reply.
pub struct Message<'a> {
    pub event: &'a str,
    pub call: Option<u64>,
    pub at: Duration,
    pub bytes: &'a [u8],
}

/// Appends one message's line.
///
/// # Errors
/// When it cannot be written as JSON. Nothing is appended then.
pub fn message(
    message: &Message<'_>,
    layouts: &mut Layouts,
    root: LayoutId,
    options: WriteOptions,
    out: &mut Vec<u8>,
) -> Result<(), WriteError> {
    let start = out.len();
    open(message.event, message.call, message.at, out);
    out.extend_from_slice(format!(",\"size\":{},\"message\":", message.bytes.len()).as_bytes());
    // The whole event is indented later.
    let options = WriteOptions {
        indent: false,
        ..options
    };
    let written = json::write(layouts, root, message.bytes, options, out);
    if written.is_err() {
        out.truncate(start);
        return written;
    }
    out.extend_from_slice(b"}\n");
    Ok(())
}

/// Appends the line of headers or trailers. Values of `-bin` names are padded base64.
pub fn metadata(
    event: &str,
    call: Option<u64>,
    at: Duration,
    metadata: &MetadataMap,
    shows_secrets: bool,
    out: &mut Vec<u8>,
) {
    open(event, call, at, out);
    let mut values = serde_json::Map::new();
    for entry in metadata.iter() {
        let (key, value) = match entry {
            KeyAndValueRef::Ascii(key, value) => (
                key.as_str(),
                String::from_utf8_lossy(value.as_encoded_bytes()).into_owned(),
            ),
            KeyAndValueRef::Binary(key, value) => (
                key.as_str(),
                match value.to_bytes() {
                    Ok(bytes) => base64::encode(&bytes),
                    Err(_) => String::from_utf8_lossy(value.as_encoded_bytes()).into_owned(),
                },
            ),
        };
        let list = values
            .entry(key)
            .or_insert_with(|| serde_json::Value::Array(Vec::new()));
        if let serde_json::Value::Array(list) = list {
            let value = if shows_secrets || !is_secret(key) {
                value.into()
            } else {
                MASK.into()
            };
            list.push(value);
        }
    }
    out.extend_from_slice(b",\"metadata\":");
    out.extend_from_slice(serde_json::Value::Object(values).to_string().as_bytes());
    out.extend_from_slice(b"}\n");
}

/// An attempt that has failed and is followed by another.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// From one.
    pub number: u32,
    pub end: Box<End>,
    /// The time before the next one.
    pub pause: Duration,
}

/// Appends the line of an attempt that is followed by another.
pub fn retry(call: Option<u64>, at: Duration, attempt: &Attempt, out: &mut Vec<u8>) {
    open("retry", call, at, out);
    let end = &attempt.end;
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let line = format!(
        ",\"attempt\":{},\"code\":{},\"status\":{},\"message\":{},\"origin\":{},\"pause_ms\":{}}}\n",
        attempt.number,
        i32::from(end.code),
        text(code_name(end.code)),
        text(&end.message),
        text(origin(&end.origin)),
        attempt.pause.as_millis()
    );
    out.extend_from_slice(line.as_bytes());
}

/// The origin as it is named in an envelope.
pub fn origin(origin: &Origin) -> &'static str {
    match origin {
        Origin::Server | Origin::Encoding => "server",
        Origin::Deadline => "deadline",
        Origin::Cancelled => "cancelled",
        Origin::Input => "input",
        Origin::Enough => "enough",
        Origin::Connection(_) => "connection",
        Origin::OtherAnswer(..) | Origin::NotHttp1 | Origin::Protocol | Origin::TooLarge => {
            "protocol"
        }
    }
}

/// `,"protocol":"connect","http":"HTTP/2","http_status":200`
fn over(over: Over) -> String {
    let protocol = over.protocol.name();
    let http = over.http_version;
    let status = over.http_status;
    let status = status.map_or_else(|| "null".to_owned(), |it| it.as_u16().to_string());
    format!(",\"protocol\":\"{protocol}\",\"http\":\"{http}\",\"http_status\":{status}")
}

/// How a call ended.
pub struct Status<'a> {
    pub call: Option<u64>,
    pub at: Duration,
    /// `None` if there was no RPC.
    pub code: Option<Code>,
    pub message: &'a str,
    /// The decoded details, in JSON.
    pub details: &'a [String],
    /// Where the status comes from.
    pub origin: &'a str,
    /// The exit code of a run that ends with it.
    pub exit: u8,
    /// What the call went over, if it was not gRPC.
    pub over: Option<Over>,
}

/// Appends the line of a status.
pub fn status(status: &Status<'_>, out: &mut Vec<u8>) {
    open("status", status.call, status.at, out);
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let null = || "null".to_owned();
    let over = status.over.map_or_else(String::new, over);
    let line = format!(
        ",\"code\":{},\"status\":{},\"message\":{},\"details\":[{}],\"origin\":{},\"exit\":{}{over}}}\n",
        status
            .code
            .map_or_else(null, |code| i32::from(code).to_string()),
        status.code.map_or_else(null, |code| text(code_name(code))),
        text(status.message),
        status.details.join(","),
        text(status.origin),
        status.exit
    );
    out.extend_from_slice(line.as_bytes());
}
