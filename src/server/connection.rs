//! One HTTP/2 connection. It runs on hyper because tonic's own server cannot drain a connection, its shutdown waits
//! indefinitely for open streams, and it disables hyper's limit on resets that a peer provokes (CVE-2025-8671).

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::sleep;
use tokio_util::io::InspectReader;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use super::layers::{Guarded, Logged};

/// Flow-control windows. h2 (0.4.16 and later) charges every unread frame under 256 bytes against half the
/// *connection* window and closes the connection when that is used up. Other gRPC implementations send a frame per
/// message, so the connection window has to be too large to ever run out. Memory is bounded by streams × *stream*
/// window: 100 unread streams of 16 KiB held 54 MB of frames, of 64 KiB 245 MB.
const STREAM_WINDOW: u32 = 16 << 10;
const CONNECTION_WINDOW: u32 = 1 << 30;

/// The minimum that RFC 9113, section 6.5.2, recommends; each stream may hold a full window.
const STREAMS: u32 = 100;

/// hyper's own default, which bounds how often a peer can make us reset its streams (CVE-2025-8671).
const LOCAL_ERROR_RESETS: usize = 1024;

/// A connection is closed when a PING has not been answered within the timeout.
const PING_INTERVAL: Duration = Duration::from_secs(60);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// A drained connection whose peer has not sent a byte by then is closed: it has no call.
const FIRST_BYTE_TIMEOUT: Duration = Duration::from_millis(500);

/// Serves `io` until the peer leaves, or until `draining` is cancelled and the calls on it have ended.
pub async fn serve<I>(io: I, routes: Logged<Guarded<Routes>>, draining: CancellationToken)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let has_spoken = Arc::new(AtomicBool::new(false));
    let io = InspectReader::new(io, {
        let has_spoken = Arc::clone(&has_spoken);
        move |_: &[u8]| has_spoken.store(true, Ordering::Relaxed)
    });
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
    // The error is dropped: it has reached the calls that it cut short.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = draining.cancelled() => {
            // GOAWAY with the largest stream id, a PING, and when it is answered, GOAWAY with the last stream id.
            connection.as_mut().graceful_shutdown();
            let silent = async {
                sleep(FIRST_BYTE_TIMEOUT).await;
                if has_spoken.load(Ordering::Relaxed) {
                    pending::<()>().await;
                }
            };
            tokio::select! {
                _ = connection => {}
                () = silent => {}
            }
        }
    }
}
