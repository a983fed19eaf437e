//! A server of HTTP/1.1 whose bytes the test writes.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};

use super::{LIMIT, wait_for};

/// The listening side.
pub struct Http1Peer(TcpListener);

/// A connection.
pub struct Http1Connection {
    stream: TcpStream,
    /// What was read and is not of a request that was taken.
    unread: Vec<u8>,
}

/// A request.
#[derive(Debug)]
pub struct Http1Request {
    /// `POST /path HTTP/1.1`
    pub line: String,
    headers: Vec<(String, String)>,
    /// Without what holds chunks together.
    pub body: Vec<u8>,
}

impl Http1Peer {
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub fn addr(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// Waits for a connection.
    #[track_caller]
    pub fn accept(&self) -> Http1Connection {
        let mut accepted = None;
        wait_for("a connection", || {
            accepted = self.0.accept().ok();
            accepted.is_some()
        });
        let (stream, _) = accepted.unwrap();
        stream.set_nonblocking(false).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        Http1Connection {
            stream,
            unread: Vec::new(),
        }
    }

    /// Whether another connection is there.
    pub fn has_another(&self) -> bool {
        self.0.accept().is_ok()
    }
}

impl Http1Connection {
    /// Waits for a request, up to the end of its body.
    #[track_caller]
    pub fn request(&mut self) -> Http1Request {
        loop {
            if let Some((request, len)) = read(&self.unread) {
                self.unread.drain(..len);
                return request;
            }
            assert!(self.read_more(), "the client closed the connection");
        }
    }

    /// Waits for the headers of a request, and for so many bytes after them.
    #[track_caller]
    pub fn wait_for_head_and(&mut self, more: usize) {
        let head = |bytes: &[u8]| bytes.windows(4).position(|end| end == b"\r\n\r\n");
        while head(&self.unread).is_none_or(|at| self.unread.len() < at + 4 + more) {
            assert!(self.read_more(), "the client closed the connection");
        }
    }

    fn read_more(&mut self) -> bool {
        let mut more = [0; 4096];
        match self.stream.read(&mut more) {
            Ok(len @ 1..) => {
                self.unread.extend_from_slice(&more[..len]);
                true
            }
            _ => false,
        }
    }

    /// Waits until the client has closed the connection.
    #[track_caller]
    pub fn wait_for_close(mut self) {
        while self.read_more() {}
    }

    /// The client may have closed the connection: the test checks that.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Answers with all of a response.
    pub fn respond(&mut self, status: &str, headers: &[(&str, &str)], body: &[u8]) {
        let mut head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        self.write([head.as_bytes(), b"\r\n", body].concat());
    }

    /// Closes our side.
    pub fn close(&self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }
}

impl Http1Request {
    /// The value of a header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

/// A request and its length, if all of it is there.
fn read(bytes: &[u8]) -> Option<(Http1Request, usize)> {
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut fields);
    let httparse::Status::Complete(start) = request.parse(bytes).unwrap() else {
        return None;
    };
    let line = format!("{} {} HTTP/1.1", request.method?, request.path?);
    let headers = request.headers.iter().map(|header| {
        let value = String::from_utf8(header.value.to_vec()).unwrap();
        (header.name.to_lowercase(), value)
    });
    let mut request = Http1Request {
        line,
        headers: headers.collect(),
        body: Vec::new(),
    };
    let rest = &bytes[start..];
    let len = if request.header("transfer-encoding") == "chunked" {
        chunks(rest, &mut request.body)?
    } else {
        let len = request.header("content-length").parse().unwrap_or(0);
        request.body = rest.get(..len)?.to_vec();
        len
    };
    Some((request, start + len))
}

fn chunks(bytes: &[u8], body: &mut Vec<u8>) -> Option<usize> {
    let mut at = 0;
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
            return (at <= bytes.len()).then_some(at);
        }
    }
}
