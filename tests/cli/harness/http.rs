//! Requests of HTTP, as a browser or curl sends them: over HTTP/2, or as bytes of HTTP/1.1 that the test can change.

use std::io::{self, Read, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::{LIMIT, block_on};

/// The versions that a server speaks.
pub const VERSIONS: [Version; 2] = [Version::Http1, Version::Http2];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    Http1,
    Http2,
}

#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Those of HTTP/2.
    pub trailers: Vec<(String, String)>,
}

impl Request {
    fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub fn post(path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut request = Self::new("POST", path).header("content-type", content_type);
        request.body = body.into();
        request
    }

    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    pub fn method(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As it is in HTTP/1.1, up to its headers and without the empty line after them. The body has no length yet.
    pub fn start(&self) -> String {
        let mut start = format!(
            "{} {} HTTP/1.1\r\nhost: localhost\r\n",
            self.method, self.target
        );
        for (name, value) in &self.headers {
            start.extend([name, ": ", value, "\r\n"]);
        }
        start
    }

    /// As it is in HTTP/1.1.
    pub fn bytes(&self) -> Vec<u8> {
        let len = if self.method == "POST" || !self.body.is_empty() {
            format!("content-length: {}\r\n", self.body.len())
        } else {
            String::new()
        };
        let head = self.start() + &len + "\r\n";
        [head.as_bytes(), &self.body].concat()
    }

    /// Sends it to a server, on a connection of its own.
    #[track_caller]
    pub fn over(&self, version: Version, addr: &str) -> Response {
        match version {
            Version::Http1 => {
                let mut connection = Http1::connect(addr);
                connection.send(self.bytes());
                connection.response_to(&self.method)
            }
            Version::Http2 => block_on(self.http2(addr)),
        }
    }

    async fn http2(&self, addr: &str) -> Response {
        let socket = tokio::net::TcpStream::connect(addr).await.unwrap();
        let (mut requests, connection) = h2::client::handshake(socket).await.unwrap();
        let connection = tokio::spawn(connection);
        let mut request = http::Request::builder()
            .method(self.method.as_str())
            .uri(format!("http://localhost{}", self.target));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(()).unwrap();
        let is_empty = self.body.is_empty();
        let (response, mut body) = requests.send_request(request, is_empty).unwrap();
        if !is_empty {
            // The server may answer before it has read the body.
            let _ = body.send_data(Bytes::from(self.body.clone()), true);
        }
        let (head, mut body) = response.await.unwrap().into_parts();
        let mut received = Vec::new();
        while let Some(Ok(data)) = body.data().await {
            body.flow_control().release_capacity(data.len()).unwrap();
            received.extend_from_slice(&data);
        }
        let trailers = body.trailers().await.ok().flatten();
        connection.abort();
        Response {
            status: head.status.as_u16(),
            headers: pairs(&head.headers),
            body: received,
            trailers: pairs(&trailers.unwrap_or_default()),
        }
    }
}

fn pairs(headers: &http::HeaderMap) -> Vec<(String, String)> {
    let pairs = headers.iter();
    pairs
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect()
}

impl Response {
    /// The only value of a header.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(it, _)| it == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} twice in {self:#?}");
        value
    }

    /// Checks the HTTP status.
    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// Checks that it is a unary error of Connect: its HTTP status, and its code.
    #[track_caller]
    pub fn fails(&self, status: u16, code: &str) -> &Self {
        self.is(status);
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert_eq!(self.json()["code"], code);
        self
    }

    /// The messages in the body, with their flags.
    #[track_caller]
    pub fn messages(&self) -> Vec<(u8, Vec<u8>)> {
        messages(&self.body)
    }
}

/// Messages with their flags and lengths, one after the other.
#[track_caller]
pub fn messages(mut body: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut messages = Vec::new();
    while let [flag, len @ ..] = body {
        let (len, rest) = len.split_first_chunk().expect("a length");
        let len = u32::from_be_bytes(*len) as usize;
        assert!(len <= rest.len(), "a message is cut off");
        let (message, rest) = rest.split_at(len);
        messages.push((*flag, message.to_vec()));
        body = rest;
    }
    messages
}

/// A message with a flag and its length.
pub fn enveloped(flag: u8, message: impl AsRef<[u8]>) -> Vec<u8> {
    let message = message.as_ref();
    let len = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flag][..], &len, message].concat()
}

/// A connection of HTTP/1.1, over which the test sends bytes.
pub struct Http1<S = TcpStream> {
    stream: S,
    /// What was received and not looked at yet.
    received: Vec<u8>,
}

impl Http1 {
    #[track_caller]
    pub fn connect(addr: &str) -> Self {
        let stream = TcpStream::connect(addr).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        Self::over(stream)
    }

    /// Sends parts of a chunked body until the server takes no more for a moment.
    #[allow(dead_code, reason = "only tests/cli uses it")]
    pub fn fill(&mut self, part: &[u8]) {
        let timeout = Some(Duration::from_secs(1));
        self.stream.set_write_timeout(timeout).unwrap();
        let chunk = [format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat();
        while self.stream.write_all(&chunk).is_ok() {}
    }

    /// Sends nothing more, and reads on.
    pub fn half_close(&self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }
}

impl<S: Read + io::Write> Http1<S> {
    pub fn over(stream: S) -> Self {
        Self {
            stream,
            received: Vec::new(),
        }
    }

    #[allow(dead_code, reason = "only tests/attacks uses it")]
    pub fn into_inner(self) -> S {
        self.stream
    }

    /// Whether the next response arrives before the end of the connection.
    #[allow(dead_code, reason = "only tests/attacks uses it")]
    pub fn is_answered(&mut self) -> bool {
        self.receive() && self.received.starts_with(b"HTTP/1.1 200")
    }

    /// Sends bytes. The server may have closed the connection, as what it says shows.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let sent = self.stream.write_all(bytes.as_ref());
        let _ = sent.and_then(|()| self.stream.flush());
        self
    }

    /// As [`Http1::send`], but the server has to take it.
    #[allow(dead_code, reason = "only tests/cli uses it")]
    #[track_caller]
    pub fn sends(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Sends a part of a chunked body.
    pub fn send_chunk(&mut self, part: impl AsRef<[u8]>) -> &mut Self {
        let part = part.as_ref();
        let size = format!("{:x}\r\n", part.len());
        self.send([size.as_bytes(), part, b"\r\n"].concat())
    }

    /// Receives more; `false` at the end of the connection.
    #[track_caller]
    fn receive(&mut self) -> bool {
        let mut buffer = [0; 16 << 10];
        match self.stream.read(&mut buffer) {
            Ok(len) => {
                self.received.extend_from_slice(&buffer[..len]);
                len > 0
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                panic!("no answer in time, after {:?}", self.text())
            }
            Err(_) => false,
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.received).into_owned()
    }

    #[track_caller]
    fn need(&mut self, len: usize) -> Vec<u8> {
        while self.received.len() < len {
            assert!(self.receive(), "the end, after {:?}", self.text());
        }
        self.received.drain(..len).collect()
    }

    #[track_caller]
    fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.received.windows(2).position(|two| two == b"\r\n") {
                let line = self.need(end + 2);
                return String::from_utf8(line[..end].to_vec()).unwrap();
            }
            assert!(self.receive(), "the end, after {:?}", self.text());
        }
    }

    /// The next response to a POST or GET.
    #[track_caller]
    pub fn response(&mut self) -> Response {
        self.response_to("POST")
    }

    /// The next response, to a request with this method.
    #[track_caller]
    pub fn response_to(&mut self, method: &str) -> Response {
        let mut response = self.head();
        if method == "HEAD" || matches!(response.status, 100 | 204) {
        } else if response.header("transfer-encoding") == Some("chunked") {
            while let Some(part) = self.chunk() {
                response.body.extend(part);
            }
        } else {
            let len = response.header("content-length").expect("a length");
            response.body = self.need(len.parse().unwrap());
        }
        response
    }

    /// The next response, up to its body.
    #[track_caller]
    pub fn head(&mut self) -> Response {
        let line = self.line();
        let mut words = line.split(' ');
        assert_eq!(words.next(), Some("HTTP/1.1"), "{line}");
        let status = words.next().unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ").expect(&line);
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        Response {
            status,
            headers,
            body: Vec::new(),
            trailers: Vec::new(),
        }
    }

    /// The next chunk of a body; `None` at its end.
    #[track_caller]
    pub fn chunk(&mut self) -> Option<Vec<u8>> {
        let size = usize::from_str_radix(&self.line(), 16).unwrap();
        let chunk = self.need(size);
        assert_eq!(self.line(), "");
        (size > 0).then_some(chunk)
    }

    /// Checks that the server closes the connection, and says nothing before.
    #[track_caller]
    pub fn is_closed(&mut self) {
        while self.receive() {}
        assert_eq!(self.text(), "");
    }
}
