//! Reflection, v1 and v1alpha, by tonic's services. Reflection answers each request on its own, so each is a call of
//! theirs; what holds for all calls of the server is left to our own layer.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use http_body::{Body as HttpBody, Frame};
use tonic::body::Body;
use tonic::service::Routes;
use tonic::{Code, Status};
use tower::Service as _;

use super::grpc::{Call, Stop};
use crate::error::{Error, Result};
use crate::framing::{Cutter, Packer, Sent};
use crate::proto::{FILE_DESCRIPTOR_SET, health};

/// Both versions of the service.
pub struct Reflection(Routes);

impl Reflection {
    /// # Errors
    /// Only if the descriptors that are compiled into the program are invalid.
    pub fn new() -> Result<Self> {
        let builder = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(health::FILE_DESCRIPTOR_SET)
        };
        let invalid = |error| Error::failed("the bundled schema is invalid").caused_by(error);
        let routes = Routes::new(builder().build_v1().map_err(invalid)?)
            .add_service(builder().build_v1alpha().map_err(invalid)?)
            .prepare();
        Ok(Self(routes))
    }

    /// Answers the requests of a call.
    ///
    /// # Errors
    /// When the service does not answer one with OK, or the client is gone.
    pub async fn answer(
        &self,
        path: &'static str,
        call: &mut Call,
    ) -> std::result::Result<(), Stop> {
        while call.next().await? {
            let mut request = Packer::default();
            request.push(call.requests.message());
            call.requests.take();
            let request = request.take(usize::MAX, &mut Sent::default());
            for reply in self.ask(path, request).await? {
                call.replies.packer().push(&reply);
            }
            call.flush().await?;
        }
        Ok(())
    }

    async fn ask(
        &self,
        path: &'static str,
        request: Bytes,
    ) -> std::result::Result<Vec<Bytes>, Status> {
        let request = Request::post(path)
            .header(CONTENT_TYPE, "application/grpc")
            .body(Body::new(Once(Some(request))))
            .map_err(|_| Status::internal("reflection cannot be asked"))?;
        let Ok(response) = self.0.clone().call(request).await;
        let mut status = Status::from_header_map(response.headers());
        let mut body = response.into_body();
        let mut cutter = Cutter::new(usize::MAX);
        while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await
        {
            match frame?.into_data() {
                Ok(data) => cutter.push(data),
                Err(frame) => {
                    let trailers = frame.into_trailers().unwrap_or_default();
                    status = Status::from_header_map(&trailers);
                }
            }
        }
        match status {
            Some(status) if status.code() != Code::Ok => return Err(status),
            _ => {}
        }
        let replies = std::iter::from_fn(|| cutter.next().transpose());
        replies
            .collect::<std::result::Result<_, _>>()
            .map_err(|_| Status::internal("reflection has no valid answer"))
    }
}

/// A body of one chunk.
struct Once(Option<Bytes>);

impl HttpBody for Once {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, Status>>> {
        Poll::Ready(self.0.take().map(|chunk| Ok(Frame::data(chunk))))
    }
}
