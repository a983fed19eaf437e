//! Schemas from files: descriptor sets as protoc writes them, and .proto sources, which are compiled here.

mod compile;
mod excerpt;
mod sources;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use prost::Message as _;

use self::compile::compile;
pub use self::excerpt::Excerpt;
use self::sources::unreadable;
use crate::error::{Error, Result};
use crate::schema::build::encoded_file::EncodedFileSet;
use crate::schema::build::file_set::{Added, FileSet};
use crate::schema::build::schema::Schema;

/// The schema of all these files together.
///
/// # Errors
/// When a file cannot be read or compiled, or when two files of one name differ.
pub fn load(protosets: &[PathBuf], protos: &[PathBuf], import_paths: &[PathBuf]) -> Result<Schema> {
    let mut loader = Loader {
        set: FileSet::new(
            "is not in the given files",
            "make descriptor sets with `protoc --include_imports --descriptor_set_out=FILE`",
        ),
        origins: BTreeMap::new(),
    };
    for path in protosets {
        let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
        let set = EncodedFileSet::decode(bytes.as_slice()).map_err(|_| not_a_set(path))?;
        if set.files.is_empty() {
            return Err(not_a_set(path).caused_by("it contains no files"));
        }
        for file in set.files {
            loader.add(file, path)?;
        }
    }
    if !protos.is_empty() {
        for (file, path) in compile(protos, import_paths)? {
            loader.add(file, &path)?;
        }
    }
    loader.set.add_well_known();
    loader.set.build_all()
}

struct Loader {
    set: FileSet,
    /// Which of the given files each file came from.
    origins: BTreeMap<String, PathBuf>,
}

impl Loader {
    fn add(&mut self, file: Bytes, origin: &Path) -> Result<()> {
        let (name, added) = self
            .set
            .add(file)
            .map_err(|error| not_a_set(origin).caused_by(error))?;
        let earlier = self
            .origins
            .entry(name.clone())
            .or_insert_with(|| origin.to_owned());
        if added == Added::Conflict {
            return Err(Error::failed(format!(
                "{} and {} have different files named {name}",
                earlier.display(),
                origin.display()
            ))
            .hinted("use them one at a time"));
        }
        Ok(())
    }
}

fn not_a_set(path: &Path) -> Error {
    let error = Error::failed(format!("{} is not a descriptor set", path.display()));
    if path
        .extension()
        .is_some_and(|extension| extension == "proto")
    {
        return error.hinted("give .proto files with --proto");
    }
    error.hinted("make one with `protoc --include_imports --descriptor_set_out=FILE`")
}

#[cfg(test)]
mod tests;
