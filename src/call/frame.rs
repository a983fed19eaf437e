//! Packs gRPC's length-prefixed messages (PROTOCOL-HTTP2, "Length-Prefixed-Message") into DATA frames, and cuts them out
//! again. A message can span frames, and a frame can hold many messages.

use bytes::{Buf as _, Bytes, BytesMut};
use smallvec::SmallVec;

/// A flag byte and four bytes of length.
const PREFIX: usize = 5;

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
}

impl Sent {
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of messages.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn messages(&self) -> impl Iterator<Item = &[u8]> {
        self.chunks.iter().flat_map(|chunk| Framed(chunk))
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
}

impl Packer {
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

    /// Adds a message.
    pub fn push(&mut self, message: &[u8]) {
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
        self.buffer.extend_from_slice(&[0, a, b, c, d]);
        self.buffer.extend_from_slice(message);
    }

    /// Takes at most `len` bytes to send, and fewer if the next bytes are in another allocation. Adds the messages that end
    /// in them to `sent`.
    pub fn take(&mut self, len: usize, sent: &mut Sent) -> Bytes {
        if self.current.is_empty() {
            self.current = self.buffer.split().freeze();
        }
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
    /// Bytes of taken messages that [`Cutter::take_consumed`] has not reported yet.
    consumed: usize,
    /// How many of the bytes held [`Cutter::take_incomplete`] has reported.
    reported: usize,
}

impl Cutter {
    pub fn new(max_message_size: usize) -> Self {
        Self {
            current: Bytes::new(),
            rest: BytesMut::new(),
            max_message_size,
            consumed: 0,
            reported: 0,
        }
    }

    /// Adds the data of a frame.
    pub fn push(&mut self, data: Bytes) {
        if self.current.is_empty() && self.rest.is_empty() && data.len() >= SMALL {
            self.current = data;
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
        let mut message = self.current.split_to(len);
        message.advance(PREFIX);
        self.consume(len);
        Ok(Some(message))
    }

    /// As [`Cutter::next`], but the message is not taken.
    ///
    /// # Errors
    /// As [`Cutter::next`].
    pub fn peek(&mut self) -> Result<Option<&[u8]>, BadFrame> {
        let len = self.complete_len()?;
        Ok(len.and_then(|len| self.current.get(PREFIX..len)))
    }

    /// Takes the message that [`Cutter::peek`] has returned.
    pub fn skip(&mut self) {
        if let Ok(Some(len)) = self.complete_len() {
            self.current.advance(len);
            self.consume(len);
        }
    }

    fn consume(&mut self, len: usize) {
        let reported = self.reported.min(len);
        self.reported -= reported;
        self.consumed += len - reported;
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
            1 => return Err(BadFrame::Compressed),
            flag => return Err(BadFrame::Flag(flag)),
        }
        if len > self.max_message_size {
            return Err(BadFrame::TooLarge(len));
        }
        Ok(Some(PREFIX + len))
    }

    /// Joins the bytes held into one chunk.
    fn join(&mut self) {
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
        assert_eq!(sent.messages().collect::<Vec<_>>(), [b"abc"]);
        assert_eq!(packer.take(100, &mut sent), TWO[8..]);
        assert_eq!(sent.messages().collect::<Vec<_>>(), [&b"abc"[..], b""]);
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
                assert_eq!(sent.messages().collect::<Vec<_>>(), all);
            }
        }
    }
}
