//! `health`: grpc.health.v1, for scripts and probes.

mod listing;

use bytes::Bytes;
use prost::Message;
use tokio_stream::once;
use tonic::Code;
use tonic::metadata::MetadataMap;

use crate::call::End;
use crate::cli::{HealthArgs, SchemaArgs};
use crate::error::{Error, Kind, Result};
use crate::framing::Sent;
use crate::input::Failure;
use crate::output::Console;
use crate::proto::health::health_check_response::ServingStatus;
use crate::proto::health::{HealthCheckRequest, HealthCheckResponse, HealthListRequest};
use crate::schema::{did_you_mean, health_method, nearest};
use crate::session::drive::Driver;
use crate::session::misplaced::refuse_address;
use crate::session::observer::{CallObserver, Then};
use crate::session::printer::status_error;
use crate::session::schema::lend;
use crate::session::target::{Session, Target};
use crate::session::{Context, output};
use listing::Listing;

pub async fn run(args: &HealthArgs, context: &mut Context) -> Result<()> {
    let console = output::console(&args.console, context);
    // The empty name is the whole server's.
    if let Some(service) = args.service.as_ref().filter(|name| !name.is_empty()) {
        refuse_address(service, &[])?;
    }
    let target = Target::new(&args.connection, context).await?;
    let service = args.service.clone().unwrap_or_default();
    let session = target.connect(context, &console).await?;
    if args.list {
        let mut listing = Listing::default();
        let request = HealthListRequest {};
        return ask("List", &request, &mut listing, &session, console, context).await;
    }
    let method = if args.watch { "Watch" } else { "Check" };
    let request = HealthCheckRequest {
        service: service.clone(),
    };
    let mut observer = Health {
        service,
        watch: args.watch,
        last: None,
        replies: 0,
    };
    let result = ask(method, &request, &mut observer, &session, console, context).await;
    match result {
        Err(error) if error.kind() == Kind::Status(Code::NotFound) => {
            Err(suggest(error, &observer.service, &session, context).await)
        }
        result => result,
    }
}

/// Makes a call with one request.
async fn ask<O: CallObserver>(
    method: &str,
    request: &impl Message,
    observer: &mut O,
    session: &Session,
    console: Console,
    context: &mut Context,
) -> Result<()> {
    let method = session.method(&health_method(method)?)?;
    session.show_request(&method, &console);
    let request = Bytes::from(request.encode_to_vec());
    let request = || once(request.clone());
    let call = session.call(&method, request());
    let again = session.again(&method, request);
    let driver = Driver {
        console,
        interrupt: context.interrupt.clone(),
        show_progress: false,
    };
    driver
        .with_stdout(&mut context.stdout, async |stdout| {
            driver
                .drive_again(call, Some(again), Failure::never(), observer, stdout)
                .await
        })
        .await
}

/// Names the service that may be meant, if the server lists its services.
async fn suggest(error: Error, service: &str, session: &Session, context: &mut Context) -> Error {
    let Ok(mut lent) = lend(&SchemaArgs::default(), Some(session), context).await else {
        return error;
    };
    let services = context.interrupt.or(lent.source().services()).await;
    lent.give_back(context);
    let services = services.unwrap_or_default();
    if services.iter().any(|name| name == service) {
        return error.hinted("the server has the service, and does not report its health");
    }
    let near = nearest(service, services.iter().map(String::as_str));
    match did_you_mean(near) {
        Some(question) => error.hinted(question),
        None => error,
    }
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
            (Code::NotFound, _) => {
                Err(status_error(end, Vec::new()).hinted(unknown(&self.service)))
            }
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

/// The hint for a service that the server does not know.
fn unknown(service: &str) -> String {
    let unknown = format!("the server does not know {}", named(service));
    match service {
        "" => unknown,
        _ => format!("{unknown}; names are in full, as routeguide list prints them"),
    }
}

fn named(service: &str) -> String {
    match service {
        "" => "the server".to_owned(),
        service => format!("service {service:?}"),
    }
}
