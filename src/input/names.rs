//! Names, one per line or NUL-separated → `Name` messages.

use bytes::Bytes;

use super::requests::Decode;
use super::stdin;
use crate::error::{Error, Result};
use crate::protobuf::wire::{self, WireValue, put_bytes};

/// The longest name that input may have. It is the server's limit too, and bounds what a line without an end takes.
pub const MAX_LEN: usize = 64 * 1024;

/// A UTF-8 byte order mark, which some editors write at the start of a file.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The tag of `Name.name` and `Person.name`: field 1, length-delimited.
const TAG: u8 = 0x0a;

/// What separates names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// A newline. A carriage return before it is dropped, and blank lines are skipped.
    Line,
    /// A NUL. Everything else is part of the name; empty names are skipped.
    Null,
}

impl Separator {
    fn byte(self) -> u8 {
        match self {
            Self::Line => b'\n',
            Self::Null => 0,
        }
    }
}

/// The encoding of `Name { name }`.
pub fn encode(name: &str) -> Bytes {
    let mut message = Vec::with_capacity(name.len() + 4);
    put(&mut message, name.as_bytes());
    message.into()
}

/// Appends the encoding of `Name { name }`: nothing for the default value.
fn put(message: &mut Vec<u8>, name: &[u8]) {
    if !name.is_empty() {
        message.push(TAG);
        put_bytes(message, name);
    }
}

/// The name in a `Person` or `Name` message whose first field it is; empty otherwise. Decoding all of a reply for its
/// name would double the work.
pub fn first_field(message: &[u8]) -> &[u8] {
    let Some(mut rest) = message.strip_prefix(&[TAG]) else {
        return &[];
    };
    match wire::value(&mut rest, 1, wire::LEN) {
        Ok(WireValue::Bytes(name)) => name,
        _ => &[],
    }
}

/// Decodes names.
#[derive(Debug)]
pub struct Names {
    separator: Separator,
    /// The start of a name whose separator has not come yet.
    partial: Vec<u8>,
    /// How many names came before, blank ones included: errors count lines from one.
    line: u64,
}

impl Names {
    pub fn new(separator: Separator) -> Self {
        Self {
            separator,
            partial: Vec::new(),
            line: 0,
        }
    }

    /// Appends the message for the bytes between two separators; `false` if there is none for them.
    fn put(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<bool> {
        self.line += 1;
        let mut bytes = bytes;
        if self.separator == Separator::Line {
            if self.line == 1 {
                bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
            }
            bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
            if bytes.iter().all(u8::is_ascii_whitespace) {
                return Ok(false);
            }
        }
        if bytes.len() > MAX_LEN {
            return Err(self.too_long());
        }
        // Most names are ASCII, which is seen faster than UTF-8 is checked.
        if !bytes.is_ascii()
            && let Err(error) = std::str::from_utf8(bytes)
        {
            let at = error.valid_up_to() + 1;
            let place = self.place();
            return Err(Error::failed(format!(
                "{place}: not valid UTF-8 (byte {at})"
            )));
        }
        put(out, bytes);
        Ok(!bytes.is_empty())
    }

    fn too_long(&self) -> Error {
        let error = Error::failed(format!("{}: longer than 64 KiB", self.place()));
        match self.separator {
            Separator::Line => {
                error.hinted("names are separated by newlines; for NUL-separated names use -0")
            }
            Separator::Null => error,
        }
    }

    fn place(&self) -> String {
        let unit = match self.separator {
            Separator::Line => "line",
            Separator::Null => "name",
        };
        format!("{}, {unit} {}", stdin::NAME, self.line)
    }
}

impl Decode for Names {
    fn next(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<bool> {
        while let Some(end) = memchr::memchr(self.separator.byte(), input) {
            let (head, tail) = input.split_at(end);
            *input = tail.get(1..).unwrap_or_default();
            let found = if self.partial.is_empty() {
                self.put(head, out)?
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(head);
                self.put(&whole, out)?
            };
            if found {
                return Ok(true);
            }
        }
        self.partial.extend_from_slice(std::mem::take(input));
        // A carriage return may still be dropped from the end, and a byte order mark from the start.
        if self.partial.len() > MAX_LEN + BYTE_ORDER_MARK.len() + 1 {
            self.line += 1;
            return Err(self.too_long());
        }
        Ok(false)
    }

    fn last(&mut self, out: &mut Vec<u8>) -> Result<bool> {
        let last = std::mem::take(&mut self.partial);
        if last.is_empty() {
            return Ok(false);
        }
        self.put(&last, out)
    }

    fn take_incomplete(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.partial)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::decode;
    use super::*;

    fn read(input: &[u8], separator: Separator, chunk: usize) -> (Vec<String>, Option<String>) {
        decode(Names::new(separator), input, chunk)
    }

    #[test]
    fn lines_are_names_however_they_arrive() {
        let input = b"\xef\xbb\xbfAlice\r\n\n  \r\n Bob \nJos\xc3\xa9";
        for chunk in 1..input.len() {
            let (names, error) = read(input, Separator::Line, chunk);
            assert_eq!(names, ["Alice", " Bob ", "José"]);
            assert_eq!(error, None);
        }
    }

    #[test]
    fn nul_separated_names_keep_everything_else() {
        let (names, error) = read(b"A\nB\r\0\0 \0C", Separator::Null, 3);
        assert_eq!(names, ["A\nB\r", " ", "C"]);
        assert_eq!(error, None);
    }

    #[test]
    fn bad_utf8_is_reported_with_its_line_after_the_names_before_it() {
        let (names, error) = read(b"Alice\n\nB\xffb\nCarol\n", Separator::Line, 100);
        assert_eq!(names, ["Alice"]);
        assert_eq!(
            error.as_deref(),
            Some("standard input, line 3: not valid UTF-8 (byte 2)")
        );
    }

    #[test]
    fn a_name_of_64_kib_is_accepted_and_a_longer_one_refused() {
        let line = |len: usize| {
            let mut line = vec![b'x'; len];
            line.extend(b"\r\nBob\n");
            line
        };
        for chunk in [1000, 1 << 20] {
            let (names, error) = read(&line(MAX_LEN), Separator::Line, chunk);
            assert_eq!((names.len(), error), (2, None));
            let (names, error) = read(&line(MAX_LEN + 1), Separator::Line, chunk);
            assert!(names.is_empty());
            assert_eq!(
                error.as_deref(),
                Some("standard input, line 1: longer than 64 KiB")
            );
        }
    }

    #[test]
    fn a_line_without_an_end_is_refused_before_all_of_it_is_read() {
        let mut names = Names::new(Separator::Line);
        let mut fed = 0;
        let refused = (0..100).any(|_| {
            fed += 4096;
            names
                .next(&mut [b'x'; 4096].as_slice(), &mut Vec::new())
                .is_err()
        });
        assert!(refused);
        assert!(fed <= MAX_LEN + 2 * 4096, "{fed}");
    }

    #[test]
    fn a_message_is_what_prost_encodes() {
        use prost::Message as _;
        for name in ["", "Bob", &"x".repeat(300)] {
            let expected = crate::proto::Name { name: name.into() }.encode_to_vec();
            assert_eq!(encode(name), expected);
            assert_eq!(first_field(&encode(name)), name.as_bytes());
        }
    }

    #[test]
    fn a_message_whose_first_field_is_not_a_name_has_none() {
        for message in [&b"\x10\x05"[..], b"\x0a\x05Bob", b"\x0a", b""] {
            assert_eq!(first_field(message), b"");
        }
    }
}
