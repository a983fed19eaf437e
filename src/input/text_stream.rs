//! Messages in the text format, one after the other → messages, in batches of whatever one read of input brings. The
//! format itself has no end of a message: the ASCII record separator stands between two, as grpcurl has it.

use std::io::Read;

use bytes::Bytes;

use super::{Source, read_some};
use crate::error::{Error, Result};
use crate::protobuf::layout::{LayoutId, Layouts};
use crate::protobuf::text::read as text;
use crate::protobuf::{Bad, Place};

/// ASCII's record separator. A string that has it has it escaped, `\036`.
const SEPARATOR: u8 = 0x1e;

/// What one read takes at the most.
const READ_SIZE: usize = 64 * 1024;

/// Reads messages of one type as text. Nothing between two separators is a message without fields; nothing after the
/// last one is no message, so that whoever waits for an answer can end a message before the next one begins.
pub struct TextMessages<R> {
    reader: R,
    /// The input as errors name it.
    name: String,
    layouts: Layouts,
    message: LayoutId,
    /// The longest text of one message: one without end must not grow memory without end.
    max_len: usize,
    /// Input from the start of the message that is not complete yet.
    pending: Vec<u8>,
    /// Of the first byte of `pending`.
    place: Place,
}

impl<R: Read> TextMessages<R> {
    /// `max_len` is in bytes of text.
    pub fn new(
        reader: R,
        name: impl Into<String>,
        layouts: Layouts,
        message: LayoutId,
        max_len: usize,
    ) -> Self {
        Self {
            reader,
            name: name.into(),
            layouts,
            message,
            max_len,
            pending: Vec::new(),
            place: Place::START,
        }
    }

    /// Encodes the messages that have ended; the first `searched` bytes have no separator.
    fn take_messages(&mut self, searched: usize, batch: &mut Vec<Bytes>) -> Result<()> {
        let mut pending = std::mem::take(&mut self.pending);
        let (mut start, mut from) = (0, searched);
        while let Some(len) = memchr::memchr(SEPARATOR, pending.get(from..).unwrap_or_default()) {
            let end = from + len;
            let message = pending.get(start..end).unwrap_or_default();
            batch.push(self.encode(message)?);
            self.place = self.place.after(message).after(&[SEPARATOR]);
            start = end + 1;
            from = start;
        }
        pending.drain(..start);
        if pending.len() > self.max_len {
            return Err(self.too_long());
        }
        self.pending = pending;
        Ok(())
    }

    fn encode(&mut self, message: &[u8]) -> Result<Bytes> {
        if message.len() > self.max_len {
            return Err(self.too_long());
        }
        let encoded = match std::str::from_utf8(message) {
            Ok(text) => text::parse(&mut self.layouts, self.message, text),
            Err(error) => {
                let at = error.valid_up_to();
                Err(Bad::at(message, at, String::new(), "not valid UTF-8"))
            }
        };
        encoded
            .map(Bytes::from)
            .map_err(|bad| self.place.error(&self.name, bad))
    }

    fn too_long(&self) -> Error {
        Error::failed(format!(
            "{}, line {}: a message of more than {} bytes",
            self.name, self.place.line, self.max_len
        ))
        .hinted("messages in the text format are separated by the character 0x1e, printf's \\036")
    }
}

impl<R: Read + Send + 'static> Source for TextMessages<R> {
    fn read_batch(&mut self, batch: &mut Vec<Bytes>) -> Result<bool> {
        let before = self.pending.len();
        self.pending.resize(before + READ_SIZE, 0);
        let room = self.pending.get_mut(before..).unwrap_or_default();
        let len = read_some(&mut self.reader, &self.name, room)?;
        self.pending.truncate(before + len);
        if len > 0 {
            self.take_messages(before, batch)?;
            return Ok(true);
        }
        let last = std::mem::take(&mut self.pending);
        if !last.trim_ascii().is_empty() {
            batch.push(self.encode(&last)?);
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::super::names::first_field;
    use super::super::testing::Slowly;
    use super::*;

    fn read(input: &'static [u8], chunk: usize) -> (Vec<String>, Option<String>) {
        let mut layouts = Layouts::new(crate::schema::bundled_pool().unwrap());
        let name = layouts.find("Name").unwrap();
        let reader = Slowly(input, chunk);
        let mut messages = TextMessages::new(reader, "standard input", layouts, name, 32);
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
            .map(|message| String::from_utf8_lossy(first_field(message)).into_owned())
            .collect();
        (names, error)
    }

    #[test]
    fn messages_are_what_is_between_separators_however_they_arrive() {
        for chunk in [1, 2, 7, 1000] {
            assert_eq!(
                read(b"name: 'A'\n\x1e\nname: \"B\\036\" \x1ename: 'C'", chunk),
                (vec!["A".into(), "B\x1e".into(), "C".into()], None)
            );
        }
    }

    #[test]
    fn nothing_is_a_message_between_separators_and_none_after_the_last() {
        for (input, messages) in [
            (&b""[..], 0),
            (b" \n", 0),
            (b"\x1e", 1),
            (b"\x1e \x1e\n", 2),
        ] {
            for chunk in [1, 1000] {
                assert_eq!(read(input, chunk), (vec![String::new(); messages], None));
            }
        }
    }

    #[test]
    fn a_message_is_there_before_the_next_one_is() {
        let mut layouts = Layouts::new(crate::schema::bundled_pool().unwrap());
        let name = layouts.find("Name").unwrap();
        let reader = Slowly(b"name: 'A'\x1ename", 10);
        let mut messages = TextMessages::new(reader, "-", layouts, name, 32);
        let mut batch = Vec::new();
        assert!(messages.read_batch(&mut batch).unwrap());
        assert_eq!(batch, [&b"\x0a\x01A"[..]]);
    }

    #[test]
    fn a_mistake_is_told_with_its_place_in_the_whole_input_and_loses_no_earlier_message() {
        for chunk in [1, 7, 1000] {
            assert_eq!(
                read(b"name: 'A'\n\x1ename:\n  5\x1ename: 'C'", chunk),
                (
                    vec!["A".into()],
                    Some(
                        "standard input, line 3, column 3, field name: expected a string in quotes, found \"5\""
                            .into()
                    )
                )
            );
            assert_eq!(
                read("name: 'é'\x1enaem: 1".as_bytes(), chunk),
                (
                    vec!["é".into()],
                    Some("standard input, line 1, column 11: Name has no field \"naem\"".into())
                )
            );
        }
    }

    #[test]
    fn bad_utf8_is_told_with_its_place() {
        assert_eq!(
            read(b"name: 'A'\x1e\nname: '\xff'", 1000),
            (
                vec!["A".into()],
                Some("standard input, line 2, column 8: not valid UTF-8".into())
            )
        );
    }

    #[test]
    fn a_message_without_end_is_refused_before_it_is_all_read() {
        let long = vec![b' '; 10 * READ_SIZE].leak();
        for chunk in [8, 1 << 20] {
            let (messages, error) = read(long, chunk);
            assert!(messages.is_empty());
            assert_eq!(
                error.as_deref(),
                Some("standard input, line 1: a message of more than 32 bytes")
            );
        }
        let (messages, error) = read(b"name: 'A'\x1ename: '0123456789012345678901234'", 1000);
        assert_eq!(messages, ["A"]);
        assert!(error.is_some());
    }
}
