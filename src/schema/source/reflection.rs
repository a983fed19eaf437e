//! The server's reflection as a source: asks for what is needed, and for imports by name until nothing is missing.
//! Some servers answer with a file and all it imports, some with the file alone.

mod peer;

use std::collections::BTreeSet;

use prost_reflect::MessageDescriptor;
use tonic_reflection::pb::v1::ExtensionRequest;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest as Question;

pub use self::peer::Link;
use self::peer::{Answer, Peer};
use super::descriptor_source::{BoxFuture, DescriptorSource};
use super::settings::ReflectionMode;
use crate::error::{Error, Result};
use crate::schema::build::file_set::{FileSet, Schema};
use crate::schema::descriptor::symbol::lookup;

/// Bounds of what is taken from a server. The largest public APIs have some thousands of files and tens of MiB.
const MAX_FILES: usize = 10_000;
const MAX_SIZE: usize = 128 << 20;

/// Questions on their way at one time.
const BATCH: usize = 64;

/// Extensions of one message type that are asked for.
const MAX_EXTENSIONS: usize = 1000;

/// A server's schema, as far as it was asked for.
pub struct ReflectionSource {
    peer: Peer,
    files: FileSet,
    services: Option<Vec<String>>,
    /// Files that the server does not have.
    absent: BTreeSet<String>,
    /// Message types whose extensions have been asked for.
    extended: BTreeSet<String>,
    /// The server does not tell extensions.
    extensions_refused: bool,
}

impl ReflectionSource {
    pub fn new(mode: ReflectionMode, server: Option<Link>) -> Self {
        Self {
            peer: Peer::new(mode, server),
            files: FileSet::new(
                "the server does not have",
                "give the whole schema with --proto or --protoset",
            ),
            services: None,
            absent: BTreeSet::new(),
            extended: BTreeSet::new(),
            extensions_refused: false,
        }
    }

    /// Asks over this connection from now on. What is known stays known.
    pub fn attach(&mut self, server: Link) {
        self.peer.attach(server);
    }

    /// Ends the conversation with the server.
    pub fn detach(&mut self) {
        self.peer.detach();
    }

    /// Whether the server has turned out to have no reflection.
    pub fn is_unsupported(&self) -> bool {
        self.peer.is_unsupported()
    }

    async fn list(&mut self) -> Result<Vec<String>> {
        if let Some(services) = &self.services {
            return Ok(services.clone());
        }
        let answers = self
            .peer
            .ask(&[Question::ListServices(String::new())])
            .await?;
        let mut services = match answers.into_iter().next() {
            Some(Answer::Services(services)) => services,
            Some(Answer::No(status)) => {
                return Err(Error::status(
                    status.code,
                    format!("the server does not list its services: {}", status.message),
                ));
            }
            _ => return Err(nonsense()),
        };
        services.sort_unstable();
        services.dedup();
        self.services = Some(services.clone());
        Ok(services)
    }

    async fn look_for(&mut self, symbol: &str) -> Result<Option<Schema>> {
        let known = |schema: &Schema| lookup(&schema.pool, symbol).is_some();
        if known(self.files.schema()) {
            return Ok(Some(self.files.schema().clone()));
        }
        // Not every server knows every kind of symbol, but the scope of a method or field it does.
        let parent = symbol.rsplit_once('.').map(|(parent, _)| parent);
        for name in std::iter::once(symbol).chain(parent) {
            let roots = self.files_of(&[name.to_owned()]).await?;
            if !roots.is_empty() {
                let schema = self.complete(&roots).await?;
                return Ok(known(&schema).then_some(schema));
            }
        }
        Ok(None)
    }

    async fn everything(&mut self) -> Result<Schema> {
        let services = self.list().await?;
        let unknown: Vec<String> = services
            .into_iter()
            .filter(|name| self.files.schema().pool.get_service_by_name(name).is_none())
            .collect();
        let roots = self.files_of(&unknown).await?;
        self.complete(&roots).await
    }

    /// The files that the server gives for these symbols.
    async fn files_of(&mut self, symbols: &[String]) -> Result<Vec<String>> {
        let questions: Vec<Question> = symbols
            .iter()
            .map(|symbol| Question::FileContainingSymbol(symbol.clone()))
            .collect();
        self.take_files(&questions).await
    }

    /// Adds the files that answer these questions; their names.
    async fn take_files(&mut self, questions: &[Question]) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for batch in questions.chunks(BATCH) {
            for answer in self.peer.ask(batch).await? {
                let Answer::Files(files) = answer else {
                    continue;
                };
                for file in files {
                    let (name, _) = self.files.add(file).map_err(|error| {
                        Error::failed("the server's reflection sent a damaged file")
                            .caused_by(error)
                    })?;
                    names.push(name);
                    if self.files.len() > MAX_FILES || self.files.size() > MAX_SIZE {
                        return Err(Error::failed(format!(
                            "the server's schema is larger than {MAX_FILES} files or {} MiB",
                            MAX_SIZE >> 20
                        ))
                        .hinted("give the part you need with --proto or --protoset"));
                    }
                }
            }
        }
        Ok(names)
    }

    /// Fetches what the roots lack, makes the schema, and adds the extensions of its messages.
    async fn complete(&mut self, roots: &[String]) -> Result<Schema> {
        self.fetch_imports().await?;
        let schema = self.files.build(roots)?;
        // What cannot be had of extensions is done without: they show as unknown fields then.
        Ok(self.with_extensions().await.unwrap_or(schema))
    }

    async fn fetch_imports(&mut self) -> Result<()> {
        // Ends: each turn adds every file it asks for or finds it absent, and files are bounded.
        loop {
            let missing: Vec<String> = self
                .files
                .missing()
                .into_iter()
                .filter(|name| !self.absent.contains(name))
                .collect();
            if missing.is_empty() {
                break;
            }
            let questions: Vec<Question> = missing
                .iter()
                .map(|name| Question::FileByFilename(name.clone()))
                .collect();
            self.take_files(&questions).await?;
            let absent = missing.into_iter().filter(|name| !self.files.has(name));
            self.absent.extend(absent.collect::<Vec<_>>());
        }
        self.files.add_well_known();
        Ok(())
    }

    async fn with_extensions(&mut self) -> Result<Schema> {
        let types: Vec<MessageDescriptor> = self
            .files
            .schema()
            .pool
            .all_messages()
            .filter(|message| message.extension_ranges().len() > 0)
            // Extensions of options have to be imported where they are used.
            .filter(|message| message.package_name() != "google.protobuf")
            .filter(|message| !self.extended.contains(message.full_name()))
            .collect();
        let mut questions = Vec::new();
        for batch in types.chunks(BATCH) {
            if self.extensions_refused {
                break;
            }
            let asked: Vec<Question> = batch
                .iter()
                .map(|message| Question::AllExtensionNumbersOfType(message.full_name().to_owned()))
                .collect();
            self.extended
                .extend(batch.iter().map(|message| message.full_name().to_owned()));
            for (message, answer) in batch.iter().zip(self.peer.ask(&asked).await?) {
                let Answer::Extensions(numbers) = answer else {
                    self.extensions_refused = true;
                    continue;
                };
                let known: BTreeSet<u32> = message.extensions().map(|e| e.number()).collect();
                let unknown = numbers
                    .into_iter()
                    .filter(|number| !u32::try_from(*number).is_ok_and(|n| known.contains(&n)))
                    .take(MAX_EXTENSIONS);
                questions.extend(unknown.map(|extension_number| {
                    Question::FileContainingExtension(ExtensionRequest {
                        containing_type: message.full_name().to_owned(),
                        extension_number,
                    })
                }));
            }
        }
        if questions.is_empty() {
            return Ok(self.files.schema().clone());
        }
        let roots = self.take_files(&questions).await?;
        self.fetch_imports().await?;
        self.files.build(&roots)
    }
}

fn nonsense() -> Error {
    Error::failed("the server's reflection answered something else than it was asked")
}

impl DescriptorSource for ReflectionSource {
    fn services(&mut self) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(self.list())
    }

    fn find<'a>(&'a mut self, symbol: &'a str) -> BoxFuture<'a, Result<Option<Schema>>> {
        Box::pin(self.look_for(symbol))
    }

    fn all(&mut self) -> BoxFuture<'_, Result<Schema>> {
        Box::pin(self.everything())
    }

    fn place(&self) -> &'static str {
        "on the server"
    }
}

#[cfg(test)]
mod tests;
