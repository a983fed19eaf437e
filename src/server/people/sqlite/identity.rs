//! Which file is at a path. A database may be replaced while it is open: by renaming another one to its path, as one
//! replaces files at once.
//!
//! In WAL mode, SQLite keeps two files beside the database, which it finds by its path. Those of the old one would be taken
//! for those of the new one, and change what it holds (<https://sqlite.org/howtocorrupt.html>, section 1.4). Who has opened
//! the old one knows them, and removes them before the new one is opened.

use std::io;
use std::path::{Path, PathBuf};
#[cfg(target_os = "linux")]
use std::time::SystemTime;

/// A file, whatever its path. Elsewhere than on Unix, an open file cannot be replaced, and all are the same.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    pub is_folder: bool,
    #[cfg(unix)]
    device: u64,
    #[cfg(unix)]
    inode: u64,
    /// The number of an inode is used again, perhaps at once. Not all file systems know this, and elsewhere than on Linux it may
    /// change.
    #[cfg(target_os = "linux")]
    born: Option<SystemTime>,
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        #[cfg(unix)]
        if (self.device, self.inode) != (other.device, other.inode) {
            return false;
        }
        #[cfg(target_os = "linux")]
        if let (Some(born), Some(other)) = (self.born, other.born)
            && born != other
        {
            return false;
        }
        self.is_folder == other.is_folder
    }
}

impl Identity {
    pub fn of(path: &Path) -> io::Result<Self> {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt as _;

        let metadata = std::fs::metadata(path)?;
        Ok(Self {
            is_folder: metadata.is_dir(),
            #[cfg(unix)]
            device: metadata.dev(),
            #[cfg(unix)]
            inode: metadata.ino(),
            #[cfg(target_os = "linux")]
            born: metadata.created().ok(),
        })
    }
}

/// A database and the files beside it.
#[derive(Clone, Copy, Debug)]
pub struct Files {
    pub database: Identity,
    beside: [Option<Identity>; 2],
}

fn beside(database: &Path) -> [PathBuf; 2] {
    ["-wal", "-shm"].map(|end| {
        let mut path = database.as_os_str().to_owned();
        path.push(end);
        path.into()
    })
}

impl Files {
    pub fn at(path: &Path) -> io::Result<Self> {
        Ok(Self {
            database: Identity::of(path)?,
            beside: beside(path).map(|path| Identity::of(&path).ok()),
        })
    }

    /// Removes the files beside another database that are those of this one. What this one has not taken over from its WAL
    /// is lost to it then; an import leaves nothing there.
    pub fn leave(&self, path: &Path, other: Identity) {
        if self.database == other {
            return;
        }
        for (path, ours) in beside(path).iter().zip(self.beside) {
            if ours.is_some() && Identity::of(path).ok() == ours {
                // Whoever may not do so cannot open it in WAL mode either.
                let _ = std::fs::remove_file(path);
            }
        }
    }
}
