//! The lines that were sent, in memory and in a file.
//!
//! The file is text, a line per entry, with `\n` and `\\` for newline and backslash. Shells that run at the same time append
//! to it under a lock, and read what the others have appended. Whatever is wrong with it, the shell works: without the
//! lines that cannot be read, or without a file.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Only the end of the file is read. This is more than 50,000 usual lines.
const TAIL: u64 = 4 * 1024 * 1024;

/// A file that is longer is cut down to [`TAIL`].
const LONGEST: u64 = 2 * TAIL;

/// A longer line is remembered, but not written.
const LINE: usize = 64 * 1024;

/// How long a lock is waited for. Appending without it is still right on most file systems, since it is one write.
const LOCK: Duration = Duration::from_millis(500);

/// What was typed, and what may be shown of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) line: String,
    /// Without secrets, if it has any. They stay in `line` until the shell ends, so that the line can be sent again.
    redacted: Option<String>,
}

impl Entry {
    fn safe(&self) -> &str {
        self.redacted.as_deref().unwrap_or(&self.line)
    }
}

#[derive(Debug, Default)]
pub(super) struct Store {
    /// The file that it was opened for.
    pub(super) file: Option<PathBuf>,
    /// The same, as long as it can be used.
    path: Option<PathBuf>,
    pub(super) entries: Vec<Entry>,
    /// How much of the file is in `entries`.
    read: u64,
    warnings: Vec<String>,
}

impl Store {
    /// Reads the file if it exists.
    pub(super) fn open(path: Option<PathBuf>) -> Self {
        let mut store = Self {
            file: path.clone(),
            path,
            ..Self::default()
        };
        if let Some(path) = &store.path {
            let path = path.clone();
            if let Err(error) = store.load(&path) {
                store.give_up(&path, "read", &error);
            }
        }
        store
    }

    pub(super) fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// The last lines without secrets, the oldest one first.
    pub(super) fn last(&self, count: usize) -> Vec<String> {
        let from = self.entries.len().saturating_sub(count);
        let last = self.entries.iter().skip(from);
        last.map(|entry| entry.safe().to_owned()).collect()
    }

    /// Keeps a line, and writes what may be written of it. A line that repeats the one before is kept once.
    pub(super) fn add(&mut self, line: &str, safe: String) {
        if self.entries.last().is_some_and(|last| last.line == line) {
            return;
        }
        if let Some(path) = self.path.clone()
            && safe.len() <= LINE
            && let Err(error) = self.append(&path, &safe)
        {
            self.give_up(&path, "written", &error);
        }
        self.entries.push(Entry {
            line: line.to_owned(),
            redacted: (safe != line).then_some(safe),
        });
    }

    /// Reads what other shells have written.
    pub(super) fn refresh(&mut self) {
        let Some(path) = &self.path else {
            return;
        };
        let is_longer = std::fs::metadata(path).is_ok_and(|file| file.len() != self.read);
        if is_longer && let Ok(mut file) = File::open(path) {
            // It is only their lines that are missing.
            let _ = self.read_on(&mut file);
        }
    }

    fn load(&mut self, path: &Path) -> io::Result<()> {
        let metadata = match std::fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            metadata => metadata?,
        };
        // Opening a pipe would wait.
        if !metadata.is_file() {
            return Err(io::Error::other("it is not a file"));
        }
        let damaged = self.read_on(&mut File::open(path)?)?;
        if damaged > 0 {
            self.warnings.push(format!(
                "{damaged} damaged lines of the history {} are left out",
                path.display()
            ));
        }
        Ok(())
    }

    /// Reads whole lines from where the last read ended. Returns the number of those that are damaged.
    fn read_on(&mut self, file: &mut File) -> io::Result<usize> {
        let len = file.metadata()?.len();
        if len < self.read {
            // Another shell has cut it: what is left is known, but for what it appended just then.
            self.read = len;
        }
        let skipped = len.saturating_sub(TAIL);
        let from = self.read.max(skipped);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(len - from).read_to_end(&mut bytes)?;
        let end = memchr::memrchr(b'\n', &bytes).map_or(0, |at| at + 1);
        let whole = bytes.get(..end).unwrap_or_default();
        self.read = from + end as u64;
        let mut lines = whole.split_inclusive(|byte| *byte == b'\n');
        if from > 0 && from == skipped {
            // It begins in the middle of a line.
            lines.next();
        }
        let mut damaged = 0;
        for line in lines {
            let line = line.trim_ascii_end();
            match std::str::from_utf8(line) {
                Ok("") => {}
                Ok(line) if !line.contains(|c: char| c != '\t' && c.is_control()) => {
                    self.entries.push(Entry {
                        line: decode(line),
                        redacted: None,
                    });
                }
                _ => damaged += 1,
            }
        }
        Ok(damaged)
    }

    fn append(&mut self, path: &Path, line: &str) -> io::Result<()> {
        let mut file = create(path)?;
        lock(&file);
        self.read_on(&mut file)?;
        let mut bytes = encode(line);
        bytes.push('\n');
        if ends_in_line(&mut file)? {
            bytes.insert(0, '\n');
        }
        file.write_all(bytes.as_bytes())?;
        self.read = file.metadata()?.len();
        if self.read > LONGEST {
            self.read = cut(&mut file, path)?;
        }
        Ok(())
    }

    fn give_up(&mut self, path: &Path, action: &str, error: &io::Error) {
        self.path = None;
        self.warnings.push(format!(
            "the history {} cannot be {action}: {error}; lines are kept until the shell ends",
            path.display()
        ));
    }
}

/// Opens the file for appending. Only its owner may read it: lines can hold what no redaction finds.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = match options.open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            options.open(path)?
        }
        file => file?,
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mut permissions = file.metadata()?.permissions();
        if permissions.mode() & 0o077 != 0 {
            permissions.set_mode(0o600);
            // A file of someone else stays as it is.
            let _ = file.set_permissions(permissions);
        }
    }
    Ok(file)
}

/// Until the file is closed. Some file systems have no locks.
fn lock(file: &File) {
    let started = Instant::now();
    while let Err(std::fs::TryLockError::WouldBlock) = file.try_lock() {
        if started.elapsed() > LOCK {
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whether the last line has no end: whoever wrote it was interrupted.
fn ends_in_line(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// Moves the end of the file to its start, in place: others have it open. The two do not overlap, so an interruption loses
/// nothing of what is read. Returns the length.
fn cut(file: &mut File, path: &Path) -> io::Result<u64> {
    let mut tail = Vec::new();
    file.seek(SeekFrom::End(-TAIL.cast_signed()))?;
    file.read_to_end(&mut tail)?;
    let from = memchr::memchr(b'\n', &tail).map_or(0, |at| at + 1);
    let tail = tail.get(from..).unwrap_or_default();
    // The other handle only appends.
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(tail)?;
    file.set_len(tail.len() as u64)?;
    Ok(tail.len() as u64)
}

fn encode(line: &str) -> String {
    let mut text = String::with_capacity(line.len() + 8);
    for c in line.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            // They would be taken for damage.
            c if c != '\t' && c.is_control() => {}
            c => text.push(c),
        }
    }
    text
}

fn decode(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => line.push('\n'),
                Some('\\') | None => line.push('\\'),
                Some(other) => line.extend(['\\', other]),
            },
            '\t' => line.push_str("  "),
            c => line.push(c),
        }
    }
    line
}

#[cfg(test)]
mod tests;
