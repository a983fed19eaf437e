//! The frames that a client sends (RFC 9113, section 4), followed through pieces of any size.

use super::header_block::HeaderBlock;
use super::{Malformed, split_front};

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;

const END_HEADERS: u8 = 0x04;
const PADDED: u8 = 0x08;
const PRIORITY: u8 = 0x20;

/// The length of the stream dependency and weight that PRIORITY announces.
const PRIORITY_LEN: usize = 5;

/// A client's side of a connection, from its first byte on.
pub struct Frames {
    state: State,
    block: HeaderBlock,
    /// The next frame has to continue the header block.
    expects_continuation: bool,
}

enum State {
    /// What is left of the connection preface.
    Preface(&'static [u8]),
    Header(Header),
    /// The first byte of a padded HEADERS frame.
    PadLength {
        /// The length of the payload after it.
        len: usize,
        flags: u8,
    },
    Payload(Payload),
    /// This is not HTTP/2, or malformed: nothing is changed any more.
    Lost,
}

/// A frame's header, as far as it has been received.
#[derive(Default)]
struct Header {
    bytes: [u8; 9],
    received: usize,
}

/// What is left of a frame's payload.
#[derive(Default)]
struct Payload {
    /// Bytes before the fragment of a header block.
    skipped: usize,
    fragment: usize,
    padding: usize,
    ends_block: bool,
}

impl Default for Frames {
    fn default() -> Self {
        Self {
            state: State::Preface(PREFACE),
            block: HeaderBlock::default(),
            expects_continuation: false,
        }
    }
}

impl Frames {
    /// Replaces the characters of an `:authority` in `bytes`, which follow those of the previous call.
    pub fn rewrite(&mut self, mut bytes: &mut [u8]) {
        while !bytes.is_empty() {
            let Ok(rest) = self.step(bytes) else {
                self.state = State::Lost;
                return;
            };
            bytes = rest;
        }
    }

    /// Whether something malformed was met.
    #[cfg(test)]
    pub fn is_lost(&self) -> bool {
        matches!(self.state, State::Lost)
    }

    /// Follows a part of `bytes`, and returns the rest.
    fn step<'b>(&mut self, bytes: &'b mut [u8]) -> Result<&'b mut [u8], Malformed> {
        match &mut self.state {
            State::Preface(left) => {
                let (now, rest) = split_front(bytes, left.len());
                *left = left.strip_prefix(&*now).ok_or(Malformed)?;
                if left.is_empty() {
                    self.state = State::Header(Header::default());
                }
                Ok(rest)
            }
            State::Header(header) => {
                let to_fill = header.bytes.get_mut(header.received..).unwrap_or_default();
                let (now, rest) = split_front(bytes, to_fill.len());
                for (to, from) in to_fill.iter_mut().zip(&*now) {
                    *to = *from;
                }
                header.received += now.len();
                if header.received == header.bytes.len() {
                    let bytes = header.bytes;
                    self.start_payload(bytes)?;
                }
                Ok(rest)
            }
            State::PadLength { len, flags } => {
                let (len, flags) = (*len, *flags);
                let (now, rest) = split_front(bytes, 1);
                let padding = now.first().copied().map_or(0, usize::from);
                self.start_headers(len, padding, flags)?;
                Ok(rest)
            }
            State::Payload(payload) => {
                let (now, rest) = split_front(bytes, payload.skipped);
                payload.skipped -= now.len();
                let (now, rest) = split_front(rest, payload.fragment);
                payload.fragment -= now.len();
                self.block.rewrite(now)?;
                let (now, rest) = split_front(rest, payload.padding);
                payload.padding -= now.len();
                self.end_payload()?;
                Ok(rest)
            }
            State::Lost => Ok(&mut []),
        }
    }

    fn start_payload(&mut self, header: [u8; 9]) -> Result<(), Malformed> {
        let [len_0, len_1, len_2, kind, flags, ..] = header;
        let len = usize::from(len_0) << 16 | usize::from(len_1) << 8 | usize::from(len_2);
        if self.expects_continuation != (kind == CONTINUATION) {
            return Err(Malformed);
        }
        match kind {
            HEADERS if flags & PADDED != 0 => {
                let len = len.checked_sub(1).ok_or(Malformed)?;
                self.state = State::PadLength { len, flags };
                Ok(())
            }
            HEADERS => self.start_headers(len, 0, flags),
            CONTINUATION => self.start_fragment(0, len, 0, flags),
            _ => {
                self.state = State::Payload(Payload {
                    skipped: len,
                    ..Payload::default()
                });
                self.end_payload()
            }
        }
    }

    /// `len` is the payload's without the pad length.
    fn start_headers(&mut self, len: usize, padding: usize, flags: u8) -> Result<(), Malformed> {
        let skipped = if flags & PRIORITY == 0 {
            0
        } else {
            PRIORITY_LEN
        };
        let fragment = len.checked_sub(skipped + padding).ok_or(Malformed)?;
        self.start_fragment(skipped, fragment, padding, flags)
    }

    fn start_fragment(
        &mut self,
        skipped: usize,
        fragment: usize,
        padding: usize,
        flags: u8,
    ) -> Result<(), Malformed> {
        let ends_block = flags & END_HEADERS != 0;
        self.expects_continuation = !ends_block;
        self.state = State::Payload(Payload {
            skipped,
            fragment,
            padding,
            ends_block,
        });
        self.end_payload()
    }

    /// Goes on to the next frame when the payload is complete.
    fn end_payload(&mut self) -> Result<(), Malformed> {
        if let State::Payload(payload) = &self.state
            && payload.skipped + payload.fragment + payload.padding == 0
        {
            if payload.ends_block {
                self.block.end()?;
            }
            self.state = State::Header(Header::default());
        }
        Ok(())
    }
}
