//! A batch: many calls of a method that takes one request, over one connection. They run one after another, or several at
//! once with their replies in the order of the requests.

mod exchange;
mod side_by_side;

use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use prost_reflect::MethodDescriptor;
use tokio::time::Instant;
use tokio_stream::once;

use super::drive::{Driver, now};
use super::method::Method;
use super::printer::CallPrinter;
use super::record::Recorder;
use super::retry::Again;
use super::schema::Lent;
use super::target::Session;
use super::verbose::show_request_number;
use crate::error::{Error, Kind, Result};
use crate::input::{Failure, Requests};
use crate::output::{Format, Moment, NotCalled, Renderer, Stdout, count};

/// What the calls of a batch share.
pub struct Batch<'a> {
    pub session: &'a Session,
    pub method: Method,
    pub descriptor: MethodDescriptor,
    pub recorder: Recorder,
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
    /// Requests whose call failed or was not made.
    failed: u64,
    /// The first failure, which is the result of the batch.
    failure: Option<Error>,
}

/// What follows from the result of a call.
struct Settled {
    /// The error to report now.
    report: Option<Error>,
    /// No further calls are made.
    is_last: bool,
}

/// What a batch reads from and writes to.
struct Run<'a> {
    requests: Requests,
    bad_input: Failure,
    types: &'a mut Lent,
    renderer: &'a mut Renderer,
    stdout: &'a mut Stdout,
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
        requests: Requests,
        bad_input: Failure,
        types: &mut Lent,
        renderer: &mut Renderer,
        stdout: &mut Stdout,
    ) -> Result<Summary> {
        let mut progress = Progress {
            taken: 0,
            left: self.max_messages,
            failed: 0,
            failure: None,
        };
        let mut run = Run {
            requests: if self.keep_going {
                requests.skipping_misfits()
            } else {
                requests
            },
            bad_input,
            types,
            renderer,
            stdout,
        };
        let end = if self.concurrency > 1 && self.method.single_reply {
            self.side_by_side(&mut run, &mut progress).await
        } else {
            self.one_by_one(&mut run, &mut progress).await
        };
        match (progress.failure, end) {
            // An interrupt or a closed output outweighs the earlier failure of a call.
            (_, Err(error)) if ends_batch(&error) => Err(error),
            (Some(failure), end) => {
                if let Err(error) = end {
                    self.report(&error, run.stdout).await?;
                }
                if self.keep_going {
                    self.driver.caught_up(run.stdout).await?;
                    let requests = count(progress.taken, "request", "requests");
                    let console = &self.driver.console;
                    console.notice(&format!("{} of {requests} failed", progress.failed));
                }
                Err(failure)
            }
            (None, Err(error)) => Err(error),
            (None, Ok(())) => Ok(Summary {
                calls: progress.taken,
            }),
        }
    }

    async fn one_by_one(&self, run: &mut Run<'_>, progress: &mut Progress) -> Result<()> {
        while let Some(request) = self.next(run, progress).await? {
            let index = progress.taken;
            let started = Instant::now();
            let message = match request {
                Ok(message) => message,
                Err(error) => {
                    let why = NotCalled::BadRequest;
                    self.not_called(index, started, why, &error, run.stdout);
                    let settled = self.settle(progress, index, Err(error), 0);
                    if let Some(error) = &settled.report {
                        self.report(error, run.stdout).await?;
                    }
                    continue;
                }
            };
            if self.is_numbered(index) {
                show_request_number(&self.driver.console, index);
            }
            self.session
                .show_request(&self.method, &self.driver.console);
            let mut printer = CallPrinter::new(run.renderer, self.method.single_reply)
                .at_most(progress.left)
                .within_batch(index, started)
                .recording(self.recorder.call(&self.descriptor))
                .resolving(Some(run.types));
            let deadline = self.session.new_deadline();
            let call = async || {
                let message = once(message.clone());
                self.session.call_by(&self.method, message, deadline).await
            };
            let result = match self.driver.interrupt.or(call()).await {
                Ok(first) => {
                    let input = Failure::never();
                    let again = Again {
                        retry: self.session.retry(),
                        deadline,
                        call,
                    };
                    self.driver
                        .drive_again(first, Some(again), input, &mut printer, run.stdout)
                        .await
                }
                Err(error) => {
                    let why = NotCalled::NoConnection;
                    self.not_called(index, started, why, &error, run.stdout);
                    Err(error)
                }
            };
            let replies = printer.printed();
            if let Err(error) = &result
                && (ends_batch(error) || run.stdout.is_broken())
            {
                return result;
            }
            let settled = self.settle(progress, index, result, replies);
            if let Some(error) = &settled.report {
                self.report(error, run.stdout).await?;
            }
            if settled.is_last {
                break;
            }
        }
        Ok(())
    }

    /// The next request, or why it is not one; `None` at the end of the input.
    async fn next(
        &self,
        run: &mut Run<'_>,
        progress: &mut Progress,
    ) -> Result<Option<Result<Bytes>>> {
        run.stdout.check()?;
        let next = if let Poll::Ready(next) = now(pin!(run.requests.next())).await {
            next
        } else {
            let interrupt = &self.driver.interrupt;
            interrupt.or(run.stdout.flush()).await?;
            tokio::select! {
                biased;
                () = interrupt.wait() => return Err(Error::interrupted()),
                next = run.requests.next() => next,
                error = run.bad_input.wait() => return Err(self.bad_input(error, progress, run.stdout)),
                error = run.stdout.closed() => return Err(error),
            }
        };
        progress.taken += u64::from(next.is_some());
        Ok(next)
    }

    /// The input ends here because it is malformed: prints that the next call is not made.
    fn bad_input(&self, error: Error, progress: &Progress, stdout: &mut Stdout) -> Error {
        let index = progress.taken + 1;
        let why = NotCalled::BadRequest;
        self.not_called(index, Instant::now(), why, &error, stdout);
        if self.keep_going && error.hint().is_none() {
            return error.hinted(
                "nothing after it was read: --keep-going skips only messages that are well-formed",
            );
        }
        error
    }

    fn not_called(
        &self,
        index: u64,
        started: Instant,
        why: NotCalled,
        error: &Error,
        stdout: &mut Stdout,
    ) {
        let moment = Moment {
            started,
            at: None,
            call: Some(index),
        };
        self.format.not_called(moment, why, error, stdout.buffer());
    }

    /// Whether errors and `-v` number this request. The first one may be the only one.
    fn is_numbered(&self, index: u64) -> bool {
        index > 1 || self.keep_going
    }

    /// Records the result of a call.
    fn settle(
        &self,
        progress: &mut Progress,
        index: u64,
        result: Result<()>,
        replies: u64,
    ) -> Settled {
        if let Some(left) = &mut progress.left {
            *left = left.saturating_sub(replies);
        }
        let has_all = progress.left == Some(0);
        let Err(error) = result else {
            return Settled {
                report: None,
                is_last: has_all,
            };
        };
        progress.failed += 1;
        let error = if self.is_numbered(index) {
            error.about(format_args!("request {index}"))
        } else {
            error
        };
        let report = match &progress.failure {
            // The first failure is the result of the batch, which reports it.
            None if !self.keep_going => {
                progress.failure = Some(error);
                None
            }
            None => {
                progress.failure = Some(Error::new(error.kind(), error.message()).reported());
                Some(error)
            }
            Some(_) => Some(error),
        };
        Settled {
            report,
            is_last: has_all || !self.keep_going,
        }
    }

    /// Reports an error after the messages before it are written.
    async fn report(&self, error: &Error, stdout: &mut Stdout) -> Result<()> {
        self.driver.caught_up(stdout).await?;
        self.driver.console.report(error);
        stdout.check()
    }
}

/// Whether this error ends a batch, even with `--keep-going`.
fn ends_batch(error: &Error) -> bool {
    matches!(error.kind(), Kind::Interrupted | Kind::OutputClosed)
}
