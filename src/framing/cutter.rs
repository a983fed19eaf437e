//! Cuts messages out of DATA frames.

use bytes::{Buf as _, Bytes, BytesMut};

use super::encoding::{BadEncoding, Encoding};
use super::prefix::{CHUNK, COMPRESSED, PREFIX, framed_len, prefix};

/// Unread chunks smaller than this are copied together, so that a small frame costs only its bytes.
const SMALL: usize = 4 << 10;

/// The frame that ends a stream may be as large, however small messages have to be: it holds what is trailers elsewhere.
const END: usize = 16 << 10;

/// Why bytes are not messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadFrame {
    /// A compressed message, but no encoding was agreed on.
    Compressed,
    /// A compressed message that cannot be decompressed.
    Undecodable,
    /// A compressed message that decompresses to more bytes than the limit.
    Expanding,
    /// An unknown flag.
    Flag(u8),
    /// A message of this many bytes, which is over the limit.
    TooLarge(usize),
    /// Something after the frame that ends the stream.
    AfterEnd,
}

impl From<BadEncoding> for BadFrame {
    fn from(bad: BadEncoding) -> Self {
        match bad {
            BadEncoding::Damaged => Self::Undecodable,
            BadEncoding::TooLarge => Self::Expanding,
        }
    }
}

/// The frame that ends a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// No frame does: the stream just ends.
    None,
    /// The one with this flag.
    Flagged(u8),
    /// It was taken.
    Taken,
}

/// A frame whose prefix has arrived.
struct Frame {
    /// With the prefix.
    len: usize,
    is_end: bool,
}

/// Cuts messages out of DATA.
#[derive(Debug)]
pub struct Cutter {
    /// The chunk that messages are cut from, without a copy.
    current: Bytes,
    /// The data after it.
    rest: BytesMut,
    max_message_size: usize,
    encoding: Option<Encoding>,
    /// The next message, if it was compressed and is decompressed already.
    decoded: Option<Bytes>,
    /// Bytes of taken messages that [`Cutter::take_consumed`] has not reported yet.
    consumed: usize,
    /// How many of the bytes held [`Cutter::take_incomplete`] has reported.
    reported: usize,
    /// Memory for a large message was allocated, which is given back with the message.
    is_large: bool,
    end: End,
}

impl Cutter {
    pub fn new(max_message_size: usize) -> Self {
        Self {
            current: Bytes::new(),
            rest: BytesMut::new(),
            max_message_size,
            encoding: None,
            decoded: None,
            consumed: 0,
            reported: 0,
            is_large: false,
            end: End::None,
        }
    }

    /// A frame with this flag ends the stream, as in gRPC-Web and Connect. [`Cutter::take_end`] takes it.
    pub fn set_end_flag(&mut self, flag: u8) {
        self.end = End::Flagged(flag);
    }

    /// Decompresses messages that are marked as compressed.
    pub fn set_encoding(&mut self, encoding: Encoding) {
        self.encoding = Some(encoding);
    }

    /// Whether messages may be compressed.
    pub fn is_compressed(&self) -> bool {
        self.encoding.is_some()
    }

    /// Adds the data of a frame.
    pub fn push(&mut self, data: Bytes) {
        let is_first = self.current.is_empty() && self.rest.is_empty();
        if is_first && data.len() >= SMALL {
            self.current = data;
        } else if is_first && framed_len(&data) == Some(data.len()) {
            // The usual reply of a unary call. No more bytes will be added to it.
            self.current = Bytes::copy_from_slice(&data);
        } else {
            self.rest.extend_from_slice(&data);
        }
    }

    /// The next complete message. None follows the frame that ends the stream.
    ///
    /// # Errors
    /// When the next message is malformed or too large, or something follows the end of the stream.
    #[expect(
        clippy::should_implement_trait,
        reason = "more data may follow when there is no message, and an error is no item"
    )]
    pub fn next(&mut self) -> Result<Option<Bytes>, BadFrame> {
        // Asked for again and again while a call has nothing.
        if self.is_at_boundary() {
            return Ok(None);
        }
        self.take(false)
    }

    /// The complete frame that ends the stream, once all messages before it are taken. It may be compressed, as messages
    /// may. Ask for the next message when more data has arrived: that there is none is up to the peer.
    ///
    /// # Errors
    /// As [`Cutter::next`].
    pub fn take_end(&mut self) -> Result<Option<Bytes>, BadFrame> {
        let end = self.take(true)?;
        if end.is_some() {
            self.end = End::Taken;
        }
        Ok(end)
    }

    /// Whether the frame that ends the stream has arrived, maybe behind messages that are not taken yet.
    pub fn holds_end(&self) -> bool {
        let End::Flagged(end) = self.end else {
            return self.end == End::Taken;
        };
        let mut held = (&*self.current).chain(&*self.rest);
        while held.remaining() >= PREFIX {
            let (flag, len) = (held.get_u8(), held.get_u32() as usize);
            if held.remaining() < len {
                return false;
            }
            if flag & !COMPRESSED == end {
                return true;
            }
            held.advance(len);
        }
        false
    }

    /// Takes the next frame, if it is complete, and ends the stream or not.
    fn take(&mut self, is_end: bool) -> Result<Option<Bytes>, BadFrame> {
        let Some(len) = self.complete_len(is_end)? else {
            return Ok(None);
        };
        self.decode(len)?;
        let mut message = self.current.split_to(len);
        message.advance(PREFIX);
        self.consume(len);
        Ok(Some(self.decoded.take().unwrap_or(message)))
    }

    /// Decompresses the next message, whose length with its prefix is `len`, if it is compressed.
    fn decode(&mut self, len: usize) -> Result<(), BadFrame> {
        let flag = self.current.first().copied().unwrap_or_default();
        if self.decoded.is_some() || flag & COMPRESSED == 0 {
            return Ok(());
        }
        let encoding = self.encoding.ok_or(BadFrame::Compressed)?;
        let data = self.current.get(PREFIX..len).unwrap_or_default();
        let message = encoding.decompress(data, self.limit(flag));
        self.decoded = Some(message?);
        Ok(())
    }

    /// As [`Cutter::next`], but the message is not taken.
    ///
    /// # Errors
    /// As [`Cutter::next`].
    pub fn peek(&mut self) -> Result<Option<&[u8]>, BadFrame> {
        let Some(len) = self.complete_len(false)? else {
            return Ok(None);
        };
        self.decode(len)?;
        Ok(match &self.decoded {
            Some(message) => Some(message),
            None => self.current.get(PREFIX..len),
        })
    }

    /// Takes the message that [`Cutter::peek`] has returned.
    pub fn skip(&mut self) {
        if let Ok(Some(len)) = self.complete_len(false) {
            self.decoded = None;
            self.current.advance(len);
            self.consume(len);
        }
    }

    fn consume(&mut self, len: usize) {
        let reported = self.reported.min(len);
        self.reported -= reported;
        self.consumed += len - reported;
        if self.current.is_empty() && self.is_large {
            // An empty handle keeps all of its allocation.
            self.current = Bytes::new();
            self.rest = BytesMut::from(&*self.rest);
            self.is_large = false;
        }
    }

    /// Gives back the memory that is not in use, for a stream that may be quiet for long.
    pub fn rest(&mut self) {
        // An empty handle keeps all of its allocation.
        if self.current.is_empty() {
            self.current = Bytes::new();
        }
        if self.rest.is_empty() {
            self.rest = BytesMut::new();
        }
    }

    /// Drops what the next message is once it is decompressed. It is decompressed again when it is asked for.
    pub fn forget_decoded(&mut self) {
        self.decoded = None;
    }

    /// The length of the next frame with its prefix, once all of it is in `current`, if it ends the stream or not.
    fn complete_len(&mut self, is_end: bool) -> Result<Option<usize>, BadFrame> {
        let Some(frame) = self.next_frame()?.filter(|frame| frame.is_end == is_end) else {
            return Ok(None);
        };
        if self.current.len() < frame.len {
            if self.len() < frame.len {
                return Ok(None);
            }
            self.join();
        }
        Ok(Some(frame.len))
    }

    /// The next frame, once its prefix is complete.
    fn next_frame(&mut self) -> Result<Option<Frame>, BadFrame> {
        if self.end == End::Taken && !self.is_at_boundary() {
            return Err(BadFrame::AfterEnd);
        }
        if self.current.len() < PREFIX {
            if self.len() < PREFIX {
                return Ok(None);
            }
            self.join();
        }
        let Some((flag, len)) = prefix(&self.current) else {
            return Ok(None);
        };
        let is_end = flag > COMPRESSED;
        if is_end && self.end != End::Flagged(flag & !COMPRESSED) {
            return Err(BadFrame::Flag(flag));
        }
        if flag & COMPRESSED != 0 && self.encoding.is_none() {
            return Err(BadFrame::Compressed);
        }
        if len > self.limit(flag) {
            return Err(BadFrame::TooLarge(len));
        }
        let len = PREFIX + len;
        Ok(Some(Frame { len, is_end }))
    }

    /// How large a frame with this flag may be, without its prefix.
    fn limit(&self, flag: u8) -> usize {
        match flag {
            0 | COMPRESSED => self.max_message_size,
            // A limit for messages that is very low is not meant for this.
            _ => self.max_message_size.max(END),
        }
    }

    /// The length of the next message with its prefix, if that has arrived, or of the frame that ends the stream.
    pub fn len_of_next(&mut self) -> Option<usize> {
        let frame = self.next_frame().ok().flatten();
        frame.map(|frame| frame.len)
    }

    /// Joins the bytes held into one chunk.
    fn join(&mut self) {
        self.is_large |= self.len() > CHUNK;
        if self.current.is_empty() {
            self.current = self.rest.split().freeze();
            return;
        }
        let mut joined = BytesMut::with_capacity(self.len());
        joined.extend_from_slice(&self.current);
        joined.extend_from_slice(&self.rest);
        self.rest.clear();
        self.current = joined.freeze();
    }

    /// The number of bytes held.
    #[expect(
        clippy::len_without_is_empty,
        reason = "is_at_boundary says what that means"
    )]
    pub fn len(&self) -> usize {
        self.current.len() + self.rest.len()
    }

    /// Whether no incomplete message is held.
    pub fn is_at_boundary(&self) -> bool {
        self.len() == 0
    }

    /// What [`Cutter::take_consumed`] would return.
    pub fn consumed(&self) -> usize {
        self.consumed
    }

    /// How many bytes of messages were taken since the last call. The peer may send as many more.
    pub fn take_consumed(&mut self) -> usize {
        std::mem::take(&mut self.consumed)
    }

    /// How many bytes of an incomplete message arrived since the last call. The peer may send as many more at once, or a
    /// message larger than the window would never be complete. Call it when [`Cutter::next`] has found nothing.
    pub fn take_incomplete(&mut self) -> usize {
        let held = self.len();
        held - std::mem::replace(&mut self.reported, held).min(held)
    }
}

#[cfg(test)]
mod tests;
