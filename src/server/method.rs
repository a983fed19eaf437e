//! The methods of this server. A path is looked up once for each call; what a method is follows from that.

/// A method that the server can have. Reflection may be off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    GetPerson,
    GetPeople,
    Check,
    List,
    Watch,
    ReflectionV1,
    ReflectionV1Alpha,
}

impl Method {
    pub const ALL: [Self; 7] = [
        Self::GetPerson,
        Self::GetPeople,
        Self::Check,
        Self::List,
        Self::Watch,
        Self::ReflectionV1,
        Self::ReflectionV1Alpha,
    ];

    /// The method of a request. The comparisons are of lengths first, and cost less than a hash.
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
        }
    }

    /// The path without the slash in front: `package.Service/Method`.
    pub fn full_name(self) -> &'static str {
        self.path().strip_prefix('/').unwrap_or_default()
    }

    /// The full names of the types of its requests and replies.
    pub fn types(self) -> (&'static str, &'static str) {
        match self {
            Self::GetPerson | Self::GetPeople => ("Name", "Person"),
            Self::Check | Self::Watch => (
                "grpc.health.v1.HealthCheckRequest",
                "grpc.health.v1.HealthCheckResponse",
            ),
            Self::List => (
                "grpc.health.v1.HealthListRequest",
                "grpc.health.v1.HealthListResponse",
            ),
            Self::ReflectionV1 => (
                "grpc.reflection.v1.ServerReflectionRequest",
                "grpc.reflection.v1.ServerReflectionResponse",
            ),
            Self::ReflectionV1Alpha => (
                "grpc.reflection.v1alpha.ServerReflectionRequest",
                "grpc.reflection.v1alpha.ServerReflectionResponse",
            ),
        }
    }

    /// Whether it is one request and one reply, which is known at once.
    pub fn is_immediate(self) -> bool {
        matches!(self, Self::GetPerson | Self::Check | Self::List)
    }

    /// Whether its schema says that it has no side effects, so that Connect may call it by GET.
    pub fn has_no_side_effects(self) -> bool {
        self == Self::GetPerson
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost_reflect::DescriptorPool;
    use prost_reflect::prost_types::MethodOptions;
    use prost_reflect::prost_types::method_options::IdempotencyLevel;

    #[test]
    fn every_method_of_the_services_is_known_with_its_kind() {
        let mut pool = DescriptorPool::new();
        for set in [
            crate::proto::FILE_DESCRIPTOR_SET,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ] {
            pool.decode_file_descriptor_set(set).expect("a schema");
        }
        for method in pool.services().flat_map(|service| {
            let methods: Vec<_> = service.methods().collect();
            methods
        }) {
            let service = method.parent_service().full_name().to_owned();
            let name = format!("{service}/{}", method.name());
            let known = Method::of(&format!("/{name}")).expect(&name);
            let kind = match (method.is_client_streaming(), method.is_server_streaming()) {
                (false, false) => "unary",
                (false, true) => "server_stream",
                (true, false) => "client_stream",
                (true, true) => "bidi_stream",
            };
            assert_eq!((known.kind(), known.full_name()), (kind, &*name));
            let types = (method.input(), method.output());
            assert_eq!(known.types(), (types.0.full_name(), types.1.full_name()));
            let options = method.method_descriptor_proto().options.as_ref();
            let level = options.map(MethodOptions::idempotency_level);
            let has_none = level == Some(IdempotencyLevel::NoSideEffects);
            assert_eq!(known.has_no_side_effects(), has_none, "{name}");
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
