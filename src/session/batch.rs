//! A batch: many calls of a method that takes one request, over one connection. They run one after another, or several at
//! once with their replies in the order of the requests.

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::Bytes;
use futures_util::stream::FuturesOrdered;
use tokio::time::Instant;
use tokio_stream::{Once, Stream, StreamExt as _, once};

use super::Interrupt;
use super::drive::{CallObserver as _, Driver, Then};
use super::printer::CallPrinter;
use super::schema::Lent;
use super::target::{Method, Session};
use crate::call::{Call, End, Event, Origin, Processed};
use crate::error::{Error, Kind, Result};
use crate::input::{Failure, Requests};
use crate::output::{Format, Moment, Renderer, Stdout};

/// What the calls of a batch share.
pub struct Batch<'a> {
    pub session: &'a Session,
    pub method: Method,
    pub driver: Driver,
    pub format: Format,
    /// Calls in flight at once. Methods that stream replies are always called one at a time.
    pub concurrency: usize,
    pub keep_going: bool,
    /// Replies wanted from all calls together.
    pub max_messages: Option<u64>,
}

/// The result of a batch.
pub struct Summary {
    /// Requests read, each of which is a call.
    pub calls: u64,
}

/// The progress of a batch.
struct Progress {
    /// Requests read, which is the index of the last one.
    taken: u64,
    /// Replies still wanted.
    left: Option<u64>,
    /// The first failure, which is the result of the batch.
    failure: Option<Error>,
}

/// The next step of a batch of several calls at once.
enum Step {
    /// The next call to print is over.
    Over(Exchange),
    /// A request, or the end of the input.
    Next(Option<Bytes>),
    Bad(Error),
}

enum Input {
    Open,
    Ended,
    Bad(Error),
}

impl Batch<'_> {
    /// Calls the method once for each request.
    ///
    /// # Errors
    /// The first failure: of a call (with the index of its request), of the input, or of printing.
    pub async fn run(
        &self,
        mut requests: Requests,
        mut bad_input: Failure,
        types: &mut Lent,
        renderer: &mut Renderer,
        stdout: &mut Stdout,
    ) -> Result<Summary> {
        let mut progress = Progress {
            taken: 0,
            left: self.max_messages,
            failure: None,
        };
        let end = if self.concurrency > 1 && self.method.single_reply {
            self.side_by_side(
                &mut requests,
                &mut bad_input,
                types,
                renderer,
                stdout,
                &mut progress,
            )
            .await
        } else {
            self.one_by_one(
                &mut requests,
                &mut bad_input,
                types,
                renderer,
                stdout,
                &mut progress,
            )
            .await
        };
        match (progress.failure, end) {
            // An interrupt or a closed output outweighs the earlier failure of a call.
            (_, Err(error)) if ends_batch(&error) => Err(error),
            (Some(failure), end) => {
                if let Err(error) = end {
                    self.report(&error, stdout).await?;
                }
                Err(failure)
            }
            (None, Err(error)) => Err(error),
            (None, Ok(())) => Ok(Summary {
                calls: progress.taken,
            }),
        }
    }

    async fn one_by_one(
        &self,
        requests: &mut Requests,
        bad_input: &mut Failure,
        types: &mut Lent,
        renderer: &mut Renderer,
        stdout: &mut Stdout,
        progress: &mut Progress,
    ) -> Result<()> {
        while let Some(message) = self.next(requests, bad_input, stdout, progress).await? {
            let index = progress.taken;
            let started = Instant::now();
            let mut printer = CallPrinter::new(renderer, self.method.single_reply)
                .at_most(progress.left)
                .within_batch(index, started)
                .resolving(Some(types));
            let connecting = self.session.one_of_many(&self.method, once(message));
            let result = match self.driver.interrupt.or(connecting).await {
                Ok(call) => {
                    self.driver
                        .drive(call, Failure::never(), &mut printer, stdout)
                        .await
                }
                Err(error) => {
                    self.not_called(index, started, &error, stdout);
                    Err(error)
                }
            };
            let (_, received) = printer.counts();
            if let Err(error) = &result
                && (ends_batch(error) || stdout.is_broken())
            {
                return result;
            }
            if !self
                .settle(progress, stdout, index, result, received)
                .await?
            {
                break;
            }
        }
        Ok(())
    }

    async fn side_by_side(
        &self,
        requests: &mut Requests,
        bad_input: &mut Failure,
        types: &mut Lent,
        renderer: &mut Renderer,
        stdout: &mut Stdout,
        progress: &mut Progress,
    ) -> Result<()> {
        let interrupt = &self.driver.interrupt;
        let mut under_way = FuturesOrdered::new();
        let mut input = Input::Open;
        loop {
            // Never more calls than replies wanted: a call may have side effects.
            let wanted = progress.left.map_or(self.concurrency, |left| {
                usize::try_from(left).unwrap_or(usize::MAX)
            });
            let has_room =
                under_way.len() < self.concurrency.min(wanted) && matches!(input, Input::Open);
            if under_way.is_empty() && !has_room {
                return match input {
                    Input::Bad(error) => Err(error),
                    _ => Ok(()),
                };
            }
            let step = if let Some(Some(exchange)) = ready_now(&mut under_way).await {
                Step::Over(exchange)
            } else if has_room && let Some(next) = ready_now(requests).await {
                Step::Next(next)
            } else {
                interrupt.or(stdout.flush()).await?;
                tokio::select! {
                    biased;
                    () = interrupt.wait() => {
                        self.print_cancelled(&mut under_way, renderer, stdout).await;
                        return Err(Error::interrupted());
                    }
                    Some(exchange) = under_way.next() => Step::Over(exchange),
                    next = requests.next(), if has_room => Step::Next(next),
                    error = bad_input.wait(), if has_room => Step::Bad(error),
                    error = stdout.closed() => return Err(error),
                }
            };
            let exchange = match step {
                Step::Over(exchange) => exchange,
                Step::Next(Some(message)) => {
                    progress.taken += 1;
                    under_way.push_back(self.exchange(progress.taken, message));
                    continue;
                }
                Step::Next(None) => {
                    input = Input::Ended;
                    continue;
                }
                Step::Bad(error) => {
                    input = Input::Bad(error);
                    continue;
                }
            };
            let index = exchange.index;
            let mut printer = CallPrinter::new(renderer, true)
                .at_most(progress.left)
                .within_batch(index, exchange.started)
                .resolving(Some(types));
            let result = match exchange.events {
                Ok(events) => {
                    let printing = print(events, &mut printer, stdout.buffer());
                    interrupt.or(printing).await
                }
                Err(error) => {
                    self.not_called(index, exchange.started, &error, stdout);
                    Err(error)
                }
            };
            let (_, received) = printer.counts();
            if stdout.is_full() {
                interrupt.or(stdout.flush()).await?;
            }
            if !self
                .settle(progress, stdout, index, result, received)
                .await?
            {
                return Ok(());
            }
        }
    }

    /// Prints the events of the calls that an interrupt has cancelled, in formats that show all events.
    async fn print_cancelled(
        &self,
        under_way: &mut (impl Stream<Item = Exchange> + Unpin),
        renderer: &mut Renderer,
        stdout: &mut Stdout,
    ) {
        if !renderer.shows_everything() {
            return;
        }
        while let Some(exchange) = under_way.next().await {
            if let Ok(events) = exchange.events {
                let mut printer =
                    CallPrinter::new(renderer, true).within_batch(exchange.index, exchange.started);
                // The run fails with the interrupt, however these calls ended.
                let _ = print(events, &mut printer, stdout.buffer()).await;
            }
        }
    }

    /// The next request, or `None` at the end of the input.
    async fn next(
        &self,
        requests: &mut Requests,
        bad_input: &mut Failure,
        stdout: &mut Stdout,
        progress: &mut Progress,
    ) -> Result<Option<Bytes>> {
        let next = if let Some(next) = ready_now(requests).await {
            next
        } else {
            let interrupt = &self.driver.interrupt;
            interrupt.or(stdout.flush()).await?;
            tokio::select! {
                biased;
                () = interrupt.wait() => return Err(Error::interrupted()),
                next = requests.next() => next,
                error = bad_input.wait() => return Err(error),
                error = stdout.closed() => return Err(error),
            }
        };
        progress.taken += u64::from(next.is_some());
        Ok(next)
    }

    /// Runs one call to its end. If the server did not process it because it is closing the connection, calls once more
    /// on another one.
    async fn exchange(&self, index: u64, message: Bytes) -> Exchange {
        let started = Instant::now();
        let mut exchange = Exchange {
            index,
            started,
            events: Ok(VecDeque::new()),
        };
        for is_last in [false, true] {
            let call = match self
                .session
                .one_of_many(&self.method, once(message.clone()))
                .await
            {
                Ok(call) => call,
                Err(error) => {
                    exchange.events = Err(error);
                    break;
                }
            };
            let events = if self.format.shows_everything() {
                collect_until(call, &self.driver.interrupt).await
            } else {
                collect(call).await
            };
            let is_unprocessed = matches!(
                events.back(),
                Some((_, Event::Ended(end))) if end.origin == Origin::Connection(Processed::No)
            );
            exchange.events = Ok(events);
            if is_last || !is_unprocessed || self.session.connection().is_usable() {
                break;
            }
        }
        exchange
    }

    fn not_called(&self, index: u64, started: Instant, error: &Error, stdout: &mut Stdout) {
        let moment = Moment {
            started,
            at: None,
            call: Some(index),
        };
        self.format.not_called(moment, error, stdout.buffer());
    }

    /// Records the result of a call; `false` if it was the last.
    async fn settle(
        &self,
        progress: &mut Progress,
        stdout: &mut Stdout,
        index: u64,
        result: Result<()>,
        received: u64,
    ) -> Result<bool> {
        if let Some(left) = &mut progress.left {
            *left = left.saturating_sub(received);
        }
        let Err(error) = result else {
            return Ok(progress.left != Some(0));
        };
        let error = if index > 1 || self.keep_going {
            error.about(format_args!("request {index}"))
        } else {
            error
        };
        let is_first = progress.failure.is_none();
        if self.keep_going || !is_first {
            self.report(&error, stdout).await?;
        }
        if is_first {
            progress.failure = Some(if self.keep_going {
                error.reported()
            } else {
                error
            });
        }
        Ok(self.keep_going && progress.left != Some(0))
    }

    /// Reports an error after the messages before it are written.
    async fn report(&self, error: &Error, stdout: &mut Stdout) -> Result<()> {
        let written = async {
            stdout.catch_up().await;
            Ok(())
        };
        self.driver.interrupt.or(written).await?;
        self.driver.console.report(error);
        Ok(())
    }
}

/// Whether this error ends a batch, even with `--keep-going`.
fn ends_batch(error: &Error) -> bool {
    matches!(error.kind(), Kind::Interrupted | Kind::OutputClosed)
}

/// A call that is over, and is printed after those before it.
struct Exchange {
    index: u64,
    started: Instant,
    /// The error if no call was made.
    events: Result<VecDeque<(Instant, Event)>>,
}

/// Runs a call with one reply to its end, and returns what is printed of it: its reply and its end.
async fn collect(mut call: Call<Once<Bytes>>) -> VecDeque<(Instant, Event)> {
    let mut events = VecDeque::with_capacity(2);
    // The formats that print these events do not print times.
    let at = Instant::now();
    while let Some(event) = call.next().await {
        if matches!(event, Event::Message(_) | Event::Ended(_)) {
            events.push_back((at, event));
        }
    }
    events
}

/// Runs a call to its end, and returns all of its events, for formats that print them all. An interrupt ends the call,
/// with an event for it.
async fn collect_until(
    mut call: Call<Once<Bytes>>,
    interrupt: &Interrupt,
) -> VecDeque<(Instant, Event)> {
    let mut events = VecDeque::with_capacity(4);
    let mut interrupted = pin!(interrupt.wait());
    loop {
        let event = tokio::select! {
            biased;
            event = call.next() => event,
            () = &mut interrupted => {
                call.cancel();
                events.push_back((Instant::now(), Event::Ended(Box::new(End::cancelled()))));
                return events;
            }
        };
        match event {
            Some(event) => events.push_back((Instant::now(), event)),
            None => return events,
        }
    }
}

/// Prints the events of a call that is over, and returns its result.
async fn print(
    events: VecDeque<(Instant, Event)>,
    printer: &mut CallPrinter<'_>,
    out: &mut Vec<u8>,
) -> Result<()> {
    for (at, event) in events {
        printer.set_time(at);
        let handled = match event {
            Event::Sent(messages) => printer.sent(&messages, out).map(|()| Then::Continue),
            Event::Headers(headers) => {
                printer.headers(&headers, out);
                Ok(Then::Continue)
            }
            Event::Message(message) => loop {
                match printer.message(&message, out) {
                    Ok(Then::Resolve(types)) => printer.resolve(types).await,
                    then => break then,
                }
            },
            Event::Ended(end) => {
                let types = printer.unresolved(&end);
                if !types.is_empty() {
                    printer.resolve(types).await;
                }
                let interrupted = end.origin == Origin::Cancelled;
                return printer.ended(&end, interrupted.then(Error::interrupted), out);
            }
        };
        if let Err(error) = handled {
            let end = match error.kind() {
                Kind::Status(code) => End::new(code, error.message(), Origin::Protocol),
                _ => End::cancelled(),
            };
            return printer.ended(&end, Some(error), out);
        }
    }
    Err(Error::failed("the call ended without a status"))
}

/// The next item, if it is ready. `Some(None)` is the end of the stream.
async fn ready_now<S: Stream + Unpin>(stream: &mut S) -> Option<Option<S::Item>> {
    std::future::poll_fn(|cx| {
        Poll::Ready(match Pin::new(&mut *stream).poll_next(cx) {
            Poll::Ready(item) => Some(item),
            Poll::Pending => None,
        })
    })
    .await
}
