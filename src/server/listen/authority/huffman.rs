//! HPACK's Huffman code (RFC 7541, appendix B), as far as replacing characters in it needs it.
//!
//! Each replacement sets a single bit of the character's code, one that is known to belong to such a character when it
//! is reached. So text is rewritten bit by bit, without looking ahead and without a table of the 257 codes.

/// How many codes there are of each length in bits. The code is canonical: the codes of one length are consecutive
/// numbers, and start where those of the shorter lengths end.
const CODES: [u32; 31] = [
    0, 0, 0, 0, 0, 10, 26, 32, 6, 0, 5, 3, 2, 6, 2, 3, 0, 0, 0, 3, 8, 13, 26, 29, 12, 4, 15, 19,
    29, 0, 4,
];

/// For each length, the number after its last code.
#[allow(
    clippy::indexing_slicing,
    reason = "checked by the compiler, which evaluates it"
)]
const ENDS: [u32; 31] = {
    let mut ends = [0; 31];
    let mut len = 1;
    while len < ends.len() {
        ends[len] = (ends[len - 1] << 1) + CODES[len];
        len += 1;
    }
    ends
};

/// What takes the place of a character of an `:authority`.
pub fn replacement(byte: u8) -> u8 {
    match byte {
        b' ' => b'-',
        b'%' => b'.',
        b'/' => b'3',
        other => other,
    }
}

/// Huffman-coded text, followed bit by bit.
#[derive(Default)]
pub struct Huffman {
    /// The bits since the last whole code, and how many they are.
    code: u32,
    len: usize,
}

impl Huffman {
    /// Makes the replacements in `bytes`, which follow those of the previous call.
    pub fn rewrite(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            for shift in (0..8).rev() {
                let bit = 1 << shift;
                // Space is 010100 and becomes 010110, `%` is 010101 and becomes 010111; no other code starts with
                // 01010. `/` is 011000 and becomes 011001.
                if let (4, 0b0101) | (5, 0b01100) = (self.len, self.code) {
                    *byte |= bit;
                }
                self.push(u32::from(*byte & bit != 0));
            }
        }
    }

    fn push(&mut self, bit: u32) {
        self.code = self.code << 1 | bit;
        self.len += 1;
        if ENDS.get(self.len).is_none_or(|end| self.code < *end) {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    /// The length of each symbol's code (RFC 7541, appendix B), the end of the string included.
    const LENGTHS: [u8; 257] = [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30,
        28, 28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5,
        7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22,
        22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23,
        22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22,
        21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26,
        26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20,
        24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27,
        27, 28, 27, 27, 27, 27, 27, 26, 30,
    ];

    /// The whole code, built from the lengths.
    fn codes() -> Vec<(u32, u8)> {
        let mut symbols: Vec<usize> = (0..LENGTHS.len()).collect();
        symbols.sort_by_key(|symbol| (LENGTHS[*symbol], *symbol));
        let mut codes = vec![(0, 0); LENGTHS.len()];
        let (mut next, mut last) = (0, 0);
        for symbol in symbols {
            let len = LENGTHS[symbol];
            next <<= len - last;
            codes[symbol] = (next, len);
            (next, last) = (next + 1, len);
        }
        codes
    }

    /// Encodes `text` as an HPACK encoder does.
    pub fn encode(text: &[u8]) -> Vec<u8> {
        let codes = codes();
        let mut bits = Vec::new();
        for byte in text {
            let (code, len) = codes[usize::from(*byte)];
            bits.extend((0..len).rev().map(|shift| code >> shift & 1 == 1));
        }
        bits.resize(bits.len().next_multiple_of(8), true);
        let byte = |bits: &[bool]| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
        bits.chunks(8).map(byte).collect()
    }

    #[test]
    fn the_tests_encode_as_the_rfc_does() {
        // RFC 7541, appendix C.4.1.
        let encoded = encode(b"www.example.com");
        assert_eq!(
            encoded,
            [
                0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff
            ]
        );
    }

    #[test]
    fn the_code_lengths_are_counted_right() {
        for (len, count) in CODES.iter().enumerate() {
            let symbols = LENGTHS.iter().filter(|each| usize::from(**each) == len);
            assert_eq!(symbols.count(), *count as usize, "{len} bits");
        }
    }

    proptest! {
        #[test]
        fn rewriting_the_code_is_rewriting_the_text(
            text in vec(prop_oneof![select(b" %/".as_slice()), any::<u8>()], 0..40),
            piece in 1_usize..10,
        ) {
            let mut bytes = encode(&text);
            let mut huffman = Huffman::default();
            bytes.chunks_mut(piece).for_each(|piece| huffman.rewrite(piece));
            let text: Vec<_> = text.into_iter().map(replacement).collect();
            prop_assert_eq!(bytes, encode(&text));
        }
    }
}
