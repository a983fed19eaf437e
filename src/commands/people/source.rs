//! Where an import's people come from: JSON that is read as it is needed, and where each of them is in it.

use std::future::poll_fn;
use std::path::Path;

use bytes::{Buf as _, Bytes};
use prost::Message as _;

use crate::error::{Error, Result};
use crate::input::{Chunks, Decode as _, Json, JsonArray, Messages};
use crate::proto::Person;
use crate::protobuf::json::ReadOptions;
use crate::protobuf::{Layouts, ParseError, Position};
use crate::server::{StoreError, check_name};
use crate::session::Context;

/// How many people a transaction has, and how many bytes they may take.
const BATCH: usize = 10_000;
const BATCH_BYTES: usize = 4 << 20;

/// Shown with errors about the content.
const HINT: &str = r#"people are Person messages in JSON, one after another or in an array: {"name": "Alice", "age": 30}"#;

/// People as they are read.
pub struct Source {
    chunks: Chunks,
    /// What has been read and not been decoded.
    rest: Bytes,
    is_at_end: bool,
    decoder: JsonArray,
    encoded: Vec<u8>,
}

/// People of one transaction.
#[derive(Default)]
pub struct Batch {
    pub people: Vec<Person>,
    /// Where each of them starts.
    pub places: Vec<Position>,
    /// The line in which the last one ends.
    pub last_line: usize,
}

impl Source {
    /// Opens the file, or stdin.
    ///
    /// # Errors
    /// When there is none.
    pub async fn open(file: Option<&Path>, context: &Context) -> Result<Self> {
        let chunks = match file {
            Some(path) if path != "-" => {
                let path = path.to_str().ok_or_else(|| {
                    Error::usage(format!("{} is not a name in Unicode", path.display()))
                        .hinted("read it from stdin: < FILE")
                })?;
                context.interrupt.or(Chunks::open(path)).await?
            }
            _ => context.stdin.chunks(),
        };
        let mut layouts = Layouts::new(crate::schema::bundled_pool()?);
        let person = layouts.find("Person");
        let person = person.ok_or_else(|| Error::failed("the bundled schema has no Person"))?;
        let json = Json::new(ReadOptions::default());
        let messages = Messages::new(json, chunks.name(), layouts, person, usize::MAX);
        Ok(Self {
            chunks,
            rest: Bytes::new(),
            is_at_end: false,
            decoder: JsonArray::new(messages),
            encoded: Vec::new(),
        })
    }

    /// The people of the next transaction; none at the end.
    ///
    /// # Errors
    /// When the input cannot be read, or is not people. What was read of the transaction is of no use then.
    pub async fn batch(&mut self) -> Result<Batch> {
        let mut batch = Batch::default();
        let mut bytes = 0;
        while batch.people.len() < BATCH && bytes < BATCH_BYTES {
            self.encoded.clear();
            if !self.next().await? {
                break;
            }
            bytes += self.encoded.len();
            let place = self.decoder.last_position();
            let person = Person::decode(self.encoded.as_slice())
                .map_err(|error| self.error(place, error.to_string(), None))?;
            check_name(&person.name).map_err(|why| self.error(place, why, Some(HINT)))?;
            batch.people.push(person);
            batch.places.push(place);
            batch.last_line = self.decoder.position().line;
        }
        Ok(batch)
    }

    /// Decodes the next message.
    async fn next(&mut self) -> Result<bool> {
        loop {
            if self.is_at_end {
                return self.decoder.last(&mut self.encoded).map_err(with_hint);
            }
            if self.rest.is_empty() {
                self.rest = poll_fn(|cx| self.chunks.poll_next(cx)).await?;
                self.is_at_end = self.rest.is_empty();
                continue;
            }
            let mut input: &[u8] = &self.rest;
            let decoded = self.decoder.next(&mut input, &mut self.encoded);
            let used = self.rest.len() - input.len();
            self.rest.advance(used);
            if decoded.map_err(with_hint)? {
                return Ok(true);
            }
        }
    }

    /// An error of a store that may be about one of these people.
    pub fn explain(&self, error: StoreError, places: &[Position]) -> Error {
        let place = error.person_index().and_then(|index| places.get(index));
        let error = error.into_error();
        match place {
            Some(place) => self.error(*place, error.message(), error.hint()),
            None => error,
        }
    }

    fn error(&self, place: Position, why: impl Into<String>, hint: Option<&str>) -> Error {
        let error = ParseError::new(Position::START, why).hinted(hint.map(str::to_owned));
        error.in_input(self.chunks.name(), place)
    }
}

fn with_hint(error: Error) -> Error {
    match error.hint() {
        Some(_) => error,
        None => error.hinted(HINT),
    }
}
