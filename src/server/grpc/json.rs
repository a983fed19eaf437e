//! Messages as JSON, by the transcoder that the rest of the program has.

use std::cell::RefCell;

use bytes::Bytes;
use prost_reflect::{DescriptorError, DescriptorPool};

use crate::framing::Transcoder;
use crate::proto::{BARE_FILE_DESCRIPTOR_SET, health};
use crate::protobuf::json::{self, ReadOptions, WriteOptions};
use crate::protobuf::{LayoutId, Layouts};
use crate::server::method::Method;

thread_local! {
    /// Compiled descriptors, which change as they are used: each thread has its own.
    static LAYOUTS: RefCell<Option<Layouts>> = const { RefCell::new(None) };
}

/// The messages of a method as JSON.
#[derive(Debug)]
pub struct Json(pub Method);

impl Transcoder for Json {
    fn write(&self, reply: &[u8]) -> Result<Vec<u8>, String> {
        with_layouts(self.0, |layouts, (_, reply_type)| {
            let mut out = Vec::with_capacity(2 * reply.len());
            json::write(
                layouts,
                reply_type,
                reply,
                WriteOptions::default(),
                &mut out,
            )
            .map_err(|error| error.to_string())?;
            Ok(out)
        })
    }

    fn read_back(&self, reply: &[u8]) -> Result<Vec<u8>, String> {
        with_layouts(self.0, |layouts, (_, reply_type)| {
            json::read(layouts, reply_type, reply, OPTIONS).map_err(|error| error.to_string())
        })
    }

    fn read(&self, request: &[u8]) -> Result<Bytes, String> {
        with_layouts(self.0, |layouts, (request_type, _)| {
            json::read(layouts, request_type, request, OPTIONS)
                .map(Bytes::from)
                .map_err(|error| format!("the request is not valid JSON of its type: {error}"))
        })
    }
}

/// As other servers: a client may have a newer schema.
const OPTIONS: ReadOptions = ReadOptions {
    allow_unknown_fields: true,
    prefers_proto_names: false,
};

/// Of all services.
fn all_layouts() -> Result<Layouts, DescriptorError> {
    let mut layouts = Layouts::new(DescriptorPool::decode(BARE_FILE_DESCRIPTOR_SET)?);
    for set in [
        health::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ] {
        layouts.learn(DescriptorPool::decode(set)?);
    }
    Ok(layouts)
}

/// With the layouts of this thread, and those of the requests and replies of a method.
fn with_layouts<T>(
    method: Method,
    use_them: impl FnOnce(&mut Layouts, (LayoutId, LayoutId)) -> Result<T, String>,
) -> Result<T, String> {
    LAYOUTS.with_borrow_mut(|kept| {
        if kept.is_none() {
            *kept = Some(all_layouts().map_err(|error| error.to_string())?);
        }
        let layouts = kept.as_mut().ok_or("there is no schema")?;
        let (request, reply) = method.types();
        let request = layouts
            .find(request)
            .ok_or("the schema has no such request")?;
        let reply = layouts.find(reply).ok_or("the schema has no such reply")?;
        use_them(layouts, (request, reply))
    })
}
