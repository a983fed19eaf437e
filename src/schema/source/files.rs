//! Schemas from files: descriptor sets as protoc writes them, and .proto sources, compiled here.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use bytes::Bytes;
use prost::Message as _;
use protox::file::{
    ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver,
};

use crate::error::{BoxError, Error, Result, plain};
use crate::schema::build::edition_source::{self, Rewritten};
use crate::schema::build::encoded_file::{self, EncodedFileSet};
use crate::schema::build::file_set::{Added, FileSet, Schema};

/// The schema of all these files together.
///
/// # Errors
/// When a file cannot be read or compiled, or when two disagree.
pub fn load(protosets: &[PathBuf], protos: &[PathBuf], import_paths: &[PathBuf]) -> Result<Schema> {
    let mut loader = Loader {
        set: FileSet::new(
            "is in no file given",
            "make descriptor sets with `protoc --include_imports --descriptor_set_out=FILE`",
        ),
        origins: BTreeMap::new(),
    };
    for path in protosets {
        let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
        let set =
            EncodedFileSet::decode(bytes.as_slice()).map_err(|error| not_a_set(path, error))?;
        if set.files.is_empty() {
            return Err(not_a_set(path, "there is no file in it"));
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
    /// Which of the given files each file is from.
    origins: BTreeMap<String, PathBuf>,
}

impl Loader {
    fn add(&mut self, file: Bytes, origin: &Path) -> Result<()> {
        let (name, added) = self
            .set
            .add(file)
            .map_err(|error| not_a_set(origin, error))?;
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

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::failed(format!("cannot read {}: {}", path.display(), plain(error)))
}

fn not_a_set(path: &Path, cause: impl Into<BoxError>) -> Error {
    let error = Error::failed(format!("{} is no descriptor set", path.display())).caused_by(cause);
    if path
        .extension()
        .is_some_and(|extension| extension == "proto")
    {
        return error.hinted("give .proto files with --proto");
    }
    error.hinted("make one with `protoc --include_imports --descriptor_set_out=FILE`")
}

/// Compiles .proto files and what they import: encoded files, and the path each came from.
fn compile(protos: &[PathBuf], import_paths: &[PathBuf]) -> Result<Vec<(Bytes, PathBuf)>> {
    // protoc too takes a file by its name within an import path.
    let is_named = |proto: &PathBuf| {
        let mut paths = import_paths.iter().map(|folder| folder.join(proto));
        proto.is_relative() && paths.any(|path| path.exists())
    };
    let own_folder = |proto: &PathBuf| match proto.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    for proto in protos.iter().filter(|proto| !is_named(proto)) {
        std::fs::File::open(proto).map_err(|error| unreadable(proto, &error))?;
    }
    if !import_paths.is_empty() {
        // protoc refuses a file outside of all import paths; its own folder is what was meant.
        let outside = protos.iter().filter(|proto| {
            let mut within = import_paths.iter().map(|folder| proto.starts_with(folder));
            !(is_named(proto) || within.any(|within| within))
        });
        let folders = import_paths.iter().cloned();
        return Compilation::new(folders.chain(outside.map(own_folder))).run(protos);
    }
    // Imports are relative to the file's folder, or to where the project starts, which most likely is here.
    let here = || std::iter::once(PathBuf::from("."));
    let near = Compilation::new(protos.iter().map(own_folder).chain(here()));
    near.run(protos).or_else(|error| {
        let far = Compilation::new(here().chain(protos.iter().map(own_folder)));
        far.run(protos).map_err(|_| error)
    })
}

/// Sources that were rewritten, by their names.
type Editions = Rc<RefCell<BTreeMap<String, Rewritten>>>;

struct Compilation {
    folders: Vec<PathBuf>,
    editions: Editions,
}

impl Compilation {
    fn new(folders: impl Iterator<Item = PathBuf>) -> Self {
        let mut distinct = Vec::new();
        for folder in folders {
            if !distinct.contains(&folder) {
                distinct.push(folder);
            }
        }
        Self {
            folders: distinct,
            editions: Editions::default(),
        }
    }

    fn run(&self, protos: &[PathBuf]) -> Result<Vec<(Bytes, PathBuf)>> {
        let mut resolver = ChainFileResolver::new();
        for folder in &self.folders {
            resolver.add(Folder {
                path: folder.clone(),
                inner: IncludeFileResolver::new(folder.clone()),
                editions: Rc::clone(&self.editions),
            });
        }
        resolver.add(GoogleFileResolver::new());
        let mut compiler = protox::Compiler::with_file_resolver(resolver);
        compiler.include_imports(true).include_source_info(true);
        compiler
            .open_files(protos)
            .map_err(|error| self.explain(&error))?;

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

    /// Where the file of that name is.
    fn path(&self, name: &str) -> Option<PathBuf> {
        let paths = self.folders.iter().map(|folder| folder.join(name));
        paths.into_iter().find(|path| path.exists())
    }

    /// protox tells the position of an error in its `Debug` text alone, as `file:line:column: what`.
    fn explain(&self, error: &protox::Error) -> Error {
        let told = format!("{error:?}");
        let located = error.file().and_then(|name| {
            let mut rest = told.strip_prefix(name)?.strip_prefix(':')?.splitn(3, ':');
            let line: usize = rest.next()?.parse().ok()?;
            let column: usize = rest.next()?.parse().ok()?;
            let what = rest.next()?.trim_start().to_owned();
            let path = self.path(name)?;
            let text = std::fs::read_to_string(&path).ok()?;
            let column = match self.editions.borrow().get(name) {
                Some(rewritten) => rewritten.column(line, column),
                None => column,
            };
            let excerpt = Excerpt {
                line,
                column,
                text: text.lines().nth(line.checked_sub(1)?)?.to_owned(),
            };
            let path = path.strip_prefix(".").unwrap_or(&path).display().to_string();
            let unreadable = column == 1 && excerpt.text.trim_start().starts_with("edition");
            let error = Error::failed(format!("{path}:{line}:{column}: {what}")).caused_by(excerpt);
            Some(if unreadable {
                error.hinted(
                    "editions 2023 and 2024 are known; protoc makes a descriptor set of any, for --protoset",
                )
            } else {
                error
            })
        });
        let error = located.unwrap_or_else(|| Error::failed(told));
        if error.hint().is_none() && error.to_string().contains("import '") {
            return error.hinted("name the folder that imports start from with -I");
        }
        error
    }
}

/// One import path.
struct Folder {
    path: PathBuf,
    inner: IncludeFileResolver,
    editions: Editions,
}

impl FileResolver for Folder {
    fn resolve_path(&self, path: &Path) -> Option<String> {
        self.inner.resolve_path(path)
    }

    fn open_file(&self, name: &str) -> std::result::Result<File, protox::Error> {
        let text = std::fs::read_to_string(self.path.join(name));
        if let Some(rewritten) = text.ok().as_deref().and_then(edition_source::rewrite) {
            let file = File::from_source(name, &rewritten.text);
            self.editions
                .borrow_mut()
                .insert(name.to_owned(), rewritten);
            return file;
        }
        self.inner.open_file(name)
    }
}

/// The line that an error is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Both from one; columns count characters.
    pub line: usize,
    pub column: usize,
    pub text: String,
}

impl Excerpt {
    /// The line, numbered, and a caret below its column.
    pub fn lines(&self) -> [String; 2] {
        let number = self.line.to_string();
        let before = self.text.chars().take(self.column.saturating_sub(1));
        let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        [
            format!("{number} | {}", self.text),
            format!("{} | {indent}^", " ".repeat(number.len())),
        ]
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.text.trim())
    }
}

impl std::error::Error for Excerpt {}

#[cfg(test)]
mod tests;
