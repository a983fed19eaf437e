//! A server's reflection as a source. It asks for the symbols that are needed, and for imports by file name until none is
//! missing: some servers answer with a file and all its imports, others with the file only.

mod peer;

use std::collections::BTreeSet;

use prost_reflect::MessageDescriptor;
use tonic_reflection::pb::v1::ExtensionRequest;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest as Question;

use self::peer::{Answer, Peer};
use super::descriptor_source::{BoxFuture, DescriptorSource};
use super::settings::ReflectionMode;
use super::target::ReflectionTarget;
use crate::error::{Error, Result};
use crate::schema::build::file_set::FileSet;
use crate::schema::build::schema::Schema;
use crate::schema::descriptor::symbol::lookup;

/// Limits for what a server sends. The largest public APIs have some thousands of files and tens of MiB.
const MAX_FILES: usize = 10_000;
const MAX_SIZE: usize = 128 << 20;

/// How many questions are asked at a time.
const BATCH: usize = 64;

/// How many extensions of one message type are asked for.
const MAX_EXTENSIONS: usize = 1000;

/// A server's schema, as far as it has been asked for.
pub struct ReflectionSource {
    peer: Peer,
    files: FileSet,
    services: Option<Vec<String>>,
    /// Files that the server does not have.
    absent: BTreeSet<String>,
    /// Symbols that the server does not have.
    unknown: BTreeSet<String>,
    /// Message types whose extensions have been asked for.
    extended: BTreeSet<String>,
    /// The server does not answer questions for extensions.
    extensions_refused: bool,
}

impl ReflectionSource {
    pub fn new(mode: ReflectionMode, target: Option<ReflectionTarget>) -> Self {
        Self {
            peer: Peer::new(mode, target),
            files: FileSet::new(
                "the server does not have",
                "give the whole schema with --proto or --protoset",
            ),
            services: None,
            absent: BTreeSet::new(),
            unknown: BTreeSet::new(),
            extended: BTreeSet::new(),
            extensions_refused: false,
        }
    }

    /// Whether the server is known not to support reflection.
    pub fn is_unsupported(&self) -> bool {
        self.peer.is_unsupported()
    }

    async fn list_services(&mut self) -> Result<Vec<String>> {
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
            _ => return Err(mismatched()),
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
        if self.unknown.contains(symbol) {
            return Ok(None);
        }
        // Not every server finds every kind of symbol, but all find the parents of methods and fields.
        let parent = symbol.rsplit_once('.').map(|(parent, _)| parent);
        for name in std::iter::once(symbol).chain(parent) {
            let roots = self.files_of(&[name.to_owned()]).await?;
            if !roots.is_empty() {
                let schema = self.complete(&roots).await?;
                return Ok(known(&schema).then_some(schema));
            }
        }
        self.unknown.insert(symbol.to_owned());
        Ok(None)
    }

    async fn everything(&mut self) -> Result<Schema> {
        let services = self.list_services().await?;
        let unknown: Vec<String> = services
            .into_iter()
            .filter(|name| self.files.schema().pool.get_service_by_name(name).is_none())
            .collect();
        let roots = self.files_of(&unknown).await?;
        self.complete(&roots).await
    }

    /// Asks for the files that declare these symbols, and returns their names.
    async fn files_of(&mut self, symbols: &[String]) -> Result<Vec<String>> {
        let questions: Vec<Question> = symbols
            .iter()
            .map(|symbol| Question::FileContainingSymbol(symbol.clone()))
            .collect();
        self.take_files(&questions).await
    }

    /// Adds the files that the server answers these questions with, and returns their names.
    async fn take_files(&mut self, questions: &[Question]) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for batch in questions.chunks(BATCH) {
            for answer in self.peer.ask(batch).await? {
                let Answer::Files(files) = answer else {
                    continue;
                };
                for file in files {
                    let (name, _) = self.files.add(file).map_err(|error| {
                        Error::failed("the server's reflection sent a damaged file descriptor")
                            .caused_by(error)
                    })?;
                    names.push(name);
                    if self.files.len() > MAX_FILES || self.files.size() > MAX_SIZE {
                        return Err(Error::failed(format!(
                            "the server's schema is larger than {MAX_FILES} files or {} MiB",
                            MAX_SIZE >> 20
                        ))
                        .hinted("give the part that you need with --proto or --protoset"));
                    }
                }
            }
        }
        Ok(names)
    }

    /// Fetches the imports of these files, builds the schema, and adds the extensions of its messages.
    async fn complete(&mut self, roots: &[String]) -> Result<Schema> {
        self.fetch_imports().await?;
        let schema = self.files.build(roots)?;
        // Extensions that cannot be fetched are treated as unknown fields.
        Ok(self.with_extensions().await.unwrap_or(schema))
    }

    async fn fetch_imports(&mut self) -> Result<()> {
        // This ends: each round either adds a file that it asks for or marks it absent, and files are limited.
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
        let types = self.extendable_types();
        let mut questions = Vec::new();
        for batch in types.chunks(BATCH) {
            if self.extensions_refused {
                break;
            }
            questions.extend(self.ask_for_extensions(batch).await?);
        }
        if questions.is_empty() {
            return Ok(self.files.schema().clone());
        }
        let roots = self.take_files(&questions).await?;
        self.fetch_imports().await?;
        self.files.build(&roots)
    }

    /// The message types with extension ranges whose extensions have not been asked for.
    fn extendable_types(&self) -> Vec<MessageDescriptor> {
        let pool = &self.files.schema().pool;
        pool.all_messages()
            .filter(|message| message.extension_ranges().len() > 0)
            // A file that uses custom options imports them.
            .filter(|message| message.package_name() != "google.protobuf")
            .filter(|message| !self.extended.contains(message.full_name()))
            .collect()
    }

    /// Asks for the extension numbers of these types, and returns the questions for those that are unknown.
    async fn ask_for_extensions(&mut self, types: &[MessageDescriptor]) -> Result<Vec<Question>> {
        let names = types.iter().map(|message| message.full_name().to_owned());
        let asked: Vec<Question> = names
            .clone()
            .map(Question::AllExtensionNumbersOfType)
            .collect();
        self.extended.extend(names);
        let mut questions = Vec::new();
        for (message, answer) in types.iter().zip(self.peer.ask(&asked).await?) {
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
        Ok(questions)
    }
}

fn mismatched() -> Error {
    Error::failed("the server's reflection sent an answer that does not match the question")
}

impl DescriptorSource for ReflectionSource {
    fn services(&mut self) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(self.list_services())
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

    fn attach(&mut self, target: ReflectionTarget) {
        self.peer.attach(target);
    }

    fn detach(&mut self) {
        self.peer.detach();
    }
}

#[cfg(test)]
mod tests;
