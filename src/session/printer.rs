//! Prints the events of a call: in the requested format, up to the requested number of replies, and a single reply only
//! once the status is OK.

use tokio::time::Instant;
use tonic::Code;
use tonic::metadata::MetadataMap;

use super::observer::{CallObserver, Then};
use super::record::Recording;
use super::schema::Lent;
use crate::call::{End, Origin};
use crate::error::{Error, Result};
use crate::exit;
use crate::framing::Sent;
use crate::output::{Attempt, Moment, Outcome, Renderer, Written};

/// Prints one call.
pub struct CallPrinter<'a> {
    renderer: &'a mut Renderer,
    started: Instant,
    /// When the current event happened, if not just now.
    at: Option<Instant>,
    /// The number of the call in a batch, from one.
    index: Option<u64>,
    /// The method has one reply, whose text is held back until the status arrives.
    single: bool,
    held: Option<Vec<u8>>,
    /// Where to look for unknown types.
    types: Option<&'a mut Lent>,
    recording: Option<Recording>,
    sent: u64,
    received: u64,
    printed: u64,
    /// Replies still wanted.
    left: Option<u64>,
}

impl<'a> CallPrinter<'a> {
    pub fn new(renderer: &'a mut Renderer, single: bool) -> Self {
        Self {
            renderer,
            started: Instant::now(),
            at: None,
            index: None,
            single,
            held: None,
            types: None,
            recording: None,
            sent: 0,
            received: 0,
            printed: 0,
            left: None,
        }
    }

    /// Stops after this many replies.
    #[must_use]
    pub fn at_most(mut self, replies: Option<u64>) -> Self {
        self.left = replies;
        self
    }

    /// Looks for types that the schema does not have.
    #[must_use]
    pub fn resolving(mut self, types: Option<&'a mut Lent>) -> Self {
        self.types = types;
        self
    }

    /// Keeps the call for a shell.
    #[must_use]
    pub fn recording(mut self, recording: Option<Recording>) -> Self {
        self.recording = recording;
        self
    }

    /// Marks the call as one of a batch.
    #[must_use]
    pub fn within_batch(mut self, index: u64, started: Instant) -> Self {
        self.index = Some(index);
        self.started = started;
        self
    }

    /// Sets the time of the next events, for events printed later than they happened.
    pub fn set_time(&mut self, at: Instant) {
        self.at = Some(at);
    }

    /// As [`CallObserver::ended`], where a call that ended with OK may still fail with `judgement`.
    ///
    /// # Errors
    /// The failure of the call.
    pub fn conclude(
        &mut self,
        end: &End,
        failure: Option<Error>,
        judgement: Result<()>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let moment = self.moment();
        let result = match failure {
            Some(failure) => Err(failure),
            None if end.origin == Origin::Enough => Ok(()),
            None if end.code != Code::Ok => {
                Err(status_error(end, self.renderer.details(&end.details)))
            }
            None => judgement,
        };
        if let Some(held) = self.held.take() {
            if result.is_ok() {
                self.printed += 1;
                out.extend_from_slice(&held);
            } else {
                self.renderer.forget_last();
            }
        }
        if let Some(recording) = &self.recording {
            recording.ended(end);
        }
        let outcome = Outcome {
            exit: result.as_ref().map_or_else(exit::code, |()| 0),
            end,
        };
        self.renderer.ended(moment, &outcome, out);
        result
    }

    /// Does not keep the last reply.
    pub fn forget_reply(&self) {
        if let Some(recording) = &self.recording {
            recording.forget_reply();
        }
    }

    /// Counts a reply that is not printed.
    pub fn ignored(&mut self) {
        self.received += 1;
    }

    /// Replies that were printed.
    pub fn printed(&self) -> u64 {
        self.printed
    }

    fn moment(&self) -> Moment {
        Moment {
            started: self.started,
            at: self.at,
            call: self.index,
        }
    }
}

impl CallObserver for CallPrinter<'_> {
    fn sent(&mut self, messages: &Sent, out: &mut Vec<u8>) -> Result<()> {
        self.sent += messages.len() as u64;
        if let Some(recording) = &mut self.recording {
            recording.sent(messages);
        }
        self.renderer.requests(self.moment(), messages, out)
    }

    fn headers(&mut self, metadata: &MetadataMap, out: &mut Vec<u8>) {
        if let Some(recording) = &self.recording {
            recording.headers(metadata);
        }
        self.renderer.headers(self.moment(), metadata, out);
    }

    fn message(&mut self, message: &[u8], out: &mut Vec<u8>) -> Result<Then> {
        let moment = self.moment();
        let is_held = self.single && !self.renderer.shows_everything();
        let out = if is_held {
            self.held.insert(Vec::new())
        } else {
            out
        };
        if let Written::Missing(types) = self.renderer.message(moment, message, out)? {
            return Ok(Then::Resolve(types));
        }
        if let Some(recording) = &self.recording {
            recording.reply(message);
        }
        self.received += 1;
        self.printed += u64::from(!is_held);
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(1);
            if *left == 0 && !self.single {
                return Ok(Then::Stop);
            }
        }
        Ok(Then::Continue)
    }

    fn retrying(&mut self, attempt: &Attempt, out: &mut Vec<u8>) {
        self.sent = 0;
        if let Some(recording) = &mut self.recording {
            recording.again();
        }
        self.renderer.retrying(self.moment(), attempt, out);
    }

    fn ended(&mut self, end: &End, failure: Option<Error>, out: &mut Vec<u8>) -> Result<()> {
        self.conclude(end, failure, Ok(()), out)
    }

    async fn resolve(&mut self, types: Vec<String>) {
        let found = match &mut self.types {
            Some(source) => source.find(&types).await,
            None => Vec::new(),
        };
        self.renderer.learn(types, found);
    }

    fn unresolved(&self, end: &End) -> Vec<String> {
        self.renderer.missing_details(&end.details)
    }

    /// A method with one reply answers only after its input has ended. Whether others owe replies is not known.
    fn is_settled(&self) -> bool {
        self.single
    }

    fn counts(&self) -> (u64, u64) {
        (self.sent, self.received)
    }
}

/// The error of a call that ended with a status other than OK. `details` are its decoded details.
pub fn status_error(end: &End, details: Vec<String>) -> Error {
    let error = Error::status(end.code, end.message.as_str()).detailed(details);
    match end.hint() {
        Some(hint) => error.hinted(hint),
        None => error,
    }
}
