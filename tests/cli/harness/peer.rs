//! A gRPC server on the h2 crate. It answers as scripted by the test, correctly or not, and records what the client did to
//! the stream, which gRPC libraries do not report.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use bytes::{Buf as _, Bytes, BytesMut};
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, HeaderValue, Request, Response};
use prost::Message as _;
use routeguide::proto::{Name, Person};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::wait_for;

/// What the client did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It sent a name.
    Name(String),
    /// It ended its side of the stream (END_STREAM).
    HalfClose,
    /// It cancelled the call (RST_STREAM).
    Reset(Reason),
    /// The connection ended without either.
    Lost,
}

/// A server that runs a script for each call.
pub struct Peer {
    addr: SocketAddr,
    seen: Log,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

type Log = Arc<Mutex<Vec<Seen>>>;

impl Peer {
    pub fn playing<F>(script: impl Fn(Call) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let addr = listener.local_addr().unwrap();
        let seen = Log::default();
        let log = Arc::clone(&seen);
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                let script = Arc::new(script);
                let serving = async {
                    loop {
                        let (stream, _) = listener.accept().await.unwrap();
                        tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&log)));
                    }
                };
                tokio::select! {
                    () = serving => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            addr,
            seen,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Answers every name with a person with that name, and ends with OK.
    pub fn echoing() -> Self {
        Self::playing(|mut call| async move {
            call.open();
            while let Some(name) = call.name().await {
                call.reply(&name);
            }
            call.end(0, "");
        })
    }

    /// Ends every call with this status, without a reply.
    pub fn failing(code: i32, message: &'static str) -> Self {
        Self::playing(move |call| async move { call.end(code, message) })
    }

    pub fn addr(&self) -> String {
        self.addr.to_string()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until the client has done this.
    #[track_caller]
    pub fn wait_for(&self, seen: &Seen) {
        wait_for(&format!("{seen:?}"), || self.seen().contains(seen));
    }

    /// Waits until the client's side of the call is over, and returns how it ended.
    #[track_caller]
    pub fn wait_for_end(&self) -> Seen {
        let end = || {
            let seen = self.seen();
            seen.into_iter().find(|seen| !matches!(seen, Seen::Name(_)))
        };
        wait_for("the client's end of the call", || end().is_some());
        end().unwrap()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.stop.take());
        // It fails if the script panicked, but then the test has already failed.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn serve<F>(stream: TcpStream, script: Arc<impl Fn(Call) -> F>, log: Log)
where
    F: Future<Output = ()> + Send + 'static,
{
    // A client may close the connection at any time.
    let Ok(mut connection) = h2::server::handshake(stream).await else {
        return;
    };
    while let Some(Ok((request, respond))) = connection.accept().await {
        tokio::spawn(script(Call::new(request, respond, Arc::clone(&log))));
    }
}

/// One call on the server.
pub struct Call {
    path: String,
    headers: HeaderMap,
    body: RecvStream,
    buffer: BytesMut,
    respond: SendResponse<Bytes>,
    replies: Option<SendStream<Bytes>>,
    log: Log,
}

impl Call {
    fn new(request: Request<RecvStream>, respond: SendResponse<Bytes>, log: Log) -> Self {
        let (head, body) = request.into_parts();
        Self {
            path: head.uri.path().to_owned(),
            headers: head.headers,
            body,
            buffer: BytesMut::new(),
            respond,
            replies: None,
            log,
        }
    }

    /// The path of the method.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// A request header, or an empty string.
    pub fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).map(HeaderValue::as_bytes);
        String::from_utf8_lossy(value.unwrap_or_default()).into_owned()
    }

    /// All values of a request header.
    pub fn headers(&self, name: &str) -> Vec<String> {
        let values = self.headers.get_all(name).iter();
        let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        values.collect()
    }

    /// The next name, or `None` at the end of the client's side.
    pub async fn name(&mut self) -> Option<String> {
        loop {
            if let Some(len) = self.buffer.get(1..5) {
                let len = u32::from_be_bytes(len.try_into().unwrap()) as usize;
                if self.buffer.len() >= 5 + len {
                    self.buffer.advance(5);
                    let name = Name::decode(self.buffer.split_to(len)).unwrap().name;
                    self.saw(Seen::Name(name.clone()));
                    return Some(name);
                }
            }
            match self.body.data().await {
                Some(Ok(data)) => {
                    self.body
                        .flow_control()
                        .release_capacity(data.len())
                        .unwrap();
                    self.buffer.extend_from_slice(&data);
                }
                Some(Err(error)) => {
                    self.saw(match error.reason() {
                        Some(reason) if error.is_reset() => Seen::Reset(reason),
                        _ => Seen::Lost,
                    });
                    return None;
                }
                None => {
                    self.saw(Seen::HalfClose);
                    return None;
                }
            }
        }
    }

    fn saw(&self, seen: Seen) {
        self.log.lock().unwrap().push(seen);
    }

    /// Waits until the client resets the call, or the connection ends.
    pub async fn wait_for_reset(mut self) {
        while self.name().await.is_some() {}
        let reset = match &mut self.replies {
            Some(replies) => std::future::poll_fn(|cx| replies.poll_reset(cx)).await,
            None => std::future::poll_fn(|cx| self.respond.poll_reset(cx)).await,
        };
        self.saw(reset.map_or(Seen::Lost, Seen::Reset));
    }

    /// Sends the response headers of gRPC.
    pub fn open(&mut self) {
        self.open_with(
            Response::builder()
                .header("content-type", "application/grpc")
                .body(())
                .unwrap(),
        );
    }

    /// Sends these response headers.
    fn open_with(&mut self, response: Response<()>) {
        self.replies = Some(self.respond.send_response(response, false).unwrap());
    }

    /// Sends a person with this name in its own frame. The client may have closed the connection: the test checks that.
    pub fn reply(&mut self, name: &str) {
        self.send(frame(&person(name)));
    }

    /// Sends these bytes.
    pub fn send(&mut self, bytes: impl Into<Bytes>) {
        let replies = self.replies.as_mut().expect("the response is open");
        let _ = replies.send_data(bytes.into(), false);
    }

    /// Ends the call with a status.
    pub fn end(self, code: i32, message: &str) {
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", code.into());
        if !message.is_empty() {
            trailers.insert("grpc-message", message.parse().unwrap());
        }
        self.end_with(trailers);
    }

    /// Ends the call with these trailers, or with headers alone if there were none before.
    fn end_with(mut self, mut trailers: HeaderMap) {
        if let Some(replies) = &mut self.replies {
            let _ = replies.send_trailers(trailers);
        } else {
            trailers.insert("content-type", HeaderValue::from_static("application/grpc"));
            let mut response = Response::new(());
            *response.headers_mut() = trailers;
            let _ = self.respond.send_response(response, true);
        }
    }
}

/// A person with this name, encoded.
pub fn person(name: &str) -> Vec<u8> {
    let person = Person {
        name: name.to_owned(),
        ..Person::default()
    };
    person.encode_to_vec()
}

/// A message with gRPC's five-byte prefix.
pub fn frame(message: &[u8]) -> Bytes {
    let mut framed = vec![0];
    framed.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    framed.extend(message);
    framed.into()
}
