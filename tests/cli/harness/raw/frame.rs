//! HTTP/2 frames as bytes (RFC 9113, section 4.1), and as much HPACK (RFC 7541) as a response needs.

use std::io::{self, Read};

/// What a client sends before its first frame.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

/// A flag of SETTINGS and PING.
pub const ACK: u8 = 1;
/// A flag of DATA and HEADERS.
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;
pub const PADDED: u8 = 8;

/// The identifiers of settings.
pub const MAX_CONCURRENT_STREAMS: u16 = 3;
pub const INITIAL_WINDOW_SIZE: u16 = 4;
pub const MAX_FRAME_SIZE: u16 = 5;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

impl Frame {
    pub fn new(kind: u8, flags: u8, stream: u32, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            kind,
            flags,
            stream,
            payload: payload.into(),
        }
    }

    pub fn settings(values: &[(u16, u32)]) -> Self {
        let mut payload = Vec::new();
        for (id, value) in values {
            payload.extend(id.to_be_bytes());
            payload.extend(value.to_be_bytes());
        }
        Self::new(SETTINGS, 0, 0, payload)
    }

    /// DATA with `padding` bytes of padding.
    pub fn padded(stream: u32, data: &[u8], padding: u8) -> Self {
        let mut payload = vec![padding];
        payload.extend(data);
        payload.resize(payload.len() + usize::from(padding), 0);
        Self::new(DATA, PADDED, stream, payload)
    }

    /// Whether the frame has this type and stream.
    pub fn is(&self, kind: u8, stream: u32) -> bool {
        self.kind == kind && self.stream == stream
    }

    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The first four bytes of the payload as a number: an error code or a window increment.
    pub fn number(&self) -> u32 {
        u32::from_be_bytes(self.payload[..4].try_into().unwrap())
    }

    /// The settings in a SETTINGS frame.
    pub fn values(&self) -> impl Iterator<Item = (u16, u32)> {
        self.payload.chunks_exact(6).map(|entry| {
            let (id, value) = entry.split_at(2);
            (
                u16::from_be_bytes(id.try_into().unwrap()),
                u32::from_be_bytes(value.try_into().unwrap()),
            )
        })
    }

    /// The data of a DATA frame, without padding.
    pub fn data(&self) -> &[u8] {
        if self.has(PADDED) {
            let padding = usize::from(self.payload[0]);
            &self.payload[1..self.payload.len() - padding]
        } else {
            &self.payload
        }
    }

    pub fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut head = [0; 9];
        from.read_exact(&mut head)?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        from.read_exact(&mut payload)?;
        let stream = u32::from_be_bytes(stream) & (u32::MAX >> 1);
        Ok(Self::new(kind, flags, stream, payload))
    }

    pub fn encode(&self) -> Vec<u8> {
        let len = u32::try_from(self.payload.len()).unwrap();
        let mut bytes = len.to_be_bytes()[1..].to_vec();
        bytes.extend([self.kind, self.flags]);
        bytes.extend(self.stream.to_be_bytes());
        bytes.extend(&self.payload);
        bytes
    }
}

/// A header block of literals that are neither indexed nor compressed (RFC 7541, section 6.2.2).
pub fn header_block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            length(text.len(), &mut block);
            block.extend(text.as_bytes());
        }
    }
    block
}

/// An integer with a prefix of seven bits (RFC 7541, section 5.1).
fn length(len: usize, block: &mut Vec<u8>) {
    if len < 0x7f {
        block.push(u8::try_from(len).unwrap());
        return;
    }
    block.push(0x7f);
    let mut rest = len - 0x7f;
    while rest >= 0x80 {
        block.push(u8::try_from(rest % 0x80).unwrap() | 0x80);
        rest /= 0x80;
    }
    block.push(u8::try_from(rest).unwrap());
}
