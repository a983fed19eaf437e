//! Drives one call: its events to stdout as they come, and whatever may end it before its time: Ctrl-C, a reader that
//! went away, bad input, enough replies.

use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_stream::{Stream, StreamExt as _};
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::interrupt::Interrupt;
use super::target::show_metadata;
use crate::call::{Call, Event};
use crate::error::{Error, Kind, Result, code_name};
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
    /// A request went out.
    fn request(&mut self, _at: Instant, _message: &Bytes, _out: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }

    /// The initial metadata came.
    fn headers(&mut self, metadata: &MetadataMap, out: &mut Vec<u8>);

    /// Appends what is to be printed for one reply.
    fn message(&mut self, message: &Bytes, out: &mut Vec<u8>) -> Result<Then>;

    /// The call is cancelled: the replies asked for are all there.
    fn stopped(&mut self, _out: &mut Vec<u8>) {}

    /// The call is over; for what can only be printed now.
    fn ended(&mut self, status: &Status, out: &mut Vec<u8>) -> Result<()>;

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

/// Requests as they go out, for whoever prints them.
pub type Sent = mpsc::UnboundedReceiver<(Instant, Vec<Bytes>)>;

/// What every call of a command is driven with.
#[derive(Clone, Copy)]
pub struct Exchange<'a> {
    pub console: Console,
    pub interrupt: &'a Interrupt,
    pub show_progress: bool,
}

/// Runs `work` with stdout. Everything it printed has been written when this returns, also when it returns an error.
///
/// # Errors
/// Those of `work`, else of writing.
pub async fn with_stdout<T>(
    interrupt: &Interrupt,
    work: impl AsyncFnOnce(&mut Stdout) -> Result<T>,
) -> Result<T> {
    let mut stdout = Stdout::default();
    let outcome = work(&mut stdout).await;
    let finish = stdout.finish();
    let written = match &outcome {
        Err(error) if error.kind() == Kind::Interrupted => tokio::time::timeout(LAST_WRITE, finish)
            .await
            .unwrap_or(Ok(())),
        _ => interrupt.or(finish).await,
    };
    let value = outcome?;
    written?;
    Ok(value)
}

impl Exchange<'_> {
    /// Runs a call to its end, and cancels it if that comes early.
    ///
    /// # Errors
    /// On Ctrl-C, bad input, a reader that went away, a reply that cannot be printed, and a peer that speaks no gRPC.
    pub async fn drive(
        self,
        mut call: Call,
        mut failure: Failure,
        mut sent: Option<Sent>,
        replies: &mut impl Replies,
        stdout: &mut Stdout,
    ) -> Result<End> {
        let mut progress = Progress::new(self.show_progress);
        let mut bad_input: Option<BadInput> = None;
        loop {
            if replies.is_settled()
                && let Some(bad) = bad_input.take()
            {
                return Err(bad.error);
            }
            let ready = ready_now(&mut call).await;
            while let Some(Ok((at, batch))) = sent.as_mut().map(mpsc::UnboundedReceiver::try_recv) {
                print_requests(replies, at, &batch, stdout)?;
            }
            let event = if let Some(event) = ready {
                event
            } else {
                if let Some(late) = self.flush(&mut call, stdout).await? {
                    replies.ended(&late, stdout.buffer())?;
                    return Ok(End::Status(late));
                }
                tokio::select! {
                    biased;
                    () = self.interrupt.wait() => return Err(Error::interrupted()),
                    Some((at, batch)) = next_sent(&mut sent) => {
                        print_requests(replies, at, &batch, stdout)?;
                        continue;
                    }
                    event = call.next() => event,
                    error = stdout.closed() => return Err(error),
                    error = failure.wait(), if bad_input.is_none() => {
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
                Some(Event::Headers(headers)) => {
                    show_metadata(self.console, '<', &headers);
                    replies.headers(&headers, stdout.buffer());
                }
                Some(Event::Message(message)) => {
                    let then = replies.message(&message, stdout.buffer())?;
                    if let Some(bad) = &mut bad_input {
                        bad.heard();
                    }
                    if stdout.is_full()
                        && let Some(late) = self.flush(&mut call, stdout).await?
                    {
                        replies.ended(&late, stdout.buffer())?;
                        return Ok(End::Status(late));
                    }
                    if then == Then::Stop {
                        replies.stopped(stdout.buffer());
                        return Ok(End::Stopped);
                    }
                }
                Some(Event::Failed(error)) => return Err(error),
                Some(Event::Status(status)) => {
                    if self.console.is_verbose() {
                        stdout.catch_up().await;
                    }
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

impl Exchange<'_> {
    /// Flushes, for as long as the call may take: a reader that does not read keeps no call open beyond its deadline.
    async fn flush(self, call: &mut Call, stdout: &mut Stdout) -> Result<Option<Status>> {
        tokio::select! {
            biased;
            () = self.interrupt.wait() => Err(Error::interrupted()),
            flushed = stdout.flush() => flushed.map(|()| None),
            late = call.expired() => Ok(Some(late)),
        }
    }
}

fn print_requests(
    replies: &mut impl Replies,
    at: Instant,
    batch: &[Bytes],
    stdout: &mut Stdout,
) -> Result<()> {
    for message in batch {
        replies.request(at, message, stdout.buffer())?;
    }
    Ok(())
}

/// The next requests that go out; `None` when nobody prints them, or no more will.
async fn next_sent(sent: &mut Option<Sent>) -> Option<(Instant, Vec<Bytes>)> {
    let next = sent.as_mut()?.recv().await;
    if next.is_none() {
        *sent = None;
    }
    next
}

/// The next item if it is there already. `Some(None)` is the end of the stream.
pub async fn ready_now<S: Stream + Unpin>(stream: &mut S) -> Option<Option<S::Item>> {
    std::future::poll_fn(|cx| {
        Poll::Ready(match Pin::new(&mut *stream).poll_next(cx) {
            Poll::Ready(item) => Some(item),
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
