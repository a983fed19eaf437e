//! The replies of a call as every command prints them: in the format asked for, as many as asked for, and a single
//! reply only when the status says that it stands.

use bytes::Bytes;
use tokio::time::Instant;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use super::drive::{Replies, Then};
use super::target::status_error;
use crate::error::{Error, Result};
use crate::output::{Format, Moment, Renderer};

/// Prints the events of one call.
pub struct Printed<'a> {
    renderer: &'a mut Renderer,
    started: Instant,
    /// When the event at hand was, if not just now.
    now: Option<Instant>,
    /// Which call of a batch.
    index: Option<u64>,
    /// The method has one reply, held back until the status comes.
    single: bool,
    /// Replies are printed as they come, whatever comes of the call.
    at_once: bool,
    held: Option<Bytes>,
    sent: u64,
    received: u64,
    /// Replies still wanted.
    left: Option<u64>,
}

impl<'a> Printed<'a> {
    pub fn new(renderer: &'a mut Renderer, format: Format, single: bool) -> Self {
        Self {
            renderer,
            started: Instant::now(),
            now: None,
            index: None,
            single,
            at_once: !single || format.shows_everything(),
            held: None,
            sent: 0,
            received: 0,
            left: None,
        }
    }

    /// Stops after so many replies.
    #[must_use]
    pub fn at_most(mut self, replies: Option<u64>) -> Self {
        self.left = replies;
        self
    }

    /// One call of several, from one.
    #[must_use]
    pub fn within_batch(mut self, index: u64, started: Instant) -> Self {
        self.index = Some(index);
        self.started = started;
        self
    }

    /// The events to come were at that time: they were kept until now.
    pub fn set_now(&mut self, at: Instant) {
        self.now = Some(at);
    }

    /// Takes the held reply away: it is not to be printed.
    pub fn withhold(&mut self) {
        self.held = None;
    }

    /// What the call came to.
    ///
    /// # Errors
    /// When its status is not OK, or a single reply was none or several.
    pub fn judge(&self, status: &Status) -> Result<()> {
        if status.code() != Code::Ok {
            return Err(status_error(status, self.renderer.details(status)));
        }
        match self.received {
            1 => Ok(()),
            _ if self.single => Err(Error::status(
                Code::Internal,
                "the method has one reply, and none came",
            )),
            _ => Ok(()),
        }
    }

    fn moment_now(&self) -> Moment {
        self.moment(self.now.unwrap_or_else(Instant::now))
    }

    fn moment(&self, at: Instant) -> Moment {
        Moment {
            started: self.started,
            at,
            call: self.index,
        }
    }
}

impl Replies for Printed<'_> {
    fn request(&mut self, at: Instant, message: &Bytes, out: &mut Vec<u8>) -> Result<()> {
        self.sent += 1;
        let moment = self.moment(at);
        self.renderer.request(moment, message, out)
    }

    fn headers(&mut self, metadata: &MetadataMap, out: &mut Vec<u8>) {
        self.renderer.headers(self.moment_now(), metadata, out);
    }

    fn message(&mut self, message: &Bytes, out: &mut Vec<u8>) -> Result<Then> {
        self.received += 1;
        if self.single && self.received > 1 {
            // Whatever else comes: the call has failed already.
            return Err(Error::status(
                Code::Internal,
                "the method has one reply, and several came",
            ));
        }
        if self.at_once {
            let moment = self.moment_now();
            self.renderer.message(moment, message, out)?;
        } else {
            self.held = Some(message.clone());
        }
        match &mut self.left {
            Some(left) => {
                *left = left.saturating_sub(1);
                Ok(if *left == 0 && !self.single {
                    Then::Stop
                } else {
                    Then::Continue
                })
            }
            None => Ok(Then::Continue),
        }
    }

    fn stopped(&mut self, out: &mut Vec<u8>) {
        let status = Status::cancelled("the replies asked for are all there");
        self.renderer.status(self.moment_now(), &status, out);
    }

    fn ended(&mut self, status: &Status, out: &mut Vec<u8>) -> Result<()> {
        let moment = self.moment_now();
        if status.code() == Code::Ok
            && self.received == 1
            && let Some(message) = self.held.take()
        {
            self.renderer.message(moment, &message, out)?;
        }
        self.renderer.status(moment, status, out);
        Ok(())
    }

    /// A method with one reply owes nothing before its input ends; how much others owe, nobody knows.
    fn is_settled(&self) -> bool {
        self.single
    }

    fn counts(&self) -> (u64, u64) {
        (self.sent, self.received)
    }
}
