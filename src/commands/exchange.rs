//! Drives one call: replies to stdout as they come, and whatever may end it before its time: Ctrl-C, a reader that
//! went away, bad input, enough replies.

use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep_until};
use tokio_stream::{Stream, StreamExt as _};
use tonic::Status;

use super::client::show_metadata;
use super::interrupt::Interrupt;
use crate::call::{Call, Event};
use crate::error::{Error, Result, code_name};
use crate::input::Failure;
use crate::output::{Console, Progress, Stdout};

/// After bad input the replies to what went before it are still awaited, until none has come for this long: nothing
/// in gRPC tells how many a server owes.
const QUIET: Duration = Duration::from_secs(1);

/// And at most for this long altogether, if the server never falls quiet.
const QUIET_AT_MOST: Duration = Duration::from_secs(10);

/// How long a reader that does not read keeps us after Ctrl-C.
const LAST_WRITE: Duration = Duration::from_secs(1);

/// What a command does with the events of its call.
pub trait Replies {
    /// Appends what is to be printed for one reply.
    fn message(&mut self, message: &Bytes, out: &mut Vec<u8>) -> Result<Then>;

    /// The call is over; for what can only be printed now.
    fn ended(&mut self, _status: &Status, _out: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }

    /// Whether no reply is due: every request that is known to be answered has been.
    fn is_settled(&self) -> bool;

    /// Requests sent and replies received, for the progress line.
    fn counts(&self) -> (u64, u64);
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Continue,
    /// The user has enough: cancel the call.
    Stop,
}

/// How a call ended that did not fail to be one.
#[derive(Debug)]
pub enum End {
    Status(Status),
    /// [`Then::Stop`] was returned.
    Stopped,
}

/// What a call is driven with.
pub struct Exchange<'a> {
    pub call: Call,
    pub failure: Failure,
    pub console: Console,
    pub interrupt: &'a Interrupt,
    pub show_progress: bool,
}

impl Exchange<'_> {
    /// Runs the call to its end. Every reply that arrived has been written when this returns, also when it returns
    /// an error.
    ///
    /// # Errors
    /// On Ctrl-C, bad input, a reader that went away, a reply that cannot be printed, and a peer that speaks no gRPC.
    pub async fn run(mut self, replies: &mut impl Replies) -> Result<End> {
        let mut stdout = Stdout::new();
        let outcome = self.drive(replies, &mut stdout).await;
        self.call.cancel();
        let finish = stdout.finish();
        let written = match &outcome {
            Err(error) if error.kind() == crate::error::Kind::Interrupted => {
                tokio::time::timeout(LAST_WRITE, finish)
                    .await
                    .unwrap_or(Ok(()))
            }
            _ => self.interrupt.or(finish).await,
        };
        let end = outcome?;
        written?;
        Ok(end)
    }

    async fn drive(&mut self, replies: &mut impl Replies, stdout: &mut Stdout) -> Result<End> {
        let mut progress = Progress::new(self.show_progress);
        let mut bad_input: Option<BadInput> = None;
        loop {
            if replies.is_settled()
                && let Some(bad) = bad_input.take()
            {
                return Err(bad.error);
            }
            let event = if let Some(event) = ready_now(&mut self.call).await {
                event
            } else {
                self.interrupt.or(stdout.flush()).await?;
                tokio::select! {
                    biased;
                    () = self.interrupt.wait() => return Err(Error::interrupted()),
                    event = self.call.next() => event,
                    () = stdout.closed() => return Err(Error::output(std::io::ErrorKind::BrokenPipe.into())),
                    error = self.failure.wait(), if bad_input.is_none() => {
                        bad_input = Some(BadInput::new(error));
                        continue;
                    }
                    error = quiet(&mut bad_input) => return Err(error),
                    () = progress.due() => {
                        let (requests, answers) = replies.counts();
                        progress.draw(requests, answers);
                        continue;
                    }
                }
            };
            match event {
                Some(Event::Headers(headers)) => show_metadata(self.console, '<', &headers),
                Some(Event::Message(message)) => {
                    let then = replies.message(&message, stdout.buffer())?;
                    if let Some(bad) = &mut bad_input {
                        bad.heard();
                    }
                    if stdout.is_full() {
                        self.interrupt.or(stdout.flush()).await?;
                    }
                    if then == Then::Stop {
                        return Ok(End::Stopped);
                    }
                }
                Some(Event::Failed(error)) => return Err(error),
                Some(Event::Status(status)) => {
                    show_metadata(self.console, '<', status.metadata());
                    self.console
                        .detail('*', || format!("status {}", code_name(status.code())));
                    if let Some(bad) = bad_input {
                        return Err(bad.error);
                    }
                    replies.ended(&status, stdout.buffer())?;
                    return Ok(End::Status(status));
                }
                None => return Err(Error::failed("the call ended without a status")),
            }
        }
    }
}

/// The next event if it is there already. `Some(None)` is the end of the stream.
async fn ready_now(call: &mut Call) -> Option<Option<Event>> {
    std::future::poll_fn(|cx| {
        Poll::Ready(match Pin::new(&mut *call).poll_next(cx) {
            Poll::Ready(event) => Some(event),
            Poll::Pending => None,
        })
    })
    .await
}

/// Bad input whose earlier requests may still be answered.
struct BadInput {
    error: Error,
    since: Instant,
    last_heard: Instant,
}

impl BadInput {
    fn new(error: Error) -> Self {
        let now = Instant::now();
        Self {
            error,
            since: now,
            last_heard: now,
        }
    }

    fn heard(&mut self) {
        self.last_heard = Instant::now();
    }
}

/// Completes with the error when there was bad input and the server has fallen quiet since.
async fn quiet(bad_input: &mut Option<BadInput>) -> Error {
    if let Some(bad) = bad_input {
        sleep_until((bad.last_heard + QUIET).min(bad.since + QUIET_AT_MOST)).await;
    }
    match bad_input.take() {
        Some(bad) => bad.error,
        None => std::future::pending().await,
    }
}
