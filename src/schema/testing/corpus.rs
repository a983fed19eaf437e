//! The .proto files under tests/protos/corpus, compiled: what the tests of printing and templates go over.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use prost::Message;
use prost_reflect::DescriptorPool;

/// Files by name, and the pool of all of them.
pub struct Compiled {
    pub files: BTreeMap<String, Bytes>,
    pub pool: DescriptorPool,
}

/// The corpus and all that it imports.
pub fn corpus() -> Compiled {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/protos");
    let names = proto_names(&root);
    assert!(names.len() > 5, "the corpus is there");
    compile(&root, &names)
}

/// The names, relative to `root`, of the .proto files below it.
pub fn proto_names(root: &Path) -> Vec<PathBuf> {
    let mut names = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "proto")
            {
                names.push(path.strip_prefix(root).unwrap().to_owned());
            }
        }
    }
    names.sort();
    names
}

/// Compiles files, with comments and imports.
pub fn compile(root: &Path, names: &[PathBuf]) -> Compiled {
    let mut compiler = protox::Compiler::new([root]).unwrap();
    compiler.include_source_info(true).include_imports(true);
    for name in names {
        if let Err(error) = compiler.open_file(name) {
            panic!(
                "{error:?}\n{}",
                std::fs::read_to_string(root.join(name)).unwrap()
            );
        }
    }
    read(&compiler.encode_file_descriptor_set())
}

/// A file descriptor set's files.
pub fn read(set: &[u8]) -> Compiled {
    #[derive(Clone, PartialEq, Message)]
    struct Set {
        #[prost(bytes = "bytes", repeated, tag = "1")]
        files: Vec<Bytes>,
    }
    let files = Set::decode(set).unwrap().files.into_iter();
    Compiled {
        files: files
            .map(|bytes| {
                let file =
                    crate::schema::descriptor::descriptor_proto::FileDescriptorProto::parse(&bytes)
                        .unwrap();
                (file.name().to_owned(), bytes)
            })
            .collect(),
        pool: DescriptorPool::decode(set).unwrap(),
    }
}
