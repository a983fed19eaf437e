//! A client that keeps to the rules, on one connection.

use std::future::poll_fn;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, Request};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::attacker::{GET_PERSON, name};

pub struct Client {
    requests: SendRequest<Bytes>,
    /// Ends with the connection.
    pub connection: JoinHandle<Result<(), h2::Error>>,
}

/// A call in flight.
pub struct Call {
    response: Option<ResponseFuture>,
    replies: Option<RecvStream>,
    http: u16,
    code: Option<u32>,
    requests: SendStream<Bytes>,
}

/// How a call ended.
#[derive(Debug, PartialEq, Eq)]
pub struct End {
    /// The HTTP status.
    pub http: u16,
    /// The gRPC status.
    pub code: Option<u32>,
    /// The number of bytes of all replies.
    pub bytes: usize,
}

impl Client {
    pub async fn connect(addr: &str) -> Self {
        let socket = TcpStream::connect(addr).await.unwrap();
        socket.set_nodelay(true).unwrap();
        let (requests, connection) = h2::client::handshake(socket).await.unwrap();
        Self {
            requests,
            connection: tokio::spawn(connection),
        }
    }

    /// Starts a call of a gRPC method.
    pub async fn start(&mut self, path: &str, headers: &[(&str, &str)]) -> Result<Call, h2::Error> {
        let mut request = Request::post(format!("http://localhost{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(()).unwrap()).await
    }

    /// Starts a request.
    pub async fn send(&mut self, request: Request<()>) -> Result<Call, h2::Error> {
        poll_fn(|cx| self.requests.poll_ready(cx)).await?;
        let (response, requests) = self.requests.send_request(request, false)?;
        Ok(Call {
            response: Some(response),
            replies: None,
            http: 0,
            code: None,
            requests,
        })
    }

    /// A call with one request.
    pub async fn unary(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        request: impl Into<Bytes>,
    ) -> Result<End, h2::Error> {
        let mut call = self.start(path, headers).await?;
        call.requests.send_data(request.into(), true)?;
        call.end().await
    }

    /// Calls GetPerson, which must succeed.
    pub async fn get_person(&mut self) -> Result<(), String> {
        match self.unary(GET_PERSON, &[], name("Alice")).await {
            Ok(End {
                http: 200,
                code: Some(0),
                bytes: 1..,
            }) => Ok(()),
            Ok(end) => Err(format!("{end:?}")),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Call {
    /// Sends a message. The server may have ended the call, as its end shows.
    pub fn send(&mut self, message: impl Into<Bytes>) {
        let _ = self.requests.send_data(message.into(), false);
    }

    pub fn half_close(&mut self) {
        self.requests.send_data(Bytes::new(), true).unwrap();
    }

    /// Waits for the next bytes of a reply. `None` at the end of the call.
    pub async fn reply(&mut self) -> Result<Option<usize>, h2::Error> {
        if let Some(response) = self.response.take() {
            let (head, replies) = response.await?.into_parts();
            self.http = head.status.as_u16();
            self.code = code(&head.headers);
            self.replies = Some(replies);
        }
        let replies = self.replies.as_mut().unwrap();
        let Some(bytes) = replies.data().await else {
            return Ok(None);
        };
        let len = bytes?.len();
        replies.flow_control().release_capacity(len)?;
        Ok(Some(len))
    }

    /// Reads to the end.
    pub async fn end(&mut self) -> Result<End, h2::Error> {
        let mut bytes = 0;
        loop {
            match self.reply().await {
                Ok(Some(len)) => bytes += len,
                Ok(None) => break,
                // A server that answers early resets the stream for what it does not want to read (RFC 9113, section
                // 8.1).
                Err(error) if error.is_reset() && error.reason() == Some(Reason::NO_ERROR) => break,
                Err(error) => return Err(error),
            }
        }
        let replies = self.replies.as_mut().unwrap();
        if let Ok(Some(trailers)) = replies.trailers().await {
            self.code = code(&trailers).or(self.code);
        }
        Ok(End {
            http: self.http,
            code: self.code,
            bytes,
        })
    }
}

fn code(headers: &HeaderMap) -> Option<u32> {
    headers.get("grpc-status")?.to_str().ok()?.parse().ok()
}
