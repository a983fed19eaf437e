//! A client under test for the conformance suite of Connect: makes its calls with the code that `routeguide call` makes
//! them with. `tests/interop/connectconformance/run` runs the suite.
//!
//! The suite starts it without arguments; the environment variable CONFORMANCE_PROTOS is the directory with its .proto
//! files. Requests come in on stdin and responses go out on stdout, each after its length, four bytes with the most
//! significant first. Responses are in the order in which calls end.

mod call;
mod messages;
#[path = "../connect_suite/mod.rs"]
mod suite;

use std::sync::Arc;

use prost_reflect::ServiceDescriptor;
use tokio::sync::{Semaphore, mpsc};

use messages::{Outcome, Request, Response, Unable};
use suite::Result;

/// How many calls are made at the same time.
const AT_ONCE: usize = 16;

#[tokio::main]
async fn main() -> Result<()> {
    let service = suite::service()?;
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let (answers, mut answered) = mpsc::unbounded_channel::<Response>();
    let writer = tokio::spawn(async move {
        let mut stdout = tokio::io::stdout();
        while let Some(response) = answered.recv().await {
            suite::write(&mut stdout, &response).await?;
        }
        Result::Ok(())
    });
    let mut stdin = tokio::io::stdin();
    while let Some(request) = suite::read(&mut stdin).await? {
        let permit = Arc::clone(&room).acquire_owned().await?;
        let (service, answers) = (service.clone(), answers.clone());
        tokio::spawn(async move {
            let _permit = permit;
            let _ = answers.send(answer(&service, request).await);
        });
    }
    drop(answers);
    writer.await?
}

async fn answer(service: &ServiceDescriptor, request: Request) -> Response {
    let test_name = request.test_name.clone();
    let outcome = match call::make(service, request).await {
        Ok(called) => Outcome::Called(called),
        Err(error) => Outcome::Unable(Unable {
            message: error.to_string(),
        }),
    };
    Response {
        test_name,
        outcome: Some(outcome),
    }
}
