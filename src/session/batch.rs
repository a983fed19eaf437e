//! Many calls of a method that takes one request, over one connection: one after the other, or several at once with their
//! answers in the order of the requests.

use bytes::Bytes;
use futures_util::stream::FuturesOrdered;
use http::uri::PathAndQuery;
use tokio::time::Instant;
use tokio_stream::StreamExt as _;
use tonic::Status;

use super::drive::{End, Exchange, Replies as _, Then, ready_now};
use super::replies::Printed;
use super::target::Session;
use crate::call::{Call, Event};
use crate::error::{Error, Kind, Result};
use crate::input::{self, Failure, Requests};
use crate::output::{Format, Renderer, Stdout};

/// What all calls of a batch have in common.
pub struct Batch<'a> {
    pub session: &'a Session,
    pub path: PathAndQuery,
    pub exchange: Exchange<'a>,
    pub format: Format,
    /// The method has one reply a call.
    pub single: bool,
    /// Calls under way at once; methods with several replies take one at a time.
    pub concurrency: usize,
    pub keep_going: bool,
    /// There may be several: each is known by its number.
    pub numbered: bool,
    /// Replies wanted in all.
    pub max_messages: Option<u64>,
    /// A request to send when there is none in the input.
    pub default: Option<Bytes>,
}

/// How a batch is coming along.
struct Progress {
    /// Requests taken, which is the index of the last one.
    taken: u64,
    /// Replies still wanted.
    left: Option<u64>,
    /// The first failure, which is what the run comes to.
    failure: Option<Error>,
}

impl Batch<'_> {
    /// Calls the method once for each request.
    ///
    /// # Errors
    /// The first failure: of a call, with the index of its request, of the input, or of printing.
    pub async fn run(
        mut self,
        mut requests: Requests,
        mut bad_input: Failure,
        renderer: &mut Renderer,
        stdout: &mut Stdout,
    ) -> Result<()> {
        let exchange = self.exchange;
        let mut progress = Progress {
            taken: 0,
            left: self.max_messages,
            failure: None,
        };
        let end = if self.concurrency > 1 && self.single {
            self.side_by_side(
                &mut requests,
                &mut bad_input,
                renderer,
                stdout,
                &mut progress,
            )
            .await
        } else {
            self.one_by_one(
                &mut requests,
                &mut bad_input,
                renderer,
                stdout,
                &mut progress,
            )
            .await
        };
        match (progress.failure, end) {
            // What the user or the output did outweighs what a call did before.
            (_, Err(error)) if ends_batch(&error) => Err(error),
            (Some(failure), end) => {
                if let Err(error) = end {
                    stdout.catch_up().await;
                    exchange.console.report(&error);
                }
                Err(failure)
            }
            (None, end) => end,
        }
    }

    async fn one_by_one(
        &mut self,
        requests: &mut Requests,
        bad_input: &mut Failure,
        renderer: &mut Renderer,
        stdout: &mut Stdout,
        progress: &mut Progress,
    ) -> Result<()> {
        while let Some(message) = self.next(requests, bad_input, stdout, progress).await? {
            let index = progress.taken;
            let call = self.call(index, &message);
            let mut printed =
                Printed::new(renderer, self.format, self.single).at_most(progress.left);
            if self.numbered {
                printed = printed.within_batch(index, Instant::now());
            }
            printed.request(Instant::now(), &message, stdout.buffer())?;
            let end = self
                .exchange
                .drive(call, Failure::never(), None, &mut printed, stdout)
                .await;
            let (_, received) = printed.counts();
            let result = match end {
                Ok(End::Stopped) => return Ok(()),
                Ok(End::Status(status)) => printed.judge(&status),
                Err(error) if ends_batch(&error) || stdout.is_broken() => return Err(error),
                Err(error) => Err(error),
            };
            if !self.settle(progress, stdout, index, result, received).await {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn side_by_side(
        &mut self,
        requests: &mut Requests,
        bad_input: &mut Failure,
        renderer: &mut Renderer,
        stdout: &mut Stdout,
        progress: &mut Progress,
    ) -> Result<()> {
        let interrupt = self.exchange.interrupt;
        let mut under_way = FuturesOrdered::new();
        let mut input = Input::Open;
        loop {
            let has_room = under_way.len() < self.concurrency && matches!(input, Input::Open);
            if under_way.is_empty() && !has_room {
                return match input {
                    Input::Bad(error) => Err(error),
                    _ => Ok(()),
                };
            }
            let step = if let Some(Some(outcome)) = ready_now(&mut under_way).await {
                Step::Over(outcome)
            } else if has_room && let Some(next) = ready_now(requests).await {
                Step::Next(next)
            } else {
                interrupt.or(stdout.flush()).await?;
                tokio::select! {
                    biased;
                    () = interrupt.wait() => return Err(Error::interrupted()),
                    Some(outcome) = under_way.next() => Step::Over(outcome),
                    next = requests.next(), if has_room => Step::Next(next),
                    error = bad_input.wait(), if has_room => Step::Bad(error),
                    error = stdout.closed() => return Err(error),
                }
            };
            let outcome = match step {
                Step::Over(outcome) => outcome,
                Step::Next(next) => {
                    match self.take(next, progress) {
                        Some(message) => {
                            let call = self.call(progress.taken, &message);
                            under_way.push_back(collect(progress.taken, message, call));
                        }
                        None => input = Input::Ended,
                    }
                    continue;
                }
                Step::Bad(error) => {
                    input = Input::Bad(error);
                    continue;
                }
            };
            let index = outcome.index;
            let mut printed = Printed::new(renderer, self.format, true).at_most(progress.left);
            if self.numbered {
                printed = printed.within_batch(index, outcome.started);
            }
            let result = outcome.print(&mut printed, stdout.buffer());
            let (_, received) = printed.counts();
            if stdout.is_full() {
                interrupt.or(stdout.flush()).await?;
            }
            if !self.settle(progress, stdout, index, result, received).await {
                return Ok(());
            }
        }
    }

    fn call(&self, index: u64, message: &Bytes) -> Call {
        let (request, _) = input::given([message.clone()]);
        if index == 1 {
            self.session.call(self.path.clone(), request)
        } else {
            self.session.one_of_many(self.path.clone(), request)
        }
    }

    /// The next request, `None` at the end of the input.
    async fn next(
        &mut self,
        requests: &mut Requests,
        bad_input: &mut Failure,
        stdout: &mut Stdout,
        progress: &mut Progress,
    ) -> Result<Option<Bytes>> {
        let next = if let Some(next) = ready_now(requests).await {
            next
        } else {
            let interrupt = self.exchange.interrupt;
            interrupt.or(stdout.flush()).await?;
            tokio::select! {
                biased;
                () = interrupt.wait() => return Err(Error::interrupted()),
                next = requests.next() => next,
                error = bad_input.wait() => return Err(error),
                error = stdout.closed() => return Err(error),
            }
        };
        Ok(self.take(next, progress))
    }

    /// Counts a request; where the input has none at all, there is the default.
    fn take(&mut self, next: Option<Bytes>, progress: &mut Progress) -> Option<Bytes> {
        let default = self.default.take();
        let next = next.or(default);
        progress.taken += u64::from(next.is_some());
        next
    }

    /// Notes what a call came to; `false` if it was the last.
    async fn settle(
        &self,
        progress: &mut Progress,
        stdout: &mut Stdout,
        index: u64,
        result: Result<()>,
        received: u64,
    ) -> bool {
        if let Err(error) = result {
            let error = if index > 1 || self.keep_going {
                error.about(format_args!("request {index}"))
            } else {
                error
            };
            if progress.failure.is_some() || self.keep_going {
                self.exchange
                    .interrupt
                    .or(async {
                        stdout.catch_up().await;
                        Ok(())
                    })
                    .await
                    .ok();
                self.exchange.console.report(&error);
            }
            if progress.failure.is_none() {
                progress.failure = Some(if self.keep_going {
                    error.reported()
                } else {
                    error
                });
            }
            return self.keep_going;
        }
        if let Some(left) = &mut progress.left {
            *left = left.saturating_sub(received);
        }
        progress.left != Some(0)
    }
}

/// Whether nothing more is wanted after this, whatever the calls would come to.
fn ends_batch(error: &Error) -> bool {
    matches!(error.kind(), Kind::Interrupted | Kind::OutputClosed)
}

/// What comes next in a batch of several calls at once.
enum Step {
    /// The call whose turn it is to be printed is over.
    Over(Outcome),
    /// A request, or the end of the input.
    Next(Option<Bytes>),
    Bad(Error),
}

enum Input {
    Open,
    Ended,
    Bad(Error),
}

/// A call that is over, waiting for those before it to be printed.
struct Outcome {
    index: u64,
    started: Instant,
    request: Bytes,
    events: Vec<(Instant, Event)>,
}

/// Runs a call with one reply to its end.
async fn collect(index: u64, request: Bytes, mut call: Call) -> Outcome {
    let started = Instant::now();
    let mut events = Vec::with_capacity(3);
    while let Some(event) = call.next().await {
        events.push((Instant::now(), event));
        // One reply is due: a server that goes on and on is not listened to.
        if events.len() > 3 {
            break;
        }
    }
    Outcome {
        index,
        started,
        request,
        events,
    }
}

impl Outcome {
    fn print(self, printed: &mut Printed<'_>, out: &mut Vec<u8>) -> Result<()> {
        printed.request(self.started, &self.request, out)?;
        let mut status: Option<Status> = None;
        for (at, event) in self.events {
            printed.set_now(at);
            match event {
                Event::Headers(headers) => printed.headers(&headers, out),
                Event::Message(message) => {
                    if printed.message(&message, out)? == Then::Stop {
                        return Ok(());
                    }
                }
                Event::Failed(error) => return Err(error),
                Event::Status(end) => {
                    printed.ended(&end, out)?;
                    status = Some(end);
                }
            }
        }
        match status {
            Some(status) => printed.judge(&status),
            None => Err(Error::status(
                tonic::Code::Internal,
                "the method has one reply, and several came",
            )),
        }
    }
}
