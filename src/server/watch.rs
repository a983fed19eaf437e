//! Tells when files have to be read again: when they have changed, or at SIGHUP.
//!
//! It asks for their metadata once a second. Notifications of the system (inotify) would be faster, and miss what happens
//! on a network file system and behind symlinks: Kubernetes replaces the files of a secret by pointing `..data` to another
//! folder.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::error::{Error, Result};

/// The time between two looks. A file that still changes from one look to the next is left alone: it is being written.
const INTERVAL: Duration = Duration::from_secs(1);

/// Watches files that are read together.
pub struct Watch {
    paths: Vec<PathBuf>,
    /// How the files were when they were last to be read.
    read: Vec<Look>,
    hangup: Hangup,
}

impl Watch {
    /// Made before the files are read for the first time, so that no change is missed.
    ///
    /// # Errors
    /// When the system cannot notify about SIGHUP.
    pub fn new(paths: Vec<PathBuf>) -> Result<Self> {
        Ok(Self {
            read: look(&paths),
            paths,
            hangup: Hangup::listen()?,
        })
    }

    /// Waits until the files have to be read again. Signals between two calls count as one.
    pub async fn next(&mut self) {
        tokio::select! {
            () = self.hangup.wait() => {}
            () = changed(&self.paths, &self.read) => {}
        }
        // Before they are read: a change while they are read is noticed afterwards.
        self.read = looks(&self.paths).await;
    }
}

/// Waits until files differ from how they were, and no longer change.
async fn changed(paths: &[PathBuf], before: &[Look]) {
    if paths.is_empty() {
        std::future::pending::<()>().await;
    }
    let mut changes = Changes { before, last: None };
    loop {
        sleep(INTERVAL).await;
        if changes.are_complete(looks(paths).await) {
            return;
        }
    }
}

/// Changes of files since they were read.
struct Changes<'a> {
    before: &'a [Look],
    /// The last look, if it showed a change.
    last: Option<Vec<Look>>,
}

impl Changes<'_> {
    /// Whether the files have changed, and are now as they were in the look before this one.
    fn are_complete(&mut self, now: Vec<Look>) -> bool {
        let mut pairs = self.before.iter().zip(&now);
        if !pairs.any(|(before, now)| now.is_news_after(before)) {
            self.last = None;
            return false;
        }
        let is_complete = self.last.as_ref() == Some(&now);
        self.last = Some(now);
        is_complete
    }
}

/// What the file system says of a file, through symlinks.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Look {
    File {
        len: u64,
        modified: Option<SystemTime>,
        #[cfg(unix)]
        identity: Identity,
    },
    /// A pipe, for example: to read it again would block, or find nothing.
    NotAFile,
    Missing,
}

/// Which file it is, and when it was last changed in any way, which programs cannot set back.
#[cfg(unix)]
#[derive(Clone, Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    changed: (i64, i64),
}

impl Look {
    fn at(path: &Path) -> Self {
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => Self::File {
                len: metadata.len(),
                modified: metadata.modified().ok(),
                #[cfg(unix)]
                identity: Identity::of(&metadata),
            },
            Ok(_) => Self::NotAFile,
            Err(_) => Self::Missing,
        }
    }

    fn is_news_after(&self, before: &Self) -> bool {
        self != before && *self != Self::NotAFile
    }
}

#[cfg(unix)]
impl Identity {
    fn of(metadata: &std::fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

fn look(paths: &[PathBuf]) -> Vec<Look> {
    paths.iter().map(|path| Look::at(path)).collect()
}

/// On another thread than the server's: a network file system may take its time.
async fn looks(paths: &[PathBuf]) -> Vec<Look> {
    let paths = paths.to_vec();
    // It does not panic, and is cancelled only when the runtime ends.
    spawn_blocking(move || look(&paths))
        .await
        .unwrap_or_default()
}

/// SIGHUP, on systems that have it.
struct Hangup(#[cfg(unix)] tokio::signal::unix::Signal);

#[cfg(unix)]
impl Hangup {
    fn listen() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::hangup())
            .map(Self)
            .map_err(|error| Error::failed("cannot listen for signals").caused_by(error))
    }

    async fn wait(&mut self) {
        self.0.recv().await;
    }
}

#[cfg(not(unix))]
impl Hangup {
    fn listen() -> Result<Self> {
        Ok(Self())
    }

    async fn wait(&mut self) {
        std::future::pending().await
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::{create_dir, remove_file, rename, write};
    use std::os::unix::fs::symlink;

    use tempfile::{TempDir, tempdir};
    use tokio::time::timeout;

    use super::*;

    /// Many looks, in virtual time.
    const A_WHILE: Duration = Duration::from_mins(1);

    struct Case {
        folder: TempDir,
        watch: Watch,
    }

    impl Case {
        /// Watches `file` in a folder, and the file of a secret as Kubernetes mounts it.
        fn new() -> Self {
            let folder = tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            write(at("file"), "one").unwrap();
            create_dir(at("..1")).unwrap();
            create_dir(at("..2")).unwrap();
            write(at("..1/secret"), "one").unwrap();
            write(at("..2/secret"), "two").unwrap();
            symlink("..1", at("..data")).unwrap();
            symlink("..data/secret", at("secret")).unwrap();
            let watch = Watch::new(vec![at("file"), at("secret")]).unwrap();
            Self { folder, watch }
        }

        fn at(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        /// Whether the files have to be read again.
        async fn is_noticed(&mut self) -> bool {
            timeout(A_WHILE, self.watch.next()).await.is_ok()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_stays_as_it_is_is_not_read_again() {
        assert!(!Case::new().is_noticed().await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_is_written_is_noticed_once() {
        let mut case = Case::new();
        write(case.at("file"), "two").unwrap();
        assert!(case.is_noticed().await);
        assert!(!case.is_noticed().await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_is_renamed_over_it_is_noticed() {
        let mut case = Case::new();
        write(case.at("new"), "two").unwrap();
        rename(case.at("new"), case.at("file")).unwrap();
        assert!(case.is_noticed().await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_symlink_on_the_way_that_is_swapped_is_noticed() {
        let mut case = Case::new();
        symlink("..2", case.at("..new")).unwrap();
        rename(case.at("..new"), case.at("..data")).unwrap();
        assert!(case.is_noticed().await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_goes_and_comes_back_is_noticed_twice() {
        let mut case = Case::new();
        remove_file(case.at("file")).unwrap();
        assert!(case.is_noticed().await);
        write(case.at("file"), "one").unwrap();
        assert!(case.is_noticed().await);
    }

    #[test]
    fn a_file_is_not_read_while_it_is_being_written() {
        let folder = tempdir().unwrap();
        let paths = [folder.path().join("file")];
        write(&paths[0], "one").unwrap();
        let before = look(&paths);
        let mut changes = Changes {
            before: &before,
            last: None,
        };
        assert!(!changes.are_complete(look(&paths)));
        for written in ["on", "on t", "on two"] {
            write(&paths[0], written).unwrap();
            assert!(!changes.are_complete(look(&paths)), "{written}");
        }
        assert!(changes.are_complete(look(&paths)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_folder_in_its_place_is_not_read() {
        let mut case = Case::new();
        remove_file(case.at("file")).unwrap();
        create_dir(case.at("file")).unwrap();
        assert!(!case.is_noticed().await);
    }
}
