//! The methods that are counted by name. All that the server does not have are one, so that clients cannot make series.

use crate::server::method::Method;

/// The number of indexes: every method, and one for all that there are not.
pub const COUNT: usize = Method::ALL.len() + 1;

/// A method, as an index into the counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodIndex(usize);

impl MethodIndex {
    /// Every method that this server does not have.
    pub const UNKNOWN: Self = Self(Method::ALL.len());

    pub fn of(method: Option<Method>) -> Self {
        method.and_then(Method::index).map_or(Self::UNKNOWN, Self)
    }

    pub fn all() -> impl Iterator<Item = Self> {
        (0..COUNT).map(Self)
    }

    pub fn get(self) -> usize {
        self.0
    }

    fn method(self) -> Option<Method> {
        Method::ALL.get(self.0).copied()
    }

    /// `grpc_type`, `grpc_service` and `grpc_method` of go-grpc-middleware, which calls "unknown" what it cannot split.
    pub fn middleware_labels(self) -> [(&'static str, &'static str); 3] {
        let unknown = ("unknown", "unknown", "unknown");
        let (kind, service, method) = self.method().map_or(unknown, |method| {
            let (service, name) = method.full_name().rsplit_once('/').unwrap_or_default();
            (method.kind(), service, name)
        });
        [
            ("grpc_type", kind),
            ("grpc_service", service),
            ("grpc_method", method),
        ]
    }

    /// `grpc.method` of gRFC A66, where all methods that are not registered are "other".
    pub fn full_name(self) -> &'static str {
        self.method().map_or("other", Method::full_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_its_own_index() {
        for method in Method::ALL {
            assert_eq!(MethodIndex::of(Some(method)).method(), Some(method));
        }
        assert_eq!(MethodIndex::of(None).method(), None);
    }
}
