//! Encoded files → one schema. Files are ordered by their imports and rewritten for prost-reflect; errors name the
//! imports that are missing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::DescriptorError;

use super::encoded_file::{self, EncodedFileSet, FileHead};
use super::schema::Schema;
use super::{check, editions};
use crate::error::{BoxError, Error, Result};
use crate::schema::descriptor::declaration::count_declarations;
use crate::schema::descriptor::descriptor_proto::FileDescriptorProto;
use crate::schema::descriptor::well_known;

/// Files, and the schema that was built of them so far.
#[derive(Debug, Default)]
pub struct FileSet {
    files: BTreeMap<String, File>,
    /// Where a missing file is missing from, to follow "which": "the server does not have".
    missing_from: &'static str,
    /// A hint for a missing file.
    remedy: &'static str,
    schema: Schema,
    /// The files of the pool, as they were rewritten.
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

    /// Adds an encoded `FileDescriptorProto`, and returns its name.
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
            // The larger one has comments.
            bytes.len() > known.bytes.len()
        } else if name.starts_with("google/protobuf/") {
            // Compilers of different ages bring different versions of protobuf's own files. The versions are compatible,
            // and a newer one declares more.
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

    /// The size of all files, in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Imports that are not in the set, including those for options only.
    pub fn missing(&self) -> BTreeSet<String> {
        self.files
            .values()
            .flat_map(|file| (0..).map_while(|at| file.head.import(at)))
            .filter(|import| !self.has(import))
            .cloned()
            .collect()
    }

    /// Adds those of protobuf's own files that are imported and missing.
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
                // Our own files are valid.
                let _ = self.add(bytes);
            }
        }
    }

    /// The schema as it was last built.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Builds the schema of all files.
    pub fn build_all(&mut self) -> Result<Schema> {
        let all: Vec<String> = self.files.keys().cloned().collect();
        self.build(&all)
    }

    /// Adds these files and their imports to the schema. An error leaves it unchanged.
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
            let unusable = |error: BoxError| {
                Error::failed(format!("the schema's file {name} cannot be used")).caused_by(error)
            };
            let imports = self.visible_imports(file);
            let bytes = lower(file, imports).map_err(unusable)?;
            pool.decode_file_descriptor_proto(bytes.clone())
                .map_err(|error| self.invalid_file(file, error))?;
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

    /// The imports of a file and all that they import publicly. prost-reflect 0.16 follows chains of public imports only
    /// partly, and does not return from some that branch.
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

    /// The roots and all that they import, imports first.
    fn in_order<'a>(&'a self, roots: &'a [String]) -> Result<Vec<&'a String>> {
        let mut done = BTreeSet::new();
        let mut order = Vec::new();
        for root in roots {
            // Not by recursion: a hostile chain of imports may be of any length.
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

    /// The error for a file that prost-reflect refuses, which is most likely because of a missing import.
    fn invalid_file(&self, file: &File, error: DescriptorError) -> Error {
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
            let absent: Vec<&str> = imports
                .into_iter()
                .filter(|import| !self.has(import))
                .map(String::as_str)
                .collect();
            if !absent.is_empty() {
                missing.push(format!(
                    "{} imports {}",
                    importer.head.name,
                    absent.join(", ")
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

/// The schema of an encoded `FileDescriptorSet` that has all imports of its files.
pub fn decode(descriptors: &[u8]) -> Result<Schema> {
    let mut set = FileSet::default();
    set.add_descriptor_set(descriptors)
        .map_err(|error| Error::failed("this is not a descriptor set").caused_by(error))?;
    set.build_all()
}

/// Rewrites a file for prost-reflect.
fn lower(file: &File, imports: Vec<String>) -> std::result::Result<Bytes, BoxError> {
    let head = &file.head;
    let bytes: Bytes = match head.syntax.as_str() {
        "" | "proto2" | "proto3" => file.bytes.clone(),
        "editions" => editions::lower(&file.bytes, head.edition)?.into(),
        syntax => return Err(format!("its syntax {syntax:?} is unknown").into()),
    };
    let bytes = check::check_file(bytes)?;
    // descriptor.proto, merged into ours, has no imports.
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
    Error::failed(format!("files import each other: {}", way.join(" → ")))
}

#[cfg(test)]
mod tests;
