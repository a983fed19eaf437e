//! A method as a call needs it: its path, its kind, and how its messages are written.

use std::sync::Arc;

use http::uri::PathAndQuery;
use prost_reflect::MethodDescriptor;

use crate::call::Manner;
use crate::error::{Error, Result};
use crate::framing::Transcoder;
use crate::protobuf::JsonTranscoder;
use crate::protocol::{Codec, Wire};
use crate::schema::descriptor::method::has_no_side_effects;

/// What a call needs to know about its method.
#[derive(Clone, Debug)]
pub struct Method {
    /// With the path that services are below.
    pub path: PathAndQuery,
    /// The method takes one request, not a stream.
    pub single_request: bool,
    /// The method has one reply, not a stream.
    pub single_reply: bool,
    pub wire: Wire,
    /// The request is in the URL.
    pub is_get: bool,
    /// `None` if messages are sent as they are.
    pub transcoder: Option<Arc<dyn Transcoder>>,
}

impl Method {
    /// # Errors
    /// When the names in the descriptor cannot form a path, and when it cannot be called in this manner.
    pub fn new(descriptor: &MethodDescriptor, manner: &Manner) -> Result<Self> {
        let service = descriptor.parent_service();
        let path = format!("/{}/{}", service.full_name(), descriptor.name());
        let path = PathAndQuery::try_from(path).map_err(|error| {
            Error::failed(format!("cannot call {:?}", descriptor.full_name())).caused_by(error)
        })?;
        let single_request = !descriptor.is_client_streaming();
        let single_reply = !descriptor.is_server_streaming();
        if manner.uses_get {
            check_get(descriptor)?;
        }
        Ok(Self {
            path: manner.path(&path),
            single_request,
            single_reply,
            wire: manner.wire(single_request && single_reply),
            is_get: manner.uses_get,
            transcoder: match manner.codec {
                Codec::Proto => None,
                Codec::Json => Some(Arc::new(JsonTranscoder::for_client(descriptor))),
            },
        })
    }

    /// Whether both sides are streams.
    pub fn is_bidirectional(&self) -> bool {
        !self.single_request && !self.single_reply
    }
}

/// Whether the request may be in a URL.
fn check_get(descriptor: &MethodDescriptor) -> Result<()> {
    let name = descriptor.full_name();
    if descriptor.is_client_streaming() || descriptor.is_server_streaming() {
        return Err(Error::usage(format!(
            "--get is for methods with one request and one reply, and {name} has a stream"
        )));
    }
    if has_no_side_effects(descriptor) {
        return Ok(());
    }
    Err(Error::usage(format!(
        "--get is for methods without side effects, and the schema does not say that {name} has none"
    ))
    .hinted("it would have the option idempotency_level = NO_SIDE_EFFECTS"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{bundled_method, bundled_method_with_options};

    fn manner(uses_get: bool) -> Manner {
        Manner::new(Wire::ConnectStream, Codec::Proto, uses_get)
    }

    #[test]
    fn only_a_unary_method_without_side_effects_is_called_by_a_url() {
        let person = bundled_method_with_options("GetPerson").unwrap();
        assert!(Method::new(&person, &manner(true)).unwrap().is_get);
        let people = bundled_method("GetPeople").unwrap();
        assert!(Method::new(&people, &manner(true)).is_err());
        let set = crate::proto::health::FILE_DESCRIPTOR_SET;
        let pool = prost_reflect::DescriptorPool::decode(set).unwrap();
        let health = pool.get_service_by_name("grpc.health.v1.Health").unwrap();
        let check = health.methods().next().unwrap();
        let error = Method::new(&check, &manner(true)).unwrap_err().to_string();
        assert!(error.contains("does not say"), "{error}");
    }

    #[test]
    fn in_connect_a_unary_method_has_another_form() {
        let wire = |name| {
            let method = bundled_method(name).unwrap();
            Method::new(&method, &manner(false)).unwrap().wire
        };
        assert_eq!(wire("GetPerson"), Wire::ConnectUnary);
        assert_eq!(wire("GetPeople"), Wire::ConnectStream);
    }
}
