//! Files gathered from anywhere → one schema: their imports in order, made into what prost-reflect takes, and what is
//! missing named.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::{DescriptorError, DescriptorPool};

use super::encoded_file::{self, EncodedFileSet, FileHead};
use super::{check, editions};
use crate::error::{BoxError, Error, Result};
use crate::schema::descriptor::declaration::count_declarations;
use crate::schema::descriptor::descriptor_proto::FileDescriptorProto;
use crate::schema::descriptor::well_known;

/// What a source knows: descriptors for use, and the files as they came. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Made of lowered files: editions look like proto2 (see [`editions`]), public imports like plain ones.
    pub pool: DescriptorPool,
    /// The encoded `FileDescriptorProto`s by name, untouched.
    pub files: Arc<BTreeMap<String, Bytes>>,
}

impl Schema {
    /// The files as an encoded `FileDescriptorSet`, imports before those who import them. Imports that were missing,
    /// and that nothing needed, are left out of their files, so that every reader can do without them too.
    pub fn write_protoset(&self) -> Vec<u8> {
        let mut set = EncodedFileSet::default();
        for file in self.pool.files() {
            let Some(bytes) = self.files.get(file.name()) else {
                continue;
            };
            let there = |import: &str| self.files.contains_key(import);
            let whole = match FileHead::decode(bytes.as_ref()) {
                Ok(head) if !head.imports.iter().all(|import| there(import)) => {
                    encoded_file::without_imports(bytes, &head, there).ok()
                }
                _ => None,
            };
            set.files
                .push(whole.map_or_else(|| bytes.clone(), Into::into));
        }
        set.encode_to_vec()
    }
}

/// Files, and the schema made of them so far.
#[derive(Debug, Default)]
pub struct FileSet {
    files: BTreeMap<String, File>,
    /// Where a missing file is missing from, to follow "which".
    missing_from: &'static str,
    /// What to do about it.
    remedy: &'static str,
    schema: Schema,
    /// What the pool was made of.
    lowered: BTreeMap<String, Bytes>,
    size: usize,
}

#[derive(Debug)]
struct File {
    head: FileHead,
    bytes: Bytes,
}

/// The outcome of adding a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Added {
    New,
    /// The set has the file already, or another version of a file of protobuf's own.
    Known,
    /// The set has a different file of that name, which stays.
    Conflict,
}

impl FileSet {
    pub fn new(missing_from: &'static str, remedy: &'static str) -> Self {
        Self {
            missing_from,
            remedy,
            ..Self::default()
        }
    }

    /// Adds an encoded `FileDescriptorProto`. Returns its name.
    pub fn add(&mut self, bytes: Bytes) -> std::result::Result<(String, Added), BoxError> {
        let head = FileHead::decode(bytes.as_ref())?;
        if head.name.is_empty() {
            return Err("the file has no name".into());
        }
        let name = head.name.clone();
        let Some(known) = self.files.get_mut(&name) else {
            self.size += bytes.len();
            self.files.insert(name.clone(), File { head, bytes });
            return Ok((name, Added::New));
        };
        let is_same = encoded_file::without_source_info(&known.bytes)?
            == encoded_file::without_source_info(&bytes)?;
        let is_better = if is_same {
            // It may have comments.
            bytes.len() > known.bytes.len()
        } else if name.starts_with("google/protobuf/") {
            // Compilers of several ages bring several versions of protobuf's own files, which are compatible. They do
            // not say which version they are, but they grow.
            count_declarations(&FileDescriptorProto::parse(&bytes)?)
                > count_declarations(&FileDescriptorProto::parse(&known.bytes)?)
        } else {
            return Ok((name, Added::Conflict));
        };
        if is_better && !self.lowered.contains_key(&name) {
            self.size = self.size + bytes.len() - known.bytes.len();
            *known = File { head, bytes };
        }
        Ok((name, Added::Known))
    }

    /// Adds the files of an encoded `FileDescriptorSet`.
    pub fn add_descriptor_set(&mut self, bytes: &[u8]) -> std::result::Result<(), BoxError> {
        for file in EncodedFileSet::decode(bytes)?.files {
            self.add(file)?;
        }
        Ok(())
    }

    pub fn has(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Bytes of all files.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Imports that are not there, those for options alone among them.
    pub fn missing(&self) -> BTreeSet<String> {
        self.files
            .values()
            .flat_map(|file| (0..).map_while(|at| file.head.import(at)))
            .filter(|import| !self.has(import))
            .cloned()
            .collect()
    }

    /// Adds the files of protobuf itself that are imported and not there.
    pub fn add_well_known(&mut self) {
        loop {
            let found: Vec<Bytes> = self
                .missing()
                .iter()
                .filter_map(|name| well_known::file(name))
                .collect();
            if found.is_empty() {
                return;
            }
            for bytes in found {
                // Ours are sound.
                let _ = self.add(bytes);
            }
        }
    }

    /// The schema made so far.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Makes the schema of all files.
    pub fn build_all(&mut self) -> Result<Schema> {
        let all: Vec<String> = self.files.keys().cloned().collect();
        self.build(&all)
    }

    /// Adds these files and what they import to the schema; after an error it is what it was.
    pub fn build(&mut self, roots: &[String]) -> Result<Schema> {
        let mut pool = self.schema.pool.clone();
        let mut lowered = self.lowered.clone();
        for name in self.in_order(roots)? {
            if lowered.contains_key(name) {
                continue;
            }
            let Some(file) = self.files.get(name) else {
                continue;
            };
            let unsound = |error: BoxError| {
                Error::failed(format!("the schema's file {name} cannot be used")).caused_by(error)
            };
            let imports = self.visible_imports(file);
            let bytes = lower(file, imports).map_err(unsound)?;
            pool.decode_file_descriptor_proto(bytes.clone())
                .map_err(|error| self.refused(file, error))?;
            lowered.insert(name.clone(), bytes);
        }
        if lowered.len() > self.lowered.len() {
            check::check_options(&pool, lowered.values()).map_err(|error| {
                Error::failed("the schema's options cannot be read").caused_by(error)
            })?;
            let files = lowered
                .keys()
                .filter_map(|name| Some((name.clone(), self.files.get(name)?.bytes.clone())))
                .collect();
            self.lowered = lowered;
            self.schema = Schema {
                pool,
                files: Arc::new(files),
            };
        }
        Ok(self.schema.clone())
    }

    /// All files that this one can see, as direct imports: prost-reflect follows a chain of public imports only
    /// halfway, and some nets of them without end.
    fn visible_imports(&self, file: &File) -> Vec<String> {
        let mut visible: Vec<String> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut waiting: Vec<&String> = file.head.imports.iter().rev().collect();
        while let Some(name) = waiting.pop() {
            if let Some(import) = self.files.get(name)
                && seen.insert(name)
            {
                visible.push(name.clone());
                waiting.extend(import.head.public_imports());
            }
        }
        visible
    }

    /// The roots and all they import, imports first.
    fn in_order<'a>(&'a self, roots: &'a [String]) -> Result<Vec<&'a String>> {
        let mut done = BTreeSet::new();
        let mut order = Vec::new();
        for root in roots {
            // A stack of its own: a hostile chain of imports is as long as it likes.
            let mut path: Vec<(&String, &FileHead, usize)> = Vec::new();
            let mut on_path = BTreeSet::new();
            let mut next = Some(root);
            loop {
                if let Some(name) = next.take()
                    && !done.contains(name)
                    && let Some(file) = self.files.get(name)
                {
                    if !on_path.insert(name) {
                        return Err(cycle(name, path.iter().map(|(name, ..)| *name)));
                    }
                    path.push((name, &file.head, 0));
                }
                let Some((name, head, at)) = path.last_mut() else {
                    break;
                };
                next = head.import(*at);
                if next.is_some() {
                    *at += 1;
                } else {
                    order.push(*name);
                    on_path.remove(*name);
                    done.insert(*name);
                    path.pop();
                }
            }
        }
        Ok(order)
    }

    /// Why prost-reflect does not take a file: most likely because of an import that is missing.
    fn refused(&self, file: &File, error: DescriptorError) -> Error {
        let mut missing = Vec::new();
        let visible = self.visible_imports(file);
        let importers = std::iter::once(&file.head.name).chain(&visible);
        for importer in importers.filter_map(|name| self.files.get(name)) {
            let own = importer.head.name == file.head.name;
            let imports: Vec<&String> = if own {
                importer.head.imports.iter().collect()
            } else {
                importer.head.public_imports().collect()
            };
            let lacking: Vec<&str> = imports
                .into_iter()
                .filter(|import| !self.has(import))
                .map(String::as_str)
                .collect();
            if !lacking.is_empty() {
                missing.push(format!(
                    "{} imports {}",
                    importer.head.name,
                    lacking.join(", ")
                ));
            }
        }
        if missing.is_empty() {
            return Error::failed(format!("the schema's file {} is not valid", file.head.name))
                .caused_by(error);
        }
        Error::failed(format!(
            "the schema is incomplete: {}, which {}",
            missing.join("; "),
            self.missing_from
        ))
        .caused_by(error)
        .hinted(self.remedy)
    }
}

/// The schema of an encoded `FileDescriptorSet`, which has all that its files import.
pub fn decode(descriptors: &[u8]) -> Result<Schema> {
    let mut set = FileSet::default();
    set.add_descriptor_set(descriptors)
        .map_err(|error| Error::failed("this is no descriptor set").caused_by(error))?;
    set.build_all()
}

/// Makes a file what prost-reflect takes.
fn lower(file: &File, imports: Vec<String>) -> std::result::Result<Bytes, BoxError> {
    let head = &file.head;
    let bytes: Bytes = match head.syntax.as_str() {
        "" | "proto2" | "proto3" => file.bytes.clone(),
        "editions" => editions::lower(&file.bytes, head.edition)?.into(),
        syntax => return Err(format!("its syntax {syntax:?} is unknown").into()),
    };
    let bytes = check::check_file(bytes)?;
    // A file of protobuf's own that took this one's place has no imports.
    let unchanged = head.public.is_empty() && head.imports == imports;
    if unchanged || FileHead::decode(bytes.as_ref())?.imports.is_empty() {
        return Ok(bytes);
    }
    Ok(encoded_file::with_imports(&bytes, imports)?.into())
}

fn cycle<'a>(name: &str, path: impl Iterator<Item = &'a String>) -> Error {
    let mut way: Vec<&str> = path
        .map(String::as_str)
        .skip_while(|at| *at != name)
        .collect();
    way.push(name);
    Error::failed(format!("files import one another: {}", way.join(" → ")))
}

#[cfg(test)]
mod tests;
