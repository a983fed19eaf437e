//! The events of a call → its output, in each output format.

use std::collections::BTreeSet;
use std::time::Duration;

use prost_reflect::{DescriptorPool, MethodDescriptor};
use tokio::time::Instant;
use tonic::metadata::MetadataMap;

use super::details;
use super::envelope::{self, Attempt};
use super::message::{MessageWriter, Style, unwritable};
use crate::call::{End, Origin};
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::exit;
use crate::framing::Sent;
use crate::protobuf::json::WriteOptions;
use crate::protobuf::{LayoutId, Layouts};

/// An output format.
#[derive(Clone, Copy, Debug)]
pub enum Format {
    Messages(Style),
    Envelope(Style),
    /// The bytes of one message.
    Raw,
}

/// How many types of Anys one run of a command may ask for.
const MAX_ASKED: usize = 1000;

/// Prints the events of calls of one method.
pub struct Renderer {
    kind: Kind,
    /// Where to look up types: the method's schema, then the schemas learned since.
    pools: Vec<DescriptorPool>,
    /// Types that were asked for, found or not.
    asked: BTreeSet<String>,
    /// Whether to ask for unknown types.
    asks: bool,
}

/// The result of writing a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    Done,
    /// Nothing was written: the message contains Anys of these unknown types.
    Missing(Vec<String>),
}

enum Kind {
    Messages(MessageWriter),
    Envelope(Box<Envelope>),
    Raw { written: bool },
}

struct Envelope {
    layouts: Layouts,
    request: LayoutId,
    reply: LayoutId,
    reply_name: String,
    options: WriteOptions,
    style: Style,
}

/// When an event happened, and in which call of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub started: Instant,
    /// `None` for now.
    pub at: Option<Instant>,
    pub call: Option<u64>,
}

impl Moment {
    fn elapsed(&self) -> Duration {
        let at = self.at.unwrap_or_else(Instant::now);
        at.saturating_duration_since(self.started)
    }
}

/// Why a call was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotCalled {
    NoConnection,
    /// The schema does not have the method, or cannot be had.
    NoMethod,
    /// Its request is not a message of the method.
    BadRequest,
}

/// The result of a call.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    pub end: &'a End,
    /// The exit code of a run that ends with it.
    pub exit: u8,
}

impl Renderer {
    pub fn new(method: &MethodDescriptor, format: Format) -> Self {
        let pool = method.parent_pool().clone();
        let kind = match format {
            Format::Messages(style) => Kind::Messages(MessageWriter::new(&method.output(), style)),
            Format::Envelope(style) => {
                let mut layouts = Layouts::new(pool.clone());
                Kind::Envelope(Box::new(Envelope {
                    request: layouts.compile(&method.input()),
                    reply: layouts.compile(&method.output()),
                    reply_name: method.output().full_name().to_owned(),
                    layouts,
                    options: WriteOptions {
                        indent: false,
                        emit_defaults: style.emit_defaults,
                        proto_names: style.proto_names,
                        enum_numbers: style.enum_numbers,
                        int64: style.int64,
                    },
                    style,
                }))
            }
            Format::Raw => Kind::Raw { written: false },
        };
        Self {
            kind,
            pools: vec![pool],
            asked: BTreeSet::new(),
            asks: false,
        }
    }

    /// Asks for unknown types of Anys, instead of printing their bytes.
    #[must_use]
    pub fn asking(mut self) -> Self {
        self.asks = true;
        self
    }

    /// Takes back the last message, which will not be printed.
    pub fn forget_last(&mut self) {
        match &mut self.kind {
            Kind::Messages(writer) => writer.forget_last(),
            Kind::Raw { written } => *written = false,
            Kind::Envelope(_) => {}
        }
    }

    /// Adds what was found of the types asked for. They are not asked for again.
    pub fn learn(&mut self, asked: Vec<String>, found: Vec<DescriptorPool>) {
        self.asked.extend(asked);
        // Bounded, because the server chooses the names.
        self.asks &= self.asked.len() < MAX_ASKED;
        for pool in found {
            match &mut self.kind {
                Kind::Messages(writer) => writer.learn(pool.clone()),
                Kind::Envelope(envelope) => envelope.layouts.learn(pool.clone()),
                Kind::Raw { .. } => {}
            }
            self.pools.push(pool);
        }
    }

    /// Whether every event is printed as it happens, so that replies are not held back until the status.
    pub fn shows_everything(&self) -> bool {
        matches!(self.kind, Kind::Envelope(_))
    }

    /// Requests were sent.
    ///
    /// # Errors
    /// When one cannot be printed.
    pub fn requests(&mut self, moment: Moment, messages: &Sent, out: &mut Vec<u8>) -> Result<()> {
        if self.shows_everything() {
            for message in messages.messages() {
                self.enveloped("request", moment, &message, out)?;
            }
        }
        Ok(())
    }

    /// A reply arrived.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn message(&mut self, moment: Moment, bytes: &[u8], out: &mut Vec<u8>) -> Result<Written> {
        let (asks, asked) = (self.asks, &self.asked);
        let missing = match &mut self.kind {
            Kind::Messages(writer) => {
                writer.write_unless(bytes, out, |name| asks && !asked.contains(name))?
            }
            Kind::Envelope(_) => {
                let start = out.len();
                let mut missing = self.enveloped("message", moment, bytes, out)?;
                missing.retain(|name| asks && !self.asked.contains(name));
                if !missing.is_empty() {
                    out.truncate(start);
                }
                missing
            }
            Kind::Raw { written: true } => {
                return Err(
                    Error::failed("-o raw writes only one message, but there are more")
                        .hinted("use -n 1 to stop after the first"),
                );
            }
            Kind::Raw { written } => {
                *written = true;
                out.extend_from_slice(bytes);
                Vec::new()
            }
        };
        Ok(if missing.is_empty() {
            Written::Done
        } else {
            Written::Missing(missing)
        })
    }

    fn enveloped(
        &mut self,
        event: &str,
        moment: Moment,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Vec<String>> {
        let Kind::Envelope(envelope) = &mut self.kind else {
            return Ok(Vec::new());
        };
        let root = match event {
            "request" => envelope.request,
            _ => envelope.reply,
        };
        let message = envelope::Message {
            event,
            call: moment.call,
            at: moment.elapsed(),
            bytes,
        };
        let start = out.len();
        envelope::message(&message, &mut envelope.layouts, root, envelope.options, out).map_err(
            |error| match event {
                "request" => Error::failed("cannot print a request").caused_by(error),
                _ => unwritable(&envelope.reply_name, error),
            },
        )?;
        envelope::dress(envelope.style, out, start);
        Ok(envelope.layouts.take_unresolved())
    }

    /// The initial metadata arrived.
    pub fn headers(&self, moment: Moment, metadata: &MetadataMap, out: &mut Vec<u8>) {
        if let Kind::Envelope(envelope) = &self.kind {
            let start = out.len();
            let secrets = envelope.style.secrets;
            envelope::metadata(
                "headers",
                moment.call,
                moment.elapsed(),
                metadata,
                secrets,
                out,
            );
            envelope::dress(envelope.style, out, start);
        }
    }

    /// The call is over.
    pub fn ended(&self, moment: Moment, outcome: &Outcome<'_>, out: &mut Vec<u8>) {
        if let Kind::Envelope(envelope) = &self.kind {
            let (end, at, start) = (outcome.end, moment.elapsed(), out.len());
            if matches!(end.origin, Origin::Server | Origin::Encoding) {
                let secrets = envelope.style.secrets;
                envelope::metadata("trailers", moment.call, at, &end.metadata, secrets, out);
            }
            let status = envelope::Status {
                call: moment.call,
                at,
                code: Some(end.code),
                message: &end.message,
                details: &self.details(&end.details),
                origin: envelope::origin(&end.origin),
                exit: outcome.exit,
                over: end.over,
            };
            envelope::status(&status, out);
            envelope::dress(envelope.style, out, start);
        }
    }

    /// An attempt has failed, and another one follows.
    pub fn retrying(&self, moment: Moment, attempt: &Attempt, out: &mut Vec<u8>) {
        if let Kind::Envelope(envelope) = &self.kind {
            let start = out.len();
            envelope::retry(moment.call, moment.elapsed(), attempt, out);
            envelope::dress(envelope.style, out, start);
        }
    }

    /// The details of a status, each in JSON.
    pub fn details(&self, details: &[u8]) -> Vec<String> {
        details::decode(details, &self.pools).texts
    }

    /// The unknown types in a status's details that have not been asked for.
    pub fn missing_details(&self, details: &[u8]) -> Vec<String> {
        if !self.asks || details.is_empty() {
            return Vec::new();
        }
        let mut missing = details::decode(details, &self.pools).missing;
        missing.retain(|name| !self.asked.contains(name));
        missing
    }
}

impl Format {
    /// Whether every event is printed, not only replies.
    pub fn shows_everything(&self) -> bool {
        matches!(self, Self::Envelope(_))
    }

    /// Appends the status event of a call that could not be made, if the format has events.
    pub fn not_called(&self, moment: Moment, why: NotCalled, error: &Error, out: &mut Vec<u8>) {
        if let Self::Envelope(style) = self {
            let start = out.len();
            let (code, origin) = match (error.kind(), why) {
                (ErrorKind::Status(code), _) => (Some(code), "deadline"),
                (ErrorKind::Interrupted, _) => (None, "cancelled"),
                (_, NotCalled::NoConnection) => (None, "connection"),
                (_, NotCalled::NoMethod) => (None, "schema"),
                (_, NotCalled::BadRequest) => (None, "input"),
            };
            let status = envelope::Status {
                call: moment.call,
                at: moment.elapsed(),
                code,
                message: &error.message_with_causes(),
                details: &[],
                origin,
                exit: exit::code(error),
                over: None,
            };
            envelope::status(&status, out);
            envelope::dress(*style, out, start);
        }
    }
}
