//! Temporary files.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder that is removed when dropped.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file, and replaces an existing one.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Writes a file at once: who reads it finds either the old content or the new one.
    pub fn replace(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let new = self.write(&format!("{name}.new"), content);
        let path = self.join(name);
        std::fs::rename(new, &path).unwrap();
        path
    }

    /// The address of a socket in this folder.
    pub fn socket(&self, name: &str) -> String {
        format!("unix:{}", self.join(name).display())
    }
}

/// A people file in its own folder.
pub fn people_file(content: impl AsRef<[u8]>) -> (Folder, PathBuf) {
    let folder = Folder::new();
    let path = folder.write("people.json", content);
    (folder, path)
}
