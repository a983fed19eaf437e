//! The heads of the frames on a connection (RFC 9113, section 4.1), followed through pieces of any size.

/// Of the types of frames, those that are counted.
pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

/// The length of a frame's head, and where its type is.
const HEAD: usize = 9;
pub const KIND: usize = 3;

/// The length of a PING's payload (RFC 9113, section 6.7).
const OPAQUE: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub len: u32,
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
}

impl Frame {
    fn read(head: [u8; HEAD]) -> Self {
        let [a, b, c, kind, flags, stream @ ..] = head;
        Self {
            len: u32::from_be_bytes([0, a, b, c]),
            kind,
            flags,
            stream: u32::from_be_bytes(stream) & 0x7fff_ffff,
        }
    }

    /// Whether it is a part of a header block.
    fn has_headers(self) -> bool {
        matches!(self.kind, HEADERS | CONTINUATION)
    }
}

/// Where a frame is among the bytes that are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// `None` if it began in bytes before them.
    pub head: Option<usize>,
    pub payload: usize,
    /// What a PING holds; zeros for other frames.
    pub opaque: [u8; OPAQUE],
}

/// One direction of a connection, after its preface.
#[derive(Debug, Default)]
pub struct Frames {
    head: [u8; HEAD],
    /// How much of the head has been seen.
    seen: usize,
    /// How much of the payload has not.
    payload: u32,
    /// A header block is open: between HEADERS and the end of the frame with END_HEADERS.
    in_headers: bool,
    /// It ends with the payload.
    ends_headers: bool,
    /// A PING whose payload is not complete.
    ping: Option<(Frame, [u8; OPAQUE])>,
    /// How many header blocks and other frames there were.
    complete: u64,
}

impl Frames {
    /// Follows `bytes`, and reports each frame when its head is complete, and a PING when it is.
    pub fn follow(&mut self, bytes: &[u8], mut report: impl FnMut(Frame, At)) {
        let mut at = 0;
        loop {
            let left = bytes.get(at..).unwrap_or_default();
            let skipped = left.len().min(self.payload as usize);
            at += skipped;
            if let Some((ping, opaque)) = &mut self.ping {
                let so_far = OPAQUE.saturating_sub(self.payload as usize);
                let missing = opaque.get_mut(so_far..).unwrap_or_default();
                for (to, from) in missing.iter_mut().zip(left) {
                    *to = *from;
                }
                if skipped == self.payload as usize {
                    let at = At {
                        head: None,
                        payload: at,
                        opaque: *opaque,
                    };
                    report(*ping, at);
                    self.ping = None;
                }
            }
            // At most the value before.
            self.payload -= u32::try_from(skipped).unwrap_or(self.payload);
            if self.payload == 0 && self.ends_headers {
                (self.in_headers, self.ends_headers) = (false, false);
                self.complete += 1;
            }
            let left = bytes.get(at..).unwrap_or_default();
            if left.is_empty() {
                return;
            }
            let Some(missing) = self.head.get_mut(self.seen..) else {
                return;
            };
            for (to, from) in missing.iter_mut().zip(left) {
                *to = *from;
            }
            let taken = missing.len().min(left.len());
            at += taken;
            self.seen += taken;
            if self.seen < HEAD {
                return;
            }
            self.seen = 0;
            let frame = Frame::read(self.head);
            self.payload = frame.len;
            if frame.has_headers() {
                self.in_headers = true;
                self.ends_headers = frame.flags & END_HEADERS != 0;
            } else {
                self.complete += 1;
            }
            if frame.kind == PING && frame.len as usize == OPAQUE {
                self.ping = Some((frame, [0; OPAQUE]));
                continue;
            }
            let at = At {
                head: at.checked_sub(HEAD),
                payload: at,
                opaque: [0; OPAQUE],
            };
            report(frame, at);
        }
    }

    /// Whether the next byte begins a frame.
    pub fn is_at_boundary(&self) -> bool {
        self.payload == 0 && self.seen == 0
    }

    /// How many bytes of the payload of a frame have not come.
    pub fn payload_left(&self) -> usize {
        self.payload as usize
    }

    /// How many bytes of a head have come that is not complete.
    pub fn head_so_far(&self) -> usize {
        self.seen
    }

    /// How many header blocks are complete, and how many other frames have begun.
    pub fn complete(&self) -> u64 {
        self.complete
    }

    /// Whether something has begun that has to end soon: the head of a frame, or a header block.
    pub fn is_unfinished(&self) -> bool {
        self.seen > 0 || self.in_headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, len: u8) -> Vec<u8> {
        let mut bytes = vec![0, 0, len, kind, flags, 0x80, 0, 0, 5];
        bytes.extend(vec![0; len.into()]);
        bytes
    }

    #[test]
    fn frames_are_found_however_their_bytes_are_split() {
        let bytes = [
            frame(HEADERS, 0, 20),
            frame(CONTINUATION, END_HEADERS, 3),
            frame(DATA, 0, 0),
            frame(PING, ACK, 8)[..HEAD].to_vec(),
            b"12345678".to_vec(),
        ]
        .concat();
        for size in 1..bytes.len() {
            let mut frames = Frames::default();
            let mut found = Vec::new();
            for part in bytes.chunks(size) {
                frames.follow(part, |frame, at| {
                    found.push((frame.kind, frame.len, frame.stream));
                    if frame.kind == PING {
                        assert_eq!(at.opaque, *b"12345678", "{size}");
                    }
                });
            }
            let expected = [(HEADERS, 20), (CONTINUATION, 3), (DATA, 0), (PING, 8)];
            assert_eq!(found, expected.map(|(kind, len)| (kind, len, 5)), "{size}");
            assert!(frames.is_at_boundary());
        }
    }

    #[test]
    fn a_header_block_is_unfinished_up_to_its_last_byte() {
        let bytes = [frame(HEADERS, 0, 2), frame(CONTINUATION, END_HEADERS, 1)].concat();
        let mut frames = Frames::default();
        for (at, byte) in bytes.iter().enumerate() {
            frames.follow(&[*byte], |_, _| {});
            assert_eq!(frames.is_unfinished(), at + 1 < bytes.len(), "{at}");
        }
    }

    #[test]
    fn a_slow_body_is_not_unfinished() {
        let mut frames = Frames::default();
        frames.follow(&frame(DATA, 0, 100)[..50], |_, _| {});
        assert!(!frames.is_unfinished() && !frames.is_at_boundary());
    }
}
