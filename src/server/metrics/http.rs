//! `/metrics`, `/healthz` and `/readyz` over HTTP/1.1, on a listener of their own: scrapers and probes neither speak
//! gRPC nor count against its limits. It has few connections, each for one request and for a short time.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use super::Metrics;
use super::exposition::Format;
use super::families::page;
use crate::error::{Error, Result};
use crate::server::listen::{ListenAddress, Listener, bind};

/// More than a scraper and a few probes need. Beyond that, the oldest is closed: it may be silent.
const CONNECTIONS: usize = 16;

/// For the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// For the whole connection. Scrapers wait for 10 seconds by default.
const TIMEOUT: Duration = Duration::from_secs(10);

/// hyper's minimum is 8 KiB.
const BUFFER: usize = 16 << 10;

/// The pause after a failed attempt to accept a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The sockets that figures are shown on.
pub struct MetricsListener(Vec<Listener>);

impl MetricsListener {
    /// Binds all sockets of an address.
    ///
    /// # Errors
    /// When one of them cannot be bound, and for the address of a Unix socket, which scrapers cannot reach.
    pub fn bind(address: ListenAddress) -> Result<Self> {
        Self::check(&address)?;
        bind(&[address])
            .map(Self)
            .map_err(|error| error.hinted("choose another address with --metrics"))
    }

    /// # Errors
    /// For the address of a Unix socket.
    pub fn check(address: &ListenAddress) -> Result<()> {
        if matches!(address, ListenAddress::Unix(_)) {
            return Err(Error::usage("metrics cannot be served on a Unix socket")
                .hinted("write --metrics host:port or --metrics :port"));
        }
        Ok(())
    }

    /// Serves until the future is dropped.
    pub async fn serve(self, metrics: Arc<Metrics>) {
        let open = Open::default();
        let accepting = self.0.into_iter().map(|listener| {
            let (metrics, open) = (&metrics, &open);
            async move {
                if let Listener::Tcp(listener) = listener {
                    accept(&listener, metrics, open).await;
                }
            }
        });
        futures_util::future::join_all(accepting).await;
    }
}

impl fmt::Display for MetricsListener {
    /// The URLs of the pages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, listener) in self.0.iter().enumerate() {
            let separator = if number == 0 { "" } else { ", " };
            write!(f, "{separator}http://{listener}/metrics")?;
        }
        Ok(())
    }
}

/// The connections that are open, the oldest first.
#[derive(Default)]
struct Open(Mutex<VecDeque<AbortHandle>>);

impl Open {
    fn add(&self, connection: AbortHandle) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|connection| !connection.is_finished());
        open.push_back(connection);
        if open.len() > CONNECTIONS
            && let Some(oldest) = open.pop_front()
        {
            oldest.abort();
        }
    }
}

async fn accept(listener: &tokio::net::TcpListener, metrics: &Arc<Metrics>, open: &Open) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let metrics = Arc::clone(metrics);
                let connection = tokio::spawn(async move {
                    let _ = timeout(TIMEOUT, connection(stream, metrics)).await;
                });
                open.add(connection.abort_handle());
            }
            Err(error) => {
                tracing::debug!(%error, "cannot accept a connection for metrics");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, metrics: Arc<Metrics>) {
    let service = service_fn(|request| {
        let response = answer(&metrics, &request);
        async move { Ok::<_, Infallible>(response) }
    });
    // The error is the client's: it has left, or sends something else.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(BUFFER)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

fn answer<B>(metrics: &Metrics, request: &Request<B>) -> Response<String> {
    let plain = |status: StatusCode, text: &str| {
        let mut response = Response::new(format!("{text}\n"));
        *response.status_mut() = status;
        let kind = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, kind);
        response
    };
    let path = request.uri().path();
    if !["/metrics", "/healthz", "/readyz"].contains(&path) {
        return plain(StatusCode::NOT_FOUND, "not found");
    }
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "method not allowed");
        let allowed = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(ALLOW, allowed);
        return response;
    }
    match path {
        "/metrics" => {
            let accept = request.headers().get_all(ACCEPT).iter();
            let accept: Vec<&str> = accept.filter_map(|value| value.to_str().ok()).collect();
            let format = Format::accepted(&accept.join(","));
            let mut response = Response::new(page(metrics, format));
            let kind = HeaderValue::from_static(format.content_type());
            response.headers_mut().insert(CONTENT_TYPE, kind);
            response
        }
        "/readyz" if !metrics.is_serving() => plain(StatusCode::SERVICE_UNAVAILABLE, "not serving"),
        _ => plain(StatusCode::OK, "ok"),
    }
}
