//! The replies of [`super::Echo`]. Requests are sent back unchanged; the server only reads its instructions in them.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes};
use http::HeaderMap;
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::{KeyAndValueRef, MetadataMap};
use tonic::server::{Grpc, NamedService, StreamingService};
use tonic::{Code, Request, Response, Status, Streaming};

/// The part of a request that the server reads.
#[derive(Clone, PartialEq, prost::Message)]
struct Wish {
    #[prost(message, optional, tag = "20")]
    fail: Option<Fail>,
    #[prost(uint32, tag = "21")]
    replies: u32,
    #[prost(uint32, tag = "22")]
    padding: u32,
    #[prost(uint32, tag = "23")]
    delay_ms: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Fail {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(bool, tag = "3")]
    late: bool,
    #[prost(bool, tag = "4")]
    details: bool,
}

/// A Reply with an encoded request.
#[derive(Clone, PartialEq, prost::Message)]
struct Reply {
    #[prost(bytes = "bytes", optional, tag = "1")]
    request: Option<Bytes>,
    #[prost(uint32, tag = "2")]
    received: u32,
    #[prost(bytes = "vec", tag = "3")]
    padding: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Method {
    Unary,
    Collect,
    Repeat,
    Chat,
}

/// test.echo.v1.Echo.
#[derive(Clone)]
pub struct Service;

impl NamedService for Service {
    const NAME: &'static str = "test.echo.v1.Echo";
}

/// test.echo.v1.Mirror.
#[derive(Clone)]
pub struct Mirror;

impl NamedService for Mirror {
    const NAME: &'static str = "test.echo.v1.Mirror";
}

type Answering = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

macro_rules! serves_by_path {
    ($service:ty) => {
        impl tower::Service<http::Request<Body>> for $service {
            type Response = http::Response<Body>;
            type Error = Infallible;
            type Future = Answering;

            fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
                Poll::Ready(Ok(()))
            }

            fn call(&mut self, request: http::Request<Body>) -> Answering {
                Box::pin(serve(request))
            }
        }
    };
}

serves_by_path!(Service);
serves_by_path!(Mirror);

async fn serve(request: http::Request<Body>) -> Result<http::Response<Body>, Infallible> {
    let name = request.uri().path().rsplit('/').next().unwrap_or_default();
    let method = match name {
        "Unary" => Method::Unary,
        "Collect" => Method::Collect,
        "Repeat" => Method::Repeat,
        "Chat" => Method::Chat,
        _ => return Ok(Status::unimplemented("no such method").into_http()),
    };
    // On the wire, every kind of method is a stream of requests and a stream of replies.
    Ok(Grpc::new(Raw).streaming(method, request).await)
}

type Replies = ReceiverStream<Result<Bytes, Status>>;

impl StreamingService<Bytes> for Method {
    type Response = Bytes;
    type ResponseStream = Replies;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Replies>, Status>> + Send>>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        Box::pin(answer(*self, request))
    }
}

async fn answer(
    method: Method,
    request: Request<Streaming<Bytes>>,
) -> Result<Response<Replies>, Status> {
    let (metadata, _, mut requests) = request.into_parts();
    let (headers, trailers) = (
        echoed(&metadata, "initial-"),
        echoed(&metadata, "trailing-"),
    );
    let mut last = requests.message().await?;
    let mut received = u32::from(last.is_some());
    if let Method::Collect = method {
        while let Some(next) = requests.message().await? {
            last = Some(next);
            received += 1;
        }
    }
    let wish = wish(last.as_ref());
    if let Some(fail) = &wish.fail
        && !fail.late
    {
        return Err(fail.status(trailers));
    }
    tokio::time::sleep(Duration::from_millis(wish.delay_ms.into())).await;
    let (sender, replies) = mpsc::channel(16);
    tokio::spawn(async move {
        let end = match method {
            Method::Chat => chat(last, &mut requests, &sender, &trailers).await,
            Method::Repeat => repeat(last, &wish, &sender, &trailers).await,
            Method::Unary | Method::Collect => {
                let _ = sender.send(Ok(reply(last, received, &wish))).await;
                wish.end(&trailers)
            }
        };
        let _ = sender.send(Err(end)).await;
    });
    let mut response = Response::new(ReceiverStream::new(replies));
    *response.metadata_mut() = headers;
    Ok(response)
}

type Sender = mpsc::Sender<Result<Bytes, Status>>;

async fn repeat(
    request: Option<Bytes>,
    wish: &Wish,
    sender: &Sender,
    trailers: &MetadataMap,
) -> Status {
    let count = if wish.fail.is_some() {
        1
    } else {
        wish.replies.max(1)
    };
    for _ in 0..count {
        if sender
            .send(Ok(reply(request.clone(), 1, wish)))
            .await
            .is_err()
        {
            break;
        }
    }
    wish.end(trailers)
}

async fn chat(
    first: Option<Bytes>,
    requests: &mut Streaming<Bytes>,
    sender: &Sender,
    trailers: &MetadataMap,
) -> Status {
    let mut next = first;
    let mut received = 0;
    while let Some(request) = next {
        received += 1;
        let wish = wish(Some(&request));
        let _ = sender.send(Ok(reply(Some(request), received, &wish))).await;
        if wish.fail.is_some() {
            return wish.end(trailers);
        }
        next = match requests.message().await {
            Ok(next) => next,
            Err(status) => return status,
        };
    }
    Wish::default().end(trailers)
}

fn wish(request: Option<&Bytes>) -> Wish {
    Wish::decode(request.cloned().unwrap_or_default()).unwrap()
}

fn reply(request: Option<Bytes>, received: u32, wish: &Wish) -> Bytes {
    let padding = vec![b'x'; wish.padding as usize];
    let reply = Reply {
        request,
        received,
        padding,
    };
    reply.encode_to_vec().into()
}

/// The `x-` headers of the request with a prefix, and one of our own.
fn echoed(metadata: &MetadataMap, prefix: &str) -> MetadataMap {
    let mut headers = HeaderMap::new();
    for entry in metadata.iter() {
        let (name, value) = match entry {
            KeyAndValueRef::Ascii(name, value) => (name.as_str(), value.as_encoded_bytes()),
            KeyAndValueRef::Binary(name, value) => (name.as_str(), value.as_encoded_bytes()),
        };
        if name.starts_with("x-") {
            let name: http::HeaderName = format!("{prefix}{name}").parse().unwrap();
            headers.append(name, http::HeaderValue::from_bytes(value).unwrap());
        }
    }
    let name: http::HeaderName = format!("{prefix}server").parse().unwrap();
    headers.insert(name, http::HeaderValue::from_static("echo"));
    MetadataMap::from_headers(headers)
}

impl Wish {
    /// The status after the replies.
    fn end(&self, trailers: &MetadataMap) -> Status {
        match &self.fail {
            Some(fail) => fail.status(trailers.clone()),
            // The only way to send trailers with an OK.
            None => Status::with_metadata(Code::Ok, "", trailers.clone()),
        }
    }
}

impl Fail {
    fn status(&self, trailers: MetadataMap) -> Status {
        let code = Code::from_i32(self.code);
        if !self.details {
            return Status::with_metadata(code, &self.message, trailers);
        }
        let any = |type_url: &str, value: Vec<u8>| prost_types::Any {
            type_url: format!("type.googleapis.com/{type_url}"),
            value,
        };
        let info = tonic_types::pb::ErrorInfo {
            reason: "TOO_MANY".to_owned(),
            domain: "echo.test".to_owned(),
            ..Default::default()
        };
        // Quota { owner: "Alice", limit: 5 }
        let quota = b"\x0a\x05Alice\x10\x05".to_vec();
        let rich = tonic_types::pb::Status {
            code: self.code,
            message: self.message.clone(),
            details: vec![
                any("google.rpc.ErrorInfo", info.encode_to_vec()),
                any("test.echo.v1.Quota", quota),
                any("test.unknown.Type", b"abc".to_vec()),
            ],
        };
        Status::with_details_and_metadata(
            code,
            &self.message,
            rich.encode_to_vec().into(),
            trailers,
        )
    }
}

/// Encoded messages.
#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, target: &mut EncodeBuf<'_>) -> Result<(), Status> {
        target.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(source.copy_to_bytes(source.remaining())))
    }
}
