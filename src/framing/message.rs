//! Packs gRPC's length-prefixed messages (PROTOCOL-HTTP2, "Length-Prefixed-Message") into DATA frames, and cuts them out
//! again. A message can span frames, and a frame can hold many messages.

use std::borrow::Cow;

use bytes::{Buf as _, Bytes, BytesMut};
use smallvec::SmallVec;

use super::encoding::{BadEncoding, Encoding};

/// A flag byte and four bytes of length.
pub const PREFIX: usize = 5;

/// How much to pack before sending. Larger chunks save nothing: a frame has 16 KiB unless the peer allows more.
const CHUNK: usize = 32 << 10;

/// Unread chunks smaller than this are copied together, so that a small frame costs only its bytes.
const SMALL: usize = 4 << 10;

/// Request messages whose last byte is sent.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// Each holds whole messages with their prefixes.
    chunks: SmallVec<[Bytes; 1]>,
    len: usize,
    encoding: Option<Encoding>,
}

impl Sent {
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of messages.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The messages, as they were before they were compressed.
    pub fn messages(&self) -> impl Iterator<Item = Cow<'_, [u8]>> {
        let framed = self.chunks.iter().flat_map(|chunk| Framed(chunk));
        framed.map(|message| match self.encoding {
            None => Cow::Borrowed(message),
            // It is this program's own, so it has no limit and is not damaged.
            Some(encoding) => {
                let message = encoding.decompress(message, usize::MAX);
                Cow::Owned(message.unwrap_or_default().to_vec())
            }
        })
    }

    /// The size of the messages on the wire, without their prefixes.
    pub fn size(&self) -> usize {
        let framed = self.chunks.iter().map(Bytes::len).sum::<usize>();
        framed.saturating_sub(self.len * PREFIX)
    }
}

/// Messages with their prefixes, one after the other.
struct Framed<'a>(&'a [u8]);

impl<'a> Iterator for Framed<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (message, rest) = self.0.split_at_checked(framed_len(self.0)?)?;
        self.0 = rest;
        message.get(PREFIX..)
    }
}

/// The flag of the first message and its length without the prefix, if that is complete.
fn prefix(bytes: &[u8]) -> Option<(u8, usize)> {
    let &[flag, a, b, c, d] = bytes.first_chunk()?;
    Some((flag, u32::from_be_bytes([a, b, c, d]) as usize))
}

/// The length of the first message with its prefix, if that is complete.
fn framed_len(bytes: &[u8]) -> Option<usize> {
    prefix(bytes).map(|(_, len)| PREFIX + len)
}

/// Packs messages.
#[derive(Debug, Default)]
pub struct Packer {
    /// Messages of which nothing is sent.
    buffer: BytesMut,
    /// The messages before them, from the first one on whose last byte is not sent.
    current: Bytes,
    /// How many bytes of those are sent.
    taken: usize,
    /// Compresses each message.
    encoding: Option<Encoding>,
}

impl Packer {
    pub fn new(encoding: Option<Encoding>) -> Self {
        Self {
            encoding,
            ..Self::default()
        }
    }

    pub fn encoding(&self) -> Option<Encoding> {
        self.encoding
    }

    /// Whether it is time to send, though more messages may be ready.
    pub fn is_full(&self) -> bool {
        self.len() >= CHUNK
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of bytes to send.
    pub fn len(&self) -> usize {
        self.current.len() - self.taken + self.buffer.len()
    }

    /// Gives back the memory that is not in use.
    pub fn rest(&mut self) {
        if self.is_empty() {
            (self.current, self.buffer) = (Bytes::new(), BytesMut::new());
        }
    }

    /// Adds a message.
    pub fn push(&mut self, message: &[u8]) {
        match self.encoding {
            None => self.push_frame(0, message),
            Some(encoding) => self.push_frame(1, &encoding.compress(message)),
        }
    }

    /// Adds a message that was packed before, by a packer with the same encoding. An only one is not copied.
    pub fn push_packed(&mut self, packed: &Bytes) {
        if self.current.is_empty() && self.buffer.is_empty() {
            self.current = packed.clone();
        } else {
            self.buffer.extend_from_slice(packed);
        }
    }

    fn push_frame(&mut self, flag: u8, message: &[u8]) {
        let len = PREFIX + message.len();
        if self.buffer.capacity() - self.buffer.len() < len {
            // The next chunk of a stream of messages needs as much room. An only message gets no more than it needs.
            let wanted = if self.is_empty() { len } else { len.max(CHUNK) };
            self.buffer.reserve(wanted);
        }
        // Inputs are bounded far below 4 GiB.
        let [a, b, c, d] = u32::try_from(message.len())
            .unwrap_or(u32::MAX)
            .to_be_bytes();
        self.buffer.extend_from_slice(&[flag, a, b, c, d]);
        self.buffer.extend_from_slice(message);
    }

    /// A message as [`Packer::push_packed`] takes it.
    pub fn packed(encoding: Option<Encoding>, message: &[u8]) -> Bytes {
        let mut packer = Self::new(encoding);
        packer.push(message);
        packer.buffer.freeze()
    }

    /// Takes at most `len` bytes to send, and fewer if the next bytes are in another allocation. Adds the messages that end
    /// in them to `sent`.
    pub fn take(&mut self, len: usize, sent: &mut Sent) -> Bytes {
        if self.current.is_empty() {
            self.current = self.buffer.split().freeze();
        }
        sent.encoding = self.encoding;
        let start = self.taken;
        self.taken = self.current.len().min(start.saturating_add(len));
        let data = self.current.slice(start..self.taken);
        let mut complete = 0;
        while let Some(message) = self.current.get(complete..).and_then(framed_len)
            && complete + message <= self.taken
        {
            complete += message;
            sent.len += 1;
        }
        if complete > 0 {
            sent.chunks.push(self.current.split_to(complete));
            self.taken -= complete;
        }
        data
    }
}

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
        }
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

    /// The next complete message.
    ///
    /// # Errors
    /// When the next message is malformed or too large.
    pub fn next(&mut self) -> Result<Option<Bytes>, BadFrame> {
        let Some(len) = self.complete_len()? else {
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
        if self.decoded.is_some() || self.current.first() != Some(&1) {
            return Ok(());
        }
        let encoding = self.encoding.ok_or(BadFrame::Compressed)?;
        let data = self.current.get(PREFIX..len).unwrap_or_default();
        let message = encoding.decompress(data, self.max_message_size);
        self.decoded = Some(message.map_err(|bad| match bad {
            BadEncoding::Damaged => BadFrame::Undecodable,
            BadEncoding::TooLarge => BadFrame::Expanding,
        })?);
        Ok(())
    }

    /// As [`Cutter::next`], but the message is not taken.
    ///
    /// # Errors
    /// As [`Cutter::next`].
    pub fn peek(&mut self) -> Result<Option<&[u8]>, BadFrame> {
        let Some(len) = self.complete_len()? else {
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
        if let Ok(Some(len)) = self.complete_len() {
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

    /// The length of the next message with its prefix, once all of it is in `current`.
    fn complete_len(&mut self) -> Result<Option<usize>, BadFrame> {
        let Some(len) = self.next_len()? else {
            return Ok(None);
        };
        if self.current.len() < len {
            if self.len() < len {
                return Ok(None);
            }
            self.join();
        }
        Ok(Some(len))
    }

    /// The length of the next message including its prefix, once the prefix is complete.
    fn next_len(&mut self) -> Result<Option<usize>, BadFrame> {
        if self.current.len() < PREFIX {
            if self.len() < PREFIX {
                return Ok(None);
            }
            self.join();
        }
        let Some((flag, len)) = prefix(&self.current) else {
            return Ok(None);
        };
        match flag {
            0 => {}
            1 if self.encoding.is_some() => {}
            1 => return Err(BadFrame::Compressed),
            flag => return Err(BadFrame::Flag(flag)),
        }
        if len > self.max_message_size {
            return Err(BadFrame::TooLarge(len));
        }
        Ok(Some(PREFIX + len))
    }

    /// The length of the next message with its prefix, if that has arrived.
    pub fn len_of_next(&mut self) -> Option<usize> {
        self.next_len().ok().flatten()
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
mod tests {
    use super::*;

    const TWO: &[u8] = &[0, 0, 0, 0, 3, b'a', b'b', b'c', 0, 0, 0, 0, 0];

    fn owned(sent: &Sent) -> Vec<Vec<u8>> {
        sent.messages().map(Cow::into_owned).collect()
    }

    fn messages(cutter: &mut Cutter) -> Vec<Bytes> {
        std::iter::from_fn(|| cutter.next().unwrap()).collect()
    }

    #[test]
    fn messages_are_cut_out_however_their_bytes_are_split() {
        for first in 0..=TWO.len() {
            for second in first..=TWO.len() {
                let mut cutter = Cutter::new(10);
                let mut found = Vec::new();
                for part in [&TWO[..first], &TWO[first..second], &TWO[second..]] {
                    cutter.push(Bytes::from_static(part));
                    found.append(&mut messages(&mut cutter));
                }
                assert_eq!(found, [&b"abc"[..], b""], "cut at {first} and {second}");
                assert!(cutter.is_at_boundary());
            }
        }
    }

    #[test]
    fn a_message_in_one_large_chunk_is_not_copied() {
        let mut chunk = BytesMut::new();
        let mut packer = Packer::default();
        packer.push(&[7; SMALL]);
        packer.push(b"next");
        chunk.extend_from_slice(&packer.take(usize::MAX, &mut Sent::default()));
        let chunk = chunk.freeze();
        let mut cutter = Cutter::new(SMALL);
        cutter.push(chunk.clone());
        let message = cutter.next().unwrap().unwrap();
        assert_eq!(message.as_ptr(), chunk[PREFIX..].as_ptr());
        assert_eq!(cutter.next().unwrap().unwrap(), &b"next"[..]);
    }

    #[test]
    fn a_bad_message_is_detected_by_its_prefix() {
        for (prefix, bad) in [
            ([0, 0, 0, 0, 11], BadFrame::TooLarge(11)),
            ([0, 255, 255, 255, 255], BadFrame::TooLarge(0xffff_ffff)),
            ([1, 0, 0, 0, 1], BadFrame::Compressed),
            ([2, 0, 0, 0, 1], BadFrame::Flag(2)),
        ] {
            let mut cutter = Cutter::new(10);
            cutter.push(Bytes::copy_from_slice(&prefix));
            assert_eq!(cutter.next(), Err(bad));
        }
    }

    #[test]
    fn compressed_messages_are_cut_out_decompressed() {
        for encoding in [Encoding::Gzip, Encoding::Deflate, Encoding::Zstd] {
            let (mut packer, mut sent) = (Packer::new(Some(encoding)), Sent::default());
            packer.push(b"abc");
            packer.push(b"");
            let data = packer.take(usize::MAX, &mut sent);
            assert_eq!(owned(&sent), [b"abc".to_vec(), vec![]]);
            let mut cutter = Cutter::new(100);
            cutter.set_encoding(encoding);
            cutter.push(data);
            cutter.push(Bytes::from_static(&TWO[..8]));
            assert_eq!(cutter.peek().unwrap(), Some(&b"abc"[..]));
            cutter.skip();
            assert_eq!(messages(&mut cutter), [&b""[..], b"abc"]);
            assert!(cutter.is_at_boundary());
        }
    }

    #[test]
    fn every_byte_is_given_back_once() {
        for size in 1..=TWO.len() {
            let mut cutter = Cutter::new(10);
            let mut given_back = 0;
            for part in TWO.chunks(size) {
                cutter.push(Bytes::from_static(part));
                messages(&mut cutter);
                given_back += cutter.take_consumed() + cutter.take_incomplete();
            }
            assert_eq!(given_back, TWO.len(), "in parts of {size}");
        }
    }

    #[test]
    fn bytes_are_given_back_only_when_their_message_is_taken() {
        let mut cutter = Cutter::new(10);
        cutter.push(Bytes::from_static(TWO));
        assert!(cutter.next().unwrap().is_some());
        assert_eq!(cutter.take_consumed(), 8);
    }

    #[test]
    fn a_message_is_sent_when_its_last_byte_is() {
        let mut packer = Packer::default();
        packer.push(b"abc");
        packer.push(b"");
        let mut sent = Sent::default();
        assert_eq!(packer.take(7, &mut sent), TWO[..7]);
        assert!(sent.is_empty());
        assert_eq!(packer.take(1, &mut sent), TWO[7..8]);
        assert_eq!(owned(&sent), [b"abc"]);
        assert_eq!(packer.take(100, &mut sent), TWO[8..]);
        assert_eq!(owned(&sent), [b"abc".to_vec(), vec![]]);
        assert!(packer.is_empty());
    }

    #[test]
    fn messages_are_sent_in_their_order_however_they_are_packed_and_taken() {
        let all: Vec<Vec<u8>> = (0..20_u8).map(|n| vec![n; usize::from(n)]).collect();
        let bytes: Vec<u8> = (0_u8..)
            .zip(&all)
            .flat_map(|(len, message)| [&[0, 0, 0, 0, len][..], message].concat())
            .collect();
        for room in 1..50 {
            for packed_first in 0..all.len() {
                let (mut packer, mut sent, mut data) =
                    (Packer::default(), Sent::default(), Vec::new());
                let (first, second) = all.split_at(packed_first);
                for message in first {
                    packer.push(message);
                }
                data.extend_from_slice(&packer.take(room, &mut sent));
                for message in second {
                    packer.push(message);
                }
                while !packer.is_empty() {
                    data.extend_from_slice(&packer.take(room, &mut sent));
                }
                assert_eq!(data, bytes);
                assert_eq!(owned(&sent), all);
            }
        }
    }
}
