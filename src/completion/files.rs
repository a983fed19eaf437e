//! Files and folders as candidates. They are listed here because a shell completes them only where a whole word is a path,
//! and `name=@` is not.

use std::path::{Path, PathBuf};

use super::candidate::{Candidate, Candidates};

/// Which entries of a folder are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Any,
    Folders,
}

/// The entries that continue a path. `has_home` says whether a `~` in front of it is the home folder, as it is for a shell in
/// front of a word.
pub fn files(path: &str, kind: Kind, has_home: bool) -> Candidates {
    let (folder, start) = path.split_at(path.rfind('/').map_or(0, |slash| slash + 1));
    let Ok(entries) = std::fs::read_dir(place(folder, has_home)) else {
        return Candidates::none();
    };
    let mut list: Vec<Candidate> = Vec::new();
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let is_hidden = name.starts_with('.') && !start.starts_with('.');
        if !name.starts_with(start) || is_hidden {
            continue;
        }
        // A link to a folder is one, too.
        let is_folder = std::fs::metadata(entry.path()).is_ok_and(|it| it.is_dir());
        if kind == Kind::Folders && !is_folder {
            continue;
        }
        list.push(Candidate {
            text: if is_folder { name + "/" } else { name },
            is_open: is_folder,
            is_path: true,
            ..Candidate::default()
        });
    }
    list.sort_by(|a, b| a.text.cmp(&b.text));
    Candidates::words(list).behind(folder)
}

/// The file of `@FILE`, where the program itself knows the home folder.
pub fn file_after_at(value: &str) -> Candidates {
    match value.strip_prefix('@') {
        Some(path) => files(path, Kind::Any, true).behind("@"),
        None => Candidates::none(),
    }
}

/// The folder to list.
fn place(folder: &str, has_home: bool) -> PathBuf {
    match folder.strip_prefix("~/") {
        Some(rest) if has_home => dirs::home_dir().unwrap_or_default().join(rest),
        _ if folder.is_empty() => PathBuf::from("."),
        _ => Path::new(folder).to_owned(),
    }
}
