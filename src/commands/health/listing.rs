//! `health --list`: the status of every service that the server has (gRFC A90).

use std::collections::BTreeMap;

use prost::Message as _;
use tonic::Code;
use tonic::metadata::MetadataMap;

use super::named;
use crate::call::End;
use crate::error::{Error, Result};
use crate::framing::Sent;
use crate::output::escape::escape;
use crate::proto::health::HealthListResponse;
use crate::proto::health::health_check_response::ServingStatus;
use crate::session::observer::{CallObserver, Then};
use crate::session::printer::status_error;

/// Printed in the place of the empty name. No service can have it as its name.
const SERVER: &str = "(server)";

/// Prints the statuses once the call has ended with OK.
#[derive(Default)]
pub struct Listing {
    statuses: Option<BTreeMap<String, ServingStatus>>,
}

impl CallObserver for Listing {
    fn sent(&mut self, _: &Sent, _: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }

    fn headers(&mut self, _: &MetadataMap, _: &mut Vec<u8>) {}

    fn message(&mut self, message: &[u8], _: &mut Vec<u8>) -> Result<Then> {
        let response = HealthListResponse::decode(message).map_err(|_| {
            let why = "the server's message is not a valid HealthListResponse";
            Error::status(Code::Internal, why)
        })?;
        let statuses = response.statuses.into_iter();
        let statuses = statuses.map(|(service, response)| (service, response.status()));
        self.statuses = Some(statuses.collect());
        Ok(Then::Continue)
    }

    fn ended(&mut self, end: &End, failure: Option<Error>, out: &mut Vec<u8>) -> Result<()> {
        if let Some(failure) = failure {
            return Err(failure);
        }
        match (end.code, &self.statuses) {
            (Code::Ok, Some(statuses)) => {
                put(statuses, out);
                verdict(statuses)
            }
            (Code::Unimplemented, _) => Err(status_error(end, Vec::new()).hinted(
                "the server does not implement List of grpc.health.v1.Health; check one service with routeguide health SERVICE",
            )),
            _ => Err(status_error(end, Vec::new())),
        }
    }

    fn is_settled(&self) -> bool {
        true
    }

    fn counts(&self) -> (u64, u64) {
        (1, u64::from(self.statuses.is_some()))
    }
}

fn put(statuses: &BTreeMap<String, ServingStatus>, out: &mut Vec<u8>) {
    for (service, status) in statuses {
        let service = match service.as_str() {
            "" => SERVER.into(),
            service => escape(service),
        };
        out.extend_from_slice(format!("{service} {}\n", status.as_str_name()).as_bytes());
    }
}

fn verdict(statuses: &BTreeMap<String, ServingStatus>) -> Result<()> {
    if statuses.is_empty() {
        return Err(Error::failed("the server lists no services"));
    }
    let is_serving = |status: &ServingStatus| *status == ServingStatus::Serving;
    let mut others = statuses.iter().filter(|(_, status)| !is_serving(status));
    match (others.next(), others.count()) {
        (None, _) => Ok(()),
        (Some((service, status)), 0) => Err(Error::failed(format!(
            "{} is {}",
            named(service),
            status.as_str_name()
        ))),
        (Some(_), more) => Err(Error::failed(format!(
            "{} of {} are not SERVING",
            more + 1,
            statuses.len()
        ))),
    }
}
