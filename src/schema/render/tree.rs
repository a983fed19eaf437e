//! A schema as a folder of .proto files, from which it can be compiled.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use prost_reflect::DescriptorPool;

use super::proto_source::SourceRenderer;
use crate::error::{Error, Result};
use crate::schema::descriptor::declaration::find_declaration;
use crate::schema::descriptor::descriptor_proto::{DescriptorProto, FileDescriptorProto};
use crate::schema::descriptor::full_name::join;
use crate::schema::descriptor::well_known;

/// Writes the source of each file below `dir`, and returns how many it wrote. Files that every compiler provides, such as
/// google/protobuf/timestamp.proto, are left out, unless the schema's file declares more. File names may come from a
/// server: all are checked before anything is written.
pub fn write_tree(
    files: &BTreeMap<String, Bytes>,
    pool: &DescriptorPool,
    dir: &Path,
) -> Result<usize> {
    let mut printer = SourceRenderer::new(pool);
    let mut sources = Vec::new();
    for (name, bytes) in files {
        let path = dir.join(relative(name)?);
        if !is_provided(name, &FileDescriptorProto::parse(bytes)?) {
            sources.push((path, printer.file(bytes)?));
        }
    }
    for (path, source) in &sources {
        let failed = |error: std::io::Error| {
            Error::failed(format!("cannot write {}", path.display())).caused_by(error)
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        std::fs::write(path, source).map_err(failed)?;
    }
    Ok(sources.len())
}

/// The file's name as a path that stays below the folder that it is joined to.
fn relative(name: &str) -> Result<PathBuf> {
    let is_safe = |part: &str| {
        !matches!(part, "" | "." | "..")
            && !part.contains(|c: char| c.is_control() || matches!(c, '\\' | ':'))
    };
    if name.split('/').all(is_safe) {
        Ok(name.split('/').collect())
    } else {
        Err(Error::failed(format!(
            "the file name {name:?} leads out of the folder"
        )))
    }
}

/// Whether protoc and protox provide the file, and their version declares everything that this one does.
fn is_provided(name: &str, file: &FileDescriptorProto) -> bool {
    let Some(known) = well_known::pool().get_file_by_name(name) else {
        return false;
    };
    let Ok(known) = FileDescriptorProto::parse(&known.encode_to_vec()) else {
        return false;
    };
    let mut symbols = Vec::new();
    let package = file.package();
    for message in &file.message_type {
        collect(message, package, &mut symbols);
    }
    symbols.extend(
        file.enum_type
            .iter()
            .map(|declared| join(package, declared.name())),
    );
    symbols.extend(
        file.service
            .iter()
            .map(|declared| join(package, declared.name())),
    );
    symbols.extend(
        file.extension
            .iter()
            .map(|declared| join(package, declared.name())),
    );
    symbols
        .iter()
        .all(|symbol| find_declaration(&known, symbol).is_some())
}

fn collect(message: &DescriptorProto, scope: &str, symbols: &mut Vec<String>) {
    let name = join(scope, message.name());
    for nested in &message.nested_type {
        collect(nested, &name, symbols);
    }
    symbols.extend(
        message
            .enum_type
            .iter()
            .map(|declared| join(&name, declared.name())),
    );
    symbols.extend(
        message
            .extension
            .iter()
            .map(|declared| join(&name, declared.name())),
    );
    symbols.push(name);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::testing::corpus::{compile, corpus, proto_names};

    fn write(name: &str, bytes: &Bytes) -> Result<usize> {
        let folder = tempfile::tempdir().unwrap();
        let files = BTreeMap::from([(name.to_owned(), bytes.clone())]);
        write_tree(&files, &corpus().pool, &folder.path().join("below"))
    }

    #[test]
    fn what_is_written_compiles() {
        let corpus = corpus();
        let folder = tempfile::tempdir().unwrap();
        let count = write_tree(&corpus.files, &corpus.pool, folder.path()).unwrap();
        let names = proto_names(folder.path());
        assert_eq!(names.len(), count);
        let compiled = compile(folder.path(), &names);
        assert_eq!(compiled.files.len(), corpus.files.len());
    }

    #[test]
    fn files_that_compilers_provide_are_left_out() {
        let corpus = corpus();
        let timestamp = "google/protobuf/timestamp.proto";
        assert_eq!(write(timestamp, &corpus.files[timestamp]).unwrap(), 0);
        // A different file of that name belongs to the schema.
        assert_eq!(
            write(timestamp, &corpus.files["corpus/proto2.proto"]).unwrap(),
            1
        );
        let own = "google/protobuf/own.proto";
        assert_eq!(write(own, &corpus.files[timestamp]).unwrap(), 1);
    }

    #[test]
    fn a_name_that_leads_out_of_the_folder_is_refused() {
        let corpus = corpus();
        let bytes = &corpus.files["corpus/proto2.proto"];
        for name in [
            "../x.proto",
            "/x.proto",
            "a/../../x.proto",
            "a//x.proto",
            "./x.proto",
            "",
            "a\\..\\x.proto",
            "C:x.proto",
            "x\0.proto",
        ] {
            assert!(write(name, bytes).is_err(), "{name:?}");
        }
    }
}
