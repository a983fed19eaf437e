//! Names, one per line or NUL-separated → `Name` messages, in batches of whatever one read of input brings.

use std::io::Read;

use bytes::{BufMut as _, Bytes, BytesMut};

use super::{Source, read_some};
use crate::error::{Error, Result};

/// The longest name taken from input: the server's limit is of the same size, and a line without end must not grow
/// memory without end.
pub const MAX_LEN: usize = 64 * 1024;

/// What one read takes at the most.
const READ_SIZE: usize = 64 * 1024;

/// A UTF-8 byte order mark, which some editors put before the first line.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Field 1, length-delimited.
const TAG: u8 = 0x0a;

/// How names are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// A newline; a carriage return before it is dropped, and blank lines are skipped.
    Line,
    /// A NUL; everything else is part of the name, and empty names are skipped.
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
    let mut message = BytesMut::new();
    put(&mut message, name);
    message.freeze()
}

/// Appends the encoding of `Name { name }`: field 1, length-delimited; nothing at all for the default value.
fn put(message: &mut BytesMut, name: &str) {
    if !name.is_empty() {
        message.put_u8(TAG);
        prost::encoding::encode_varint(name.len() as u64, message);
        message.put_slice(name.as_bytes());
    }
}

/// The first string of a message whose field 1 is one, as it is of `Person` and `Name`: looked up in the bytes, since
/// decoding a whole reply for its name doubles the work. Empty if there is none.
pub fn first_field(message: &[u8]) -> &[u8] {
    if message.first() != Some(&TAG) {
        return &[];
    }
    let mut rest = message.get(1..).unwrap_or_default();
    let len = prost::encoding::decode_varint(&mut rest).unwrap_or(0);
    usize::try_from(len)
        .ok()
        .and_then(|len| rest.get(..len))
        .unwrap_or_default()
}

/// Reads names from `reader`.
pub struct Names<R> {
    reader: R,
    separator: Separator,
    /// Input that does not end with a separator yet.
    partial: Vec<u8>,
    buffer: Box<[u8]>,
    /// How many names, blank ones too, came before: errors count lines from one.
    line: u64,
}

impl<R: Read> Names<R> {
    pub fn new(reader: R, separator: Separator) -> Self {
        Self {
            reader,
            separator,
            partial: Vec::new(),
            buffer: vec![0; READ_SIZE].into_boxed_slice(),
            line: 0,
        }
    }

    /// The bytes between two separators → at most one message.
    fn name<'a>(&mut self, bytes: &'a [u8]) -> Result<Option<&'a str>> {
        self.line += 1;
        let mut bytes = bytes;
        if self.separator == Separator::Line {
            if self.line == 1 {
                bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
            }
            bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
            if bytes.iter().all(u8::is_ascii_whitespace) {
                return Ok(None);
            }
        }
        if bytes.len() > MAX_LEN {
            return Err(self.too_long());
        }
        match std::str::from_utf8(bytes) {
            Ok("") => Ok(None),
            Ok(name) => Ok(Some(name)),
            Err(error) => Err(Error::failed(format!(
                "standard input, {} {}: not valid UTF-8 (byte {})",
                self.unit(),
                self.line,
                error.valid_up_to() + 1
            ))),
        }
    }

    fn too_long(&self) -> Error {
        let error = Error::failed(format!(
            "standard input, {} {}: longer than 64 KiB",
            self.unit(),
            self.line
        ));
        match self.separator {
            Separator::Line => {
                error.hinted("names are separated by newlines; NUL-separated ones want -0")
            }
            Separator::Null => error,
        }
    }

    fn unit(&self) -> &'static str {
        match self.separator {
            Separator::Line => "line",
            Separator::Null => "name",
        }
    }

    /// Takes one read's worth of input.
    fn take(&mut self, input: &[u8], batch: &mut Vec<Bytes>) -> Result<()> {
        // One allocation a batch: every message is a slice of it.
        let mut messages = BytesMut::with_capacity(self.partial.len() + input.len() * 2);
        let mut rest = input;
        while let Some(end) = memchr::memchr(self.separator.byte(), rest) {
            let (head, tail) = rest.split_at(end);
            rest = tail.get(1..).unwrap_or_default();
            if self.partial.is_empty() {
                if let Some(name) = self.name(head)? {
                    put(&mut messages, name);
                }
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(head);
                if let Some(name) = self.name(&whole)? {
                    put(&mut messages, name);
                }
                // Keeps the allocation for the next partial line.
                whole.clear();
                self.partial = whole;
            }
            if !messages.is_empty() {
                batch.push(messages.split().freeze());
            }
        }
        self.partial.extend_from_slice(rest);
        // A carriage return may still be dropped from the end, and a byte order mark from the start.
        if self.partial.len() > MAX_LEN + BYTE_ORDER_MARK.len() + 1 {
            self.line += 1;
            return Err(self.too_long());
        }
        Ok(())
    }
}

impl<R: Read + Send + 'static> Source for Names<R> {
    fn read_batch(&mut self, batch: &mut Vec<Bytes>) -> Result<bool> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let read = read_some(&mut self.reader, "standard input", &mut buffer);
        let result = match read {
            Ok(0) => {
                let last = std::mem::take(&mut self.partial);
                if last.is_empty() {
                    Ok(false)
                } else {
                    self.name(&last).map(|name| {
                        batch.extend(name.map(encode));
                        false
                    })
                }
            }
            Ok(len) => self
                .take(buffer.get(..len).unwrap_or_default(), batch)
                .map(|()| true),
            Err(error) => Err(error),
        };
        self.buffer = buffer;
        result
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Slowly;
    use super::*;

    fn read(
        input: &'static [u8],
        separator: Separator,
        chunk: usize,
    ) -> (Vec<String>, Option<String>) {
        let mut names = Names::new(Slowly(input, chunk), separator);
        let mut batch = Vec::new();
        let error = loop {
            match names.read_batch(&mut batch) {
                Ok(true) => {}
                Ok(false) => break None,
                Err(error) => break Some(error.to_string()),
            }
        };
        let names = batch
            .iter()
            .map(|message| String::from_utf8_lossy(first_field(message)).into_owned())
            .collect();
        (names, error)
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
    fn bad_utf8_names_its_line_and_loses_no_earlier_name() {
        let (names, error) = read(b"Alice\n\nB\xffb\nCarol\n", Separator::Line, 100);
        assert_eq!(names, ["Alice"]);
        assert_eq!(
            error.as_deref(),
            Some("standard input, line 3: not valid UTF-8 (byte 2)")
        );
    }

    #[test]
    fn a_name_of_64_kib_is_taken_and_a_longer_one_refused() {
        let line = |len: usize| -> &'static [u8] {
            let mut line = vec![b'x'; len];
            line.extend(b"\r\nBob\n");
            line.leak()
        };
        for chunk in [1000, 1 << 20] {
            let (names, error) = read(line(MAX_LEN), Separator::Line, chunk);
            assert_eq!((names.len(), error), (2, None));
            let (names, error) = read(line(MAX_LEN + 1), Separator::Line, chunk);
            assert!(names.is_empty());
            assert_eq!(
                error.as_deref(),
                Some("standard input, line 1: longer than 64 KiB")
            );
        }
    }

    #[test]
    fn a_line_without_end_is_refused_before_it_is_all_read() {
        let (_, error) = read(vec![b'x'; 10 * MAX_LEN].leak(), Separator::Line, 4096);
        assert!(error.is_some());
    }

    #[test]
    fn a_message_is_what_prost_would_have_encoded() {
        use prost::Message as _;
        for name in ["", "Bob", &"x".repeat(300)] {
            let expected = crate::proto::Name { name: name.into() }.encode_to_vec();
            assert_eq!(encode(name), expected);
            assert_eq!(first_field(&encode(name)), name.as_bytes());
        }
    }
}
