//! The messages of a method as JSON on the wire, by the transcoder that reads input and prints replies.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use prost_reflect::{DescriptorPool, MethodDescriptor};

use crate::error::{Error, Result};
use crate::framing::Transcoder;
use crate::protobuf::json::{self, ReadOptions, WriteOptions};
use crate::protobuf::{LayoutId, Layouts};

/// A peer may know more fields than this schema has, as in protobuf's own encoding.
const LENIENT: ReadOptions = ReadOptions {
    allow_unknown_fields: true,
    prefers_proto_names: false,
};

/// Writes and reads the messages of one method.
#[derive(Debug)]
pub struct JsonTranscoder {
    layouts: Mutex<Layouts>,
    request: LayoutId,
    reply: LayoutId,
}

impl JsonTranscoder {
    pub fn new(method: &MethodDescriptor) -> Self {
        let mut layouts = Layouts::new(method.parent_pool().clone());
        Self {
            request: layouts.compile(&method.input()),
            reply: layouts.compile(&method.output()),
            layouts: Mutex::new(layouts),
        }
    }

    /// The transcoder for a server's reflection. Its two versions have the same messages.
    ///
    /// # Errors
    /// When their schema is damaged.
    pub fn of_reflection() -> Result<Self> {
        let damaged = || Error::failed("the bundled schema of reflection is damaged");
        let pool = DescriptorPool::decode(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
            .map_err(|error| damaged().caused_by(error))?;
        let service = pool.get_service_by_name("grpc.reflection.v1.ServerReflection");
        let method = service.and_then(|service| service.methods().next());
        Ok(Self::new(&method.ok_or_else(damaged)?))
    }

    fn layouts(&self) -> MutexGuard<'_, Layouts> {
        self.layouts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn message(&self, message: LayoutId, form: &[u8]) -> std::result::Result<Vec<u8>, String> {
        let read = json::read(&mut self.layouts(), message, form, LENIENT);
        read.map_err(|error| error.to_string())
    }
}

impl Transcoder for JsonTranscoder {
    fn write(&self, message: &[u8]) -> std::result::Result<Vec<u8>, String> {
        let mut out = Vec::new();
        let options = WriteOptions::default();
        let layouts = &mut self.layouts();
        json::write(layouts, self.request, message, options, &mut out)
            .map_err(|error| error.to_string())?;
        Ok(out)
    }

    fn read_back(&self, form: &[u8]) -> std::result::Result<Vec<u8>, String> {
        self.message(self.request, form)
    }

    fn read(&self, form: &[u8]) -> std::result::Result<Bytes, String> {
        self.message(self.reply, form).map(Bytes::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::bundled_method;

    #[test]
    fn messages_are_json_and_come_back() {
        let transcoder = JsonTranscoder::new(&bundled_method("GetPerson").unwrap());
        let name = b"\x0a\x05Alice";
        let json = transcoder.write(name).unwrap();
        assert_eq!(json, br#"{"name":"Alice"}"#);
        assert_eq!(transcoder.read_back(&json).unwrap(), name);
        let reply = transcoder.read(br#"{"age":30,"height":1}"#).unwrap();
        assert_eq!(reply, &b"\x10\x1e"[..]);
        assert!(transcoder.read(b"[]").is_err());
    }

    #[test]
    fn reflection_is_known() {
        assert!(JsonTranscoder::of_reflection().is_ok());
    }
}
