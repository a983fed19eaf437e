//! Counts every call while it is in flight, answers INTERNAL when its handler panics, so that no other call is harmed,
//! and ends it with UNAVAILABLE when the server shuts down.

use std::convert::Infallible;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tonic::Status;
use tonic::body::Body;
use tower::Service;

/// A service whose calls are guarded.
#[derive(Clone)]
pub struct Guarded<S> {
    inner: S,
    calls: TaskTracker,
    ending: CancellationToken,
}

impl<S> Guarded<S> {
    /// `calls` counts the calls in flight; `ending` ends them.
    pub fn new(inner: S, calls: TaskTracker, ending: CancellationToken) -> Self {
        Self {
            inner,
            calls,
            ending,
        }
    }

    fn guard(&self) -> Guard {
        Guard {
            ending: Box::pin(self.ending.clone().cancelled_owned()),
            _call: self.calls.token(),
        }
    }
}

/// Counts the call as long as it lives, and ends it when the server does.
struct Guard {
    ending: Pin<Box<WaitForCancellationFutureOwned>>,
    _call: TaskTrackerToken,
}

impl Guard {
    /// Polls `work`. `Err` is the status to end the call with: the work panicked, or has to stop.
    fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        work: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<Result<T, Status>> {
        let polled = catch_unwind(AssertUnwindSafe(|| work(cx)));
        match polled {
            Err(_) => Poll::Ready(Err(Status::internal("the handler panicked"))),
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Ok(Poll::Pending) => self
                .ending
                .as_mut()
                .poll(cx)
                .map(|()| Err(Status::unavailable("the server is shutting down"))),
        }
    }
}

impl<S, B> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
    S::Future: Unpin + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = GuardedFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        GuardedFuture {
            inner: self.inner.call(request),
            guard: Some(self.guard()),
        }
    }
}

/// A call up to its response headers.
pub struct GuardedFuture<F> {
    inner: F,
    guard: Option<Guard>,
}

impl<F> Future for GuardedFuture<F>
where
    F: Future<Output = Result<Response<Body>, Infallible>> + Unpin,
{
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { inner, guard } = &mut *self;
        let Some(watch) = guard.as_mut() else {
            return Poll::Pending;
        };
        watch.poll(cx, |cx| Pin::new(inner).poll(cx)).map(|result| {
            let guard = guard.take();
            Ok(match result {
                Ok(Ok(response)) => response.map(|inner| Body::new(GuardedBody { inner, guard })),
                Ok(Err(never)) => match never {},
                Err(status) => status.into_http(),
            })
        })
    }
}

/// A call from its response headers on. The guard is dropped with the last frame.
struct GuardedBody {
    inner: Body,
    guard: Option<Guard>,
}

impl HttpBody for GuardedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Self { inner, guard } = &mut *self;
        let Some(watch) = guard.as_mut() else {
            return Poll::Ready(None);
        };
        let polled = watch.poll(cx, |cx| Pin::new(inner).poll_frame(cx));
        polled.map(|result| match result {
            Ok(Some(Ok(frame))) if !frame.is_trailers() => Some(Ok(frame)),
            Ok(last) => {
                *guard = None;
                last
            }
            Err(status) => {
                *guard = None;
                let mut trailers = HeaderMap::new();
                Some(
                    status
                        .add_header(&mut trailers)
                        .map(|()| Frame::trailers(trailers)),
                )
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.guard.is_none() || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::{BoxFuture, poll_fn};
    use std::time::Duration;
    use tonic::Code;

    type Handled = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn guarded(
        handler: fn() -> Handled,
    ) -> (
        impl Service<Request<()>, Response = Response<Body>, Error = Infallible, Future: Unpin>,
        TaskTracker,
        CancellationToken,
    ) {
        let (calls, ending) = (TaskTracker::new(), CancellationToken::new());
        let service = tower::service_fn(move |_: Request<()>| handler());
        (
            Guarded::new(service, calls.clone(), ending.clone()),
            calls,
            ending,
        )
    }

    async fn call(
        mut service: impl Service<Request<()>, Response = Response<Body>, Error = Infallible>,
    ) -> Response<Body> {
        match service.call(Request::new(())).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    #[tokio::test]
    async fn a_panic_in_a_handler_answers_internal() {
        let (service, calls, _) = guarded(|| Box::pin(async { panic!("on purpose") }));
        let response = call(service).await;
        let status = Status::from_header_map(response.headers()).expect("a status");
        assert_eq!(status.code(), Code::Internal);
        drop(response);
        assert!(calls.is_empty());
    }

    type Polled = Poll<Option<Result<Frame<Bytes>, Status>>>;

    /// A body that answers every poll with what the function returns.
    struct Polls(fn() -> Polled);

    impl HttpBody for Polls {
        type Data = Bytes;
        type Error = Status;
        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Polled {
            self.0()
        }
    }

    #[tokio::test]
    async fn a_panic_in_a_stream_ends_it_with_internal() {
        let (service, calls, _) = guarded(|| {
            Box::pin(async { Ok(Response::new(Body::new(Polls(|| panic!("on purpose"))))) })
        });
        let mut body = call(service).await.into_body();
        let frame = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
        let trailers = frame.expect("a frame").expect("no error").into_trailers();
        let status = Status::from_header_map(&trailers.expect("trailers")).expect("a status");
        assert_eq!(status.code(), Code::Internal);
        assert!(calls.is_empty());
    }

    #[tokio::test]
    async fn a_call_is_counted_until_its_body_is_dropped() {
        let (service, calls, _) =
            guarded(|| Box::pin(async { Ok(Response::new(Body::new(Polls(|| Poll::Pending)))) }));
        let response = call(service).await;
        assert_eq!(calls.len(), 1);
        drop(response);
        assert!(calls.is_empty());
    }

    #[tokio::test]
    async fn a_waiting_call_is_ended_with_unavailable() {
        let (service, _, ending) = guarded(|| Box::pin(std::future::pending()));
        ending.cancel();
        let response = tokio::time::timeout(Duration::from_secs(10), call(service)).await;
        let status = Status::from_header_map(response.expect("an answer").headers());
        assert_eq!(status.expect("a status").code(), Code::Unavailable);
    }
}
