//! A header block (RFC 7541, section 6), followed through fragments of any size, far enough to find the value of
//! `:authority`.
//!
//! A name that refers to the dynamic table is not followed: encoders prefer the static table, which has `:authority`.

use super::huffman::Huffman;
use super::{Malformed, huffman, split_front};

/// `:authority` in the static table (RFC 7541, appendix A).
const AUTHORITY_INDEX: usize = 1;

const AUTHORITY: &[u8] = b":authority";
const HUFFMAN_AUTHORITY: &[u8] = b"\xb8\x3b\x53\x39\xec\x32\x7d\x7f";

/// The largest shift of an integer's continuation bytes: more is longer than any header block.
const MAX_SHIFT: u32 = 21;

/// The state after the fragments so far.
#[derive(Default)]
pub struct HeaderBlock(State);

#[derive(Default)]
enum State {
    /// The next byte starts a field.
    #[default]
    Field,
    /// The next byte continues an integer (RFC 7541, section 5.1).
    Integer {
        value: usize,
        shift: u32,
        meaning: Integer,
    },
    /// The next byte starts a string (RFC 7541, section 5.2).
    String(Part),
    /// The next bytes are a string's content.
    Content { content: Content, left: usize },
}

#[derive(Clone, Copy)]
enum Integer {
    /// The index of a whole field, or a new size of the dynamic table.
    Field,
    /// The index of a name, 0 for a name that follows.
    Name,
    Length {
        part: Part,
        is_huffman: bool,
    },
}

#[derive(Clone, Copy)]
enum Part {
    Name,
    Value,
    Authority,
}

enum Content {
    /// What has to follow for the name to be `:authority`; `None` if it is another.
    Name(Option<&'static [u8]>),
    Value,
    Authority,
    HuffmanAuthority(Huffman),
}

impl HeaderBlock {
    /// Replaces the characters of an `:authority` in `bytes`, which follow those of the previous call.
    pub fn rewrite(&mut self, mut bytes: &mut [u8]) -> Result<(), Malformed> {
        while !bytes.is_empty() {
            bytes = self.step(bytes)?;
        }
        Ok(())
    }

    /// Ends the block; the next byte starts another one.
    pub fn end(&mut self) -> Result<(), Malformed> {
        match std::mem::take(&mut self.0) {
            State::Field => Ok(()),
            _ => Err(Malformed),
        }
    }

    /// Follows a part of `bytes`, and returns the rest.
    fn step<'b>(&mut self, bytes: &'b mut [u8]) -> Result<&'b mut [u8], Malformed> {
        if let State::Content { content, left } = &mut self.0 {
            let (now, rest) = split_front(bytes, *left);
            content.rewrite(now);
            *left -= now.len();
            if *left == 0 {
                self.0 = content.next();
            }
            return Ok(rest);
        }
        let (first, rest) = split_front(bytes, 1);
        if let Some(byte) = first.first() {
            self.0 = self.after(*byte)?;
        }
        Ok(rest)
    }

    /// The state after a byte that is not part of a string's content.
    fn after(&self, byte: u8) -> Result<State, Malformed> {
        match self.0 {
            State::Field => Ok(match byte {
                0x80.. => integer(byte, 0x7f, Integer::Field),
                0x40.. => integer(byte, 0x3f, Integer::Name),
                0x20.. => integer(byte, 0x1f, Integer::Field),
                _ => integer(byte, 0x0f, Integer::Name),
            }),
            State::String(part) => {
                let is_huffman = byte & 0x80 != 0;
                Ok(integer(byte, 0x7f, Integer::Length { part, is_huffman }))
            }
            State::Integer {
                value,
                shift,
                meaning,
            } => {
                if shift > MAX_SHIFT {
                    return Err(Malformed);
                }
                let value = value + (usize::from(byte & 0x7f) << shift);
                Ok(if byte & 0x80 == 0 {
                    meaning.next(value)
                } else {
                    State::Integer {
                        value,
                        shift: shift + 7,
                        meaning,
                    }
                })
            }
            State::Content { .. } => Err(Malformed),
        }
    }
}

/// The state after the first byte of an integer, whose prefix has the bits of `mask`.
fn integer(byte: u8, mask: u8, meaning: Integer) -> State {
    let value = usize::from(byte & mask);
    if byte & mask == mask {
        State::Integer {
            value,
            shift: 0,
            meaning,
        }
    } else {
        meaning.next(value)
    }
}

impl Integer {
    /// The state after an integer of this meaning.
    fn next(self, value: usize) -> State {
        match self {
            Self::Field => State::Field,
            Self::Name => State::String(match value {
                0 => Part::Name,
                AUTHORITY_INDEX => Part::Authority,
                _ => Part::Value,
            }),
            Self::Length { part, is_huffman } => {
                let content = Content::new(part, is_huffman);
                match value {
                    0 => content.next(),
                    left => State::Content { content, left },
                }
            }
        }
    }
}

impl Content {
    fn new(part: Part, is_huffman: bool) -> Self {
        match (part, is_huffman) {
            (Part::Name, false) => Self::Name(Some(AUTHORITY)),
            (Part::Name, true) => Self::Name(Some(HUFFMAN_AUTHORITY)),
            (Part::Value, _) => Self::Value,
            (Part::Authority, false) => Self::Authority,
            (Part::Authority, true) => Self::HuffmanAuthority(Huffman::default()),
        }
    }

    fn rewrite(&mut self, bytes: &mut [u8]) {
        match self {
            Self::Name(expected) => {
                *expected = expected.and_then(|expected| expected.strip_prefix(&*bytes));
            }
            Self::Value => {}
            Self::Authority => bytes
                .iter_mut()
                .for_each(|byte| *byte = huffman::replacement(*byte)),
            Self::HuffmanAuthority(huffman) => huffman.rewrite(bytes),
        }
    }

    /// The state after the whole string.
    fn next(&self) -> State {
        match self {
            Self::Name(Some([])) => State::String(Part::Authority),
            Self::Name(_) => State::String(Part::Value),
            Self::Value | Self::Authority | Self::HuffmanAuthority(_) => State::Field,
        }
    }
}
