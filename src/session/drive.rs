//! The driver of every call: passes the call's events to its observer as they arrive, and ends the call early on an
//! interrupt, closed output, bad input or enough replies.

use std::future::Ready;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tonic::metadata::{KeyAndValueRef, MetadataMap};

use super::interrupt::Interrupt;
use crate::call::{Call, End, Event, Origin, Processed, Sent, Source};
use crate::error::{Error, Kind, Result, code_name};
use crate::input::Failure;
use crate::output::{Console, Progress, Stdout, count};

/// After bad input, wait for replies to the requests before it until none has arrived for this long: nothing in gRPC says
/// how many replies are due.
const QUIET: Duration = Duration::from_secs(1);

/// And at most this long in total, if replies keep arriving.
const QUIET_AT_MOST: Duration = Duration::from_secs(10);

/// How long unread output may delay the exit after Ctrl-C.
const LAST_WRITE: Duration = Duration::from_secs(1);

/// What a command does with the events of its call. Each method appends its output to `out`.
pub trait CallObserver {
    /// Requests were sent.
    ///
    /// # Errors
    /// When one cannot be printed.
    fn sent(&mut self, messages: &Sent, out: &mut Vec<u8>) -> Result<()>;

    /// The initial metadata arrived.
    fn headers(&mut self, metadata: &MetadataMap, out: &mut Vec<u8>);

    /// A reply arrived.
    ///
    /// # Errors
    /// When it cannot be printed. The error is a status if the server is at fault.
    fn message(&mut self, message: &[u8], out: &mut Vec<u8>) -> Result<Then>;

    /// The call is over, because of `failure` if the client ended it. Returns the result of the call.
    ///
    /// # Errors
    /// `failure`, or the error that the call ended with.
    fn ended(&mut self, end: &End, failure: Option<Error>, out: &mut Vec<u8>) -> Result<()>;

    /// Looks for types named by [`Then::Resolve`] or [`CallObserver::unresolved`]. Each is named only once, found or not.
    fn resolve(&mut self, _types: Vec<String>) -> impl Future<Output = ()> {
        std::future::ready(())
    }

    /// Types that have to be resolved to print the end of a call.
    fn unresolved(&self, _end: &End) -> Vec<String> {
        Vec::new()
    }

    /// Whether no reply is outstanding, as far as the observer knows.
    fn is_settled(&self) -> bool;

    /// Requests sent and replies received.
    fn counts(&self) -> (u64, u64);
}

/// What to do after a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    Continue,
    /// There are enough replies: cancel the call.
    Stop,
    /// The reply cannot be printed without these types: resolve them, and pass it again.
    Resolve(Vec<String>),
}

/// Drives the calls of a command.
#[derive(Clone)]
pub struct Driver {
    pub console: Console,
    pub interrupt: Interrupt,
    pub show_progress: bool,
}

/// The next step of a call.
enum Step {
    Event(Option<Event>),
    /// The client ends the call, for this reason.
    GiveUp(Error),
}

/// A call in progress.
struct Run<'a, R, O> {
    driver: &'a Driver,
    call: Call<R>,
    bad_input: BadInput,
    observer: &'a mut O,
    stdout: &'a mut Stdout,
    progress: Progress,
}

impl Driver {
    /// Runs a call to its end, or cancels it.
    ///
    /// # Errors
    /// The error that the observer returns for the end; a failed write to stdout; Ctrl-C; bad input.
    pub async fn drive<R>(
        &self,
        call: Call<R>,
        input: Failure,
        observer: &mut impl CallObserver,
        stdout: &mut Stdout,
    ) -> Result<()>
    where
        R: Source,
    {
        type Never<R> = fn() -> Ready<Result<Call<R>>>;
        let never: Option<Never<R>> = None;
        self.drive_again(call, never, input, observer, stdout).await
    }

    /// As [`Driver::drive`]. If the server did not process the call, `again` makes another attempt.
    ///
    /// # Errors
    /// As [`Driver::drive`].
    pub async fn drive_again<R>(
        &self,
        call: Call<R>,
        mut again: Option<impl AsyncFnOnce() -> Result<Call<R>>>,
        input: Failure,
        observer: &mut impl CallObserver,
        stdout: &mut Stdout,
    ) -> Result<()>
    where
        R: Source,
    {
        let mut run = Run {
            driver: self,
            call,
            bad_input: BadInput::Possible(input),
            observer,
            stdout,
            progress: Progress::new(&self.console, self.show_progress),
        };
        loop {
            let event = match run.next().await {
                Step::Event(Some(event)) => event,
                last => return run.finish(last).await,
            };
            if let Event::Ended(end) = &event
                && end.origin == Origin::Connection(Processed::No)
                && let Some(again) = again.take()
                // If that fails, the first attempt has the reason.
                && let Ok(call) = self.interrupt.or(again()).await
            {
                run.call = call;
                continue;
            }
            if let Some(outcome) = run.handle(event).await {
                return outcome;
            }
        }
    }

    /// Runs `work` with stdout. All of its output is written when this returns, even if it fails.
    ///
    /// # Errors
    /// Those of `work`, else of writing. If both fail, the second error is reported.
    pub async fn with_stdout<T>(
        &self,
        stdout: &mut Stdout,
        work: impl AsyncFnOnce(&mut Stdout) -> Result<T>,
    ) -> Result<T> {
        let outcome = work(stdout).await;
        let finish = stdout.finish();
        let written = match &outcome {
            Err(error) if error.kind() == Kind::Interrupted => {
                tokio::time::timeout(LAST_WRITE, finish)
                    .await
                    .unwrap_or(Ok(()))
            }
            _ => self.interrupt.or(finish).await,
        };
        // The next command must not write what this one could not.
        stdout.discard();
        if outcome.is_err()
            && let Err(error) = &written
        {
            // The error of the work is returned, and this one must not be lost.
            self.console.report(error);
        }
        let value = outcome?;
        written?;
        Ok(value)
    }
}

impl<R, O> Run<'_, R, O>
where
    R: Source,
    O: CallObserver,
{
    /// Waits for the next event. Output is flushed whenever none is ready, so that a flood is written in large chunks and a
    /// single reply at once.
    async fn next(&mut self) -> Step {
        loop {
            if self.observer.is_settled()
                && !self.call.has_unsent()
                && let Some(error) = self.bad_input.take()
            {
                return Step::GiveUp(error);
            }
            if let Poll::Ready(event) = now(pin!(self.call.next())).await {
                return Step::Event(event);
            }
            if let Some(step) = self.flush().await {
                return step;
            }
            tokio::select! {
                biased;
                () = self.driver.interrupt.wait() => return Step::GiveUp(Error::interrupted()),
                event = self.call.next() => return Step::Event(event),
                error = self.stdout.closed() => return Step::GiveUp(error),
                error = self.bad_input.wait() => {
                    if let Some(error) = error {
                        return Step::GiveUp(error);
                    }
                }
                () = self.progress.due() => {
                    let (requests, replies) = self.observer.counts();
                    self.progress.draw(requests, replies);
                }
            }
        }
    }

    /// Handles one event. `Some` if it was the last.
    async fn handle(&mut self, event: Event) -> Option<Result<()>> {
        let then = match event {
            Event::Sent(messages) => {
                let sent = self.observer.sent(&messages, self.stdout.buffer());
                // Lets the task of the connection write them, before replies that are here already are handled.
                tokio::task::yield_now().await;
                sent.map(|()| Then::Continue)
            }
            Event::Headers(headers) => {
                show_metadata(&self.driver.console, "<", &headers);
                self.observer.headers(&headers, self.stdout.buffer());
                Ok(Then::Continue)
            }
            Event::Message(message) => {
                self.bad_input.heard();
                match self.message(&message).await {
                    Ok(Ok(Then::Continue)) => self.at_hand(),
                    Ok(then) => then,
                    Err(step) => return Some(self.finish(step).await),
                }
            }
            Event::Ended(end) => return Some(self.finish_with(&end).await),
        };
        match then {
            Ok(Then::Stop) => {
                let end = End::enough();
                self.call.cancel();
                let result = self.observer.ended(&end, None, self.stdout.buffer());
                self.show_end(&end).await;
                Some(result)
            }
            Ok(_) if self.stdout.is_full() => {
                let step = self.flush().await?;
                Some(self.finish(step).await)
            }
            Ok(_) => None,
            Err(error) => Some(self.give_up(error)),
        }
    }

    /// Passes the replies that arrived together with the last one to the observer: by the million, so without an event each.
    fn at_hand(&mut self) -> Result<Then> {
        while !self.stdout.is_full()
            && let Some(message) = self.call.at_hand()
        {
            match self.observer.message(message, self.stdout.buffer()) {
                Ok(Then::Continue) => self.call.take_at_hand(),
                // It will be passed again.
                Ok(Then::Resolve(_)) => break,
                then => return then,
            }
        }
        Ok(Then::Continue)
    }

    /// Passes a reply to the observer, and again once the types it needs are resolved. `Err` if the call ends meanwhile.
    async fn message(&mut self, message: &[u8]) -> std::result::Result<Result<Then>, Step> {
        loop {
            let types = match self.observer.message(message, self.stdout.buffer()) {
                Ok(Then::Resolve(types)) => types,
                then => return Ok(then),
            };
            tokio::select! {
                biased;
                () = self.driver.interrupt.wait() => return Err(Step::GiveUp(Error::interrupted())),
                () = self.observer.resolve(types) => {}
                () = self.call.hold() => {
                    self.call.cancel();
                    return Err(Step::Event(Some(Event::Ended(Box::new(End::deadline())))));
                }
            }
        }
    }

    /// Ends the run with its last step.
    async fn finish(&mut self, step: Step) -> Result<()> {
        match step {
            Step::GiveUp(error) => self.give_up(error),
            Step::Event(Some(Event::Ended(end))) => self.finish_with(&end).await,
            Step::Event(_) => Err(Error::failed("the call ended without a status")),
        }
    }

    /// Ends the run with the end of the call.
    async fn finish_with(&mut self, end: &End) -> Result<()> {
        let types = self.observer.unresolved(end);
        if !types.is_empty() {
            let resolving = async {
                self.observer.resolve(types).await;
                Ok(())
            };
            if let Err(interrupted) = self.driver.interrupt.or(resolving).await {
                return self.conclude(end, Some(interrupted));
            }
        }
        let result = self.conclude(end, None);
        self.show_end(end).await;
        result
    }

    /// Cancels the call because of an error on this side.
    fn give_up(&mut self, error: Error) -> Result<()> {
        self.call.cancel();
        if self.stdout.is_broken() || error.kind() == Kind::OutputClosed {
            return Err(error);
        }
        match error.kind() {
            // The server sent a bad reply.
            Kind::Status(code) => {
                let end = End::new(code, error.message(), Origin::Protocol);
                self.conclude(&end, Some(error))
            }
            _ => self.conclude(&End::cancelled(), Some(error)),
        }
    }

    fn conclude(&mut self, end: &End, failure: Option<Error>) -> Result<()> {
        // Bad input outweighs the status of the call.
        let failure = failure.or_else(|| self.bad_input.take());
        self.observer.ended(end, failure, self.stdout.buffer())
    }

    /// Flushes while the call goes on, so that unread output does not keep the call open past its deadline. `Some` if
    /// something else happens first.
    async fn flush(&mut self) -> Option<Step> {
        if self.stdout.buffer().is_empty() {
            return None;
        }
        tokio::select! {
            biased;
            () = self.driver.interrupt.wait() => Some(Step::GiveUp(Error::interrupted())),
            flushed = self.stdout.flush() => flushed.err().map(Step::GiveUp),
            () = self.call.hold() => {
                self.call.cancel();
                Some(Step::Event(Some(Event::Ended(Box::new(End::deadline())))))
            }
        }
    }

    /// Shows the end under `-v`, after the messages before it are written.
    async fn show_end(&mut self, end: &End) {
        let console = &self.driver.console;
        if !console.is_verbose() {
            return;
        }
        // An interrupt here is reported elsewhere.
        let _ = self
            .driver
            .interrupt
            .or(async {
                self.stdout.catch_up().await;
                Ok(())
            })
            .await;
        show_metadata(console, "< trailer", &end.metadata);
        let (requests, replies) = self.observer.counts();
        console.detail("*", || {
            format!(
                "status {}, {}, {}",
                code_name(end.code),
                count(requests, "request", "requests"),
                count(replies, "reply", "replies")
            )
        });
    }
}

/// What the future returns, if it is ready.
pub async fn now<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

/// Shows metadata under `-v`.
pub fn show_metadata(console: &Console, mark: &str, metadata: &MetadataMap) {
    for entry in metadata.iter() {
        console.detail(mark, || {
            let (key, value) = match &entry {
                KeyAndValueRef::Ascii(key, value) => (key.as_str(), value.as_encoded_bytes()),
                KeyAndValueRef::Binary(key, value) => (key.as_str(), value.as_encoded_bytes()),
            };
            format!("{key}: {}", String::from_utf8_lossy(value))
        });
    }
}

/// Bad input. The requests before it may still be answered.
enum BadInput {
    Possible(Failure),
    Found {
        error: Error,
        since: Instant,
        last_heard: Instant,
    },
    /// Already reported, or impossible.
    Over,
}

impl BadInput {
    /// A reply arrived.
    fn heard(&mut self) {
        if let Self::Found { last_heard, .. } = self {
            *last_heard = Instant::now();
        }
    }

    fn take(&mut self) -> Option<Error> {
        match std::mem::replace(self, Self::Over) {
            Self::Found { error, .. } => Some(error),
            other => {
                *self = other;
                None
            }
        }
    }

    /// Completes with `None` when bad input is found, and with the error once the server has been quiet since then. Cancel
    /// safe.
    async fn wait(&mut self) -> Option<Error> {
        match self {
            Self::Possible(failure) => {
                let error = failure.wait().await;
                let now = Instant::now();
                *self = Self::Found {
                    error,
                    since: now,
                    last_heard: now,
                };
                None
            }
            Self::Found {
                since, last_heard, ..
            } => {
                sleep_until((*last_heard + QUIET).min(*since + QUIET_AT_MOST)).await;
                self.take()
            }
            Self::Over => std::future::pending().await,
        }
    }
}
