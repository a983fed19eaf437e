//! `health`: grpc.health.v1, for scripts and probes.

use bytes::Bytes;
use http::uri::PathAndQuery;
use prost::Message as _;
use tokio_stream::StreamExt as _;
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::call::Event;
use crate::cli::HealthArgs;
use crate::error::{Error, Result};
use crate::input;
use crate::output::Console;
use crate::session::drive::with_stdout;
use crate::session::interrupt::Interrupt;
use crate::session::target::{self as client, Target};

pub fn run(args: &HealthArgs, console: Console) -> Result<()> {
    let target = Target::new(&args.connection)?;
    let service = args.service.clone().unwrap_or_default();
    crate::session::block_on(async {
        let interrupt = Interrupt::listen()?;
        let session = interrupt.or(target.connect(console)).await?;
        let method = if args.watch { "Watch" } else { "Check" };
        let path = PathAndQuery::try_from(format!("/grpc.health.v1.Health/{method}"))
            .map_err(|error| Error::failed("no path").caused_by(error))?;
        let request = HealthCheckRequest {
            service: service.clone(),
        };
        let (requests, _) = input::given([Bytes::from(request.encode_to_vec())]);
        let mut call = session.call(path, requests);
        let result = with_stdout(&interrupt, async |stdout| {
            let mut last = None;
            loop {
                interrupt.or(stdout.flush()).await?;
                let event = tokio::select! {
                    biased;
                    () = interrupt.wait() => return Err(Error::interrupted()),
                    event = call.next() => event,
                    error = stdout.closed() => return Err(error),
                };
                match event {
                    Some(Event::Headers(headers)) => client::show_metadata(console, '<', &headers),
                    Some(Event::Message(message)) => {
                        let status = status(&message)?;
                        stdout
                            .buffer()
                            .extend_from_slice(status.as_str_name().as_bytes());
                        stdout.buffer().push(b'\n');
                        last = Some(status);
                    }
                    Some(Event::Failed(error)) => return Err(error),
                    Some(Event::Status(status)) if status.code() == Code::Ok => break,
                    Some(Event::Status(status)) => return Err(failed(&status, &service)),
                    None => break,
                }
            }
            last.ok_or_else(|| Error::status(Code::Internal, "the server answered with no status"))
        })
        .await;
        drop(call);
        session.connection.close().await;
        match result? {
            ServingStatus::Serving => Ok(()),
            status => Err(Error::failed(format!(
                "{} is {}",
                named(&service),
                status.as_str_name()
            ))),
        }
    })
}

fn status(message: &[u8]) -> Result<ServingStatus> {
    let response = HealthCheckResponse::decode(message)
        .map_err(|error| Error::failed("cannot read the health reply").caused_by(error))?;
    Ok(response.status())
}

fn named(service: &str) -> String {
    match service {
        "" => "the server".to_owned(),
        service => format!("service {service:?}"),
    }
}

fn failed(status: &tonic::Status, service: &str) -> Error {
    let error = client::status_error(status, Vec::new());
    match status.code() {
        Code::Unimplemented => error.hinted("the server has no grpc.health.v1 service"),
        Code::NotFound => error.hinted(format!("the server does not know {}", named(service))),
        _ => error,
    }
}
