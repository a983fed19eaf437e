//! The methods that are counted by name. All others are one, so that clients cannot make series.

/// A method of this server. `List` of health is not in every release of the descriptors.
struct Method {
    path: &'static str,
    kind: &'static str,
}

const METHODS: [Method; 7] = [
    unary("/RouteGuide/GetPerson"),
    bidi("/RouteGuide/GetPeople"),
    unary("/grpc.health.v1.Health/Check"),
    Method {
        path: "/grpc.health.v1.Health/Watch",
        kind: "server_stream",
    },
    unary("/grpc.health.v1.Health/List"),
    bidi("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"),
    bidi("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"),
];

const fn unary(path: &'static str) -> Method {
    Method {
        path,
        kind: "unary",
    }
}

const fn bidi(path: &'static str) -> Method {
    Method {
        path,
        kind: "bidi_stream",
    }
}

/// The number of indexes: every method, and one for all that there are not.
pub const COUNT: usize = METHODS.len() + 1;

/// A method, as an index into the counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodIndex(usize);

impl MethodIndex {
    /// Every method that this server does not have.
    pub const UNKNOWN: Self = Self(METHODS.len());

    /// The method of a request. The comparisons are of lengths first, and cost less than a hash.
    pub fn of(path: &str) -> Self {
        Self(
            METHODS
                .iter()
                .position(|method| method.path == path)
                .unwrap_or(METHODS.len()),
        )
    }

    pub fn all() -> impl Iterator<Item = Self> {
        (0..COUNT).map(Self)
    }

    pub fn get(self) -> usize {
        self.0
    }

    /// `grpc_type`, `grpc_service` and `grpc_method` of go-grpc-middleware, which calls "unknown" what it cannot split.
    pub fn middleware_labels(self) -> [(&'static str, &'static str); 3] {
        let unknown = ("unknown", "unknown", "unknown");
        let (kind, service, method) = METHODS.get(self.0).map_or(unknown, |method| {
            let (service, name) = full_name(method).rsplit_once('/').unwrap_or_default();
            (method.kind, service, name)
        });
        [
            ("grpc_type", kind),
            ("grpc_service", service),
            ("grpc_method", method),
        ]
    }

    /// `grpc.method` of gRFC A66, where all methods that are not registered are "other".
    pub fn full_name(self) -> &'static str {
        METHODS.get(self.0).map_or("other", full_name)
    }
}

fn full_name(method: &Method) -> &'static str {
    method.path.strip_prefix('/').unwrap_or(method.path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost_reflect::DescriptorPool;

    #[test]
    fn every_method_of_the_server_is_known_with_its_type() {
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
            let index = MethodIndex::of(&format!("/{service}/{}", method.name()));
            assert_ne!(index, MethodIndex::UNKNOWN, "{}", method.full_name());
            let kind = match (method.is_client_streaming(), method.is_server_streaming()) {
                (false, false) => "unary",
                (false, true) => "server_stream",
                (true, false) => "client_stream",
                (true, true) => "bidi_stream",
            };
            let labels = index.middleware_labels().map(|(_, value)| value);
            assert_eq!(labels, [kind, &service, method.name()]);
        }
    }

    #[test]
    fn whatever_else_is_asked_for_is_one_method() {
        for path in [
            "/RouteGuide/Getperson",
            "RouteGuide/GetPerson",
            "/",
            "",
            "*",
        ] {
            assert_eq!(MethodIndex::of(path), MethodIndex::UNKNOWN, "{path}");
        }
    }
}
