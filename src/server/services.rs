//! All services, and what each method does.

use std::sync::Arc;

use http::request::Parts;
use tonic::Status;

use super::added::Added;
use super::grpc::{Call, Handler, Stop, shortened};
use super::health::Health;
use super::method::Method;
use super::reflection::Reflection;
use super::route_guide::RouteGuide;
use crate::framing::Packer;

pub struct Services {
    pub route_guide: RouteGuide,
    pub health: Health,
    /// `None` if the server does not describe itself.
    pub reflection: Option<Reflection>,
    pub added: Vec<&'static Added>,
}

impl Services {
    /// The method with a path, of those that there may be.
    pub fn method(&self, path: &str) -> Option<Method> {
        Method::of(path).or_else(|| {
            let mut added = self.added.iter();
            added
                .find(|added| added.method.path() == path)
                .map(|added| Method::Other(&added.method))
        })
    }

    /// Whether the server has a method.
    pub fn has(&self, method: Method) -> bool {
        self.reflection.is_some() || !method.is_reflection()
    }

    /// The status of a call of a method that the server does not have.
    pub fn unknown(&self, path: &str) -> Status {
        let path = shortened(path);
        let (service, method) = path
            .strip_prefix('/')
            .and_then(|path| path.split_once('/'))
            .unwrap_or((path, ""));
        let is_known = match service {
            "RouteGuide" | "grpc.health.v1.Health" => true,
            "grpc.reflection.v1.ServerReflection" | "grpc.reflection.v1alpha.ServerReflection" => {
                self.reflection.is_some()
            }
            _ => false,
        };
        Status::unimplemented(if is_known {
            format!("service {service} has no method {method:?}")
        } else {
            format!("the server has no service {service:?}")
        })
    }

    /// Whether a request of the method is answered without a wait.
    pub fn is_immediate(&self, method: Method) -> bool {
        match method {
            Method::GetPerson => self.route_guide.is_immediate(),
            method => matches!(method, Method::Check | Method::List),
        }
    }

    /// Answers a request of an immediate method.
    ///
    /// # Errors
    /// When the method ends with another status than OK.
    pub fn answer(
        &self,
        method: Method,
        request: &[u8],
        replies: &mut Packer,
    ) -> Result<(), Status> {
        match method {
            Method::GetPerson => self.route_guide.get_person(request, replies),
            Method::Check => self.health.check(request, replies),
            Method::List => {
                self.health.list(replies);
                Ok(())
            }
            Method::GetPeople
            | Method::Watch
            | Method::ReflectionV1
            | Method::ReflectionV1Alpha
            | Method::Other(_) => Err(Status::internal("the method is not immediate")),
        }
    }
}

/// The service of one call.
pub struct Routed {
    pub services: Arc<Services>,
    pub method: Method,
    /// The head of the request, for a method beside the server's own.
    pub request: Option<Box<Parts>>,
}

impl Handler for Routed {
    fn may_be_trailers_only(&self) -> bool {
        // Headers that the answer of an added method has set are not to be among its trailers.
        let is_own = self.method.index().is_some();
        is_own && self.method.is_unary()
    }

    async fn handle(&self, call: &mut Call) -> Result<(), Stop> {
        match self.method {
            Method::GetPerson => self.services.route_guide.get_one_person(call).await,
            Method::Check | Method::List => {
                let request = call.only_request().await?;
                let replies = call.replies.packer();
                Ok(self.services.answer(self.method, &request, replies)?)
            }
            Method::GetPeople => self.services.route_guide.get_people(call).await,
            Method::Watch => self.services.health.watch(call).await,
            Method::ReflectionV1 | Method::ReflectionV1Alpha => match &self.services.reflection {
                Some(reflection) => reflection.answer(self.method.path(), call).await,
                None => Err(self.services.unknown(self.method.path()).into()),
            },
            Method::Other(other) => {
                let mut added = self.services.added.iter();
                let added = added.find(|added| std::ptr::eq(&raw const added.method, other));
                match added.zip(self.request.as_ref()) {
                    Some((added, request)) => added.answer(call, request).await,
                    None => Err(self.services.unknown(other.path()).into()),
                }
            }
        }
    }
}
