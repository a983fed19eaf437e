//! Packs messages into DATA frames.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use smallvec::SmallVec;

use super::encoding::Encoding;
use super::prefix::{CHUNK, COMPRESSED, PREFIX, framed_len, prefix, prefix_of};
use super::transcoder::Transcoder;

/// Request messages whose last byte is sent.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// Each holds whole messages with their prefixes.
    chunks: SmallVec<[Bytes; 1]>,
    len: usize,
    encoding: Option<Encoding>,
    transcoder: Option<Arc<dyn Transcoder>>,
}

impl Sent {
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of messages.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The messages, as they were before they were compressed and written in another form.
    pub fn messages(&self) -> impl Iterator<Item = Cow<'_, [u8]>> {
        let framed = self.chunks.iter().flat_map(|chunk| Framed(chunk));
        framed.map(|message| {
            // It is this program's own, so it has no limit and is not damaged.
            let message = match self.encoding {
                None => Cow::Borrowed(message),
                Some(encoding) => {
                    let message = encoding.decompress(message, usize::MAX);
                    Cow::Owned(message.unwrap_or_default().to_vec())
                }
            };
            match &self.transcoder {
                None => message,
                Some(transcoder) => Cow::Owned(transcoder.read_back(&message).unwrap_or_default()),
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
    other_form: Option<Box<OtherForm>>,
}

/// Messages are not packed as they are.
#[derive(Debug)]
struct OtherForm {
    transcoder: Arc<dyn Transcoder>,
    /// Why a message was left out.
    failure: Option<String>,
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

    /// Packs messages in another form.
    #[must_use]
    pub fn in_form(mut self, transcoder: Option<Arc<dyn Transcoder>>) -> Self {
        self.other_form = transcoder.map(|transcoder| {
            Box::new(OtherForm {
                transcoder,
                failure: None,
            })
        });
        self
    }

    /// Why a message was left out that does not have the other form.
    pub fn take_failure(&mut self) -> Option<String> {
        self.other_form.as_mut()?.failure.take()
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

    /// Whether the last byte that was taken is not the last one of its message.
    pub fn is_within_message(&self) -> bool {
        self.taken > 0
    }

    /// Drops the messages of which nothing was taken.
    pub fn discard(&mut self) {
        self.buffer.clear();
        let begun = if self.taken > 0 {
            framed_len(&self.current).unwrap_or_default()
        } else {
            0
        };
        self.current.truncate(begun);
    }

    /// Gives back the memory that is not in use.
    pub fn rest(&mut self) {
        if self.is_empty() {
            (self.current, self.buffer) = (Bytes::new(), BytesMut::new());
        }
    }

    /// Adds a message.
    pub fn push(&mut self, message: &[u8]) {
        if let Some(form) = &mut self.other_form {
            match form.transcoder.write(message) {
                Ok(message) => self.compress(&message),
                Err(failure) => form.failure = Some(failure),
            }
        } else {
            self.compress(message);
        }
    }

    fn compress(&mut self, message: &[u8]) {
        match self.encoding {
            None => self.push_frame(0, message),
            Some(encoding) => self.push_frame(COMPRESSED, &encoding.compress(message)),
        }
    }

    /// Adds the frame that ends a stream of gRPC-Web or Connect and is marked as such by this flag. It is not compressed, and
    /// not a message: [`Packer::take`] does not count it.
    pub fn push_end(&mut self, flag: u8, end: &[u8]) {
        self.push_frame(flag, end);
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
        let message_len = u32::try_from(message.len()).unwrap_or(u32::MAX);
        self.buffer.extend_from_slice(&prefix_of(flag, message_len));
        self.buffer.extend_from_slice(message);
    }

    /// A message as [`Packer::push_packed`] takes it; `None` if it does not have the other form.
    pub fn packed(
        encoding: Option<Encoding>,
        transcoder: Option<Arc<dyn Transcoder>>,
        message: &[u8],
    ) -> Option<Bytes> {
        let mut packer = Self::new(encoding).in_form(transcoder);
        packer.push(message);
        let has_failed = packer.take_failure().is_some();
        (!has_failed).then(|| packer.buffer.freeze())
    }

    /// Takes at most `len` bytes to send, and fewer if the next bytes are in another allocation. Adds the messages that end
    /// in them to `sent`.
    pub fn take(&mut self, len: usize, sent: &mut Sent) -> Bytes {
        if self.current.is_empty() {
            self.current = self.buffer.split().freeze();
        }
        sent.encoding = self.encoding;
        if let Some(form) = &self.other_form {
            sent.transcoder = Some(Arc::clone(&form.transcoder));
        }
        let start = self.taken;
        self.taken = self.current.len().min(start.saturating_add(len));
        let data = self.current.slice(start..self.taken);
        let (mut complete, mut messages) = (0, 0);
        while let Some((flag, len)) = self.current.get(complete..).and_then(prefix)
            && complete + PREFIX + len <= self.taken
        {
            complete += PREFIX + len;
            // Nothing follows the frame that ends the stream.
            if flag <= COMPRESSED {
                messages = complete;
                sent.len += 1;
            }
        }
        if complete > 0 {
            let mut chunk = self.current.split_to(complete);
            chunk.truncate(messages);
            if messages > 0 {
                sent.chunks.push(chunk);
            }
            self.taken -= complete;
        }
        data
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] = &[0, 0, 0, 0, 3, b'a', b'b', b'c', 0, 0, 0, 0, 0];

    fn owned(sent: &Sent) -> Vec<Vec<u8>> {
        sent.messages().map(Cow::into_owned).collect()
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

    #[test]
    fn the_end_of_a_stream_is_sent_but_no_message() {
        for room in 1..20 {
            let mut packer = Packer::default();
            packer.push(b"abc");
            packer.push_end(0x80, b"end");
            let (mut data, mut sent) = (Vec::new(), Sent::default());
            while !packer.is_empty() {
                data.extend_from_slice(&packer.take(room, &mut sent));
            }
            assert_eq!(data, b"\0\0\0\0\x03abc\x80\0\0\0\x03end");
            assert_eq!(owned(&sent), [b"abc"], "{room} bytes at a time");
            assert_eq!((sent.len(), sent.size()), (1, 3));
        }
    }

    #[test]
    fn the_end_of_a_compressed_stream_is_not_compressed() {
        let mut packer = Packer::new(Some(Encoding::Gzip));
        packer.push_end(2, b"{}");
        let data = packer.take(usize::MAX, &mut Sent::default());
        assert_eq!(data, &b"\x02\0\0\0\x02{}"[..]);
    }
}
