//! Reports every call when it is over, for `serve -v`. Without a log, calls pass as they are.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::Service;

/// A call that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// `/package.Service/Method`.
    pub path: String,
    /// `None` if the peer cancelled the call or left.
    pub code: Option<Code>,
    pub elapsed: Duration,
}

/// What hears of calls.
pub type CallLog = Arc<dyn Fn(&CallRecord) + Send + Sync>;

/// A service whose calls are logged.
#[derive(Clone)]
pub struct Logged<S> {
    inner: S,
    log: Option<CallLog>,
}

impl<S> Logged<S> {
    pub fn new(inner: S) -> Self {
        Self { inner, log: None }
    }

    pub fn set_log(&mut self, log: CallLog) {
        self.log = Some(log);
    }
}

impl<S, B> Service<Request<B>> for Logged<S>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
    S::Future: Unpin,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = LoggedFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let entry = self.log.clone().map(|log| Entry {
            log,
            path: request.uri().path().to_owned(),
            started: Instant::now(),
            code: None,
        });
        LoggedFuture {
            inner: self.inner.call(request),
            entry,
        }
    }
}

/// Reports the call when it is dropped.
struct Entry {
    log: CallLog,
    path: String,
    started: Instant,
    code: Option<Code>,
}

impl Entry {
    fn read(&mut self, fields: &HeaderMap) {
        self.code = Status::from_header_map(fields).map(|status| status.code());
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        (self.log)(&CallRecord {
            path: std::mem::take(&mut self.path),
            code: self.code,
            elapsed: self.started.elapsed(),
        });
    }
}

/// A call up to its response headers.
pub struct LoggedFuture<F> {
    inner: F,
    entry: Option<Entry>,
}

impl<F> Future for LoggedFuture<F>
where
    F: Future<Output = Result<Response<Body>, Infallible>> + Unpin,
{
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Ok(response) = ready!(Pin::new(&mut self.inner).poll(cx));
        let Some(mut entry) = self.entry.take() else {
            return Poll::Ready(Ok(response));
        };
        // In the headers if there is no message.
        entry.read(response.headers());
        Poll::Ready(Ok(
            response.map(|inner| Body::new(LoggedBody { inner, entry }))
        ))
    }
}

/// A call from its response headers on.
struct LoggedBody {
    inner: Body,
    entry: Entry,
}

impl HttpBody for LoggedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(trailers) = frame.trailers_ref()
        {
            self.entry.read(trailers);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
