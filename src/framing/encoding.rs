//! The encodings that compress messages (PROTOCOL-HTTP2, "Message-Encoding"; compression.md).

use std::io::{self, Read};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::{GzEncoder, MultiGzDecoder, ZlibDecoder, ZlibEncoder};
use http::HeaderValue;

/// What calls accept, as the value of `grpc-accept-encoding`.
pub const ACCEPTED: HeaderValue = HeaderValue::from_static("identity,gzip,deflate,zstd");

/// A message grows by this much at first while it is decompressed, and at most by its size.
const BLOCK: usize = 16 << 10;

/// The binary logarithm of the window that a zstd message may always have, in bytes: the one that decoders should support
/// (RFC 8878, section 3.1.1.1.2). Go's encoder writes it also for small messages. What a message does not fill of its window
/// is never touched.
const ZSTD_WINDOW_LOG: u32 = 23;

/// An encoding that compresses. Not compressing (`identity`) is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    Gzip,
    /// The zlib format, as everywhere in HTTP (RFC 9110, section 8.4.1.2).
    Deflate,
    Zstd,
}

/// Why a message cannot be decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadEncoding {
    Damaged,
    /// It has more bytes than allowed.
    TooLarge,
}

impl Encoding {
    /// The encoding that a header names.
    pub fn named(name: &[u8]) -> Option<Self> {
        match name {
            b"gzip" => Some(Self::Gzip),
            b"deflate" => Some(Self::Deflate),
            b"zstd" => Some(Self::Zstd),
            _ => None,
        }
    }

    /// The value of `grpc-encoding`.
    pub fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Zstd => "zstd",
        })
    }

    pub fn compress(self, message: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let compressed = match self {
            Self::Gzip => GzEncoder::new(message, Compression::default()).read_to_end(&mut out),
            Self::Deflate => {
                ZlibEncoder::new(message, Compression::default()).read_to_end(&mut out)
            }
            Self::Zstd => match zstd::bulk::compress(message, zstd::DEFAULT_COMPRESSION_LEVEL) {
                Ok(bytes) => {
                    out = bytes;
                    Ok(out.len())
                }
                Err(error) => Err(error),
            },
        };
        // Fails only if memory cannot be had, since both ends are in memory.
        debug_assert!(compressed.is_ok(), "{compressed:?}");
        out
    }

    /// Decompresses a message of at most `limit` bytes. Allocates at most that and a block.
    ///
    /// # Errors
    /// When the data is damaged or has more bytes.
    pub fn decompress(self, data: &[u8], limit: usize) -> Result<Bytes, BadEncoding> {
        match self {
            Self::Gzip => read(MultiGzDecoder::new(data), limit),
            Self::Deflate => read(ZlibDecoder::new(data), limit),
            Self::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(data)
                    .map_err(|_| BadEncoding::Damaged)?;
                let log = (usize::BITS - limit.leading_zeros()).min(30);
                decoder
                    .window_log_max(log.max(ZSTD_WINDOW_LOG))
                    .map_err(|_| BadEncoding::Damaged)?;
                read(decoder, limit)
            }
        }
    }
}

fn read(mut decoder: impl Read, limit: usize) -> Result<Bytes, BadEncoding> {
    let mut message = Vec::new();
    loop {
        let start = message.len();
        // One byte over the limit shows that there is more.
        let end = start
            .saturating_add(start.max(BLOCK))
            .min(limit.saturating_add(1));
        if start >= end {
            return Err(BadEncoding::TooLarge);
        }
        message.reserve_exact(end - start);
        message.resize(end, 0);
        let filled = fill(&mut decoder, message.get_mut(start..).unwrap_or_default());
        let filled = filled.map_err(|_| BadEncoding::Damaged)?;
        message.truncate(start + filled);
        if message.len() > limit {
            return Err(BadEncoding::TooLarge);
        }
        if message.len() < end {
            return Ok(message.into());
        }
    }
}

/// Reads until the buffer is full or the reader ends. Returns how much was read.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Encoding; 3] = [Encoding::Gzip, Encoding::Deflate, Encoding::Zstd];

    #[test]
    fn what_is_compressed_comes_back() {
        for encoding in ALL {
            for size in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 1 << 20] {
                let message: Vec<u8> = (0..=250).cycle().take(size).collect();
                let data = encoding.compress(&message);
                assert_eq!(
                    encoding.decompress(&data, size).unwrap(),
                    message,
                    "{encoding:?}"
                );
            }
        }
    }

    #[test]
    fn a_message_over_the_limit_stops_there() {
        for encoding in ALL {
            for limit in [0, 1, BLOCK, 1 << 20] {
                let data = encoding.compress(&vec![0; limit + 1]);
                let result = encoding.decompress(&data, limit);
                assert_eq!(result, Err(BadEncoding::TooLarge), "{encoding:?}, {limit}");
            }
        }
    }

    /// As encoders make them that do not know the size in advance.
    #[test]
    fn the_window_of_a_small_zstd_message_may_be_large() {
        let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(ZSTD_WINDOW_LOG).unwrap();
        io::Write::write_all(&mut encoder, b"a message").unwrap();
        let data = encoder.finish().unwrap();
        let message = Encoding::Zstd.decompress(&data, 100).unwrap();
        assert_eq!(message, &b"a message"[..]);
    }

    #[test]
    fn damaged_data_is_an_error() {
        for encoding in ALL {
            let data = encoding.compress(b"a message");
            for damaged in [&data[..data.len() - 1], b"", b"not compressed"] {
                let result = encoding.decompress(damaged, 100);
                assert_eq!(
                    result,
                    Err(BadEncoding::Damaged),
                    "{encoding:?}: {damaged:?}"
                );
            }
        }
    }
}
