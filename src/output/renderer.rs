//! A call's events → what is printed of them, in each of the output formats.

use prost_reflect::{DescriptorPool, MethodDescriptor};
use tokio::time::Instant;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::escape::escape_literal;
use super::printer::{Printer, Style, Syntax};
use super::{details, envelope};
use crate::error::{Error, Result, code_name};
use crate::protobuf::json::write as json;
use crate::protobuf::layout::{LayoutId, Layouts};

/// Which events are printed, and how.
#[derive(Clone, Copy, Debug)]
pub enum Format {
    Messages(Style),
    Envelope(Style),
    /// The bytes of one message.
    Raw,
}

impl Format {
    /// Whether replies are to be seen as they come, though the call may fail yet.
    pub fn shows_everything(&self) -> bool {
        matches!(self, Self::Envelope(_))
    }
}

/// Prints the events of one method's calls.
pub struct Renderer {
    kind: Kind,
    pool: DescriptorPool,
}

enum Kind {
    Messages(Printer),
    Envelope(Box<Envelope>),
    Raw { written: bool },
}

struct Envelope {
    layouts: Layouts,
    request: LayoutId,
    reply: LayoutId,
    options: json::Options,
    /// The output is a terminal: strings must not act on it.
    terminal: bool,
}

impl Envelope {
    /// Makes what was written from `start` on safe where it is shown.
    fn secure(&self, out: &mut Vec<u8>, start: usize) {
        if self.terminal {
            let plain = String::from_utf8_lossy(out.get(start..).unwrap_or_default()).into_owned();
            out.truncate(start);
            out.extend_from_slice(escape_literal(&plain, true).as_bytes());
        }
    }
}

/// When an event was, and in which call of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub started: Instant,
    pub at: Instant,
    pub call: Option<u64>,
}

impl Moment {
    fn elapsed(&self) -> std::time::Duration {
        self.at.saturating_duration_since(self.started)
    }
}

impl Renderer {
    pub fn new(method: &MethodDescriptor, format: Format) -> Self {
        let pool = method.parent_pool().clone();
        let kind = match format {
            Format::Messages(style) => Kind::Messages(Printer::new(&method.output(), style)),
            Format::Envelope(style) => {
                let mut layouts = Layouts::new(pool.clone());
                Kind::Envelope(Box::new(Envelope {
                    request: layouts.compile(&method.input()),
                    reply: layouts.compile(&method.output()),
                    layouts,
                    options: json::Options {
                        indent: false,
                        emit_defaults: style.emit_defaults,
                        proto_names: style.proto_names,
                        enum_numbers: style.enum_numbers,
                    },
                    terminal: style.terminal,
                }))
            }
            Format::Raw => Kind::Raw { written: false },
        };
        Self { kind, pool }
    }

    /// A request went out.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn request(&mut self, moment: Moment, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
        self.enveloped("request", moment, bytes, out)
    }

    /// A reply came.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn message(&mut self, moment: Moment, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
        match &mut self.kind {
            Kind::Messages(printer) => printer.print(bytes, out),
            Kind::Envelope(_) => self.enveloped("message", moment, bytes, out),
            Kind::Raw { written: true } => Err(Error::failed(
                "-o raw writes one message, and there is a second one",
            )
            .hinted("-n 1 stops after the first")),
            Kind::Raw { written } => {
                *written = true;
                out.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    fn enveloped(
        &mut self,
        event: &str,
        moment: Moment,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let Kind::Envelope(envelope) = &mut self.kind else {
            return Ok(());
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
        envelope::message(&message, &mut envelope.layouts, root, envelope.options, out)
            .map_err(|error| Error::failed(format!("cannot print a {event}")).caused_by(error))?;
        envelope.secure(out, start);
        Ok(())
    }

    /// The initial metadata came.
    pub fn headers(&self, moment: Moment, metadata: &MetadataMap, out: &mut Vec<u8>) {
        if let Kind::Envelope(envelope) = &self.kind {
            let start = out.len();
            envelope::metadata("headers", moment.call, moment.elapsed(), metadata, out);
            envelope.secure(out, start);
        }
    }

    /// The call is over.
    pub fn status(&self, moment: Moment, status: &Status, out: &mut Vec<u8>) {
        if let Kind::Envelope(envelope) = &self.kind {
            let (at, start) = (moment.elapsed(), out.len());
            envelope::metadata("trailers", moment.call, at, status.metadata(), out);
            let end = envelope::End {
                call: moment.call,
                at,
                code: status.code().into(),
                name: code_name(status.code()),
                message: status.message(),
                details: &self.details(status),
            };
            envelope::status(&end, out);
            envelope.secure(out, start);
        }
    }

    /// A status's details, each as JSON.
    pub fn details(&self, status: &Status) -> Vec<String> {
        details::decode(status, &self.pool)
    }
}

/// JSON on one line, for what is no reply: descriptors, statuses.
pub fn plain_json(indent: bool, terminal: bool, color: bool) -> Style {
    Style {
        syntax: Syntax::Json,
        indent,
        emit_defaults: false,
        proto_names: false,
        enum_numbers: false,
        color,
        terminal,
    }
}
