//! How calls are written on a connection, whatever their method is.

use http::uri::PathAndQuery;

use crate::error::{Error, Result};
use crate::protocol::{Codec, Wire};

/// How calls are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Manner {
    wire: Wire,
    pub codec: Codec,
    /// The path below which services are, without a slash at its end.
    base_path: String,
    /// Requests are in URLs where the method allows it.
    pub uses_get: bool,
}

impl Manner {
    /// What streams of the protocol look like decides for all methods.
    pub fn new(wire: Wire, codec: Codec, uses_get: bool) -> Self {
        Self {
            wire,
            codec,
            base_path: String::new(),
            uses_get,
        }
    }

    /// Calls services below this path.
    ///
    /// # Errors
    /// When it is not one.
    pub fn below(mut self, base_path: &str) -> Result<Self> {
        let bad = |why: &str| {
            Error::usage(format!("invalid base path {base_path:?}: {why}"))
                .hinted("write it as /api, without a query")
        };
        if !base_path.starts_with('/') {
            return Err(bad("it does not start with a slash"));
        }
        if base_path.contains(['?', '#']) || PathAndQuery::try_from(base_path).is_err() {
            return Err(bad("it is not a path"));
        }
        base_path
            .trim_end_matches('/')
            .clone_into(&mut self.base_path);
        Ok(self)
    }

    pub fn base_path(&self) -> &str {
        &self.base_path
    }

    /// What a call looks like. A unary one is something else in Connect.
    pub fn wire(&self, is_unary: bool) -> Wire {
        match self.wire {
            Wire::ConnectStream | Wire::ConnectUnary if is_unary => Wire::ConnectUnary,
            Wire::ConnectUnary => Wire::ConnectStream,
            other => other,
        }
    }

    /// The path of a method: `/package.Service/Method` below the base path.
    pub fn path(&self, method: &PathAndQuery) -> PathAndQuery {
        if self.base_path.is_empty() {
            return method.clone();
        }
        let path = format!("{}{}", self.base_path, method.path());
        // Both parts are paths.
        PathAndQuery::try_from(path).unwrap_or_else(|_| method.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_may_be_below_a_path() {
        let method = PathAndQuery::from_static("/a.B/C");
        for (base, path) in [
            ("/", "/a.B/C"),
            ("/api", "/api/a.B/C"),
            ("/api/v1/", "/api/v1/a.B/C"),
        ] {
            let manner = Manner::default().below(base).unwrap();
            assert_eq!(manner.path(&method), path, "{base}");
        }
        for base in ["", "api", "/a?b", "/a#b", "/a b"] {
            assert!(Manner::default().below(base).is_err(), "{base}");
        }
    }
}
