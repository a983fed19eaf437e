//! What is in front of each message: a flag and its length (PROTOCOL-HTTP2, "Length-Prefixed-Message").

/// A flag byte and four bytes of length.
pub const PREFIX: usize = 5;

/// The flag of a message that is compressed.
pub const COMPRESSED: u8 = 1;

/// How much to pack before sending. Larger chunks save nothing: a frame has 16 KiB unless the peer allows more.
pub const CHUNK: usize = 32 << 10;

/// The flag of the first message and its length without the prefix, if that is complete.
pub fn prefix(bytes: &[u8]) -> Option<(u8, usize)> {
    let &[flag, a, b, c, d] = bytes.first_chunk()?;
    Some((flag, u32::from_be_bytes([a, b, c, d]) as usize))
}

/// The length of the first message with its prefix, if that is complete.
pub fn framed_len(bytes: &[u8]) -> Option<usize> {
    prefix(bytes).map(|(_, len)| PREFIX + len)
}

/// A flag and a length as they are in front of a message.
pub fn prefix_of(flag: u8, len: u32) -> [u8; PREFIX] {
    let [a, b, c, d] = len.to_be_bytes();
    [flag, a, b, c, d]
}
