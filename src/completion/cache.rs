//! Caches the schemas of servers in the user's cache folder, because a shell asks at every TAB, and the addresses that were
//! used.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use percent_encoding::percent_decode_str;
use prost_reflect::DescriptorPool;

/// How long a server's schema is assumed not to change.
const FRESH: Duration = Duration::from_mins(1);

/// What the name of a cached schema ends with, after the address.
const SCHEMA: &str = ".binpb";

/// The same for an empty file, which says that a command has used the address.
const USED: &str = ".used";

/// The addresses that commands have used and those whose schemas were cached, the last one first.
pub fn addresses() -> Vec<String> {
    let Some(entries) = folder().and_then(|folder| std::fs::read_dir(folder).ok()) else {
        return Vec::new();
    };
    let mut known: Vec<(SystemTime, String)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let name = name.strip_suffix(SCHEMA).or(name.strip_suffix(USED))?;
            let address = percent_decode_str(name);
            let address = address.decode_utf8().ok()?.into_owned();
            Some((entry.metadata().ok()?.modified().ok()?, address))
        })
        .collect();
    known.sort_by(|a, b| b.cmp(a));
    let mut seen = HashSet::new();
    known.retain(|(_, address)| seen.insert(address.clone()));
    known.into_iter().map(|(_, address)| address).collect()
}

/// Keeps an address for completion. Errors are ignored, as in [`Cached::write`].
pub fn remember(address: &str) {
    let Some(folder) = folder() else {
        return;
    };
    let path = folder.join(file_name(address) + USED);
    if !path.exists() {
        let _ = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, ""));
    }
}

/// An address has characters that file names cannot have. [`addresses`] reads them again.
pub fn file_name(address: &str) -> String {
    let bytes = address.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' => char::from(byte).to_string(),
        byte => format!("%{byte:02x}"),
    });
    bytes.collect()
}

fn folder() -> Option<PathBuf> {
    Some(dirs::cache_dir()?.join("routeguide").join("completion"))
}

/// The cached schema of one server.
pub struct Cached(PathBuf);

impl Cached {
    pub fn of(address: &str) -> Option<Self> {
        Some(Self(folder()?.join(file_name(address) + SCHEMA)))
    }

    pub fn is_fresh(&self) -> bool {
        let age = std::fs::metadata(&self.0)
            .and_then(|metadata| metadata.modified())
            .ok()
            .and_then(|modified| SystemTime::now().duration_since(modified).ok());
        age.is_some_and(|age| age < FRESH)
    }

    pub fn read(&self) -> Option<DescriptorPool> {
        DescriptorPool::decode(std::fs::read(&self.0).ok()?.as_slice()).ok()
    }

    /// Writes a temporary file and renames it, because another shell may be reading. Errors are ignored: the cache only
    /// saves time.
    pub fn write(&self, set: &[u8]) {
        let beside = self.0.with_extension(format!("{}.tmp", std::process::id()));
        let written = self
            .0
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&beside, set))
            .and_then(|()| std::fs::rename(&beside, &self.0));
        if written.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
    }
}
