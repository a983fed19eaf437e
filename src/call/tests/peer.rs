//! A server in memory that answers every call alike, over either version of HTTP.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request, Response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::sleep;

use crate::net::ByteStream;
use crate::transport::testing::connect_speaking;
use crate::transport::{Connection, HttpVersion, HttpVersions};

/// What is late comes so much later.
const LATER: Duration = Duration::from_millis(20);

/// What the server answers.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: Vec<u8>,
    /// The rest of the body, which comes a little later.
    pub rest: &'static str,
    pub ending: Ending,
}

/// What follows the body of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The end of the response.
    Whole,
    /// The end of the stream, or of the connection, before that of the response.
    Cut,
    /// Nothing.
    Open,
}

/// What the server was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// A server, and the connection to it.
pub struct Peer {
    pub connection: Connection,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Peer {
    pub async fn answering(version: HttpVersion, answer: Answer) -> Self {
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let log = Arc::clone(&asked);
        let open = move || -> Box<dyn ByteStream> {
            let (ours, theirs) = duplex(1 << 16);
            let (answer, log) = (answer.clone(), Arc::clone(&log));
            tokio::spawn(async move {
                match version {
                    HttpVersion::Http1 => http1(theirs, answer, log).await,
                    HttpVersion::Http2 => http2(theirs, answer, log).await,
                }
            });
            Box::new(ours)
        };
        let versions = match version {
            HttpVersion::Http1 => HttpVersions::Http1,
            HttpVersion::Http2 => HttpVersions::Http2,
        };
        Self {
            connection: connect_speaking(versions, open).await,
            asked,
        }
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn http2(io: DuplexStream, answer: Answer, log: Arc<Mutex<Vec<Asked>>>) {
    let mut connection = h2::server::handshake(io).await.unwrap();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let (answer, log) = (answer.clone(), Arc::clone(&log));
        tokio::spawn(async move {
            let (head, mut incoming) = request.into_parts();
            let mut body = Vec::new();
            while let Some(Ok(data)) = incoming.data().await {
                let _ = incoming.flow_control().release_capacity(data.len());
                body.extend_from_slice(&data);
            }
            log.lock().unwrap().push(Asked {
                method: head.method.to_string(),
                path: head.uri.path_and_query().unwrap().to_string(),
                headers: head.headers,
                body,
            });
            let mut response = Response::builder().status(answer.status);
            for (name, value) in &answer.headers {
                response = response.header(*name, *value);
            }
            let mut stream = respond
                .send_response(response.body(()).unwrap(), false)
                .unwrap();
            let ends = answer.ending == Ending::Whole;
            let has_rest = !answer.rest.is_empty();
            stream
                .send_data(Bytes::from(answer.body), ends && !has_rest)
                .unwrap();
            // Lets the data leave before what follows it.
            if has_rest {
                sleep(LATER).await;
                let rest = Bytes::from_static(answer.rest.as_bytes());
                // The client may have ended the call.
                let _ = stream.send_data(rest, ends);
            }
            match answer.ending {
                Ending::Whole => {}
                Ending::Cut => {
                    sleep(LATER).await;
                    stream.send_reset(h2::Reason::INTERNAL_ERROR);
                }
                Ending::Open => std::future::pending().await,
            }
        });
    }
}

async fn http1(mut io: DuplexStream, answer: Answer, log: Arc<Mutex<Vec<Asked>>>) {
    let mut bytes = Vec::new();
    loop {
        let asked = loop {
            if let Some((asked, len)) = read(&bytes) {
                bytes.drain(..len);
                break asked;
            }
            let mut more = [0; 4096];
            match io.read(&mut more).await {
                Ok(len @ 1..) => bytes.extend_from_slice(&more[..len]),
                _ => return,
            }
        };
        log.lock().unwrap().push(asked);
        let mut response = format!("HTTP/1.1 {} x\r\n", answer.status);
        for (name, value) in &answer.headers {
            let _ = write!(response, "{name}: {value}\r\n");
        }
        let missing = usize::from(answer.ending != Ending::Whole);
        let len = answer.body.len() + answer.rest.len() + missing;
        let _ = write!(response, "content-length: {len}\r\n\r\n");
        // The client may refuse the headers.
        if io.write_all(response.as_bytes()).await.is_err() {
            return;
        }
        io.write_all(&answer.body).await.unwrap();
        if !answer.rest.is_empty() {
            sleep(LATER).await;
            // The client may have ended the call.
            let _ = io.write_all(answer.rest.as_bytes()).await;
        }
        if answer.ending == Ending::Cut {
            return;
        }
    }
}

/// A request and its length, if it is complete.
fn read(bytes: &[u8]) -> Option<(Asked, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(start) = request.parse(bytes).unwrap() else {
        return None;
    };
    let (method, path) = (request.method?.to_owned(), request.path?.to_owned());
    let mut built = Request::builder();
    for header in request.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).unwrap();
        built = built.header(name, header.value);
    }
    let headers = built.body(()).unwrap().headers().clone();
    let rest = &bytes[start..];
    let (body, len) = if headers.contains_key("transfer-encoding") {
        chunks(rest)?
    } else {
        let len = headers.get("content-length");
        let len = len.map_or(0, |len| len.to_str().unwrap().parse().unwrap());
        (rest.get(..len)?.to_vec(), len)
    };
    let asked = Asked {
        method,
        path,
        headers,
        body,
    };
    Some((asked, start + len))
}

/// A body in chunks and its length.
fn chunks(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let rest = bytes.get(at..)?;
        let httparse::Status::Complete((start, size)) = httparse::parse_chunk_size(rest).unwrap()
        else {
            return None;
        };
        let size = usize::try_from(size).unwrap();
        body.extend_from_slice(rest.get(start..start + size)?);
        at += start + size + 2;
        if size == 0 {
            return (at <= bytes.len()).then_some((body, at));
        }
    }
}
