//! All services, and which of them a path belongs to.

use std::sync::Arc;

use tonic::Status;

use super::grpc::{Call, Handler, Stop, shortened};
use super::health::Health;
use super::reflection::{self, Reflection};
use super::route_guide::RouteGuide;
use crate::framing::Packer;

pub struct Services {
    pub route_guide: RouteGuide,
    pub health: Health,
    /// `None` if the server does not describe itself.
    pub reflection: Option<Reflection>,
}

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    GetPerson,
    GetPeople,
    Check,
    List,
    Watch,
    Reflection(&'static str),
}

impl Route {
    /// Whether it is one request and one reply, which is known at once.
    pub fn is_immediate(self) -> bool {
        matches!(self, Self::GetPerson | Self::Check | Self::List)
    }

    /// Whether it may wait for as long as its client wants.
    pub fn may_idle(self) -> bool {
        self == Self::Watch
    }
}

impl Services {
    /// The method of a path.
    ///
    /// # Errors
    /// When there is none.
    pub fn route(&self, path: &str) -> Result<Route, Status> {
        Ok(match path {
            "/RouteGuide/GetPerson" => Route::GetPerson,
            "/RouteGuide/GetPeople" => Route::GetPeople,
            "/grpc.health.v1.Health/Check" => Route::Check,
            "/grpc.health.v1.Health/List" => Route::List,
            "/grpc.health.v1.Health/Watch" => Route::Watch,
            reflection::V1 if self.reflection.is_some() => Route::Reflection(reflection::V1),
            reflection::V1ALPHA if self.reflection.is_some() => {
                Route::Reflection(reflection::V1ALPHA)
            }
            _ => return Err(self.unknown(path)),
        })
    }

    fn unknown(&self, path: &str) -> Status {
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

    /// Answers a request of an immediate method.
    ///
    /// # Errors
    /// When the method ends with another status than OK.
    pub fn answer(&self, route: Route, request: &[u8], replies: &mut Packer) -> Result<(), Status> {
        match route {
            Route::GetPerson => self.route_guide.get_person(request, replies),
            Route::Check => self.health.check(request, replies),
            Route::List => {
                self.health.list(replies);
                Ok(())
            }
            Route::GetPeople | Route::Watch | Route::Reflection(_) => {
                Err(Status::internal("the method is a stream"))
            }
        }
    }
}

/// The service of one call.
pub struct Routed {
    pub services: Arc<Services>,
    pub route: Route,
}

impl Handler for Routed {
    async fn handle(&self, call: &mut Call) -> Result<(), Stop> {
        match self.route {
            Route::GetPerson | Route::Check | Route::List => {
                let request = call.only_request().await?;
                let replies = call.replies.packer();
                Ok(self.services.answer(self.route, &request, replies)?)
            }
            Route::GetPeople => self.services.route_guide.get_people(call).await,
            Route::Watch => self.services.health.watch(call).await,
            Route::Reflection(path) => match &self.services.reflection {
                Some(reflection) => reflection.answer(path, call).await,
                None => Err(self.services.unknown(path).into()),
            },
        }
    }
}
