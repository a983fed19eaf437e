//! The messages of a method as JSON on the wire, by the transcoder that reads input and prints replies.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use prost_reflect::{MessageDescriptor, MethodDescriptor};

use super::json::{self, ReadOptions, WriteOptions};
use super::{LayoutId, Layouts};
use crate::framing::Transcoder;

/// A peer may know more fields than this schema has, as in protobuf's own encoding.
const LENIENT: ReadOptions = ReadOptions {
    allow_unknown_fields: true,
    prefers_proto_names: false,
};

/// Writes and reads the messages of one method. Layouts change as they are used, so calls on several threads wait for each
/// other.
#[derive(Debug)]
pub struct JsonTranscoder {
    layouts: Mutex<Layouts>,
    written: LayoutId,
    read: LayoutId,
}

impl JsonTranscoder {
    /// For the client of a method: writes requests, and reads replies.
    pub fn for_client(method: &MethodDescriptor) -> Self {
        Self::new(&method.input(), &method.output())
    }

    /// For the server of a method: writes replies, and reads requests.
    pub fn for_server(method: &MethodDescriptor) -> Self {
        Self::new(&method.output(), &method.input())
    }

    fn new(written: &MessageDescriptor, read: &MessageDescriptor) -> Self {
        let mut layouts = Layouts::new(written.parent_pool().clone());
        Self {
            written: layouts.compile(written),
            read: layouts.compile(read),
            layouts: Mutex::new(layouts),
        }
    }

    fn layouts(&self) -> MutexGuard<'_, Layouts> {
        self.layouts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn message(&self, message: LayoutId, form: &[u8]) -> Result<Vec<u8>, String> {
        let read = json::read(&mut self.layouts(), message, form, LENIENT);
        read.map_err(|error| error.to_string())
    }
}

impl Transcoder for JsonTranscoder {
    fn write(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let mut out = Vec::with_capacity(2 * message.len());
        let options = WriteOptions::default();
        let layouts = &mut self.layouts();
        json::write(layouts, self.written, message, options, &mut out)
            .map_err(|error| error.to_string())?;
        Ok(out)
    }

    fn read_back(&self, form: &[u8]) -> Result<Vec<u8>, String> {
        self.message(self.written, form)
    }

    fn read(&self, form: &[u8]) -> Result<Bytes, String> {
        self.message(self.read, form).map(Bytes::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::bundled_method;

    const NAME: &[u8] = b"\x0a\x05Alice";
    const PERSON: &[u8] = b"\x10\x1e";

    #[test]
    fn requests_are_json_and_come_back() {
        let method = bundled_method("GetPerson").unwrap();
        let client = JsonTranscoder::for_client(&method);
        let json = client.write(NAME).unwrap();
        assert_eq!(json, br#"{"name":"Alice"}"#);
        assert_eq!(client.read_back(&json).unwrap(), NAME);
        assert_eq!(
            JsonTranscoder::for_server(&method).read(&json).unwrap(),
            NAME
        );
    }

    #[test]
    fn replies_are_json_and_come_back() {
        let method = bundled_method("GetPerson").unwrap();
        let server = JsonTranscoder::for_server(&method);
        let json = server.write(PERSON).unwrap();
        assert_eq!(json, br#"{"age":30}"#);
        assert_eq!(server.read_back(&json).unwrap(), PERSON);
        assert_eq!(
            JsonTranscoder::for_client(&method).read(&json).unwrap(),
            PERSON
        );
    }

    #[test]
    fn fields_that_are_not_known_are_skipped_and_other_json_is_an_error() {
        let method = bundled_method("GetPerson").unwrap();
        let client = JsonTranscoder::for_client(&method);
        let reply = client.read(br#"{"age":30,"height":1}"#).unwrap();
        assert_eq!(reply, PERSON);
        assert!(client.read(b"[]").is_err());
    }
}
