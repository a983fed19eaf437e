//! .proto files, compiled by protox.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use bytes::Bytes;
use prost::Message as _;
use protox::file::{
    ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver,
};

use super::excerpt::Excerpt;
use super::sources::{Sources, unreadable};
use crate::error::{Error, Result};
use crate::schema::build::edition_source::{self, Rewritten};
use crate::schema::build::encoded_file::{self, EncodedFileSet};

/// Compiles .proto files and their imports. Returns each encoded file with the path of its source.
pub fn compile(protos: &[PathBuf], import_paths: &[PathBuf]) -> Result<Vec<(Bytes, PathBuf)>> {
    // protoc goes on without it, and then does not find the imports.
    if let Some(missing) = import_paths.iter().find(|folder| !folder.is_dir()) {
        let why = format!("the import path {} is not a folder", missing.display());
        return Err(Error::failed(why).hinted("-I names a folder, relative to the current one"));
    }
    // Like protoc, this accepts the name of a file within an import path.
    let is_named = |proto: &PathBuf| {
        let mut paths = import_paths.iter().map(|folder| folder.join(proto));
        proto.is_relative() && paths.any(|path| path.exists())
    };
    let own_folder = |proto: &PathBuf| match proto.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let sources = Sources::default();
    for proto in protos.iter().filter(|proto| !is_named(proto)) {
        let text = sources
            .read(proto)
            .map_err(|error| unreadable(proto, &error))?;
        check_text(proto, &text)?;
    }
    if !import_paths.is_empty() {
        // protoc refuses a file that is in none of the import paths. Its own folder is used here.
        let outside = protos.iter().filter(|proto| {
            let mut within = import_paths.iter().map(|folder| proto.starts_with(folder));
            !(is_named(proto) || within.any(|within| within))
        });
        let folders = import_paths.iter().cloned();
        let folders = folders.chain(outside.map(own_folder));
        return Compilation::new(folders, &sources).run(protos);
    }
    // Imports are relative to the file's folder, or to the root of its project, which is likely to be the current folder.
    let here = || std::iter::once(PathBuf::from("."));
    let near = Compilation::new(protos.iter().map(own_folder).chain(here()), &sources);
    near.run(protos).or_else(|error| {
        let far = Compilation::new(here().chain(protos.iter().map(own_folder)), &sources);
        far.run(protos).map_err(|_| error)
    })
}

/// Refuses what cannot be a .proto file, above all a descriptor set.
fn check_text(path: &Path, text: &[u8]) -> Result<()> {
    if std::str::from_utf8(text).is_ok() && !text.contains(&0) {
        return Ok(());
    }
    let error = Error::failed(format!("{} is not a .proto file", path.display()));
    Err(match EncodedFileSet::decode(text) {
        Ok(set) if !set.files.is_empty() => error.hinted("give descriptor sets with --protoset"),
        _ => error,
    })
}

/// Rewritten sources, by file name.
type Editions = Rc<RefCell<BTreeMap<String, Rewritten>>>;

struct Compilation {
    folders: Vec<PathBuf>,
    sources: Sources,
    editions: Editions,
}

impl Compilation {
    fn new(folders: impl Iterator<Item = PathBuf>, sources: &Sources) -> Self {
        let mut distinct = Vec::new();
        for folder in folders {
            if !distinct.contains(&folder) {
                distinct.push(folder);
            }
        }
        Self {
            folders: distinct,
            sources: sources.clone(),
            editions: Editions::default(),
        }
    }

    fn run(&self, protos: &[PathBuf]) -> Result<Vec<(Bytes, PathBuf)>> {
        let mut resolver = ChainFileResolver::new();
        for folder in &self.folders {
            resolver.add(Folder {
                path: folder.clone(),
                inner: IncludeFileResolver::new(folder.clone()),
                sources: self.sources.clone(),
                editions: Rc::clone(&self.editions),
            });
        }
        resolver.add(GoogleFileResolver::new());
        let mut compiler = protox::Compiler::with_file_resolver(resolver);
        compiler.include_imports(true).include_source_info(true);
        compiler
            .open_files(protos)
            .map_err(|error| self.locate(&error))?;

        let set = EncodedFileSet::decode(compiler.encode_file_descriptor_set().as_slice())
            .map_err(|error| Error::failed("the compiled schema is damaged").caused_by(error))?;
        let editions = self.editions.borrow();
        let files = set.files.into_iter().zip(compiler.files());
        files
            .map(|(file, metadata)| {
                let path = self.path(metadata.name()).unwrap_or_default();
                let Some(rewritten) = editions.get(metadata.name()) else {
                    return Ok((file, path));
                };
                let file =
                    encoded_file::with_edition(&file, rewritten.edition).map_err(|error| {
                        Error::failed("the compiled schema is damaged").caused_by(error)
                    })?;
                Ok((file.into(), path))
            })
            .collect()
    }

    /// The path of the file with that name.
    fn path(&self, name: &str) -> Option<PathBuf> {
        let paths = self.folders.iter().map(|folder| folder.join(name));
        paths.into_iter().find(|path| path.exists())
    }

    /// The error with its position and its line. protox 0.10 has the position only in its `Debug` text, as
    /// `file:line:column: message`.
    fn locate(&self, error: &protox::Error) -> Error {
        let text = format!("{error:?}");
        let located = error.file().and_then(|name| {
            let mut rest = text.strip_prefix(name)?.strip_prefix(':')?.splitn(3, ':');
            let line: usize = rest.next()?.parse().ok()?;
            let column: usize = rest.next()?.parse().ok()?;
            let message = rest.next()?.trim_start().to_owned();
            let path = self.path(name)?;
            let source = self.sources.text(&path)?;
            let column = match self.editions.borrow().get(name) {
                Some(rewritten) => rewritten.column(line, column),
                None => column,
            };
            let excerpt = Excerpt {
                line,
                column,
                text: source.lines().nth(line.checked_sub(1)?)?.to_owned(),
            };
            let path = path.strip_prefix(".").unwrap_or(&path).display().to_string();
            let is_edition = column == 1 && excerpt.text.trim_start().starts_with("edition");
            let error = Error::failed(format!("{path}:{line}:{column}: {message}")).caused_by(excerpt);
            Some(if is_edition {
                error.hinted(
                    "only editions 2023 and 2024 are supported; for others, compile the file with protoc and use --protoset",
                )
            } else {
                error
            })
        });
        let error = located.unwrap_or_else(|| Error::failed(text));
        if error.hint().is_none() && error.to_string().contains("import '") {
            return error.hinted("name the folder that imports are relative to with -I");
        }
        error
    }
}

/// One import path.
struct Folder {
    path: PathBuf,
    inner: IncludeFileResolver,
    sources: Sources,
    editions: Editions,
}

impl FileResolver for Folder {
    fn resolve_path(&self, path: &Path) -> Option<String> {
        self.inner.resolve_path(path)
    }

    fn open_file(&self, name: &str) -> std::result::Result<File, protox::Error> {
        let path = self.path.join(name);
        let text = self.sources.text(&path);
        if let Some(rewritten) = text.as_deref().and_then(edition_source::rewrite) {
            let file = File::from_source(name, &rewritten.text);
            self.editions
                .borrow_mut()
                .insert(name.to_owned(), rewritten);
            return file;
        }
        match text {
            Some(text) if self.sources.is_kept(&path) => File::from_source(name, &text),
            // It also refuses a file that another one of that name hides.
            _ => self.inner.open_file(name),
        }
    }
}
