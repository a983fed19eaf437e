//! Who may call what: everyone, or those with one of the bearer tokens of a file (`tokens`).

mod tokens;

use std::sync::Arc;

use http::HeaderMap;
use tonic::Status;

pub use tokens::Tokens;

/// Open to everyone: probes have no tokens. It tells only whether the server is well.
const HEALTH: &str = "/grpc.health.v1.Health/";

/// What is asked of a call before it is answered.
#[derive(Clone, Default)]
pub struct Access {
    /// Calls need one of these, but for health.
    pub tokens: Option<Arc<Tokens>>,
}

impl Access {
    /// Whether a call of this path (`/package.Service/Method`) may go on.
    ///
    /// # Errors
    /// UNAUTHENTICATED without a valid token. The message has nothing of what was sent.
    pub fn check(&self, path: &str, headers: &HeaderMap) -> Result<(), Status> {
        match &self.tokens {
            Some(tokens) if !path.starts_with(HEALTH) && !tokens.permit(headers) => Err(
                Status::unauthenticated("the call needs a valid bearer token"),
            ),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_but_health_needs_a_token() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens");
        std::fs::write(&path, "secret\n").unwrap();
        let access = Access {
            tokens: Some(Arc::new(Tokens::load(path).unwrap())),
        };
        let none = HeaderMap::new();
        for path in [
            "/RouteGuide/GetPerson",
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            "/grpc.health.v1.HealthX/Check",
            "/",
            "",
        ] {
            let status = access.check(path, &none).expect_err(path);
            assert_eq!(status.code(), tonic::Code::Unauthenticated, "{path}");
        }
        assert!(access.check("/grpc.health.v1.Health/Check", &none).is_ok());
        assert!(access.check("/grpc.health.v1.Health/Watch", &none).is_ok());
    }

    #[test]
    fn without_tokens_everyone_may_call() {
        let access = Access::default();
        assert!(
            access
                .check("/RouteGuide/GetPerson", &HeaderMap::new())
                .is_ok()
        );
    }
}
