//! gRPC's length-prefixed messages (PROTOCOL-HTTP2, "Length-Prefixed-Message"), packed into DATA and cut out of it.
//! HTTP/2 may divide them anywhere: a message can span frames, and a frame can hold many messages.

use std::collections::VecDeque;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use smallvec::SmallVec;

/// A flag byte and four bytes of length.
const PREFIX: usize = 5;

/// What is packed before some of it is sent. Larger chunks save nothing: a frame has 16 KiB unless the peer allows more.
const CHUNK: usize = 32 << 10;

/// Unread chunks smaller than this are copied together, so that a small frame costs its bytes and not its bookkeeping.
const SMALL: usize = 4 << 10;

/// Request messages whose last byte is out.
pub type Sent = SmallVec<[Bytes; 1]>;

/// Packs messages.
#[derive(Debug, Default)]
pub struct Packer {
    buffer: BytesMut,
    /// Each message in the buffer, with how many bytes there are up to its end from the end of the one before.
    messages: VecDeque<(usize, Bytes)>,
}

impl Packer {
    /// Whether it is time to send, though more messages may be ready.
    pub fn is_full(&self) -> bool {
        self.buffer.len() >= CHUNK
    }

    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Bytes to be sent.
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Adds a message.
    pub fn push(&mut self, message: Bytes) {
        let len = PREFIX + message.len();
        if self.buffer.capacity() - self.buffer.len() < len {
            // A chunk that was taken keeps the allocation: a new one is as large as a stream of messages needs.
            let wanted = if self.buffer.is_empty() && self.messages.is_empty() {
                len
            } else {
                len.max(CHUNK)
            };
            self.buffer.reserve(wanted);
        }
        self.buffer.put_u8(0);
        // Inputs are bounded far below 4 GiB.
        self.buffer
            .put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
        self.buffer.extend_from_slice(&message);
        self.messages.push_back((len, message));
    }

    /// Takes the next `len` bytes to send, at most all. Messages that end in them are added to `sent`.
    pub fn take(&mut self, len: usize, sent: &mut Sent) -> Bytes {
        let len = len.min(self.buffer.len());
        let mut left = len;
        while let Some((size, _)) = self.messages.front_mut() {
            if *size > left {
                *size -= left;
                break;
            }
            left -= *size;
            sent.extend(self.messages.pop_front().map(|(_, message)| message));
        }
        self.buffer.split_to(len).freeze()
    }
}

/// Why bytes are not messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadFrame {
    /// A compressed message, though no encoding was agreed on.
    Compressed,
    /// Neither of the two flags there are.
    Flag(u8),
    /// A message of so many bytes, which is more than allowed.
    TooLarge(usize),
}

/// Cuts messages.
#[derive(Debug)]
pub struct Cutter {
    /// The chunk that messages are cut out of, without a copy.
    current: Bytes,
    /// What came after it.
    rest: BytesMut,
    max_message_size: usize,
    /// Bytes of messages taken, not reported by [`Cutter::take_consumed`] yet.
    consumed: usize,
    /// How much of what is held [`Cutter::take_incomplete`] has reported.
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

    /// Adds what a DATA frame held.
    pub fn push(&mut self, data: Bytes) {
        if self.current.is_empty() && self.rest.is_empty() && data.len() >= SMALL {
            self.current = data;
        } else {
            self.rest.extend_from_slice(&data);
        }
    }

    /// The next message that is complete.
    ///
    /// # Errors
    /// When what comes next is not a message, or is too large.
    pub fn next(&mut self) -> Result<Option<Bytes>, BadFrame> {
        let Some(len) = self.next_len()? else {
            return Ok(None);
        };
        if self.current.len() < len {
            if self.len() < len {
                return Ok(None);
            }
            self.join();
        }
        let mut message = self.current.split_to(len);
        message.advance(PREFIX);
        let reported = self.reported.min(len);
        self.reported -= reported;
        self.consumed += len - reported;
        Ok(Some(message))
    }

    /// The length of the next message, prefix included, once the prefix is there.
    fn next_len(&mut self) -> Result<Option<usize>, BadFrame> {
        if self.current.len() < PREFIX {
            if self.len() < PREFIX {
                return Ok(None);
            }
            self.join();
        }
        let Some(&[flag, a, b, c, d]) = self.current.first_chunk() else {
            return Ok(None);
        };
        match flag {
            0 => {}
            1 => return Err(BadFrame::Compressed),
            flag => return Err(BadFrame::Flag(flag)),
        }
        let len = u32::from_be_bytes([a, b, c, d]) as usize;
        if len > self.max_message_size {
            return Err(BadFrame::TooLarge(len));
        }
        Ok(Some(PREFIX + len))
    }

    /// Makes one chunk of what is held.
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

    /// Bytes held.
    pub fn len(&self) -> usize {
        self.current.len() + self.rest.len()
    }

    /// Whether the end would not cut a message off.
    pub fn is_at_boundary(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of messages taken since [`Cutter::take_consumed`].
    pub fn consumed(&self) -> usize {
        self.consumed
    }

    /// How many bytes of messages have been taken since the last time: the peer may send as many more.
    pub fn take_consumed(&mut self) -> usize {
        std::mem::take(&mut self.consumed)
    }

    /// How many bytes of the message that is still incomplete have come since the last time. The peer may send as many
    /// more at once, or a message larger than the window would never be complete. To be asked when [`Cutter::next`]
    /// has found nothing.
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
    fn messages_are_cut_out_however_the_bytes_are_divided() {
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
        packer.push(Bytes::from(vec![7; SMALL]));
        packer.push(Bytes::from_static(b"next"));
        chunk.extend_from_slice(&packer.take(usize::MAX, &mut Sent::new()));
        let chunk = chunk.freeze();
        let mut cutter = Cutter::new(SMALL);
        cutter.push(chunk.clone());
        let message = cutter.next().unwrap().unwrap();
        assert_eq!(message.as_ptr(), chunk[PREFIX..].as_ptr());
        assert_eq!(cutter.next().unwrap().unwrap(), &b"next"[..]);
    }

    #[test]
    fn a_message_is_judged_by_its_prefix() {
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
    fn messages_wait_for_their_readers_before_their_bytes_are_given_back() {
        let mut cutter = Cutter::new(10);
        cutter.push(Bytes::from_static(TWO));
        assert!(cutter.next().unwrap().is_some());
        assert_eq!(cutter.take_consumed(), 8);
    }

    #[test]
    fn a_message_is_sent_when_its_last_byte_is() {
        let mut packer = Packer::default();
        packer.push(Bytes::from_static(b"abc"));
        packer.push(Bytes::new());
        let mut sent = Sent::new();
        assert_eq!(packer.take(7, &mut sent), TWO[..7]);
        assert!(sent.is_empty());
        assert_eq!(packer.take(1, &mut sent), TWO[7..8]);
        assert_eq!(sent.as_slice(), [&b"abc"[..]]);
        assert_eq!(packer.take(100, &mut sent), TWO[8..]);
        assert_eq!(sent.len(), 2);
        assert!(packer.is_empty());
    }
}
