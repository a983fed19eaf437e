//! The server of people in PostgreSQL that one would write first: each call takes a connection of a pool, and asks for one
//! person with a statement that is prepared.

use std::error::Error;
use std::sync::{Mutex, PoisonError};

use routeguide::proto::person::Address;
use routeguide::proto::route_guide_server::RouteGuide;
use routeguide::proto::{Name, Person};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::{Client, NoTls, Row, Statement};
use tonic::{Request, Response, Status, Streaming};

use crate::Result;

/// As many as the pools of bb8 and sqlx have by default.
const CONNECTIONS: usize = 10;

const FIND: &str =
    "SELECT name, age, gender, hobbies, street, city, has_address FROM people WHERE name = $1";

/// The service, with its connections.
pub struct People {
    /// One for each that is free; calls wait for them in turn.
    permits: Semaphore,
    free: Mutex<Vec<Connection>>,
}

struct Connection {
    client: Client,
    find: Statement,
}

/// A connection that a call has. It is given back even if the call is cancelled.
struct Taken<'p> {
    pool: &'p People,
    connection: Option<Connection>,
    _permit: SemaphorePermit<'p>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let free = self.pool.free.lock();
        let mut free = free.unwrap_or_else(PoisonError::into_inner);
        free.extend(self.connection.take());
    }
}

impl People {
    pub async fn connect(url: &str) -> Result<Self> {
        let mut free = Vec::new();
        for _ in 0..CONNECTIONS {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
            tokio::spawn(connection);
            let find = client.prepare(FIND).await?;
            free.push(Connection { client, find });
        }
        Ok(Self {
            permits: Semaphore::new(CONNECTIONS),
            free: Mutex::new(free),
        })
    }

    async fn take(&self) -> Result<Taken<'_>, Status> {
        let permit = self.permits.acquire().await;
        let permit = permit.map_err(|error| unavailable(&error))?;
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Taken {
            pool: self,
            connection: free.pop(),
            _permit: permit,
        })
    }

    async fn find(&self, name: &str) -> Result<Option<Person>, Status> {
        let taken = self.take().await?;
        let connection = taken.connection.as_ref();
        let connection = connection.ok_or_else(|| Status::internal("no connection"))?;
        let row = connection
            .client
            .query_opt(&connection.find, &[&name])
            .await;
        let row = row.map_err(|error| unavailable(&error))?;
        let person = row.as_ref().map(person).transpose();
        person.map_err(|error| unavailable(&error))
    }
}

fn person(row: &Row) -> Result<Person, tokio_postgres::Error> {
    let address = Address {
        street: row.try_get(4)?,
        city: row.try_get(5)?,
    };
    let has_address: bool = row.try_get(6)?;
    Ok(Person {
        name: row.try_get(0)?,
        age: row.try_get(1)?,
        gender: row.try_get(2)?,
        hobbies: row.try_get(3)?,
        address: has_address.then_some(address),
    })
}

fn unavailable(error: &dyn Error) -> Status {
    Status::unavailable(error.to_string())
}

#[tonic::async_trait]
impl RouteGuide for People {
    async fn get_person(&self, request: Request<Name>) -> Result<Response<Person>, Status> {
        let person = self.find(&request.get_ref().name).await?;
        let person = person.ok_or_else(|| Status::not_found("nobody has this name"))?;
        Ok(Response::new(person))
    }

    type GetPeopleStream = tokio_stream::Empty<Result<Person, Status>>;

    async fn get_people(
        &self,
        _: Request<Streaming<Name>>,
    ) -> Result<Response<Self::GetPeopleStream>, Status> {
        Err(Status::unimplemented("only GetPerson is measured"))
    }
}
