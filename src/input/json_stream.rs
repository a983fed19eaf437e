//! JSON values one after the other → messages, in batches of whatever one read of input brings. Values are
//! concatenated or on lines of their own, and each is sent as soon as it is complete.

use std::io::Read;

use bytes::Bytes;

use super::{Source, read_some};
use crate::error::{Error, Result};
use crate::protobuf::Place;
use crate::protobuf::json::read::{self as json, Options};
use crate::protobuf::layout::{LayoutId, Layouts};

/// What one read takes at the most.
const READ_SIZE: usize = 64 * 1024;

/// The longest JSON text of one message: a value without end must not grow memory without end.
const MAX_LEN: usize = 64 << 20;

/// Reads messages of one type as JSON.
pub struct JsonMessages<R> {
    reader: R,
    /// The input as errors name it.
    name: String,
    layouts: Layouts,
    message: LayoutId,
    options: Options,
    /// Input from the start of the value that is not complete yet.
    pending: Vec<u8>,
    splitter: Splitter,
    /// Of the first byte of `pending`.
    place: Place,
}

impl<R: Read> JsonMessages<R> {
    pub fn new(
        reader: R,
        name: impl Into<String>,
        layouts: Layouts,
        message: LayoutId,
        options: Options,
    ) -> Self {
        Self {
            reader,
            name: name.into(),
            layouts,
            message,
            options,
            pending: Vec::new(),
            splitter: Splitter::default(),
            place: Place::START,
        }
    }

    /// Encodes the values that are complete; `last`: nothing more will come.
    fn take_values(&mut self, last: bool, batch: &mut Vec<Bytes>) -> Result<()> {
        let pending = std::mem::take(&mut self.pending);
        let mut rest = pending.as_slice();
        let mut encoded = Vec::new();
        let mut ends = Vec::new();
        let mut result = Ok(());
        loop {
            let (value, tail) = match self.splitter.next_end(rest) {
                Some(end) => rest.split_at(end),
                None if last && !rest.trim_ascii().is_empty() => (rest, &[][..]),
                None => break,
            };
            let parsed = json::parse_into(
                &mut self.layouts,
                self.message,
                value,
                self.options,
                &mut encoded,
            );
            if let Err(bad) = parsed {
                result = Err(self.place.error(&self.name, bad));
                break;
            }
            ends.push(encoded.len());
            self.place = self.place.after(value);
            self.splitter = Splitter::default();
            rest = tail;
        }
        // One allocation a batch: every message is a slice of it.
        let encoded = Bytes::from(encoded);
        let mut start = 0;
        for end in ends {
            batch.push(encoded.slice(start..end));
            start = end;
        }
        self.pending = if rest.len() == pending.len() {
            pending
        } else {
            rest.to_vec()
        };
        result
    }
}

impl<R: Read + Send + 'static> Source for JsonMessages<R> {
    fn read_batch(&mut self, batch: &mut Vec<Bytes>) -> Result<bool> {
        let before = self.pending.len();
        self.pending.resize(before + READ_SIZE, 0);
        let room = self.pending.get_mut(before..).unwrap_or_default();
        let len = read_some(&mut self.reader, &self.name, room)?;
        self.pending.truncate(before + len);
        self.take_values(len == 0, batch)?;
        if self.pending.len() > MAX_LEN {
            let why = format!(
                "{}, line {}: a message of more than 64 MiB",
                self.name, self.place.line
            );
            return Err(Error::failed(why));
        }
        Ok(len > 0)
    }
}

/// Finds where a value ends without understanding it, and goes on where it stopped when more input comes.
#[derive(Default)]
struct Splitter {
    scanned: usize,
    depth: usize,
    bare: bool,
    in_string: bool,
    escaped: bool,
}

impl Splitter {
    /// The end of the first value in `text`, which starts with what it started with before.
    fn next_end(&mut self, text: &[u8]) -> Option<usize> {
        while let Some(&byte) = text.get(self.scanned) {
            if self.in_string {
                if self.escaped {
                    self.escaped = false;
                } else if byte == b'\\' {
                    self.escaped = true;
                } else if byte == b'"' {
                    self.in_string = false;
                    if self.depth == 0 {
                        return Some(self.scanned + 1);
                    }
                } else {
                    let rest = text.get(self.scanned..).unwrap_or_default();
                    let plain = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
                    self.scanned += plain;
                    continue;
                }
                self.scanned += 1;
                continue;
            }
            let delimits = matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b'{' | b'[' | b'"');
            if self.bare && delimits {
                return Some(self.scanned);
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(self.scanned + 1);
                    }
                }
                b' ' | b'\n' | b'\r' | b'\t' => {}
                _ => self.bare = self.depth == 0,
            }
            self.scanned += 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &'static [u8], chunk: usize) -> (Vec<String>, Option<String>) {
        let mut layouts = Layouts::new(crate::schema::bundled_pool().unwrap());
        let name = layouts.find("Name").unwrap();
        let reader = super::super::testing::Slowly(input, chunk);
        let mut messages = JsonMessages::new(reader, "-d", layouts, name, Options::default());
        let mut batch = Vec::new();
        let error = loop {
            match messages.read_batch(&mut batch) {
                Ok(true) => {}
                Ok(false) => break None,
                Err(error) => break Some(error.to_string()),
            }
        };
        let names = batch
            .iter()
            .map(|message| {
                String::from_utf8_lossy(crate::input::names::first_field(message)).into_owned()
            })
            .collect();
        (names, error)
    }

    #[test]
    fn values_are_concatenated_or_on_lines_however_they_arrive() {
        let input = br#"{"name":"A}\"{"}{"name": "B"}
            {
              "name": "C"
            }   {} "#;
        for chunk in 1..input.len() {
            let (names, error) = read(input, chunk);
            assert_eq!(names, ["A}\"{", "B", "C", ""]);
            assert_eq!(error, None);
        }
    }

    #[test]
    fn a_mistake_is_told_with_its_place_and_loses_no_earlier_message() {
        let input = b"{\"name\":\"A\"}\n{\"name\":\n  5}\n{\"name\":\"C\"}";
        for chunk in [1, 7, 1000] {
            let (names, error) = read(input, chunk);
            assert_eq!(names, ["A"]);
            assert_eq!(
                error.as_deref(),
                Some("-d, line 3, column 3, field name: expected string, found number 5")
            );
        }
    }

    #[test]
    fn input_that_stops_within_a_value_is_a_mistake() {
        let (names, error) = read(b"{} {\"name\": \"B\"", 1000);
        assert_eq!(names, [""]);
        let error = error.unwrap();
        assert!(
            error.contains("line 1, column 16: the JSON ends"),
            "{error}"
        );
    }

    #[test]
    fn garbage_is_a_mistake_and_not_a_wait() {
        for input in [&b"} {}"[..], b"nonsense", b"5", b"\"A\"", b"[1]"] {
            let (names, error) = read(input, 1000);
            assert!(names.is_empty());
            assert!(error.is_some_and(|error| error.starts_with("-d, line 1, column 1")));
        }
    }
}
