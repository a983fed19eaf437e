//! The schema of RouteGuide, which is part of the program.

use prost_reflect::{DescriptorPool, MethodDescriptor};

use crate::error::{Error, Result};
use crate::proto;
use crate::schema::build::file_set::decode;
use crate::schema::build::schema::Schema;

/// The full name of the service in `protos/route_guide.proto`.
pub const ROUTE_GUIDE: &str = "RouteGuide";

/// A method of the bundled RouteGuide service, by its simple name. It has no options.
pub fn bundled_method(name: &str) -> Result<MethodDescriptor> {
    method(&bundled_pool()?, name)
}

/// The same with its options, which cost more than all the rest of a short call.
pub fn bundled_method_with_options(name: &str) -> Result<MethodDescriptor> {
    let pool = DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET)
        .map_err(|error| Error::failed("the bundled schema is damaged").caused_by(error))?;
    method(&pool, name)
}

fn method(pool: &DescriptorPool, name: &str) -> Result<MethodDescriptor> {
    pool.get_service_by_name(ROUTE_GUIDE)
        .and_then(|service| service.methods().find(|method| method.name() == name))
        .ok_or_else(|| Error::failed(format!("the bundled schema has no {ROUTE_GUIDE}/{name}")))
}

/// A method of the service for health checks, by its simple name.
pub fn health_method(name: &str) -> Result<MethodDescriptor> {
    let pool = DescriptorPool::decode(proto::health::FILE_DESCRIPTOR_SET).map_err(|error| {
        Error::failed("the bundled schema of health checks is damaged").caused_by(error)
    })?;
    pool.get_service_by_name("grpc.health.v1.Health")
        .and_then(|service| service.methods().find(|method| method.name() == name))
        .ok_or_else(|| Error::failed(format!("the bundled schema has no Health/{name}")))
}

/// The bundled schema's descriptors without comments and options of methods: enough for calls, and faster to decode.
pub fn bundled_pool() -> Result<DescriptorPool> {
    DescriptorPool::decode(proto::BARE_FILE_DESCRIPTOR_SET)
        .map_err(|error| Error::failed("the bundled schema is damaged").caused_by(error))
}

/// The bundled schema with its files and comments.
pub fn bundled() -> Result<Schema> {
    decode(proto::FILE_DESCRIPTOR_SET)
        .map_err(|error| Error::failed("the bundled schema is damaged").caused_by(error))
}
