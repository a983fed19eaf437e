//! A response of HTTP/1 in the place of HTTP/2. It is read as far as an error shows it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, header};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::http_answer::{HttpAnswer, PAGE};
use crate::net::ByteStream;

/// How long to wait for it.
const TIME: Duration = Duration::from_secs(1);

/// The most that is read: headers may be long.
const LARGEST: usize = 16 << 10;

/// How many headers a response may have.
const HEADERS: usize = 64;

/// A response that is being read.
pub struct Response {
    bytes: Vec<u8>,
    limit: Pin<Box<Sleep>>,
}

impl Response {
    /// A response that starts with these bytes.
    pub fn new(start: Vec<u8>) -> Self {
        Self {
            bytes: start,
            limit: Box::pin(sleep(TIME)),
        }
    }

    /// Waits for the start of its page, but not for long.
    pub fn poll(&mut self, io: &mut Box<dyn ByteStream>, cx: &mut Context<'_>) -> Poll<()> {
        let mut space = [0; 1024];
        while self.bytes.len() < LARGEST && !parse(&self.bytes).is_some_and(|it| it.is_enough) {
            let mut buffer = ReadBuf::new(&mut space);
            match Pin::new(&mut *io).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.bytes.extend_from_slice(buffer.filled());
                }
                Poll::Ready(_) => break,
                Poll::Pending => {
                    ready!(self.limit.as_mut().poll(cx));
                    break;
                }
            }
        }
        Poll::Ready(())
    }

    /// What there is of it.
    pub fn answer(&self) -> Option<HttpAnswer> {
        parse(&self.bytes).map(|parsed| parsed.answer)
    }

    /// All that was read.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

struct Parsed {
    answer: HttpAnswer,
    /// No more of it is needed.
    is_enough: bool,
}

/// Reads what there is of a response; `None` while its headers are not complete, or if it is none.
fn parse(bytes: &[u8]) -> Option<Parsed> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(start) = response.parse(bytes).ok()? else {
        return None;
    };
    let value = |name: header::HeaderName| {
        let mut headers = response.headers.iter();
        let header = headers.find(|it| it.name.eq_ignore_ascii_case(name.as_str()))?;
        Some(String::from_utf8_lossy(header.value).into_owned())
    };
    let mut body = bytes.get(start..).unwrap_or_default();
    // `None` if the page ends with the connection.
    let mut size = value(header::CONTENT_LENGTH).and_then(|text| text.trim().parse().ok());
    let encoding = value(header::TRANSFER_ENCODING).unwrap_or_default();
    if encoding.to_ascii_lowercase().contains("chunked") {
        // The first chunk is enough.
        (body, size) = match httparse::parse_chunk_size(body) {
            Ok(httparse::Status::Complete((at, size))) => (
                body.get(at..).unwrap_or_default(),
                usize::try_from(size).ok(),
            ),
            _ => (&[][..], None),
        };
    }
    let page = body.get(..size.unwrap_or(body.len())).unwrap_or(body);
    let is_whole = size.is_some_and(|size| page.len() >= size);
    let page = page.trim_ascii_start();
    let is_cut = page.len() > PAGE;
    Some(Parsed {
        answer: HttpAnswer {
            status: StatusCode::from_u16(response.code?).ok()?,
            content_type: value(header::CONTENT_TYPE),
            body: Bytes::copy_from_slice(page.get(..PAGE).unwrap_or(page)),
            is_cut,
        },
        is_enough: is_whole || is_cut,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(response: &str) -> Option<(String, bool)> {
        let parsed = parse(response.as_bytes())?;
        Some((parsed.answer.to_string(), parsed.is_enough))
    }

    #[test]
    fn a_page_ends_by_its_length_its_chunk_or_the_connection() {
        for (response, page, is_enough) in [
            (
                "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\nnope",
                ": \"no\"",
                true,
            ),
            (
                "HTTP/1.1 400 Bad Request\r\nContent-Length: 9\r\n\r\nno",
                ": \"no\"",
                false,
            ),
            ("HTTP/1.1 400 Bad Request\r\n\r\n no", ": \"no\"", false),
            (
                "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
                ": \"no\"",
                true,
            ),
            (
                "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
                "",
                true,
            ),
        ] {
            let text = format!("HTTP status 400 Bad Request and no content-type{page}");
            assert_eq!(shown(response), Some((text, is_enough)), "{response}");
        }
    }

    #[test]
    fn what_is_not_complete_or_not_http_is_no_answer() {
        for response in ["HTTP/1.1 400 Bad", "HTTPS", "HTTP/1.1 400 No\r\na: b\r\n"] {
            assert_eq!(shown(response), None, "{response}");
        }
    }
}
