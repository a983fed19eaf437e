//! What `routeguide` is compared with: a minimal server and clients in the style of tonic's examples, as processes of
//! their own. The benchmark starts itself with another first argument, so that they are built with the same compiler,
//! profile and versions.
//!
//! Each runs on both of tokio's runtimes, and the table compares with the better one: which one that is depends on the
//! measurement and the machine. They use tonic's defaults, except for [`CONNECTION_WINDOW`].

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::pin::Pin;
use std::{process, thread};

use routeguide::proto::person::{Address, Gender};
use routeguide::proto::route_guide_client::RouteGuideClient;
use routeguide::proto::route_guide_server::{RouteGuide, RouteGuideServer};
use routeguide::proto::{Name, Person};
use tokio_stream::{Stream, StreamExt};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status, Streaming};

use crate::Result;
use crate::people_peer;

/// The first argument that makes this program a peer.
pub const COMMAND: &str = "peer";

/// So large that only the stream's window limits. Since 0.4.16, h2 charges 256 bytes less its length for an unread DATA
/// frame shorter than that, and ends the connection once the charges reach half of this window. With the default, a stream
/// with one message per frame fails as soon as its reader is some thousands behind.
const CONNECTION_WINDOW: u32 = 1 << 30;

/// tokio's runtimes, as built by `#[tokio::main]`.
#[derive(Clone, Copy)]
pub enum Runtime {
    CurrentThread,
    MultiThread,
}

impl Runtime {
    pub const ALL: [Self; 2] = [Self::CurrentThread, Self::MultiThread];

    pub fn name(self) -> &'static str {
        match self {
            Self::CurrentThread => "current-thread",
            Self::MultiThread => "multi-thread",
        }
    }

    fn build(self) -> io::Result<tokio::runtime::Runtime> {
        match self {
            Self::CurrentThread => tokio::runtime::Builder::new_current_thread(),
            Self::MultiThread => tokio::runtime::Builder::new_multi_thread(),
        }
        .enable_all()
        .build()
    }
}

/// Runs as a peer. The arguments after [`COMMAND`] are a role, a runtime, and what the role needs.
pub fn run(arguments: &[String]) -> Result<()> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [role, runtime, rest @ ..] = arguments.as_slice() else {
        return Err("a peer needs a role and a runtime".into());
    };
    let runtime = Runtime::ALL
        .into_iter()
        .find(|known| known.name() == *runtime)
        .ok_or("unknown runtime")?
        .build()?;
    match (*role, rest) {
        ("server", []) => runtime.block_on(serve(People::default())),
        ("people-server", [url]) => {
            runtime.block_on(async { serve(people_peer::People::connect(url).await?).await })
        }
        ("get-person", [addr, name]) => runtime.block_on(get_person(addr, name)),
        ("get-people", [addr, file]) => runtime.block_on(get_people(addr, file.as_ref())),
        _ => Err("unknown role, or wrong arguments for it".into()),
    }
}

async fn serve(service: impl RouteGuide) -> Result<()> {
    // A benchmark that is killed does not drop its guards, but it closes the pipe.
    thread::spawn(|| {
        io::stdin().read_to_end(&mut Vec::new()).ok();
        process::exit(0);
    });
    // As `Server::serve` does by default; `serve_with_incoming` leaves TCP_NODELAY to its caller.
    let incoming = TcpIncoming::bind(([127, 0, 0, 1], 0).into())?.with_nodelay(Some(true));
    println!("{}", incoming.local_addr()?);
    tonic::transport::Server::builder()
        .initial_connection_window_size(CONNECTION_WINDOW)
        .add_service(RouteGuideServer::new(service))
        .serve_with_incoming(incoming)
        .await?;
    Ok(())
}

struct People(HashMap<String, Person>);

impl Default for People {
    fn default() -> Self {
        let people = [alice(), bob()];
        Self(people.map(|person| (person.name.clone(), person)).into())
    }
}

#[tonic::async_trait]
impl RouteGuide for People {
    async fn get_person(&self, request: Request<Name>) -> Result<Response<Person>, Status> {
        let person = self.0.get(&request.get_ref().name).cloned();
        Ok(Response::new(person.unwrap_or_else(|| Person {
            name: "Not Found".into(),
            ..Person::default()
        })))
    }

    type GetPeopleStream = Pin<Box<dyn Stream<Item = Result<Person, Status>> + Send>>;

    async fn get_people(
        &self,
        request: Request<Streaming<Name>>,
    ) -> Result<Response<Self::GetPeopleStream>, Status> {
        let people = self.0.clone();
        let replies = request.into_inner().filter_map(move |name| match name {
            Ok(name) => people.get(&name.name).cloned().map(Ok),
            Err(status) => Some(Err(status)),
        });
        Ok(Response::new(Box::pin(replies)))
    }
}

async fn connect(addr: &str) -> Result<RouteGuideClient<Channel>> {
    let channel = Endpoint::from_shared(format!("http://{addr}"))?
        .initial_connection_window_size(CONNECTION_WINDOW)
        .connect()
        .await?;
    Ok(RouteGuideClient::new(channel))
}

async fn get_person(addr: &str, name: &str) -> Result<()> {
    let name = Name { name: name.into() };
    let reply = connect(addr).await?.get_person(name).await?;
    println!("{:?}", reply.into_inner());
    Ok(())
}

/// Prints the number of replies, so that a run that loses some is detected.
async fn get_people(addr: &str, file: &Path) -> Result<()> {
    let lines = BufReader::new(File::open(file)?).lines();
    let names = lines.map_while(Result::ok).map(|name| Name { name });
    let mut client = connect(addr).await?;
    let mut replies = client
        .get_people(tokio_stream::iter(names))
        .await?
        .into_inner();
    let mut count = 0_u32;
    while let Some(reply) = replies.message().await? {
        drop(reply);
        count += 1;
    }
    println!("{count}");
    Ok(())
}

/// One of the tutorial's two people, which `routeguide serve` has too.
pub fn alice() -> Person {
    Person {
        name: "Alice".into(),
        age: 30,
        gender: Gender::Female.into(),
        hobbies: vec!["reading".into(), "swimming".into()],
        address: Some(Address {
            street: "123 Main St".into(),
            city: "New York".into(),
        }),
    }
}

fn bob() -> Person {
    Person {
        name: "Bob".into(),
        age: 25,
        gender: Gender::Male.into(),
        hobbies: vec!["gaming".into(), "cycling".into()],
        address: Some(Address {
            street: "456 Elm St".into(),
            city: "Los Angeles".into(),
        }),
    }
}
