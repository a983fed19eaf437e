//! Messages as JSON, by the transcoder that the rest of the program has.

use std::sync::{Arc, OnceLock};

use tonic::Status;

use crate::framing::Transcoder;
use crate::protobuf::JsonTranscoder;
use crate::server::method::Method;

/// The transcoders of the methods, each made when it is needed. Every thread has its own, so that none waits for another.
#[derive(Debug, Default)]
pub struct Json([OnceLock<Arc<JsonTranscoder>>; Method::ALL.len()]);

impl Json {
    /// That of a method.
    ///
    /// # Errors
    /// Only if the descriptors that are compiled into the program are invalid.
    pub fn of(&self, method: Method) -> Result<Arc<dyn Transcoder>, Status> {
        let made = || {
            let descriptor = method.descriptor();
            descriptor.map(|descriptor| Arc::new(JsonTranscoder::for_server(&descriptor)))
        };
        let transcoder = match method.index().and_then(|index| self.0.get(index)) {
            Some(kept) => match kept.get() {
                Some(transcoder) => Some(Arc::clone(transcoder)),
                None => made().map(|made| Arc::clone(kept.get_or_init(|| made))),
            },
            None => made(),
        };
        let transcoder = transcoder.ok_or_else(|| Status::internal("the method has no schema"))?;
        Ok(transcoder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_a_transcoder_which_is_made_once() {
        let json = Json::default();
        for method in Method::ALL {
            let transcoder = json.of(method).unwrap();
            assert!(transcoder.read(b"{}").is_ok(), "{method:?}");
            assert!(Arc::ptr_eq(&transcoder, &json.of(method).unwrap()));
        }
    }
}
