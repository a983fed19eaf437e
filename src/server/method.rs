//! The methods of this server. A path is looked up once for each call; what a method is follows from that.

use std::fmt;

use prost_reflect::{DescriptorPool, MethodDescriptor};

use crate::proto::{BARE_FILE_DESCRIPTOR_SET, health};
use crate::schema::descriptor::method::has_no_side_effects;

/// A method that the server can have. Reflection may be off.
#[derive(Clone, Copy, Debug)]
pub enum Method {
    GetPerson,
    GetPeople,
    Check,
    List,
    Watch,
    ReflectionV1,
    ReflectionV1Alpha,
    Other(&'static Other),
}

/// A method beside the server's own, which lives as long as the program.
pub struct Other {
    path: String,
    descriptor: MethodDescriptor,
}

impl Other {
    pub fn new(descriptor: MethodDescriptor) -> Self {
        let service = descriptor.parent_service();
        Self {
            path: format!("/{}/{}", service.full_name(), descriptor.name()),
            descriptor,
        }
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn descriptor(&self) -> &MethodDescriptor {
        &self.descriptor
    }
}

impl fmt::Debug for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

impl PartialEq for Method {
    fn eq(&self, other: &Self) -> bool {
        self.path() == other.path()
    }
}

impl Eq for Method {}

impl Method {
    /// Those of the server itself.
    pub const ALL: [Self; 7] = [
        Self::GetPerson,
        Self::GetPeople,
        Self::Check,
        Self::List,
        Self::Watch,
        Self::ReflectionV1,
        Self::ReflectionV1Alpha,
    ];

    /// Its place in [`Method::ALL`]; `None` of another one.
    pub fn index(self) -> Option<usize> {
        Some(match self {
            Self::GetPerson => 0,
            Self::GetPeople => 1,
            Self::Check => 2,
            Self::List => 3,
            Self::Watch => 4,
            Self::ReflectionV1 => 5,
            Self::ReflectionV1Alpha => 6,
            Self::Other(_) => return None,
        })
    }

    /// The server's own method with a path. The comparisons are of lengths first, and cost less than a hash.
    pub fn of(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.path() == path)
    }

    pub fn path(self) -> &'static str {
        match self {
            Self::GetPerson => "/RouteGuide/GetPerson",
            Self::GetPeople => "/RouteGuide/GetPeople",
            Self::Check => "/grpc.health.v1.Health/Check",
            Self::List => "/grpc.health.v1.Health/List",
            Self::Watch => "/grpc.health.v1.Health/Watch",
            Self::ReflectionV1 => "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            Self::ReflectionV1Alpha => {
                "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
            }
            Self::Other(other) => &other.path,
        }
    }

    /// The path without the slash in front: `package.Service/Method`.
    pub fn full_name(self) -> &'static str {
        self.path().strip_prefix('/').unwrap_or_default()
    }

    /// Whether it is one request and one reply.
    pub fn is_unary(self) -> bool {
        self.kind() == "unary"
    }

    /// Whether its schema says that it has no side effects, so that Connect may call it by GET.
    pub fn has_no_side_effects(self) -> bool {
        match self {
            Self::GetPerson => true,
            Self::Other(other) => has_no_side_effects(&other.descriptor),
            _ => false,
        }
    }

    pub fn is_reflection(self) -> bool {
        matches!(self, Self::ReflectionV1 | Self::ReflectionV1Alpha)
    }

    /// Whether it may wait for as long as its client wants.
    pub fn may_idle(self) -> bool {
        self == Self::Watch
    }

    /// Its kind, as go-grpc-middleware names it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::GetPerson | Self::Check | Self::List => "unary",
            Self::Watch => "server_stream",
            Self::GetPeople | Self::ReflectionV1 | Self::ReflectionV1Alpha => "bidi_stream",
            Self::Other(other) => kind(&other.descriptor),
        }
    }

    /// Its descriptor, which is decoded for that. `None` only if those that are compiled into the program are invalid.
    pub fn descriptor(self) -> Option<MethodDescriptor> {
        let set = match self {
            Self::GetPerson | Self::GetPeople => BARE_FILE_DESCRIPTOR_SET,
            Self::Check | Self::List | Self::Watch => health::FILE_DESCRIPTOR_SET,
            Self::ReflectionV1 => tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            Self::ReflectionV1Alpha => tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
            Self::Other(other) => return Some(other.descriptor.clone()),
        };
        let (service, name) = self.full_name().split_once('/')?;
        let service = DescriptorPool::decode(set)
            .ok()?
            .get_service_by_name(service)?;
        service.methods().find(|method| method.name() == name)
    }
}

fn kind(method: &MethodDescriptor) -> &'static str {
    match (method.is_client_streaming(), method.is_server_streaming()) {
        (false, false) => "unary",
        (false, true) => "server_stream",
        (true, false) => "client_stream",
        (true, true) => "bidi_stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::bundled_method_with_options;

    #[test]
    fn every_method_of_the_services_is_known_with_its_kind() {
        for method in Method::ALL {
            let descriptor = method.descriptor().expect("a descriptor");
            assert_eq!(method.kind(), kind(&descriptor));
            // That of RouteGuide comes without its options.
            let with_options = bundled_method_with_options(descriptor.name());
            let has_none = has_no_side_effects(&with_options.unwrap_or(descriptor.clone()));
            assert_eq!(method.has_no_side_effects(), has_none, "{method:?}");
            for other in descriptor.parent_service().methods() {
                let service = other.parent_service().full_name().to_owned();
                let path = format!("/{service}/{}", other.name());
                assert!(Method::of(&path).is_some(), "{path}");
            }
        }
    }

    #[test]
    fn every_method_has_its_index() {
        for (index, method) in Method::ALL.into_iter().enumerate() {
            assert_eq!(method.index(), Some(index));
        }
    }

    #[test]
    fn nothing_else_is_a_method() {
        for path in [
            "/RouteGuide/Getperson",
            "RouteGuide/GetPerson",
            "/",
            "",
            "*",
        ] {
            assert_eq!(Method::of(path), None, "{path}");
        }
    }
}
