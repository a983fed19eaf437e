//! The schema of RouteGuide, which is part of the program.

use std::sync::LazyLock;

use prost_reflect::{DescriptorError, DescriptorPool, MethodDescriptor};

use crate::error::{BoxError, Error, Result};
use crate::proto;
use crate::schema::build::file_set::decode;
use crate::schema::build::schema::Schema;

/// The full name of the service in `protos/route_guide.proto`.
pub const ROUTE_GUIDE: &str = "RouteGuide";

/// A method of the bundled RouteGuide service, by its simple name. It has no options.
pub fn bundled_method(name: &str) -> Result<MethodDescriptor> {
    method(&bundled_pool()?, ROUTE_GUIDE, name)
}

/// The same with its options, which cost more than all the rest of a short call.
pub fn bundled_method_with_options(name: &str) -> Result<MethodDescriptor> {
    let pool = DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET).map_err(damaged)?;
    method(&pool, ROUTE_GUIDE, name)
}

/// A method of the service for health checks, by its simple name.
pub fn health_method(name: &str) -> Result<MethodDescriptor> {
    let pool = DescriptorPool::decode(proto::health::FILE_DESCRIPTOR_SET).map_err(damaged)?;
    method(&pool, "grpc.health.v1.Health", name)
}

fn method(pool: &DescriptorPool, service: &str, name: &str) -> Result<MethodDescriptor> {
    pool.get_service_by_name(service)
        .and_then(|service| service.methods().find(|method| method.name() == name))
        .ok_or_else(|| Error::failed(format!("the bundled schema has no {service}/{name}")))
}

/// The bundled schema's descriptors without comments and options of methods: enough for calls, and faster to decode. They
/// are decoded once and never freed, which would be 2 % of the instructions of a short call.
pub fn bundled_pool() -> Result<DescriptorPool> {
    static BARE: LazyLock<std::result::Result<DescriptorPool, DescriptorError>> =
        LazyLock::new(|| DescriptorPool::decode(proto::BARE_FILE_DESCRIPTOR_SET));
    BARE.as_ref().cloned().map_err(damaged)
}

/// The bundled schema with its files and comments.
pub fn bundled() -> Result<Schema> {
    decode(proto::FILE_DESCRIPTOR_SET).map_err(damaged)
}

fn damaged(why: impl Into<BoxError>) -> Error {
    Error::failed("the bundled schema is damaged").caused_by(why)
}
