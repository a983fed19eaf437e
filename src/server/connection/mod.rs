//! One HTTP/2 connection, from its preface to its last call.
//!
//! - `calls`: the calls on it;
//! - `entry`: what is counted and told of each;
//! - `frames`: the frames on it, without their content;
//! - `preface`: its first bytes;
//! - `conduct`: what a client may do;
//! - `watched`: the byte stream under it;
//! - `parting`: its end;
//! - `due`: what happens to it as time passes.
//!
//! `http1` is the same for a connection of HTTP/1.1, and `http1_stream` the byte stream under that.

mod calls;
mod conduct;
mod due;
mod entry;
mod frames;
mod http1;
mod http1_stream;
mod parting;
mod preface;
mod watched;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::Server;
use super::grpc::{ROOM, WINDOW};
use super::limits::Limits;
use super::metrics::{Limit, Shard};
use super::peer::Peer;
use crate::framing::PREFIX;
use calls::{Begun, Calls};
use conduct::Conduct;
#[cfg(test)]
pub use due::ANSWER_TIMEOUT;
use due::{Due, Then};
use http1_stream::Http1Stream;
use preface::First;
use watched::{Watch, Watched};

/// h2's charge for a small frame is up to 256 bytes; so many may be unread. Calls take them whenever they have their turn.
const DATA_FRAME_BUDGET: usize = 256 * (64 << 10);

/// The largest frame, in bytes.
const FRAME: u32 = 16 << 10;

/// Bytes of replies that h2 keeps for a stream.
const SEND_BUFFER: usize = 16 << 10;

/// Serves `io` after a handshake.
pub async fn serve_tls<I>(io: I, peer: Peer, server: Server)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let opened = Instant::now();
    let Some(tls) = &server.shared.tls else {
        return;
    };
    let limit = server.shared.limits.handshake;
    let accepted = tokio::select! {
        accepted = timeout(limit, tls.accept(io)) => accepted,
        // No call is on it.
        () = server.shared.draining.cancelled() => return,
    };
    match accepted {
        Ok(Ok(io)) => serve_since(opened, io, peer, server).await,
        Ok(Err(error)) => tracing::debug!("{peer} has no TLS: {error}"),
        Err(_) => server.shard.limit_hit(Limit::Handshake),
    }
}

/// Serves `io` until the peer leaves, or the server drains and the calls on it have ended.
pub async fn serve<I>(io: I, peer: Peer, server: Server)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    serve_since(Instant::now(), io, peer, server).await;
}

async fn serve_since<I>(opened: Instant, io: I, peer: Peer, server: Server)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = &server.shared.limits;
    let watch = Arc::new(Watch::default());
    let draining = server.shared.draining.clone();
    let greeting = greet(io, opened, &server, Arc::clone(&watch));
    let greeted = tokio::select! {
        greeted = greeting => greeted,
        // The peer has no call.
        () = silent(&draining, &watch) => return,
    };
    let Some(greeted) = greeted else { return };
    let _counted = Counted::new(&server.shard);
    let room = room(limits);
    let h2 = match greeted {
        Greeted::Http2(h2) => *h2,
        Greeted::Http1(io) => {
            let calls = Calls::new(server.clone(), peer, watch, room);
            http1::serve(io, calls, &server).await;
            return;
        }
    };
    let due = Due::new(limits, opened);
    Connection {
        h2,
        draining: Box::pin(draining.cancelled_owned()),
        calls: Calls::new(server.clone(), peer, watch, room),
        begun: Vec::new(),
        due,
    }
    .await;
}

/// A connection whose client has begun to speak.
enum Greeted<I> {
    Http2(Box<h2::server::Connection<Watched<I>, Bytes>>),
    Http1(Http1Stream<I>),
}

/// Finds out what the client speaks. `None` if it is nothing that is served here, or does not speak.
async fn greet<I>(
    mut io: I,
    opened: Instant,
    server: &Server,
    watch: Arc<Watch>,
) -> Option<Greeted<I>>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = &server.shared.limits;
    let end = opened + limits.handshake;
    match timeout_at(end, preface::read(&mut io)).await {
        Ok(Ok(First::Http2)) => {}
        Ok(Ok(First::Other(first))) => {
            let is_http1 = http1::may_begin(&first);
            if is_http1 && server.shared.protocols.has_http1() {
                return Some(Greeted::Http1(Http1Stream::new(first, io, watch)));
            }
            let words = if is_http1 { http1::REFUSAL } else { &[] };
            preface::part(io, words).await;
            return None;
        }
        Ok(Err(_)) => return None,
        Err(_) => {
            server.shard.limit_hit(Limit::Handshake);
            return None;
        }
    }
    let conduct = Conduct::new(limits.resets, limits.ping_interval);
    let handshake =
        builder(limits).handshake(Watched::new(io, watch, Arc::clone(&server.shard), conduct));
    let opened = timeout_at(end, handshake).await.ok()?.ok()?;
    Some(Greeted::Http2(Box::new(opened)))
}

/// Completes when the server drains and the client is not about to begin.
async fn silent(draining: &CancellationToken, watch: &Watch) {
    draining.cancelled().await;
    tokio::time::sleep(due::FIRST_BYTE_TIMEOUT).await;
    if watch.seen().has_begun {
        std::future::pending::<()>().await;
    }
}

/// Bytes of large messages: several, or at least one of the largest.
fn room(limits: &Limits) -> usize {
    let largest = limits.message.saturating_add(PREFIX);
    largest.max(ROOM as usize).min(Semaphore::MAX_PERMITS)
}

fn builder(limits: &Limits) -> h2::server::Builder {
    let mut builder = h2::server::Builder::new();
    // h2 counts those that the client provokes, refused streams among them, for as long as the connection lives.
    let resets = usize::try_from(limits.resets.saturating_mul(2)).unwrap_or(usize::MAX);
    // At most the largest that there is (RFC 9113, section 6.9.1).
    let window = WINDOW.saturating_mul(limits.streams).min((1 << 31) - 1);
    builder
        // A client that does not heed the window may still send a frame of the size that RFC 9113, section 4.2, demands.
        // The one that the client is told is WINDOW: see `watched`.
        .initial_window_size(FRAME.max(WINDOW))
        .initial_connection_window_size(window)
        .data_frame_budget(DATA_FRAME_BUDGET)
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(limits.header_list)
        .max_send_buffer_size(SEND_BUFFER)
        // Resets that the client provokes (CVE-2025-8671).
        .max_local_error_reset_streams(Some(resets))
        .max_concurrent_reset_streams(limits.streams as usize)
        .max_pending_accept_reset_streams(limits.streams as usize);
    builder
}

/// Tells a client that there is no room for its connection.
pub async fn refuse<I>(io: I)
where
    I: AsyncRead + AsyncWrite + Unpin,
{
    // The server's preface is a SETTINGS frame (RFC 9113, section 3.4).
    let mut frames = vec![0, 0, 0, frames::SETTINGS, 0, 0, 0, 0, 0];
    frames.extend(watched::goaway(0, "too_many_connections"));
    preface::part(io, &frames).await;
}

/// Counts a connection while it is served.
struct Counted<'a>(&'a Shard);

impl<'a> Counted<'a> {
    fn new(shard: &'a Shard) -> Self {
        shard.connection_opened();
        Self(shard)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.connection_closed();
    }
}

/// A connection whose preface has been read.
struct Connection<I> {
    h2: h2::server::Connection<Watched<I>, Bytes>,
    draining: Pin<Box<dyn Future<Output = ()> + Send>>,
    calls: Calls,
    /// Calls whose headers were received since others were started.
    begun: Vec<Begun>,
    due: Due,
}

impl<I> Future for Connection<I>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        this.calls.watch().begin_turn();
        loop {
            match this.h2.poll_accept(cx) {
                Poll::Ready(Some(Ok((request, respond)))) => {
                    this.begun.extend(this.calls.begin(request, respond));
                    continue;
                }
                // The error has reached the calls that it cut short.
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(()),
                Poll::Pending => {}
            }
            if this.calls.start(&mut this.begun, cx) {
                continue;
            }
            if !this.due.is_draining() && this.draining.as_mut().poll(cx).is_ready() {
                this.drain();
                continue;
            }
            let calls = &this.calls;
            match this
                .due
                .poll(&mut this.h2, calls.watch(), calls.in_flight(), cx)
            {
                Poll::Ready(Then::Close(limit)) => {
                    if let Some(limit) = limit {
                        this.calls.limit_hit(limit);
                    }
                    return Poll::Ready(());
                }
                Poll::Ready(Then::Retire) => {
                    this.calls.limit_hit(Limit::Age);
                    this.drain();
                }
                Poll::Ready(Then::Accused(misconduct)) => this.calls.limit_hit(misconduct.limit()),
                Poll::Ready(Then::EndCalls) => this.calls.end(),
                Poll::Ready(Then::Polled) => {}
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<I> Connection<I>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    /// GOAWAY with the largest stream id, a PING, and when it is answered, GOAWAY with the last stream id: the client may
    /// start calls until it has received the first (RFC 9113, section 6.8).
    fn drain(&mut self) {
        self.h2.graceful_shutdown();
        self.due.drained();
    }
}
