//! Concurrent calls of a batch, printed in the order of their requests. The calls continue during any wait: their deadlines
//! hold while output is not read, and the server can take the next ones while types are looked up.

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::Bytes;
use futures_util::future::{Either, Ready, ready};
use futures_util::stream::FuturesOrdered;
use tokio_stream::StreamExt as _;
use tokio_util::sync::CancellationToken;

use super::exchange::{Caller, Exchange, Outcome, headers_and_end, print, reply_size, timeline};
use super::{Batch, Input, Progress, Run, ends_batch};
use crate::error::{Error, Kind, Result};
use crate::session::drive::now;
use crate::session::printer::CallPrinter;
use crate::session::verbose::{show_metadata, show_request_number};

/// Calls in flight at first, until a reply shows how large replies are.
const AT_FIRST: usize = 16;

/// After this many calls have started, the connection sends their requests before replies that are here already are
/// handled. Otherwise the client and the server would take turns, each idle while the other works.
const SEND_AFTER: usize = 16;

/// How many bytes of replies may wait for those before them. No call is started that could exceed this.
const HELD: usize = 32 << 20;

/// How many calls may be in flight.
struct Room {
    calls: usize,
    /// The size of the largest reply so far, in bytes.
    largest: usize,
}

impl Room {
    /// Takes the size of a reply into account. A failed call, with a size of 0, does not show how large replies are.
    fn had(&mut self, size: usize) {
        self.largest = self.largest.max(size);
        if let Some(calls) = HELD.checked_div(self.largest) {
            self.calls = calls.max(1);
        }
    }
}

/// The next step.
enum Step {
    /// The next call to print is over.
    Over(Exchange),
    /// A request, or the end of the input.
    Next(Option<Result<Bytes>>),
    Bad(Error),
}

/// A call that has been started, which may be over at once.
type Started<F> = Either<Ready<Exchange>, Pin<Box<F>>>;

/// The calls in flight, and those that wait to be printed.
struct Calls<F: Future<Output = Exchange>> {
    in_flight: FuturesOrdered<Started<F>>,
    over: VecDeque<Exchange>,
}

impl<F: Future<Output = Exchange>> Calls<F> {
    fn len(&self) -> usize {
        self.in_flight.len() + self.over.len()
    }

    /// Starts a call: it is polled once, which sends its request unless that has to wait.
    async fn start(&mut self, call: F) {
        let mut call = Box::pin(call);
        self.in_flight.push_back(match now(call.as_mut()).await {
            Poll::Ready(exchange) => Either::Left(ready(exchange)),
            Poll::Pending => Either::Right(call),
        });
    }

    /// The next call that is over, if it is now.
    async fn ready(&mut self) -> Option<Exchange> {
        match self.over.pop_front() {
            Some(exchange) => Some(exchange),
            None => match now(pin!(self.in_flight.next())).await {
                Poll::Ready(exchange) => exchange,
                Poll::Pending => None,
            },
        }
    }

    /// Waits for `work` while the calls continue.
    async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                result = &mut work => return result,
                Some(exchange) = self.in_flight.next() => self.over.push_back(exchange),
            }
        }
    }
}

/// Lets the task of the connection write.
async fn connection_writes() -> Result<()> {
    tokio::task::yield_now().await;
    Ok(())
}

impl Batch<'_> {
    pub(super) async fn side_by_side(
        &self,
        run: &mut Run<'_>,
        progress: &mut Progress,
    ) -> Result<()> {
        let console = &self.driver.console;
        let caller = Caller {
            session: self.session,
            method: &self.method,
            keeps_everything: self.format.shows_everything() || console.is_verbose(),
            stop: CancellationToken::new(),
        };
        let mut calls = Calls {
            in_flight: FuturesOrdered::new(),
            over: VecDeque::new(),
        };
        let start = |index, message| caller.exchange(index, message);
        let result = self.until_the_end(&mut calls, start, run, progress).await;
        // However the batch ended, calls whose requests were sent are printed.
        if caller.keeps_everything && calls.len() > 0 {
            caller.stop.cancel();
            let interrupted = matches!(&result, Err(error) if error.kind() == Kind::Interrupted);
            while let Some(exchange) = match calls.over.pop_front() {
                Some(exchange) => Some(exchange),
                None => calls.in_flight.next().await,
            } {
                self.print_cancelled(exchange, interrupted, run).await;
            }
        }
        result
    }

    async fn until_the_end<F>(
        &self,
        calls: &mut Calls<F>,
        start: impl Fn(u64, Result<Bytes>) -> F,
        run: &mut Run<'_>,
        progress: &mut Progress,
    ) -> Result<()>
    where
        F: Future<Output = Exchange>,
    {
        let interrupt = &self.driver.interrupt;
        let mut input = Input::Open;
        let mut room = Room {
            calls: AT_FIRST,
            largest: 0,
        };
        let mut unsent = 0;
        loop {
            run.stdout.check()?;
            // Never more calls than replies wanted: a call may have side effects.
            let wanted = progress.left.map_or(self.concurrency, |left| {
                usize::try_from(left).unwrap_or(usize::MAX)
            });
            let most = self.concurrency.min(wanted).min(room.calls);
            let has_room = calls.len() < most && matches!(input, Input::Open);
            if calls.len() == 0 && !has_room {
                return match input {
                    Input::Bad(error) => Err(self.bad_input(error, progress, run.stdout)),
                    _ => Ok(()),
                };
            }
            let step = if has_room && let Poll::Ready(next) = now(pin!(run.requests.next())).await {
                Step::Next(next)
            } else if let Some(exchange) = calls.ready().await {
                Step::Over(exchange)
            } else {
                calls.during(interrupt.or(run.stdout.flush())).await?;
                if let Some(exchange) = calls.over.pop_front() {
                    Step::Over(exchange)
                } else {
                    tokio::select! {
                        biased;
                        () = interrupt.wait() => return Err(Error::interrupted()),
                        Some(exchange) = calls.in_flight.next() => Step::Over(exchange),
                        next = run.requests.next(), if has_room => Step::Next(next),
                        error = run.bad_input.wait(), if has_room => Step::Bad(error),
                        error = run.stdout.closed() => return Err(error),
                    }
                }
            };
            let exchange = match step {
                Step::Over(exchange) => exchange,
                Step::Next(Some(message)) => {
                    progress.taken += 1;
                    calls.start(start(progress.taken, message)).await;
                    unsent += 1;
                    if unsent >= SEND_AFTER {
                        unsent = 0;
                        interrupt.or(connection_writes()).await?;
                    }
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
            let (result, replies) = self
                .print_over(exchange, &mut room, calls, run, progress.left)
                .await?;
            if let Err(error) = &result
                && ends_batch(error)
            {
                return result;
            }
            if run.stdout.is_full() {
                calls.during(interrupt.or(run.stdout.flush())).await?;
            }
            let settled = self.settle(progress, index, result, replies);
            if let Some(error) = &settled.report {
                calls.during(self.report(error, run.stdout)).await?;
            }
            if settled.is_last {
                return Ok(());
            }
        }
    }

    /// Prints a call that is over. Returns its result, and the replies that it printed.
    async fn print_over<F>(
        &self,
        exchange: Exchange,
        room: &mut Room,
        calls: &mut Calls<F>,
        run: &mut Run<'_>,
        left: Option<u64>,
    ) -> Result<(Result<()>, u64)>
    where
        F: Future<Output = Exchange>,
    {
        let console = &self.driver.console;
        let mut printer = CallPrinter::new(run.renderer, true)
            .at_most(left)
            .within_batch(exchange.index, exchange.started)
            .recording(self.recorder.call(&self.descriptor))
            .resolving(Some(run.types));
        let events = match exchange.outcome {
            Outcome::Called(events) => events,
            Outcome::NotCalled(why, error) => {
                self.not_called(exchange.index, exchange.started, why, &error, run.stdout);
                return Ok((Err(error), 0));
            }
        };
        room.had(reply_size(&events));
        let mut ended = None;
        let mut times = None;
        if console.is_verbose() {
            let (headers, end) = headers_and_end(&events);
            calls.during(self.driver.caught_up(run.stdout)).await?;
            if self.is_numbered(exchange.index) {
                show_request_number(console, exchange.index);
            }
            self.session.show_request(&self.method, console);
            times = Some(timeline(exchange.started, &events));
            if let Some(headers) = headers {
                show_metadata(console, "<", &headers);
            }
            ended = end;
        }
        let result = {
            let mut printing = pin!(print(events, false, &mut printer, run.stdout.buffer()));
            // Most messages are printed without waiting.
            match now(printing.as_mut()).await {
                Poll::Ready(result) => result,
                Poll::Pending => calls.during(self.driver.interrupt.or(printing)).await,
            }
        };
        let replies = printer.printed();
        if let Some(end) = ended {
            let showing = self.driver.show_end(&end, (1, replies), times, run.stdout);
            calls.during(showing).await;
        }
        Ok((result, replies))
    }

    /// Prints the events of a call that was cancelled, or was over and not printed yet.
    async fn print_cancelled(&self, exchange: Exchange, interrupted: bool, run: &mut Run<'_>) {
        match exchange.outcome {
            Outcome::Called(events) => {
                let mut printer = CallPrinter::new(run.renderer, true)
                    .within_batch(exchange.index, exchange.started);
                // The batch already has its result.
                let _ = print(events, interrupted, &mut printer, run.stdout.buffer()).await;
            }
            // Stopped while it was connecting: no request was sent, and nothing has to be said.
            Outcome::NotCalled(_, error) if error.kind() == Kind::Interrupted && !interrupted => {}
            Outcome::NotCalled(why, error) => {
                self.not_called(exchange.index, exchange.started, why, &error, run.stdout);
            }
        }
    }
}
