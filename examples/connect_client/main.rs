//! A client under test for the conformance suite of Connect: makes its calls with the code that `routeguide call` makes
//! them with. `tests/interop/connectconformance/run` runs the suite.
//!
//! The suite starts it without arguments; the environment variable CONFORMANCE_PROTOS is the directory with its .proto
//! files. Requests come in on stdin and responses go out on stdout, each after its length, four bytes with the most
//! significant first. Responses are in the order in which calls end.

mod call;
mod messages;

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use prost::Message as _;
use prost_reflect::ServiceDescriptor;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{Semaphore, mpsc};

use messages::{Outcome, Request, Response, Unable};

/// How many calls are made at the same time.
const AT_ONCE: usize = 64;

const SERVICE: &str = "connectrpc.conformance.v1.ConformanceService";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let protos = std::env::var_os("CONFORMANCE_PROTOS").ok_or("CONFORMANCE_PROTOS is not set")?;
    let protos = PathBuf::from(protos);
    let file = protos.join("connectrpc/conformance/v1/service.proto");
    let pool = routeguide::schema::load(&[], &[file], &[protos])?.pool;
    let service = pool.get_service_by_name(SERVICE).ok_or("no such service")?;

    let room = Arc::new(Semaphore::new(AT_ONCE));
    let (answers, mut answered) = mpsc::unbounded_channel::<Response>();
    let writer = tokio::spawn(async move {
        let mut stdout = tokio::io::stdout();
        while let Some(response) = answered.recv().await {
            let response = response.encode_to_vec();
            stdout.write_u32(u32::try_from(response.len())?).await?;
            stdout.write_all(&response).await?;
            stdout.flush().await?;
        }
        Ok::<(), Box<dyn Error + Send + Sync>>(())
    });
    let mut stdin = tokio::io::stdin();
    while let Some(request) = next(&mut stdin).await? {
        let permit = Arc::clone(&room).acquire_owned().await?;
        let (service, answers) = (service.clone(), answers.clone());
        tokio::spawn(async move {
            let _permit = permit;
            let _ = answers.send(answer(&service, request).await);
        });
    }
    drop(answers);
    writer.await?.map_err(|error| error as Box<dyn Error>)
}

/// The next request; `None` at the end.
async fn next(stdin: &mut tokio::io::Stdin) -> Result<Option<Request>, Box<dyn Error>> {
    let len = match stdin.read_u32().await {
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        len => len?,
    };
    let mut request = vec![0; usize::try_from(len)?];
    stdin.read_exact(&mut request).await?;
    Ok(Some(Request::decode(request.as_slice())?))
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
