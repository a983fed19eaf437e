//! How messages may be compressed.

use routeguide::framing::Encoding;

/// None, or the encoding with this number.
pub fn of(number: u8) -> Option<Encoding> {
    match number % 4 {
        0 => None,
        1 => Some(Encoding::Gzip),
        2 => Some(Encoding::Deflate),
        _ => Some(Encoding::Zstd),
    }
}
