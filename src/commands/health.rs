//! `health`: grpc.health.v1, for scripts and probes.

use bytes::Bytes;
use http::uri::PathAndQuery;
use prost::Message as _;
use tokio_stream::once;
use tonic::Code;
use tonic::metadata::MetadataMap;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::call::{End, Sent};
use crate::cli::HealthArgs;
use crate::error::{Error, Result};
use crate::input::Failure;
use crate::session::drive::{CallObserver, Driver, Then};
use crate::session::printer::status_error;
use crate::session::target::{Method, Target};
use crate::session::{Context, output};

pub async fn run(args: &HealthArgs, context: &mut Context) -> Result<()> {
    let console = output::console(&args.console, context);
    let target = Target::new(&args.connection, context)?;
    let service = args.service.clone().unwrap_or_default();
    let session = target.connect(context, &console).await?;
    let path = if args.watch {
        "/grpc.health.v1.Health/Watch"
    } else {
        "/grpc.health.v1.Health/Check"
    };
    let method = Method {
        path: PathAndQuery::from_static(path),
        single_reply: !args.watch,
    };
    let request = HealthCheckRequest {
        service: service.clone(),
    };
    session.show_request(&method, &console);
    let call = session.call(&method, once(Bytes::from(request.encode_to_vec())));
    let driver = Driver {
        console,
        interrupt: context.interrupt.clone(),
        show_progress: false,
    };
    let mut observer = Health {
        service,
        watch: args.watch,
        last: None,
        replies: 0,
    };
    driver
        .with_stdout(&mut context.stdout, async |stdout| {
            driver
                .drive(call, Failure::never(), &mut observer, stdout)
                .await
        })
        .await
}

/// Prints each status.
struct Health {
    service: String,
    /// Each status counts as it arrives. Otherwise the only one counts once the call has ended with OK.
    watch: bool,
    last: Option<ServingStatus>,
    replies: u64,
}

fn put(status: ServingStatus, out: &mut Vec<u8>) {
    out.extend_from_slice(status.as_str_name().as_bytes());
    out.push(b'\n');
}

impl CallObserver for Health {
    fn sent(&mut self, _: &Sent, _: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }

    fn headers(&mut self, _: &MetadataMap, _: &mut Vec<u8>) {}

    fn message(&mut self, message: &[u8], out: &mut Vec<u8>) -> Result<Then> {
        let response = HealthCheckResponse::decode(message).map_err(|_| {
            let why = "the server's message is not a valid HealthCheckResponse";
            Error::status(Code::Internal, why)
        })?;
        let status = response.status();
        if self.watch {
            put(status, out);
        }
        self.last = Some(status);
        self.replies += 1;
        Ok(Then::Continue)
    }

    fn ended(&mut self, end: &End, failure: Option<Error>, out: &mut Vec<u8>) -> Result<()> {
        if let Some(failure) = failure {
            return Err(failure);
        }
        if let Some(status) = self.last
            && end.code == Code::Ok
            && !self.watch
        {
            put(status, out);
        }
        match (end.code, self.last) {
            (Code::Ok, Some(ServingStatus::Serving)) => Ok(()),
            (Code::Ok, Some(status)) => Err(Error::failed(format!(
                "{} is {}",
                named(&self.service),
                status.as_str_name()
            ))),
            (Code::Ok, None) => Err(Error::status(
                Code::Internal,
                "the server ended the watch without a status",
            )),
            (Code::Unimplemented, None) => Err(status_error(end, Vec::new())
                .hinted("the server does not implement grpc.health.v1.Health")),
            (Code::NotFound, _) => Err(status_error(end, Vec::new())
                .hinted(format!("the server does not know {}", named(&self.service)))),
            _ => Err(status_error(end, Vec::new())),
        }
    }

    fn is_settled(&self) -> bool {
        true
    }

    fn counts(&self) -> (u64, u64) {
        (1, self.replies)
    }
}

fn named(service: &str) -> String {
    match service {
        "" => "the server".to_owned(),
        service => format!("service {service:?}"),
    }
}
