//! A response of HTTP that is not what a client of gRPC waits for: its status and the start of its page say what answered.

use std::fmt;

use bytes::Bytes;
use http::StatusCode;

/// How much of a page is shown, in bytes, without the blank space in front.
pub const PAGE: usize = 200;

/// An HTTP response that is not a gRPC response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    pub status: StatusCode,
    pub content_type: Option<String>,
    /// The start of its body.
    pub body: Bytes,
    /// Whether there is more.
    pub is_cut: bool,
}

impl fmt::Display for HttpAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP status {} and ", self.status)?;
        match &self.content_type {
            Some(content_type) => write!(f, "content-type {content_type}")?,
            None => f.write_str("no content-type")?,
        }
        let body = self.body.trim_ascii();
        if body.is_empty() {
            return Ok(());
        }
        let more = if self.is_cut { "…" } else { "" };
        write!(f, ": {}{more}", quoted(body))
    }
}

/// The start of what a server sent, as text that does nothing to a terminal.
pub fn quoted(start: &[u8]) -> String {
    let (shown, more) = match start.get(..PAGE) {
        Some(shown) if start.len() > PAGE => (shown, "…"),
        _ => (start, ""),
    };
    format!("{:?}{more}", String::from_utf8_lossy(shown))
}
