//! The .proto files in tests/protos/corpus, compiled, for tests of rendering.

use std::path::{Path, PathBuf};

use crate::schema::build::file_set::decode;
use crate::schema::build::schema::Schema;

/// The corpus and all its imports.
pub fn corpus() -> Schema {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/protos");
    let names = proto_names(&root);
    assert!(names.len() > 5, "the corpus is there");
    compile(&root, &names)
}

/// The names of the .proto files below `root`, relative to it.
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
pub fn compile(root: &Path, names: &[PathBuf]) -> Schema {
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
    decode(&compiler.encode_file_descriptor_set()).unwrap()
}
