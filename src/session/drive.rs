//! The driver of every call: passes the call's events to its observer as they arrive, and ends the call early on an
//! interrupt, closed output, bad input or enough replies.

use std::future::Ready;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::bad_input::BadInput;
use super::interrupt::Interrupt;
use super::observer::{CallObserver, Then};
use super::retry::{Again, unconnected};
use super::verbose::{Timeline, show_attempt, show_metadata};
use crate::call::{Call, End, Event, Origin, Source};
use crate::error::{Error, Kind, Result, code_name};
use crate::input::Failure;
use crate::output::{Console, Progress, Stdout, count};

/// How long unread output may delay the exit after Ctrl-C.
const LAST_WRITE: Duration = Duration::from_secs(1);

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
    /// The client ends the call, because its input is bad.
    BadInput(Error),
}

/// A call in progress.
struct Run<'a, R, O> {
    driver: &'a Driver,
    call: Call<R>,
    bad_input: BadInput,
    observer: &'a mut O,
    stdout: &'a mut Stdout,
    progress: Progress,
    /// Under `-v`.
    timeline: Option<Timeline>,
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
        let never: Option<Again<Never<R>>> = None;
        self.drive_again(call, never, input, observer, stdout).await
    }

    /// As [`Driver::drive`]. If the call may be made again, `again` does.
    ///
    /// # Errors
    /// As [`Driver::drive`].
    pub async fn drive_again<R>(
        &self,
        call: Call<R>,
        mut again: Option<Again<impl AsyncFnMut() -> Result<Call<R>>>>,
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
            timeline: self
                .console
                .is_verbose()
                .then(|| Timeline::start(Instant::now())),
        };
        loop {
            let event = match (run.next().await, &mut again) {
                (Step::Event(Some(Event::Ended(end))), Some(again)) => {
                    // On the heap, because it is rare, and large with the connecting in it.
                    match Box::pin(run.again(again, end)).await? {
                        Some(end) => Event::Ended(end),
                        None => continue,
                    }
                }
                (Step::Event(Some(event)), _) => event,
                (last, _) => return run.finish(last).await,
            };
            if let Some(outcome) = run.handle(event).await {
                return outcome;
            }
        }
    }

    /// Shows the end of a call under `-v`, after the messages before it are written. `counts` are its requests and replies.
    pub async fn show_end(
        &self,
        end: &End,
        counts: (u64, u64),
        times: Option<String>,
        stdout: &mut Stdout,
    ) {
        if !self.console.is_verbose() {
            return;
        }
        // An interrupt here is reported elsewhere.
        let _ = self.caught_up(stdout).await;
        show_metadata(&self.console, "< trailer", &end.metadata);
        if let Some(times) = times {
            self.console.detail("*", || times);
        }
        self.console.detail("*", || {
            format!(
                "status {}, {}, {}",
                code_name(end.code),
                count(counts.0, "request", "requests"),
                count(counts.1, "reply", "replies")
            )
        });
    }

    /// Waits until the messages before are written, so that what goes to stderr next comes after them.
    ///
    /// # Errors
    /// On Ctrl-C.
    pub async fn caught_up(&self, stdout: &mut Stdout) -> Result<()> {
        let written = async {
            stdout.catch_up().await;
            Ok(())
        };
        self.interrupt.or(written).await
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
    /// Makes the call again, if it may be. Returns its end if there is no other attempt.
    ///
    /// # Errors
    /// On Ctrl-C.
    async fn again(
        &mut self,
        again: &mut Again<impl AsyncFnMut() -> Result<Call<R>>>,
        end: Box<End>,
    ) -> Result<Option<Box<End>>> {
        let has_reply = self.observer.counts().1 > 0;
        let Some(attempt) = again.retry.after(&end, has_reply, again.deadline) else {
            return Ok(Some(end));
        };
        show_attempt(&self.driver.console, &attempt);
        self.observer.retrying(&attempt, self.stdout.buffer());
        let next = async {
            sleep(attempt.pause).await;
            Ok((again.call)().await)
        };
        match self.driver.interrupt.or(next).await {
            Ok(Ok(call)) => {
                self.call = call;
                Ok(None)
            }
            Ok(Err(error)) => Ok(Some(unconnected(end, &error))),
            Err(interrupted) => self.conclude(&end, Some(interrupted)).map(|()| None),
        }
    }

    /// Waits for the next event. Output is flushed whenever none is ready, so that a flood is written in large chunks and a
    /// single reply at once.
    async fn next(&mut self) -> Step {
        loop {
            if self.observer.is_settled()
                && !self.call.has_unsent()
                && let Some(error) = self.bad_input.take()
            {
                return Step::BadInput(error);
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
                        return Step::BadInput(error);
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
                if let Some(timeline) = &mut self.timeline {
                    timeline.sent(messages.size());
                }
                let sent = self.observer.sent(&messages, self.stdout.buffer());
                // Lets the task of the connection write them, before replies that are here already are handled.
                tokio::task::yield_now().await;
                sent.map(|()| Then::Continue)
            }
            Event::Headers(headers) => {
                if let Some(timeline) = &mut self.timeline {
                    timeline.headers(Instant::now());
                }
                show_metadata(&self.driver.console, "<", &headers);
                self.observer.headers(&headers, self.stdout.buffer());
                Ok(Then::Continue)
            }
            Event::Message(message) => {
                if let Some(timeline) = &mut self.timeline {
                    timeline.received(message.len(), Instant::now());
                }
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
                Ok(Then::Continue) => {
                    if let Some(timeline) = &mut self.timeline {
                        timeline.received(message.len(), Instant::now());
                    }
                    self.call.take_at_hand();
                }
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
            Step::BadInput(error) => {
                self.call.cancel();
                let end = End::bad_input(error.message_with_causes());
                self.conclude(&end, Some(error))
            }
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

    async fn show_end(&mut self, end: &End) {
        let times = self.timeline.as_ref().map(Timeline::line);
        let counts = self.observer.counts();
        self.driver.show_end(end, counts, times, self.stdout).await;
    }
}

/// What the future returns, if it is ready.
pub async fn now<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}
