//! The base64 that gRPC-Web's replies may be in.

use bytes::Bytes;

use crate::protocol::web::{BadText, TextDecoder};

/// Replies as base64.
#[derive(Debug, Default)]
pub struct Text {
    decoder: TextDecoder,
    /// How many more characters were decoded than there are bytes of them, since the last [`Text::take_overhead`].
    overhead: usize,
    bad: Option<BadText>,
}

impl Text {
    /// The bytes of a part. What follows something bad is not decoded.
    pub fn decode(&mut self, part: &[u8]) -> Bytes {
        if self.bad.is_some() {
            return Bytes::new();
        }
        let begun = self.decoder.held();
        match self.decoder.push(part) {
            Ok(bytes) => {
                let decoded = begun + part.len() - self.decoder.held();
                self.overhead += decoded.saturating_sub(bytes.len());
                bytes
            }
            Err(bad) => {
                self.bad = Some(bad);
                Bytes::new()
            }
        }
    }

    /// As many characters may follow as bytes are taken, and these.
    pub fn take_overhead(&mut self) -> usize {
        std::mem::take(&mut self.overhead)
    }

    /// What was not base64.
    pub fn bad(&self) -> Option<BadText> {
        self.bad
    }

    /// What is wrong if the body ends here.
    pub fn bad_end(&self) -> Option<BadText> {
        self.bad.or_else(|| self.decoder.finish().err())
    }
}
