//! One HTTP/2 connection. hyper directly and not tonic's own server, which offers no way to drain one: its shutdown
//! waits for ever on an open stream, and it switches hyper's MadeYouReset limit off.

use std::time::Duration;

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use super::guard::Guarded;

/// Flow-control windows. h2 (0.4.16 and later) charges every unread frame under 256 bytes against half the
/// *connection* window and ends the connection when that is used up; other peers send a frame per message, so the
/// connection window has to be large enough never to be the reason. What bounds the memory is streams × *stream*
/// window: 100 streams of 16 KiB that nobody reads held 54 MB of frames, 64 KiB held 245 MB.
const STREAM_WINDOW: u32 = 16 << 10;
const CONNECTION_WINDOW: u32 = 1 << 30;

/// The least that RFC 9113, section 6.5.2, recommends; each stream may hold a full window.
const STREAMS: u32 = 100;

/// hyper's own default, which bounds how often a peer may make us reset its streams (CVE-2025-8671).
const LOCAL_ERROR_RESETS: usize = 1024;

/// A peer that has not answered a PING for this long is gone; the PINGs go out while calls are open.
const PING_INTERVAL: Duration = Duration::from_secs(60);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// Serves `io` until the peer leaves, or until `draining` and the calls on it are over.
pub async fn serve<I>(io: I, routes: Guarded<Routes>, draining: CancellationToken)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(STREAMS)
        .max_local_error_reset_streams(LOCAL_ERROR_RESETS)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT)
        .serve_connection(TokioIo::new(io), TowerToHyperService::new(routes));
    tokio::pin!(connection);
    // How a connection ends is the peer's affair; a call that it cut short has noticed by itself.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = draining.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
