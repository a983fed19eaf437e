//! The byte stream under a connection, whose frames are watched in both directions. A client that misbehaves gets a GOAWAY
//! that says why, which h2 has no way to send.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::conduct::{Conduct, Misconduct};
use super::frames::{
    ACK, At, Frame, Frames, GOAWAY, HEADERS, KIND, PING, RST_STREAM, SETTINGS, WINDOW_UPDATE,
};
use super::parting::{Parting, Patience};
use super::preface::PREFACE;
use crate::server::LAST_WORDS;
use crate::server::grpc::WINDOW;
use crate::server::metrics::{Limit, Shard};

/// How much is read until calls have their turn. What they have not taken is kept by h2 in a list of 248 bytes a frame, which
/// does not shrink: it has 512 places at most (127 KiB), because no read of [`SHORT`] bytes has more than 204 frames of data.
const TURN: usize = 64 << 10;
const FRAMES_A_TURN: u64 = 300;

/// A client that was told to leave has little to say.
const PATIENCE: Patience = Patience {
    longest: LAST_WORDS,
    most: TURN,
};

/// The bytes that are read at once beyond those of a frame that has begun.
const SHORT: usize = 2 << 10;

/// h2 ignores a stream that was opened too late for its GOAWAY, and takes other frames of it for those of an idle stream,
/// which ends the connection with all calls on it (h2 0.4.20, `Streams::recv_window_update`). They become frames of an
/// unknown type, which are ignored (RFC 9113, section 4.1).
const UNKNOWN: u8 = 0xff;

/// REFUSED_STREAM (RFC 9113, section 7), with which h2 answers streams over the limit.
const REFUSED: [u8; 4] = [0, 0, 0, 7];

/// NO_ERROR (RFC 9113, section 7), for a connection that is drained.
const NO_ERROR: [u8; 4] = [0; 4];

/// ENHANCE_YOUR_CALM (RFC 9113, section 7).
const ENHANCE_YOUR_CALM: u8 = 11;

/// What a connection and the stream under it tell each other.
#[derive(Default)]
pub struct Watch {
    /// Calls that ended with a status.
    pub completed: AtomicU64,
    /// The connection's turns: how often it was polled. h2 reads whenever a request is accepted, so what it may read is
    /// counted from here, and not from its last attempt.
    turns: AtomicU64,
    seen: Mutex<Seen>,
}

/// Whether the last write, and the last flush, had to wait. TLS takes bytes that the client has not taken, and waits when it is
/// flushed: only a flush ends that.
#[derive(Default)]
pub struct Waits {
    write: bool,
    flush: bool,
}

impl Waits {
    pub fn write(&mut self, watch: &Watch, waits: bool) {
        self.set(watch, waits, self.flush);
    }

    pub fn flush(&mut self, watch: &Watch, waits: bool) {
        self.set(watch, self.write, waits);
    }

    fn set(&mut self, watch: &Watch, write: bool, flush: bool) {
        let was_blocked = self.write || self.flush;
        (self.write, self.flush) = (write, flush);
        if was_blocked != (write || flush) {
            watch.set_blocked(!was_blocked);
        }
    }
}

/// What was seen on the stream.
#[derive(Clone, Copy, Default)]
pub struct Seen {
    /// Whether the first frame has arrived.
    pub has_begun: bool,
    /// When the last byte arrived.
    pub last_read: Option<Instant>,
    /// Since when a header block is open.
    pub unfinished_since: Option<Instant>,
    pub misconduct: Option<Misconduct>,
    /// Since when the client takes nothing of what is written.
    pub blocked_since: Option<Instant>,
}

impl Watch {
    pub fn seen(&self) -> Seen {
        *self.lock()
    }

    /// Lets the connection read. Calls have had their turn.
    pub fn begin_turn(&self) {
        self.turns.fetch_add(1, Ordering::Relaxed);
    }

    /// Ends the connection.
    pub fn accuse(&self, misconduct: Misconduct) {
        self.lock().misconduct.get_or_insert(misconduct);
    }

    fn set_blocked(&self, is_blocked: bool) {
        self.lock().blocked_since = is_blocked.then(Instant::now);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A byte stream that is watched.
pub struct Watched<I> {
    io: I,
    watch: Arc<Watch>,
    shard: Arc<Shard>,
    conduct: Conduct,
    /// What h2 has not seen of the preface, which is read already.
    preface: &'static [u8],
    /// How many frames have begun.
    frames: u64,
    inbound: Frames,
    outbound: Frames,
    /// The client's last stream.
    last_stream: u32,
    retirement: Retirement,
    turn: Turn,
    /// Bytes of our own, which are written before those of h2.
    ours: Vec<u8>,
    writing: Writing,
    waits: Waits,
    /// The beginning of a frame's head, which h2 gets with the rest of it.
    held: Vec<u8>,
    /// Once the server's side is closed.
    parting: Option<Parting>,
}

/// What was read in a turn.
#[derive(Default)]
struct Turn {
    number: u64,
    bytes: usize,
    /// How many frames there were before it.
    frames: u64,
}

/// How far the connection is told to retire: h2 sends a GOAWAY that leaves no stream out, and a PING. Once that is answered,
/// it takes no more streams.
#[derive(Default)]
struct Retirement {
    is_announced: bool,
    /// No error is the reason.
    is_orderly: bool,
    /// What that PING holds.
    ping: Option<[u8; 8]>,
    last_accepted: Option<u32>,
}

/// What becomes of what h2 writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// The first of it is the server's preface.
    Preface,
    Frames,
    /// The client has its GOAWAY, and nothing follows it.
    Nothing,
}

impl<I> Watched<I> {
    pub fn new(io: I, watch: Arc<Watch>, shard: Arc<Shard>, conduct: Conduct) -> Self {
        Self {
            io,
            watch,
            shard,
            conduct,
            preface: PREFACE,
            frames: 0,
            inbound: Frames::default(),
            outbound: Frames::default(),
            last_stream: 0,
            retirement: Retirement::default(),
            turn: Turn::default(),
            ours: Vec::new(),
            writing: Writing::Preface,
            waits: Waits::default(),
            held: Vec::new(),
            parting: None,
        }
    }

    /// Whether the connection has to wait for its next turn.
    fn has_had_its_turn(&mut self) -> bool {
        let number = self.watch.turns.load(Ordering::Relaxed);
        if self.turn.number != number {
            self.turn = Turn {
                number,
                bytes: 0,
                frames: self.frames,
            };
        }
        self.turn.bytes >= TURN || self.frames - self.turn.frames >= FRAMES_A_TURN
    }

    /// Notes whether a write had to wait.
    fn wrote<T>(&mut self, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        self.waits.write(&self.watch, polled.is_pending());
        polled
    }

    /// The same of a flush.
    fn flushed(&mut self, polled: Poll<io::Result<()>>) -> Poll<io::Result<()>> {
        self.waits.flush(&self.watch, polled.is_pending());
        polled
    }

    /// Follows `bytes`, of which h2 gets the first `held` late.
    fn received(&mut self, bytes: &mut [u8], held: usize) {
        let now = Instant::now();
        let completed = self.watch.completed.load(Ordering::Relaxed);
        let (conduct, last_stream) = (&mut self.conduct, &mut self.last_stream);
        let (retirement, mut late) = (&mut self.retirement, Vec::new());
        let mut misconduct = None;
        let frames = &mut self.frames;
        let received = bytes.get(held..).unwrap_or_default();
        let before = self.inbound.complete();
        self.inbound.follow(received, |frame, at| {
            *frames += 1;
            if frame.kind == HEADERS {
                *last_stream = frame.stream.max(*last_stream);
            }
            let is_answer = frame.kind == PING && frame.flags & ACK != 0;
            if is_answer && retirement.ping == Some(at.opaque) {
                retirement.last_accepted.get_or_insert(*last_stream);
            }
            let is_late = retirement
                .last_accepted
                .is_some_and(|last| frame.stream > last);
            if is_late && matches!(frame.kind, WINDOW_UPDATE | RST_STREAM) {
                let begins = at.head.map(|head| held + head);
                late.extend(begins.or((held > 0).then_some(0)).map(|head| head + KIND));
            }
            if let Err(seen) = conduct.received(frame, completed, || now) {
                misconduct.get_or_insert(seen);
            }
        });
        for kind in late {
            if let Some(kind) = bytes.get_mut(kind) {
                *kind = UNKNOWN;
            }
        }
        let mut seen = self.watch.lock();
        // The first frame is complete.
        seen.has_begun |= self.frames > u64::from(!self.inbound.is_at_boundary());
        seen.last_read = Some(now);
        seen.misconduct = seen.misconduct.or(misconduct);
        seen.unfinished_since = if self.inbound.is_unfinished() {
            // What is unfinished now may not be what was.
            let is_another = self.inbound.complete() > before;
            seen.unfinished_since.filter(|_| !is_another).or(Some(now))
        } else {
            None
        };
    }
}

impl<I: AsyncWrite + Unpin> Watched<I> {
    fn sent(&mut self, bytes: &[u8]) {
        let (conduct, retirement) = (&mut self.conduct, &mut self.retirement);
        let shard = &self.shard;
        self.outbound.follow(bytes, |frame: Frame, at: At| {
            conduct.sent(frame);
            if frame.kind == RST_STREAM && bytes.get(at.payload..at.payload + 4) == Some(&REFUSED) {
                shard.limit_hit(Limit::Streams);
            }
            match frame.kind {
                GOAWAY => {
                    retirement.is_announced = true;
                    // After the last stream id.
                    let reason = bytes.get(at.payload + 4..at.payload + 8);
                    retirement.is_orderly = reason == Some(&NO_ERROR);
                }
                PING if frame.flags & ACK == 0 && retirement.is_announced => {
                    retirement.ping.get_or_insert(at.opaque);
                }
                _ => {}
            }
        });
    }

    /// Writes what is our own. The GOAWAY to a client that misbehaves comes as soon as the frame that is being written is
    /// complete.
    fn poll_ours(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.writing == Writing::Frames
            && self.outbound.is_at_boundary()
            && let Some(misconduct) = self.watch.seen().misconduct
        {
            let farewell = goaway(self.last_stream, misconduct.debug_data());
            self.ours.extend(farewell);
            self.writing = Writing::Nothing;
        }
        while !self.ours.is_empty() {
            let polled = Pin::new(&mut self.io).poll_write(cx, &self.ours);
            let written = ready!(self.wrote(polled))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.ours.drain(..written.min(self.ours.len()));
        }
        Poll::Ready(Ok(()))
    }

    /// Takes what h2 writes, unless it goes to the client as it is. Returns how much was taken.
    fn take(&mut self, bufs: &[io::IoSlice<'_>]) -> Option<usize> {
        match self.writing {
            Writing::Frames => return None,
            Writing::Nothing => {}
            Writing::Preface => {
                self.ours = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
                let sent = self.ours.clone();
                self.sent(&sent);
                announce_window(&mut self.ours, WINDOW);
                self.writing = Writing::Frames;
            }
        }
        Some(bufs.iter().map(|buf| buf.len()).sum())
    }
}

/// Changes the initial window that a SETTINGS frame announces (RFC 9113, section 6.5.2).
fn announce_window(settings: &mut [u8], window: u32) {
    const INITIAL_WINDOW_SIZE: [u8; 2] = [0, 4];
    let Some((head, payload)) = settings.split_first_chunk_mut::<9>() else {
        return;
    };
    let [_, _, len, SETTINGS, ..] = *head else {
        return;
    };
    let payload = payload.get_mut(..usize::from(len)).unwrap_or_default();
    for setting in payload.as_chunks_mut::<6>().0 {
        let (id, value) = setting.split_at_mut(2);
        if id == INITIAL_WINDOW_SIZE {
            value.copy_from_slice(&window.to_be_bytes());
        }
    }
}

/// A GOAWAY frame.
pub fn goaway(last_stream: u32, debug_data: &str) -> Vec<u8> {
    let len = u8::try_from(8 + debug_data.len()).unwrap_or(8);
    let mut frame = vec![0, 0, len, GOAWAY, 0, 0, 0, 0, 0];
    frame.extend(last_stream.to_be_bytes());
    frame.extend([0, 0, 0, ENHANCE_YOUR_CALM]);
    frame.extend(debug_data.bytes().take(usize::from(len) - 8));
    frame
}

impl<I: AsyncRead + Unpin> AsyncRead for Watched<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.preface.is_empty() {
            let (now, later) = self
                .preface
                .split_at(buf.remaining().min(self.preface.len()));
            buf.put_slice(now);
            self.preface = later;
            return Poll::Ready(Ok(()));
        }
        if self.has_had_its_turn() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buf.filled().len();
        loop {
            let held = self.held.len();
            if held > 0 && buf.remaining() <= held {
                let now = self.held.drain(..buf.remaining());
                buf.put_slice(now.as_slice());
                return Poll::Ready(Ok(()));
            }
            buf.put_slice(&self.held);
            let room = buf.remaining().min(SHORT + self.inbound.payload_left());
            let unfilled = buf.initialize_unfilled_to(room);
            let mut now = ReadBuf::new(unfilled);
            match Pin::new(&mut self.io).poll_read(cx, &mut now) {
                Poll::Ready(Ok(())) => {
                    let read = now.filled().len();
                    buf.advance(read);
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    buf.set_filled(before);
                    return Poll::Pending;
                }
            }
            self.held.clear();
            let bytes = buf.filled_mut().get_mut(before..).unwrap_or_default();
            if bytes.len() == held {
                return Poll::Ready(Ok(()));
            }
            self.turn.bytes += bytes.len() - held;
            self.received(bytes, held);
            if self.retirement.is_announced
                && let Some(complete) = bytes.len().checked_sub(self.inbound.head_so_far())
            {
                // Its type may have to be changed.
                self.held.extend(bytes.get(complete..).unwrap_or_default());
                buf.set_filled(before + complete);
                if complete == 0 {
                    continue;
                }
            }
            return Poll::Ready(Ok(()));
        }
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_ours(cx))?;
        if let Some(taken) = self.take(&[io::IoSlice::new(buf)]) {
            return Poll::Ready(Ok(taken));
        }
        let polled = Pin::new(&mut self.io).poll_write(cx, buf);
        let written = ready!(self.wrote(polled))?;
        self.sent(buf.get(..written).unwrap_or_default());
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_ours(cx))?;
        if let Some(taken) = self.take(bufs) {
            return Poll::Ready(Ok(taken));
        }
        let polled = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        let written = ready!(self.wrote(polled))?;
        let mut left = written;
        for buf in bufs {
            let part = buf.get(..left.min(buf.len())).unwrap_or_default();
            self.sent(part);
            left -= part.len();
        }
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_ours(cx))?;
        let polled = Pin::new(&mut self.io).poll_flush(cx);
        self.flushed(polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.parting.is_none() {
            ready!(self.poll_ours(cx))?;
        }
        let this = &mut *self;
        if !this.retirement.is_orderly {
            return Pin::new(&mut this.io).poll_shutdown(cx);
        }
        let parting = this.parting.get_or_insert_with(|| Parting::new(PATIENCE));
        parting.poll(&mut this.io, cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    fn watched(io: DuplexStream) -> Watched<DuplexStream> {
        let conduct = Conduct::new(500, Duration::from_secs(10));
        Watched::new(io, Arc::default(), Arc::default(), conduct)
    }

    /// Its client was told to leave.
    fn drained(io: DuplexStream) -> Watched<DuplexStream> {
        let mut watched = watched(io);
        watched.retirement.is_orderly = true;
        watched
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_was_told_to_leave_may_close_the_connection_first() {
        let (ours, _theirs) = duplex(64);
        let started = Instant::now();
        drained(ours).shutdown().await.unwrap();
        assert_eq!(started.elapsed(), LAST_WORDS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_ends_by_an_error_is_closed_at_once() {
        let (ours, _theirs) = duplex(64);
        let started = Instant::now();
        watched(ours).shutdown().await.unwrap();
        assert!(started.elapsed().is_zero());
    }

    #[test]
    fn only_the_initial_window_of_settings_is_changed() {
        let mut frame = vec![0, 0, 12, SETTINGS, 0, 0, 0, 0, 0];
        frame.extend([0, 3, 0, 0, 0, 100]);
        frame.extend([0, 4, 0, 0, 0x40, 0]);
        let mut expected = frame.clone();
        expected.splice(17..21, [0, 0, 0x20, 0]);
        announce_window(&mut frame, 8 << 10);
        assert_eq!(frame, expected);
    }
}
