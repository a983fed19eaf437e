//! The texts of .proto files. A file is looked at more than once: to check it, to compile it, by another path, to quote it. A
//! pipe, as in `--proto <(...)`, can be read once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use crate::error::{Error, plain};

/// Reads files, and keeps what cannot be read again. Clones share it.
#[derive(Clone, Default)]
pub struct Sources(Rc<RefCell<BTreeMap<PathBuf, Rc<[u8]>>>>);

impl Sources {
    /// The contents of a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, path: &Path) -> io::Result<Rc<[u8]>> {
        let name = normal(path);
        if let Some(kept) = self.0.borrow().get(&name) {
            return Ok(Rc::clone(kept));
        }
        let bytes: Rc<[u8]> = std::fs::read(path)?.into();
        if !path.is_file() {
            self.0.borrow_mut().insert(name, Rc::clone(&bytes));
        }
        Ok(bytes)
    }

    /// The same as text; `None` if it cannot be read, or is not UTF-8.
    pub fn text(&self, path: &Path) -> Option<String> {
        String::from_utf8(self.read(path).ok()?.to_vec()).ok()
    }

    /// Whether the file has been read and cannot be read again.
    pub fn is_kept(&self, path: &Path) -> bool {
        self.0.borrow().contains_key(&normal(path))
    }
}

/// Without `./`, which is in front of some paths and not of others.
fn normal(path: &Path) -> PathBuf {
    path.components()
        .filter(|part| *part != Component::CurDir)
        .collect()
}

/// The error for a file that cannot be read.
pub fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::failed(format!("cannot read {}: {}", path.display(), plain(error)))
}
