//! The request stream of a call. Input is read and decoded only as fast as the call takes messages.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::chunks::Chunks;
use crate::error::{Error, Result};

/// Messages decoded ahead of their use, and how many bytes they may take: one by one they would be allocated one by one.
const AHEAD: usize = 4096;
const AHEAD_BYTES: usize = 32 << 10;

/// Cuts input into messages, and encodes them.
pub trait Decode: Send + 'static {
    /// Takes the next message from the front of `input`, and appends its encoding to `out`. `false` when there is no
    /// complete one; all of `input` has been taken then, and is kept as the start of a message.
    ///
    /// # Errors
    /// On bad input. What is in `out` is of no use then.
    fn next(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<bool>;

    /// As [`Decode::next`], for what is kept when the input is at its end.
    ///
    /// # Errors
    /// On bad input.
    fn last(&mut self, out: &mut Vec<u8>) -> Result<bool>;

    /// Whether the last error is about one message, whose end is known, so that the next one can be read.
    fn can_continue(&self) -> bool {
        false
    }

    /// Gives up what has been kept: the start of a message that is not complete.
    fn take_incomplete(&mut self) -> Vec<u8>;
}

/// Messages that are ready together, one after the other in one allocation.
#[derive(Clone, Debug, Default)]
struct Batch {
    bytes: Bytes,
    /// Where each message ends.
    ends: std::vec::IntoIter<usize>,
    /// Where the next one starts.
    start: usize,
}

impl Batch {
    fn new(bytes: Vec<u8>, ends: Vec<usize>) -> Self {
        Self {
            bytes: bytes.into(),
            ends: ends.into_iter(),
            start: 0,
        }
    }

    fn is_empty(&self) -> bool {
        self.ends.as_slice().is_empty()
    }

    /// The next message. The last one takes the allocation with it.
    fn next(&mut self) -> Option<Bytes> {
        let end = self.ends.next()?;
        let start = std::mem::replace(&mut self.start, end);
        Some(if self.is_empty() {
            let mut bytes = std::mem::take(&mut self.bytes);
            bytes.truncate(end);
            bytes.split_off(start)
        } else {
            self.bytes.slice(start..end)
        })
    }

    /// As [`Batch::next`], without counting a reference.
    fn next_slice(&mut self) -> Option<&[u8]> {
        let end = self.ends.next()?;
        let start = std::mem::replace(&mut self.start, end);
        self.bytes.get(start..end)
    }
}

impl FromIterator<Bytes> for Batch {
    fn from_iter<I: IntoIterator<Item = Bytes>>(messages: I) -> Self {
        let mut messages = messages.into_iter();
        let (first, second) = (messages.next(), messages.next());
        match (first, second) {
            // One may be large: it is not copied.
            (Some(only), None) => Self {
                ends: vec![only.len()].into_iter(),
                bytes: only,
                start: 0,
            },
            (first, second) => {
                let (mut bytes, mut ends) = (Vec::new(), Vec::new());
                for message in first.into_iter().chain(second).chain(messages) {
                    bytes.extend_from_slice(&message);
                    ends.push(bytes.len());
                }
                Self::new(bytes, ends)
            }
        }
    }
}

/// The request stream of a call: yields messages until the input ends. After bad input it yields nothing more but does
/// not end either, since its end would half-close the call, which tells the server that the requests are complete.
///
/// Dropping it gives back what it has read and not yielded to the owner of the input.
pub struct Requests {
    /// Messages that have been decoded and not been taken.
    ready: Batch,
    /// The error of the message after them, if the input goes on behind it.
    misfit: Option<Error>,
    /// Whether messages that do not fit are skipped.
    skips_misfits: bool,
    /// The input that they were decoded from.
    source: Source,
    state: State,
    failed: Option<oneshot::Sender<Error>>,
}

/// The input of messages that have been decoded ahead of their use, to be given back if they are not used.
#[derive(Debug, Default)]
struct Source {
    bytes: Bytes,
    /// Where the input of each message ends.
    ends: std::vec::IntoIter<usize>,
    /// Where that of the next one starts.
    start: usize,
}

impl Source {
    /// The next message is used.
    fn advance(&mut self) {
        if let Some(end) = self.ends.next() {
            self.start = end;
        }
    }

    /// The input of what has not been used.
    fn rest(&self) -> &[u8] {
        let end = self.ends.as_slice().last().copied().unwrap_or(self.start);
        self.bytes.get(self.start..end).unwrap_or_default()
    }
}

enum State {
    Open(Input),
    /// The input is bad, which is reported when the messages before it have been taken.
    Bad(Error),
    Reported,
    Ended,
}

/// Reports bad input, once every message before it has been taken.
pub struct Failure(Option<oneshot::Receiver<Error>>);

impl Failure {
    /// For input that cannot be bad.
    pub fn never() -> Self {
        Self(None)
    }

    /// Completes only if the input is bad, and only once.
    pub async fn wait(&mut self) -> Error {
        if let Some(failure) = &mut self.0 {
            let result = failure.await;
            self.0 = None;
            if let Ok(error) = result {
                return error;
            }
        }
        std::future::pending().await
    }
}

/// All messages of a call, which can be sent again.
#[derive(Clone, Debug)]
pub struct AtHand(Batch);

impl AtHand {
    pub fn requests(&self) -> Requests {
        Requests::new(self.0.clone(), State::Ended).0
    }
}

/// Messages that are there already.
pub fn given(messages: impl IntoIterator<Item = Bytes>) -> (Requests, Failure) {
    Requests::new(messages.into_iter().collect(), State::Ended)
}

/// Messages that are decoded as their input is read.
pub fn read(chunks: Chunks, decoder: impl Decode) -> (Requests, Failure) {
    let input = Input {
        chunks,
        decoder: Box::new(decoder),
        chunk: Bytes::new(),
        is_first: true,
        is_over: false,
    };
    Requests::new(Batch::default(), State::Open(input))
}

impl Requests {
    /// The messages, if all of them are there already and none has been taken.
    pub fn at_hand(&self) -> Option<AtHand> {
        let is_whole = matches!(self.state, State::Ended) && self.ready.start == 0;
        is_whole.then(|| AtHand(self.ready.clone()))
    }

    fn new(ready: Batch, state: State) -> (Self, Failure) {
        let (failed, failure) = oneshot::channel();
        let requests = Self {
            ready,
            misfit: None,
            skips_misfits: false,
            source: Source::default(),
            state,
            failed: Some(failed),
        };
        (requests, Failure(Some(failure)))
    }

    /// Goes on after messages that are complete and do not fit their type: [`Requests::next`] returns an error for each.
    #[must_use]
    pub fn skipping_misfits(mut self) -> Self {
        self.skips_misfits = true;
        self
    }

    /// The next message, or why it does not fit; `None` at the end. Cancel safe.
    pub async fn next(&mut self) -> Option<Result<Bytes>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// As [`Requests::next`].
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        self.poll_ready(cx).map(|()| {
            let message = self.ready.next().map(Ok);
            message.or_else(|| self.misfit.take().map(Err))
        })
    }

    /// As [`Requests::next`], without counting a reference. Not for [`Requests::skipping_misfits`], whose errors it does not
    /// return.
    pub fn poll_next_slice(&mut self, cx: &mut Context<'_>) -> Poll<Option<&[u8]>> {
        self.poll_ready(cx).map(|()| self.ready.next_slice())
    }

    /// Waits until a message is ready, which is used then, or the input ends.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.ready.is_empty() && self.misfit.is_none() {
            match &mut self.state {
                State::Open(input) => {
                    let result = ready!(input.poll_decode(cx, &mut self.ready, &mut self.source));
                    match result {
                        Ok(true) => {}
                        Ok(false) => self.state = State::Ended,
                        Err(error) if self.skips_misfits && input.decoder.can_continue() => {
                            self.misfit = Some(error);
                            if input.is_over {
                                self.state = State::Ended;
                            }
                        }
                        Err(error) => self.state = State::Bad(error),
                    }
                }
                State::Bad(_) => {
                    if let State::Bad(error) = std::mem::replace(&mut self.state, State::Reported)
                        && let Some(failed) = self.failed.take()
                    {
                        // The call may be over already.
                        let _ = failed.send(error);
                    }
                }
                State::Reported => return Poll::Pending,
                State::Ended => return Poll::Ready(()),
            }
        }
        self.source.advance();
        Poll::Ready(())
    }
}

/// Input and what turns it into messages.
struct Input {
    chunks: Chunks,
    decoder: Box<dyn Decode>,
    /// What the decoder has not been given yet.
    chunk: Bytes,
    /// Whether the next message is the first of its chunk: it may have started in an earlier one.
    is_first: bool,
    /// Whether all of it has been read.
    is_over: bool,
}

impl Input {
    /// Decodes what there is, or reads more when there is nothing; `false` at the end. `batch` is what came of it, also
    /// when there is an error, and `source` where it came from.
    fn poll_decode(
        &mut self,
        cx: &mut Context<'_>,
        batch: &mut Batch,
        source: &mut Source,
    ) -> Poll<Result<bool>> {
        if self.chunk.is_empty() {
            self.chunk = ready!(self.chunks.poll_next(cx))?;
            self.is_first = true;
            self.is_over = self.chunk.is_empty();
        }
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        let result = if self.is_over {
            self.decoder.last(&mut bytes).map(|found| {
                ends.extend(found.then_some(bytes.len()));
                false
            })
        } else {
            self.decode(&mut bytes, &mut ends, source).map(|()| true)
        };
        *batch = Batch::new(bytes, ends);
        Poll::Ready(result)
    }

    fn decode(
        &mut self,
        bytes: &mut Vec<u8>,
        ends: &mut Vec<usize>,
        source: &mut Source,
    ) -> Result<()> {
        let mut rest: &[u8] = &self.chunk;
        let mut source_ends = Vec::new();
        let mut result = Ok(true);
        // The first one by itself: its input is not all in this chunk, and could not be given back.
        let most = if std::mem::take(&mut self.is_first) {
            1
        } else {
            AHEAD
        };
        while ends.len() < most && bytes.len() < AHEAD_BYTES && !rest.is_empty() {
            result = self.decoder.next(&mut rest, bytes);
            if !matches!(result, Ok(true)) {
                break;
            }
            ends.push(bytes.len());
            source_ends.push(self.chunk.len() - rest.len());
        }
        let used = self.chunk.len() - rest.len();
        let decoded = self.chunk.split_to(used);
        *source = Source::default();
        if most > 1 {
            source.bytes = decoded;
            source.ends = source_ends.into_iter();
        }
        result.map(drop)
    }
}

impl Drop for Requests {
    fn drop(&mut self) {
        if let State::Open(input) = &mut self.state {
            let mut unused = self.source.rest().to_vec();
            unused.append(&mut input.decoder.take_incomplete());
            unused.extend_from_slice(&input.chunk);
            input.chunks.put_back(&unused);
        }
    }
}

#[cfg(test)]
mod tests;
