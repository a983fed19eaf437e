//! A call over HTTP/1.1: a request with a body of chunks, and its response, on a connection that it has for itself.
//!
//! To drop the response before its end closes the connection, which is how HTTP/1.1 cancels a call.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request, Response, header};
use hyper::body::{Body as _, Incoming};

use super::http1_body::RequestBody;
use super::http1_pool::{BUFFER, Lease, Pool};
use crate::error::{Error, plain};

/// What a response says of the connection alone, and what HTTP/2 does not have (RFC 9113, section 8.2.2).
const CONNECTION_HEADERS: [HeaderName; 3] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    HeaderName::from_static("keep-alive"),
];

/// How many headers a response may have, as hyper has it.
pub const HEADERS: usize = 100;

/// How large they may be, in bytes.
pub const HEADERS_SIZE: usize = BUFFER;

/// A request on its way, up to the headers of its response.
pub type Exchange = Pin<Box<dyn Future<Output = Result<Response<Body>, Failure>> + Send>>;

/// Why there is no response, or not all of it.
#[derive(Debug)]
pub enum Failure {
    /// There was no connection left, and no new one can be made: the server has not seen the call.
    Unconnected(Error),
    /// What came is not a response.
    NotHttp1,
    /// The response has more headers than [`HEADERS`], or larger ones than [`HEADERS_SIZE`].
    TooLarge,
    /// The connection was lost, for this reason.
    Lost(String),
}

impl From<hyper::Error> for Failure {
    fn from(error: hyper::Error) -> Self {
        if error.is_parse_too_large() {
            return Self::TooLarge;
        }
        if error.is_parse() {
            return Self::NotHttp1;
        }
        let io = std::error::Error::source(&error).and_then(|it| it.downcast_ref::<io::Error>());
        Self::Lost(match io {
            Some(io) if io.kind() == io::ErrorKind::ConnectionReset => {
                "the server reset it".to_owned()
            }
            Some(io) if !is_end(io) => plain(io),
            _ => "the server closed it".to_owned(),
        })
    }
}

fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe | io::ErrorKind::NotConnected
    )
}

/// Makes the call.
pub fn exchange(pool: Arc<Pool>, mut request: Request<RequestBody>) -> Exchange {
    Box::pin(async move {
        loop {
            let mut lease = pool.lease().await.map_err(Failure::Unconnected)?;
            match lease.send(request).await {
                Ok(mut response) => {
                    for name in CONNECTION_HEADERS {
                        response.headers_mut().remove(name);
                    }
                    return Ok(response.map(|incoming| Body {
                        incoming,
                        trailers: None,
                        lease: Some(lease),
                        pool,
                    }));
                }
                // The server closed the connection while it was idle. Nothing was written.
                Err(mut failed) => match failed.take_message() {
                    Some(unsent) if lease.is_used() => request = unsent,
                    _ => return Err(failed.into_error().into()),
                },
            }
        }
    })
}

/// The body of a response.
#[derive(Debug)]
pub struct Body {
    incoming: Incoming,
    trailers: Option<HeaderMap>,
    /// Given back at the end of the response.
    lease: Option<Lease>,
    pool: Arc<Pool>,
}

impl Body {
    pub fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>> {
        loop {
            match ready!(Pin::new(&mut self.incoming).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => return Poll::Ready(Some(Ok(data))),
                    Err(frame) => self.trailers = frame.into_trailers().ok(),
                },
                Some(Err(error)) => {
                    self.lease = None;
                    return Poll::Ready(Some(Err(error.into())));
                }
                None => {
                    if let Some(lease) = self.lease.take() {
                        self.pool.give_back(lease);
                    }
                    return Poll::Ready(None);
                }
            }
        }
    }

    pub fn take_trailers(&mut self) -> Option<HeaderMap> {
        self.trailers.take()
    }

    pub fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }
}
