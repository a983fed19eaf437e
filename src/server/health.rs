//! The gRPC health checking protocol: the status of the server and of RouteGuide, which is always the same. tonic-health has
//! no List (gRFC A90), and a Watch of it holds up a shutdown.

use std::future::poll_fn;

use prost::Message as _;
use tokio::sync::watch;
use tonic::Status;

use super::grpc::{Call, Stop, malformed};
use crate::framing::Packer;
use crate::proto::health::health_check_response::ServingStatus;
use crate::proto::health::{HealthCheckRequest, HealthCheckResponse, HealthListResponse};
use crate::schema::ROUTE_GUIDE;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serving {
    Yes,
    /// No, for as long as the database of the people is away.
    Away,
    No,
    /// No, and watches end.
    Never,
}

impl Serving {
    fn status(self) -> ServingStatus {
        match self {
            Self::Yes => ServingStatus::Serving,
            Self::Away | Self::No | Self::Never => ServingStatus::NotServing,
        }
    }
}

/// The service, and the status that it tells.
pub struct Health(watch::Sender<Serving>);

impl Default for Health {
    fn default() -> Self {
        Self(watch::Sender::new(Serving::Yes))
    }
}

impl Health {
    /// Tells everyone.
    pub fn set(&self, serving: Serving) {
        self.0.send_replace(serving);
    }

    /// Tells everyone whether the people are there, unless the server stops anyway.
    pub fn set_available(&self, is_available: bool) {
        let (before, after) = if is_available {
            (Serving::Away, Serving::Yes)
        } else {
            (Serving::Yes, Serving::Away)
        };
        self.0.send_if_modified(|serving| {
            let changes = *serving == before;
            if changes {
                *serving = after;
            }
            changes
        });
    }

    /// Answers a request of Check.
    ///
    /// # Errors
    /// When it is malformed, or the service unknown.
    pub fn check(&self, request: &[u8], replies: &mut Packer) -> Result<(), Status> {
        let service = service(request)?;
        if !is_known(&service) {
            return Err(Status::not_found("unknown service"));
        }
        push(self.0.borrow().status(), replies);
        Ok(())
    }

    /// Answers a request of List.
    pub fn list(&self, replies: &mut Packer) {
        let status = self.0.borrow().status().into();
        let statuses =
            ["", ROUTE_GUIDE].map(|service| (service.to_owned(), HealthCheckResponse { status }));
        let response = HealthListResponse {
            statuses: statuses.into(),
        };
        replies.push(&response.encode_to_vec());
    }

    /// Tells the status now and whenever it changes, until the client cancels the call or the server stops. A service may
    /// become known, so a watch of an unknown one stays open.
    ///
    /// # Errors
    /// When the request is malformed, the client is gone, or the server stops.
    pub async fn watch(&self, call: &mut Call) -> Result<(), Stop> {
        let mut serving = self.0.subscribe();
        let mut end = self.0.subscribe();
        let request = tokio::select! {
            request = call.only_request() => request?,
            _ = end.wait_for(|now| *now == Serving::Never) => return Err(stopping()),
        };
        // The name may be long, and the watch too.
        let is_known = is_known(&service(&request)?);
        drop(request);
        let mut told = None;
        loop {
            let now = *serving.borrow_and_update();
            let status = if is_known {
                now.status()
            } else {
                ServingStatus::ServiceUnknown
            };
            if told.replace(status) != Some(status) {
                push(status, call.replies.packer());
                tokio::select! {
                    biased;
                    flushed = call.flush() => flushed?,
                    // The client does not read.
                    _ = end.wait_for(|now| *now == Serving::Never) => {
                        call.replies.discard();
                        return Err(stopping());
                    }
                }
            }
            if now == Serving::Never {
                return Err(stopping());
            }
            tokio::select! {
                () = poll_fn(|cx| call.replies.poll_gone(cx)) => return Err(Stop::Gone),
                changed = serving.changed() => {
                    if changed.is_err() {
                        return Err(Stop::Gone);
                    }
                }
            }
        }
    }
}

fn stopping() -> Stop {
    Status::unavailable("the server is shutting down").into()
}

fn service(request: &[u8]) -> Result<String, Status> {
    match HealthCheckRequest::decode(request) {
        Ok(request) => Ok(request.service),
        Err(_) => Err(malformed(
            "the request is not a valid HealthCheckRequest message",
        )),
    }
}

fn is_known(service: &str) -> bool {
    service.is_empty() || service == ROUTE_GUIDE
}

fn push(status: ServingStatus, replies: &mut Packer) {
    let status = status.into();
    replies.push(&HealthCheckResponse { status }.encode_to_vec());
}
