//! The request messages of a call.
//!
//! What arrives is taken off h2's hands at once, also while nobody wants the next message: h2 keeps about half a kilobyte
//! for each DATA frame, however small. Flow control is by the message: the client may send more when its messages have
//! been taken.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};
use tonic::Status;

use super::inbound::Inbound;
use super::stream::RequestBody;
use super::{Head, Stop, malformed, without_prefixes};
use crate::framing::{BadFrame, Cutter, Transcoder};
use crate::protocol::Wire;

/// Messages that are larger get room of their own. h2 tells the client of what was given back once that is half of what the
/// client has left: a message up to this size always becomes complete, whatever was given back before it.
const LARGE: usize = WINDOW as usize / 2;

/// How much the client may send on a stream before its messages are taken, in bytes. What a connection can pin is this for
/// each of its streams, and [`ROOM`]: with 100 streams 896 KiB. With what h2 needs to keep small frames apart, 1024
/// connections stay below 1 GiB.
///
/// The window of the connection has to be as large as those of all its streams together. If it were smaller, streams that
/// wait for something could use it up, and the stream that they wait for would get nothing.
pub const WINDOW: u32 = 8 << 10;

/// What a connection may hold of messages that are larger than [`LARGE`], in bytes.
pub const ROOM: u32 = 96 << 10;

/// How long such a message may take to arrive, because others of its connection may wait for the room: half a minute, and
/// a second for so many bytes.
const ARRIVAL: Duration = Duration::from_secs(30);
const ARRIVAL_RATE: u64 = 64 << 10;

fn arrival(len: u32) -> Duration {
    ARRIVAL + Duration::from_secs(u64::from(len) / ARRIVAL_RATE)
}

type Reserving = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>;

/// Room of a large message that has begun to arrive.
struct Reserved {
    /// How much.
    len: usize,
    /// It is given up then.
    end: Pin<Box<Sleep>>,
    limit: Duration,
    _room: OwnedSemaphorePermit,
}

pub struct Requests {
    wire: Wire,
    body: RequestBody,
    inbound: Inbound,
    cutter: Cutter,
    /// Bytes of the body that the client was not told of yet.
    owed: usize,
    transcoder: Option<Arc<dyn Transcoder>>,
    /// The next message, if it was in another form and is read already.
    transcoded: Option<Bytes>,
    has_ended: bool,
    /// Bytes of large messages that the connection may hold.
    room: Arc<Semaphore>,
    reserving: Option<Reserving>,
    reserved: Option<Reserved>,
    max_message_size: usize,
    taken: u64,
    bytes: u64,
    /// The same without what base64 adds.
    framed_bytes: u64,
}

impl Requests {
    /// Of a body of this length, if it is known. `room` has permits for at least one message of the largest size.
    pub fn new(
        mut body: RequestBody,
        head: &mut Head,
        len: Option<u64>,
        transcoder: Option<Arc<dyn Transcoder>>,
        max_message_size: usize,
        room: Arc<Semaphore>,
    ) -> Self {
        let mut cutter = Cutter::new(max_message_size);
        if let Some(encoding) = head.encoding {
            cutter.set_encoding(encoding);
        }
        let is_compressed = head.encoding.is_some();
        let in_url = head.in_url.take().map(Bytes::from);
        let len = match &in_url {
            Some(message) => Some(message.len() as u64),
            None => len,
        };
        let inbound = Inbound::new(head.wire, is_compressed, len, max_message_size, &mut cutter);
        let has_ended = in_url.is_some();
        let framed_bytes = in_url.as_ref().map_or(0, Bytes::len) as u64;
        if let Some(message) = in_url {
            cutter.push(message);
            body = RequestBody::Read;
        }
        Self {
            wire: head.wire,
            body,
            inbound,
            cutter,
            owed: 0,
            transcoder,
            transcoded: None,
            has_ended,
            room,
            reserving: None,
            reserved: None,
            max_message_size,
            taken: 0,
            bytes: 0,
            framed_bytes,
        }
    }

    /// Waits for the next message; `false` at the end. The message is that of [`Requests::message`].
    ///
    /// # Errors
    /// When it is malformed or too large, or the client is gone.
    pub async fn ready(&mut self) -> Result<bool, Stop> {
        poll_fn(|cx| self.poll_ready(cx)).await
    }

    /// As [`Requests::ready`].
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Stop>> {
        loop {
            let filled = self.poll_fill(cx)?;
            if self.peek()?.is_some() {
                return Poll::Ready(Ok(true));
            }
            if filled.is_ready() {
                return Poll::Ready(if self.cutter.is_at_boundary() {
                    Ok(false)
                } else {
                    Err(malformed("the request ends within a message").into())
                });
            }
            // What was given back may already have been sent.
            if !self.give_back(cx)? {
                self.cutter.rest();
                return Poll::Pending;
            }
        }
    }

    /// Takes what has arrived. Ready at the end of the request.
    pub fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stop>> {
        while !self.has_ended {
            if self.body.has_no_window() && self.owed >= self.allowed() {
                return Poll::Pending;
            }
            if let Some(data) = ready!(self.body.poll_data(cx)) {
                let data = data?;
                self.bytes += data.len() as u64;
                self.owed += data.len();
                let encoded = self.inbound.undecoded() + data.len();
                let framed = self.inbound.push(data, &mut self.cutter)?;
                self.framed_bytes += framed as u64;
                // What base64 adds is gone: how much that is differs with the padding.
                let added = encoded.saturating_sub(self.inbound.undecoded() + framed);
                if added > 0 {
                    self.release(added)?;
                }
            } else {
                self.inbound.end(&mut self.cutter)?;
                self.has_ended = true;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// How much of a body without a window may be held: as if it had one.
    fn allowed(&self) -> usize {
        let reserved = self.reserved.as_ref().map_or(0, |reserved| reserved.len);
        WINDOW as usize + reserved
    }

    /// Lets the client send as much as was taken, and the rest of a message that has room of its own. Returns whether that
    /// was any. If there is no room, the task is woken when there is.
    fn give_back(&mut self, cx: &mut Context<'_>) -> Result<bool, Stop> {
        let mut more = self.cutter.take_consumed();
        let next = self.cutter.len_of_next().filter(|len| *len > LARGE);
        let unframed = self.inbound.held().filter(|(held, _)| *held > LARGE);
        if let Some(len) = next.or(unframed.map(|(_, most)| most)) {
            let len = u32::try_from(len).unwrap_or(u32::MAX);
            if self.reserved.is_none() {
                let room = Arc::clone(&self.room);
                let reserving = self
                    .reserving
                    .get_or_insert_with(|| Box::pin(room.acquire_many_owned(len)));
                if let Poll::Ready(permit) = reserving.as_mut().poll(cx) {
                    self.reserving = None;
                    // The semaphore is never closed.
                    self.reserved = permit.ok().map(|room| Reserved {
                        len: len as usize,
                        limit: arrival(len),
                        end: Box::pin(sleep(arrival(len))),
                        _room: room,
                    });
                }
            }
            if self.reserved.is_some() {
                self.check_arrival(cx)?;
                more += self.cutter.take_incomplete() + self.inbound.take_held();
            }
        }
        // Also if that is nothing: what was given back before may be enough by now to tell the client.
        self.release(more)?;
        Ok(more > 0)
    }

    /// Lets the client send so many bytes more.
    fn release(&mut self, len: usize) -> Result<(), Stop> {
        let len = len.min(self.owed);
        self.owed -= len;
        self.body.release(len)
    }

    /// The body of a request of which more may come though the call is over. Clients of gRPC expect that.
    pub fn into_rest(mut self) -> Option<RequestBody> {
        let is_expected = self.wire == Wire::Grpc || !self.body.has_windows();
        if is_expected || self.has_ended {
            return None;
        }
        // What was taken may be needed to send the rest.
        self.body.release(self.owed).ok()?;
        Some(self.body)
    }

    /// Drops what has arrived: the call is over, though its replies may have to wait for the client.
    pub fn discard(&mut self) {
        self.cutter = Cutter::new(0);
        self.transcoded = None;
        (self.reserving, self.reserved) = (None, None);
    }

    /// Gives up a large message that takes too long. The task is woken when it does.
    fn check_arrival(&mut self, cx: &mut Context<'_>) -> Result<(), Stop> {
        if let Some(reserved) = &mut self.reserved
            && reserved.end.as_mut().poll(cx).is_ready()
        {
            let limit = humantime::format_duration(reserved.limit);
            let status = format!("a request message did not arrive within {limit}");
            return Err(Status::unavailable(status).into());
        }
        Ok(())
    }

    fn peek(&mut self) -> Result<Option<&[u8]>, Stop> {
        let max = self.max_message_size;
        let wire = self.wire;
        let message = self.cutter.peek().map_err(|bad| status(bad, max, wire))?;
        let (Some(transcoder), Some(form)) = (&self.transcoder, message) else {
            return Ok(message);
        };
        if self.transcoded.is_none() {
            let read = transcoder.read(form).map_err(|error| {
                let what = "the request is not valid JSON of its type";
                Status::invalid_argument(format!("{what}: {error}"))
            })?;
            self.transcoded = Some(read);
        }
        Ok(self.transcoded.as_deref())
    }

    /// Waits until the request is complete, and has no message but the next one, which keeps its room. `false` if it has
    /// another.
    ///
    /// # Errors
    /// When it is malformed or too large, or the client is gone.
    pub async fn ends(&mut self) -> Result<bool, Stop> {
        poll_fn(|cx| {
            let filled = self.poll_fill(cx)?;
            if self.cutter.len_of_next() != Some(self.cutter.len()) {
                return Poll::Ready(Ok(false));
            }
            if filled.is_pending() {
                self.check_arrival(cx)?;
                // It has room for what arrived only.
                self.cutter.forget_decoded();
                self.transcoded = None;
            }
            filled.map(|()| Ok(true))
        })
        .await
    }

    /// Whether its messages may be compressed.
    pub fn is_compressed(&self) -> bool {
        self.cutter.is_compressed()
    }

    /// Drops the next message as it is decompressed, which has no room.
    pub fn forget_decoded(&mut self) {
        self.cutter.forget_decoded();
        self.transcoded = None;
    }

    /// The next message; empty if there is none.
    pub fn message(&mut self) -> &[u8] {
        match self.peek() {
            Ok(Some(message)) => message,
            _ => &[],
        }
    }

    /// Takes the message.
    pub fn take(&mut self) {
        self.cutter.skip();
        self.transcoded = None;
        self.reserved = None;
        self.taken += 1;
    }

    /// Whether a message has arrived in full. What is wrong with the next one is told by [`Requests::ready`].
    pub fn has_next(&mut self) -> bool {
        matches!(self.peek(), Ok(Some(_)))
    }

    /// Whether nothing can follow the next message.
    pub fn is_last(&mut self) -> bool {
        self.has_ended && self.cutter.len_of_next() == Some(self.cutter.len())
    }

    /// How many messages were taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// How many bytes have arrived.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many of those are of messages.
    pub fn message_bytes(&self) -> u64 {
        without_prefixes(self.wire, self.framed_bytes, self.taken)
    }
}

fn status(bad: BadFrame, max: usize, wire: Wire) -> Status {
    match bad {
        // A length that does not fit in front of a message.
        BadFrame::TooLarge(len) if len == u32::MAX as usize && !wire.is_framed() => {
            Status::resource_exhausted(format!(
                "the request message has more than {max} bytes, the limit"
            ))
        }
        BadFrame::TooLarge(len) => Status::resource_exhausted(format!(
            "the request message has {len} bytes, and the limit is {max}"
        )),
        BadFrame::Expanding => Status::resource_exhausted(format!(
            "the request message has more than {max} bytes once decompressed"
        )),
        BadFrame::Compressed => Status::internal(format!(
            "a request message is compressed, but the request has no {}",
            wire.encoding_header()
        )),
        BadFrame::Undecodable => malformed("a request message cannot be decompressed"),
        BadFrame::Flag(flag) => {
            Status::internal(format!("a request message has the unknown flag {flag}"))
        }
        BadFrame::AfterEnd => Status::internal("the request goes on after its end"),
    }
}
